"""What came of the run, as the tool wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

REPORT, OUTPUTS = "report.md", "outputs"
_MARKER = "<!-- reconciler:"


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

    def marked(self, name: str, *parts: str) -> str:
        """The report with more of a name in its hidden marker, and with these parts before and after its own text.

        The tool's marker doesn't know the working directory, nor what the text is posted for.
        """
        first, _, rest = self.markdown.partition("\n")
        first, rest = (first, rest) if first.startswith(_MARKER) else ("", self.markdown)
        before, after = parts or ("", "")
        return "\n\n".join(filter(None, (f"{first}\n{marker(name)}".strip(), before, rest.strip(), after)))


def marker(name: str) -> str:
    """The hidden line by which a text is found again."""
    return f"<!-- {name} -->"


def text_of(path: Path) -> str:
    """A file's text; nothing where there is no file."""
    return path.read_text("utf-8") if path.is_file() else ""
