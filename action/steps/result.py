"""What came of the run, as the tool wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from reconciler.output.gfm import marker
from steps.task import OUTPUTS, REPORT

_MARKER = "<!-- reconciler:"
_DIGEST = re.compile(r" · plan digest `[0-9a-f]+`(?=</sub>$)")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of the run."""

    values: dict[str, str]  # of the tool's report for later steps
    markdown: str  # the tool's report for people; empty where it was killed

    @classmethod
    def of(cls, folder: Path) -> Self:
        lines = text_of(folder / OUTPUTS).splitlines()
        return cls(dict(line.split("=", 1) for line in lines if "=" in line), text_of(folder / REPORT).strip())

    @property
    def code(self) -> int | None:
        return int(self.values["exitcode"]) if "exitcode" in self.values else None

    def marked(self, name: str, before: str = "", after: str = "") -> str:
        """The report with a marker of this name instead of the tool's, and with more before and after its own text.

        The tool's marker doesn't know the working directory, nor what the text is posted for. The digest is left out:
        it is another one each time that the same is planned.
        """
        text = self.markdown
        if text.startswith(_MARKER):
            text = text.partition("\n")[2].strip()
        text = _DIGEST.sub("", text)
        return "\n\n".join(filter(None, (marker(name), before, text, after)))


def text_of(path: Path) -> str:
    """A file's text; nothing where there is no file."""
    return path.read_text("utf-8") if path.is_file() else ""
