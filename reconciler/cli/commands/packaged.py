"""`reconciler init` and `reconciler schema`: what comes with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.options import DEFAULT_FILE
from reconciler.cli.writing import unwritable
from reconciler.operations.files import write_file
from reconciler.output.escaping import visible

_SCHEMAS = {
    "plan": "plan.schema.json",
    "apply": "apply-stream.schema.json",
    "list": "listing.schema.json",
    "validate": "validation.schema.json",
    "doctor": "doctor.schema.json",
    "providers": "providers.schema.json",
}


@command(
    click.option("-f", "--file", "path", type=click.Path(path_type=Path), metavar="PATH", default=DEFAULT_FILE,
                 show_default=True, help="The file to write."),
    examples="""
    reconciler init
    reconciler init -f hooks/webhooks.yaml
    """,
)  # fmt: skip
def init_command(invocation: Invocation, path: Path) -> int:
    """Write a commented starter file. Never overwrites one."""
    starter = files("reconciler.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        write_file(path, starter, overwrite=False, private=False)
    except OSError as error:
        fail(unwritable(error), "Write to another file with `-f PATH`.", code="output-file")
    words = f"Wrote {visible(str(path))}. Edit it, then run `reconciler validate` and `reconciler plan`."
    invocation.streams.print_result(words)
    return 0


@command(
    click.argument("name", type=click.Choice(["file", *_SCHEMAS]), default="file"),
    examples="""
    # What `plan --format json` writes
    reconciler schema plan

    # For an editor without network access, or with other providers' packages
    reconciler schema > webhooks.schema.json
    """,
)
def schema_command(invocation: Invocation, name: str) -> int:
    """Print a JSON Schema: of the file (for editors), or of what a command writes with `--format json`.

    The schema of the file has the keys and events of all installed providers. The schema of `plan` is also that of
    `show` and `drift`. The schema of `apply` describes a line of `apply` or `destroy`.
    """
    if name == "file":
        from reconciler.config.editor_schema import compose_for_editors
        from reconciler.providers.registry import usable

        text = compose_for_editors(usable())
    else:
        text = files("reconciler.schemas").joinpath(_SCHEMAS[name]).read_text(encoding="utf-8")
    invocation.streams.print_file(text)
    return 0
