"""Where something stands in a file, and what is said of it: all of it, so that one run has every diagnostic."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NoReturn

from reconciler.config.limits import MOST_DIAGNOSTICS
from reconciler.model.diagnostic import Diagnostic, Place, Severity, UrlError

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text, decoded.

    Attributes:
        name: the path as the user gave it, `<stdin>` for standard input.
        text: all of it, without a byte-order mark.
        quotable: whether its lines may be shown.
    """

    name: str
    text: str = field(repr=False)
    quotable: bool = True
    _starts: array[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Lines as editors count them: YAML 1.1 would also break at U+0085, U+2028 and U+2029.
        starts = array("L", (0,))
        starts.extend(found.end() for found in _LINE_BREAK.finditer(self.text))
        object.__setattr__(self, "_starts", starts)

    def place(self, index: int) -> Place:
        """The place of a character."""
        line = bisect_right(self._starts, index)
        return Place(file=self.name, line=line, column=index - self._starts[line - 1] + 1)

    def line_range(self, line: int) -> tuple[int, int]:
        """Where a line (1-based) starts and ends, its line break left out."""
        start = self._starts[line - 1]
        if line == len(self._starts):
            return start, len(self.text)
        stop = self._starts[line]
        return start, stop - (2 if self.text.startswith("\r\n", stop - 2) else 1)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file: the characters from `start` up to, not including, `end`.

    Attributes:
        anchor: where the value is written whose alias, or merge, stands here.
    """

    source: SourceText
    start: int
    end: int
    anchor: Span | None = None

    @property
    def place(self) -> Place:
        """Where it starts."""
        return self.source.place(self.start)

    @property
    def width(self) -> int:
        """How many characters of its first line it takes, one at least."""
        _, line_end = self.source.line_range(self.place.line)
        return max(min(self.end, line_end) - self.start, 1)

    @property
    def text(self) -> str:
        """The characters of the file."""
        return self.source.text[self.start : self.end]


class TooMuchError(Exception):
    """The files hold more than anybody needs: going on would take more time or memory than a run may."""


class Diagnostics:
    """What was found so far. Its texts quote nothing but what the file writes in clear."""

    __slots__ = ("_errors", "_found", "_reported", "_warnings")

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._reported: set[tuple[str, str, str, int]] = set()
        self._errors = 0
        self._warnings = 0

    def error(self, code: str, where: Span | Place | None, message: str, help_: str) -> None:
        """Note what stops the command: the same thing of one written value once, whatever uses it.

        Raises:
            TooMuchError: there are more errors than anybody reads.
        """
        if self._is_reported(code, where, message):
            return
        self._errors += 1
        self._note(Severity.ERROR, code, where, (message, help_))
        if self._errors == MOST_DIAGNOSTICS:
            self.too_much(where, f"there may be more errors than these {MOST_DIAGNOSTICS}", "Fix these first.")

    def warning(self, code: str, where: Span | Place | None, message: str, help_: str) -> None:
        """Note what is legal but unwise."""
        if self._is_reported(code, where, message):
            return
        self._warnings += 1
        if self._warnings <= MOST_DIAGNOSTICS:
            self._note(Severity.WARNING, code, where, (message, help_))
        elif self._warnings == MOST_DIAGNOSTICS + 1:
            more = f"there are more warnings than these {MOST_DIAGNOSTICS}"
            self._note(Severity.WARNING, "too-much", where, (more, "Fix these, or write fewer entries."))

    def url_error(self, error: UrlError, where: Span) -> None:
        """Note what is wrong with a URL or a pattern."""
        self.error(error.code, where, error.message, error.help)

    def too_much(self, where: Span | Place | None, message: str, help_: str) -> NoReturn:
        """Note of what there is too much, and end the reading.

        Raises:
            TooMuchError: always.
        """
        self._errors += 1
        self._note(Severity.ERROR, "too-much", where, (message, help_))
        raise TooMuchError

    def _is_reported(self, code: str, where: Span | Place | None, message: str) -> bool:
        if not isinstance(where, Span):
            return False
        written = where.anchor or where
        known = (code, message, written.source.name, written.start)
        if known in self._reported:
            return True
        self._reported.add(known)
        return False

    def _note(self, severity: Severity, code: str, where: Span | Place | None, texts: tuple[str, str]) -> None:
        message, help_ = texts
        place, width = (where.place, where.width) if isinstance(where, Span) else (where, 1)
        if isinstance(where, Span) and where.anchor is not None:
            message += f" (written at {where.anchor.place})"
        self._found.append(
            Diagnostic(severity=severity, code=code, place=place, message=message, help=help_, width=width)
        )

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """All of them, as they came."""
        return tuple(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether any of them stops the command."""
        return self._errors > 0
