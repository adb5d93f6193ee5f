"""What is said of what the user wrote, where, and how a command ends. `docs/codes.md` describes the codes."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, IntEnum
from itertools import islice

from msgspec import Struct


class ExitCode(IntEnum):
    """What a pipeline may rely on."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    REFUSED = 3


SIGNALLED = 128
"""What is added to a signal's number where it ended the run, as shells do."""


class Severity(Enum):
    """How bad it is: an error stops the command, a warning only with `--strict`, a notice never."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Place(Struct, frozen=True, kw_only=True, order=True, gc=False):
    """A spot in a file."""

    file: str  # as the user gave it, `<stdin>` for standard input
    line: int = 0  # 1-based; 0 where the whole file is meant
    column: int = 0  # 1-based, in characters; 0 where the whole line is meant

    def __str__(self) -> str:
        line, column = f":{self.line}" if self.line else "", f":{self.column}" if self.column else ""
        return f"{self.file}{line}{column}"


class Diagnostic(Struct, frozen=True, kw_only=True):
    """One complaint: what is wrong, and what to do. Its texts hold no secret: whoever makes one quotes no value."""

    severity: Severity
    code: str
    message: str
    help: str
    place: Place | None = None  # None where no file is concerned: an option, the environment
    source: str = ""  # the source line, masked
    width: int = 1  # how many characters from the place's column on are meant

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def first_names(names: Iterable[str], count: int, most: int) -> str:
    """The first of `count` names in a row, so many at most, and how many more there are."""
    more = f" and {count - most} more" if count > most else ""
    return ", ".join(islice(names, most)) + more


class UrlError(ValueError):
    """A text that is no URL, or no pattern, in this tool's sense: a diagnostic's code, message and help, not its place.

    They quote nothing of the text.
    """

    def __init__(self, code: str, message: str, help_: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help_
