"""The pipeline that a run is part of: GitHub's or GitLab's, whose logs fold and colour what is long.

Sources: GitHub's "Workflow commands" and "Default environment variables", GitLab's "Custom collapsible sections" and
"Predefined CI/CD variables".
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from reconciler.output.escaping import visible

_MOST_OF_A_SUMMARY = 1024 * 1024
"""Bytes; of a longer one GitHub shows nothing. Source: "Adding a job summary"."""
_CODE_QUALITY = "gl-code-quality-report.json"
"""What GitLab's documentation calls the report's file in every example."""


class Pipeline(Struct, frozen=True, kw_only=True):
    """Where a run's log is shown; outside of pipelines all is empty."""

    name: str = ""  #: `github` or `gitlab`.
    root: str = ""  #: The repository's folder, which paths in reports are relative to.
    summary: str = ""  #: The file that the job's summary is appended to.
    code_quality: str = ""  #: The file that the code-quality report is written to.

    def path(self, name: str) -> str:
        """A file's path from the repository's folder; as it is where it isn't in there."""
        with suppress(OSError, ValueError):  # no working directory; another drive
            path = os.path.relpath(name, self.root or None)
            if not path.startswith(os.pardir):
                return Path(path).as_posix()
        return name


NO_PIPELINE = Pipeline()


def pipeline_of(environment: Mapping[str, str]) -> Pipeline:
    """The pipeline, by what it sets."""
    if environment.get("GITHUB_ACTIONS") == "true":
        root, summary = (environment.get(name, "") for name in ("GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY"))
        return Pipeline(name="github", root=root, summary=summary)
    if environment.get("GITLAB_CI") == "true":
        root = environment.get("CI_PROJECT_DIR", "")
        return Pipeline(name="gitlab", root=root, code_quality=str(Path(root, _CODE_QUALITY)) if root else "")
    return NO_PIPELINE


def command(name: str, data: str = "", **properties: object) -> str:
    """A workflow command for GitHub's runner, in a line; properties that are nothing are left out."""
    said = ",".join(f"{key}={_escaped(str(value), '%:,')}" for key, value in properties.items() if value)
    return f"::{name}{' ' if said else ''}{said}::{_escaped(data, '%')}"


def _escaped(text: str, special: str) -> str:
    text = "\n".join(visible(line) for line in text.split("\n"))
    return re.sub(f"[{special}\n]", lambda found: f"%{ord(found[0]):02X}", text)


FOLDED_FROM = 40
"""From more lines on, a part is folded in a log."""


def fold_start(pipeline: str, title: str, number: int, seconds: float) -> str:
    """The line that begins a part which the log shows folded: the number is its own in the log."""
    if pipeline == "github":
        return command("group", title)
    return f"\x1b[0Ksection_start:{seconds:.0f}:reconciler_{number}[collapsed=true]\r\x1b[0K{visible(title)}"


def fold_end(pipeline: str, number: int, seconds: float) -> str:
    """The line that ends it."""
    return (
        command("endgroup")
        if pipeline == "github"
        else f"\x1b[0Ksection_end:{seconds:.0f}:reconciler_{number}\r\x1b[0K"
    )


def append_summary(path: Path, text: str) -> str:
    """Append to a job's summary, unless that would be more than GitHub shows; gives why it could not be."""
    try:
        with path.open("ab") as file:
            data = text.encode("utf-8", "backslashreplace")
            if file.tell() + len(data) > _MOST_OF_A_SUMMARY:
                return "the job summary is full"
            file.write(data)
    except OSError as error:
        return f"the job summary can't be written: {error.strerror}"
    return ""
