"""GitHub's Markdown: foreign text stands in code, where nothing is markup, a mention or a link; and what is long fits.

Source: GitHub Flavored Markdown Spec, 4.5 and 6.1. Mentions, references and e-mail addresses are looked for in what is
rendered, so that no escape helps against them: only code does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from msgspec import Struct

from reconciler.output.escaping import visible

MOST_BYTES = 64_000
"""GitHub takes 65,535 characters for a comment; whoever posts it may add a line."""
_LONGEST = 1_000
"""Characters of one line or name; what goes on is cut."""
_LONGEST_NAME = 120
_FENCE = 20
_WORD = re.compile(r"(?!(?i:gh-\d|[0-9a-f]{7,40}\Z))[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*")
"""What reads the same as Markdown, and is no reference to an issue or a commit."""
_TOKEN = re.compile(r"(?<!\S)(\(?)(`[^`]+`|\S+?)([.,;:)]*)(?!\S)")


def clipped(text: str) -> str:
    """A text on one line, made visible, no longer than anybody reads."""
    shown = visible(text[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _ticks(text: str) -> int:
    """The longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)


def code(text: str) -> str:
    """A text as inline code."""
    shown = clipped(text)
    ticks = "`" * (_ticks(shown) + 1)
    blank = " " if not shown.strip() or "`" in (shown[0], shown[-1]) else ""
    return f"{ticks}{blank}{shown}{blank}{ticks}"


def prose(text: str) -> str:
    """A sentence, of which all that isn't a plain word is code. Not for the beginning of a line."""

    def shown(token: re.Match[str]) -> str:
        before, word, after = token.groups()
        if word[0] == word[-1] == "`" and len(word) > 1:
            return f"{before}{code(word[1:-1])}{after}"
        return token[0] if _WORD.fullmatch(word) else f"{before}{code(word)}{after}"

    return _TOKEN.sub(shown, clipped(text))


def marker(name: str) -> str:
    """A hidden line with a configuration's name, which can't end it: a long one is told apart by its hash."""
    plain = re.sub(r"[^\w ./,=*:+-]|-(?=-)|_(?=_)", _percent_encoded, name, flags=re.ASCII)
    if len(plain) > _LONGEST_NAME:
        plain = f"{plain[:_LONGEST_NAME]} {hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return f"<!-- reconciler:{plain} -->"


def _percent_encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))


class Part(Struct, frozen=True, kw_only=True):
    """A part of a document: as many of its items as fit, and how many don't."""

    title: str  #: Our own words.
    items: Sequence[str]  #: Lines of Markdown; with a `language`, of code.
    language: str | None = None  #: Of the fence that the items stand in.
    is_folded: bool = False
    introduction: str = ""  #: Markdown, our own words.

    def text(self, number: int) -> str:
        """Markdown, with so many of the items."""
        shown = self.items[:number]
        body = "\n".join(shown)
        if self.language is not None and shown:
            fence = "`" * max(3, _ticks(body) + 1)
            body = f"{fence}{self.language}\n{body}\n{fence}"
        left = len(self.items) - len(shown)
        more = f"… and {left} more that {'does' if left == 1 else 'do'}n't fit here." if left else ""
        blocks = "\n\n".join(filter(None, (self.introduction, body, more)))
        if self.is_folded:
            return f"<details>\n<summary>{self.title}</summary>\n\n{blocks}\n\n</details>"
        return f"### {self.title}\n\n{blocks}"


def fitted(head: str, parts: Sequence[Part], end: str, most: int = MOST_BYTES) -> str:
    """A document that stays below so many bytes: what comes first fits first.

    The head, the end and the parts' titles must be short.
    """
    left = most - sum(len(text.encode()) + 2 for text in (head, *(part.text(0) for part in parts), end))
    texts = []
    for part in parts:
        number = 0
        for item in part.items:
            # A fence is two lines, and as long as its contents need.
            cost = len(item.encode()) + 1 + 2 * _ticks(item) + (0 if number else _FENCE)
            if cost > left:
                break
            left -= cost
            number += 1
        texts.append(part.text(number))
    return "\n\n".join(filter(None, (head, *texts, end)))
