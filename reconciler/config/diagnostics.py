"""Where something stands in a file, and what is said of it: all of it, so that one run has every diagnostic."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from typing import NoReturn

from msgspec import Struct

from reconciler.config.limits import MOST_DIAGNOSTICS
from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.redaction import reads_as_words


class SourceText(Struct, frozen=True, dict=True):
    """A file's text without a byte-order mark; its name is the path as the user gave it, or `<stdin>`."""

    name: str
    text: str
    quotable: bool = True

    @cached_property
    def _starts(self) -> array[int]:
        """Where lines start, as editors count them: YAML 1.1 would also break at U+0085, U+2028 and U+2029."""
        starts = array("L", (0,))
        if "\r" in self.text:
            starts.extend(found.end() for found in re.finditer(r"\r\n|\r|\n", self.text))
            return starts
        end = self.text.find("\n")
        while end >= 0:
            starts.append(end + 1)
            end = self.text.find("\n", end + 1)
        return starts

    def __repr__(self) -> str:
        return f"SourceText({self.name!r})"

    def span(self, start: int, end: int, anchor: Span | None = None) -> Span:
        """The characters from `start` up to, not including, `end`."""
        return Span(self, start, end - start, anchor)

    def place(self, index: int) -> Place:
        line = bisect_right(self._starts, index)
        return Place(file=self.name, line=line, column=index - self._starts[line - 1] + 1)

    def line_range(self, line: int) -> tuple[int, int]:
        """Where a line (1-based) starts and ends, its line break left out."""
        start = self._starts[line - 1]
        if line == len(self._starts):
            return start, len(self.text)
        stop = self._starts[line]
        return start, stop - (2 if self.text.startswith("\r\n", stop - 2) else 1)


class Span(Struct, frozen=True, gc=False):
    """A stretch of a file: so many characters from `start` on. `SourceText.span` makes it."""

    source: SourceText
    start: int
    length: int
    anchor: Span | None = None  # where the value is written whose alias, or merge, stands here

    @property
    def end(self) -> int:
        """Where what stands behind it begins."""
        return self.start + self.length

    @property
    def written(self) -> Span:
        return self.anchor or self

    @property
    def place(self) -> Place:
        return self.source.place(self.start)

    @property
    def width(self) -> int:
        """How many characters of its first line it takes, one at least."""
        _, line_end = self.source.line_range(self.place.line)
        return max(min(self.end, line_end) - self.start, 1)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]


Location = Span | Place | None  # where a diagnostic is shown; None where no file is concerned


def listed(names: Iterable[str], most: int = 20) -> str:
    """Names in a row, as many as anybody reads."""
    shown = list(islice(names, most + 1))
    return ", ".join([*shown[:most], "others"] if len(shown) > most else shown)


def nearest(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """The known words that are most like one, the nearest first; `cutoff` as `difflib` has it."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where a word is wrong

    return get_close_matches(word, [*known], n=most, cutoff=cutoff)


def either(names: Iterable[object]) -> str:
    """What one of them may be chosen of."""
    *first, last = [f"`{name}`" for name in names]
    return f"{', '.join(first)} or {last}" if first else last


def quoted(written: str, without_signs: str | None = None) -> str:
    """A string as a message may quote it, where it reads as words: somebody may have put a secret in its place."""
    words = written if without_signs is None else without_signs
    return f"`{written}`" if words and reads_as_words(words) else "this"


class TooMuchError(Exception):
    """The files hold more than anybody needs: going on would take more time or memory than a run may."""


class Diagnostics:
    """What was found so far. Its texts quote nothing but what the file writes in clear."""

    def __init__(self) -> None:
        self.errors = 0
        self._warnings = 0
        self._found: list[Diagnostic] = []
        self._reported: set[tuple[str, str, str, int]] = set()

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        return tuple(self._found)

    def error(self, code: str, where: Location, message: str, help_: str) -> None:
        """Note what stops the command: the same thing of one written value once, whatever uses it.

        Raises:
            TooMuchError: there are more errors than anybody reads.
        """
        if self._is_new(code, where, message):
            self.errors += 1
            self._note(Severity.ERROR, code, where, message, help_)
            if self.errors == MOST_DIAGNOSTICS:
                self.too_much(where, f"there may be more errors than these {MOST_DIAGNOSTICS}", "Fix these first.")

    def warning(self, code: str, where: Location, message: str, help_: str) -> None:
        if self._is_new(code, where, message):
            self._warnings += 1
            if self._warnings == MOST_DIAGNOSTICS + 1:
                code, message = "too-much", f"there are more warnings than these {MOST_DIAGNOSTICS}"
                help_ = "Fix these, or write fewer entries."
            if self._warnings <= MOST_DIAGNOSTICS + 1:
                self._note(Severity.WARNING, code, where, message, help_)

    def notice(self, code: str, where: Location, message: str, help_: str) -> None:
        self._note(Severity.NOTICE, code, where, message, help_)

    def too_much(self, where: Location, message: str, help_: str) -> NoReturn:
        """Note of what there is too much, and end the reading."""
        self.errors += 1
        self._note(Severity.ERROR, "too-much", where, message, help_)
        raise TooMuchError

    def _is_new(self, code: str, where: Location, message: str) -> bool:
        if not isinstance(where, Span):
            return True
        known = (code, message, where.written.source.name, where.written.start)
        is_new = known not in self._reported
        self._reported.add(known)
        return is_new

    def _note(self, severity: Severity, code: str, where: Location, message: str, help_: str) -> None:
        place, width = (where.place, where.width) if isinstance(where, Span) else (where, 1)
        if isinstance(where, Span) and where.anchor is not None:
            message += f" (written at {where.anchor.place})"
        found = Diagnostic(severity=severity, code=code, place=place, message=message, help=help_, width=width)
        self._found.append(found)
