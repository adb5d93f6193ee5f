"""A file's text and stretches of it, which turn into places when somebody asks."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from reconciler.model.diagnostic import Place

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

    def line_span(self, line: int) -> tuple[int, int]:
        """Where a line (1-based) starts and ends, its line break left out."""
        start = self._starts[line - 1]
        if line == len(self._starts):
            return start, len(self.text)
        stop = self._starts[line]
        return start, stop - (2 if self.text.startswith("\r\n", stop - 2) else 1)


@dataclass(frozen=True, slots=True)
class Spot:
    """A stretch of a file: the characters from `start` up to, not including, `end`."""

    source: SourceText
    start: int
    end: int

    @property
    def place(self) -> Place:
        """Where it starts."""
        return self.source.place(self.start)

    @property
    def width(self) -> int:
        """How many characters of its first line it takes, one at least."""
        _, line_end = self.source.line_span(self.place.line)
        return max(min(self.end, line_end) - self.start, 1)

    @property
    def written(self) -> str:
        """The characters of the file."""
        return self.source.text[self.start : self.end]
