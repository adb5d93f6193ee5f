"""A complaint about what the user wrote: where, what is wrong, what to do. `docs/codes.md` describes the codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How bad it is: an error stops the command, a warning does not (unless `--strict`)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A spot in a file.

    Attributes:
        file: the path as the user gave it, `<stdin>` for standard input.
        line: 1-based; 0 where the whole file is meant.
        column: 1-based, in characters; 0 where the whole line is meant.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`file:line:column`, without the parts that aren't known."""
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One complaint. Its texts hold no secret: whoever makes one quotes no value.

    Attributes:
        severity: error or warning.
        code: stable, kebab-case, one of `docs/codes.md`.
        place: where; None where no file is concerned (an option, the environment).
        message: one sentence that says what is wrong.
        help: one sentence that says what to do.
        source: the source line, masked, or empty.
        width: how many characters from the place's column on are meant (1 or more).
    """

    severity: Severity
    code: str
    message: str
    help: str
    place: Place | None = None
    source: str = ""
    width: int = 1

    @property
    def is_error(self) -> bool:
        """Whether this stops the command."""
        return self.severity is Severity.ERROR
