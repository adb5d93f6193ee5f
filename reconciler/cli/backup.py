"""`apply --backup FILE`: what the file owns as it is, before the first change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.cli.writing import OutputFile, written
from reconciler.export.files import backup_file
from reconciler.export.write import env_text, yaml_text
from reconciler.model.plan import Plan
from reconciler.output.terminal import Streams, visible


def write_backup(streams: Streams, plan: Plan, path: Path, environment: Mapping[str, str]) -> None:
    """Write FILE and FILE.env, both or none.

    Args:
        streams: where it is said that they are written.
        plan: what was read, before anything is changed.
        path: FILE.
        environment: what is set in it keeps its name for itself.
    Raises:
        CommandError: they can't be written.
    """
    env_path = path.with_name(f"{path.name}.env")
    file = backup_file(plan, environment, f"reconciler apply -f {path.name} --env-file {env_path.name}")
    files = [
        OutputFile(path=env_path, text=env_text(file.variables), option="--backup"),
        OutputFile(path=path, text=yaml_text(file), option="--backup"),
    ]
    with written(files, so_far="Nothing was changed. "):
        pass
    streams.tell(f"Wrote {visible(str(path))} and {visible(str(env_path))}: the way back.")
    if file.unknown:
        streams.tell(f"The provider doesn't show the values of {', '.join(file.unknown)}: set them on the way back.")
