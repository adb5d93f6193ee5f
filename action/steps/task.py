"""What the job is to do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

PLAN, REPORT, OUTPUTS = "reviewed.plan", "report.md", "outputs"
"""What the tool writes into the job's folder; the plan into a folder of its own."""
_STATE = "task.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the job is to do, as the later steps read it."""

    command: str  # that is run in the end
    arguments: tuple[str, ...]  # the tool's, without those that say where it reports
    asked: str = ""  # the command that the action was given
    configuration: str = ""  # the name of what is planned, in markers and artifacts
    note: str = ""  # why it is another one than what was asked for, or will fail, for people
    level: str = "notice"  # of the note: `notice`, `warning` or `error`
    pull: int | None = None  # the number of the pull request to report at
    head: str = ""  # the commit that is planned, or whose plan is applied
    checks: tuple[str, ...] = ()  # the options of this job that the reviewed plan must have been made with

    def keep(self, folder: Path) -> None:
        (folder / _STATE).write_text(json.dumps(asdict(self)), "utf-8")

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The task that an earlier step kept."""
        kept: dict[str, Any] = json.loads((folder / _STATE).read_text("utf-8"))
        return cls(**{**kept, "arguments": tuple(kept["arguments"]), "checks": tuple(kept["checks"])})
