"""Lines fitted to a terminal: what doesn't fit goes on under its own column, and nothing is cut in mid-word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_SGR = r"\x1b\[[0-9;]*m"
_STYLED = re.compile(_SGR)
_TIME = r"(?:last changed )?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
# A sign stays with what it is about; a time, a command or snippet in backticks, and a hidden part are one word.
_WORD = rf"( *)((?:(?:{_SGR})*[→+~=-](?:{_SGR})* )?(?:{_TIME}|`[^`]*`|‹[^›]*›|[^ ])+)"
_URL_PARTS = re.compile(r"(?<![:/])(?=[/?&])|(?<==)")
_MARGIN = 2


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if "\x1b" in text:
        text = _STYLED.sub("", text)
    if text.isascii():
        return len(text)
    import unicodedata  # a large library, for texts that few runs have  # noqa: PLC0415

    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def padded(text: str, width: int) -> str:
    """A text filled up with blanks to a number of columns."""
    return text + " " * (width - columns(text))


def fitted(line: str, width: int | None) -> Iterable[str]:
    """A line in as many as it needs; whole where no width is known.

    Columns are what stands behind two blanks or more: the last is continued under itself, where that leaves it half of
    the width. A URL that is wider than its column is broken at its `/`, `?`, `&` and `=`; any other word stays whole.
    """
    return (line,) if width is None or columns(line) <= width else _broken(line, width)


def _broken(line: str, width: int) -> Iterator[str]:
    words = re.findall(_WORD, line)
    margin = _margin(words, width)
    current = ""
    for gap, word in words:
        if columns(current + gap + word) <= width:
            current += gap + word
            continue
        is_whole = margin + columns(word) <= width or "://" not in word
        if current and (len(gap) < 2 or is_whole):  # noqa: PLR2004 - blanks between columns
            yield current
            current = " " * margin
        else:
            current += gap
        for part in [word] if is_whole else _URL_PARTS.split(word):
            if current.strip() and columns(current + part) > width:
                yield current.rstrip()
                current = " " * margin
            current += part
    yield current


def _margin(words: list[tuple[str, str]], width: int) -> int:
    """Where a line that is too long goes on."""
    position = last_column = 0
    for gap, word in words:
        position += len(gap)
        if len(gap) > 1:
            last_column = position
        position += columns(word)
    indent = len(words[0][0])
    return last_column if indent < last_column <= width // 2 else indent + _MARGIN
