"""Characters: which can be seen, how they are named to people, and what is wrong around a value."""

from __future__ import annotations

import re
import unicodedata

_SEEN = frozenset(
    {
        *("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Nl", "No"),
        *("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"),
    }
)
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters, marks and signs that show nothing. Source: Unicode's Default_Ignorable_Code_Point, and the blank Braille."""
_CONTROL_NAMES = {
    "\x00": "NULL",
    "\t": "TAB",
    "\n": "LINE FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
}
_LINE_BREAKS = "\n\r\x85\u2028\u2029"
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "\u00ab": "\u00bb"}


_MASK = re.compile(r"[*•…]+|[xX#.-]{2,}")
_MASKED = re.compile(
    r"\*{3}|[•…]|\.{3}|(?:\A|_)[xX]{3,}\Z|[xX]{8}|‹hidden›|\[(?:masked|redacted|hidden)\]|<(?:masked|redacted|hidden)>",
    re.IGNORECASE,
)


def is_masked(value: str) -> bool:
    """Whether a value is a mask, or has one in it, as logs and settings pages show secrets: `shippo_live_***`."""
    return _MASK.fullmatch(value) is not None or _MASKED.search(value) is not None


def is_seen(character: str) -> bool:
    """Whether a character shows as itself: no white space, control or format character, and none that shows nothing."""
    return unicodedata.category(character) in _SEEN and _UNSEEN.match(character) is None


def unseen_escaped(text: str) -> str:
    """A text with what can't be seen percent-encoded."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        found if is_seen(found) else "".join(f"%{byte:02X}" for byte in found.encode("utf-8", "replace"))
        for found in text
    )


def without_unseen(text: str) -> str:
    """What a person reads of a text."""
    return text if text.isascii() and text.isprintable() else "".join(filter(is_seen, text))


def character_name(character: str) -> str:
    """A character as a person can look it up: `U+200B ZERO WIDTH SPACE`."""
    name = unicodedata.name(character, "") or _CONTROL_NAMES.get(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()


def wrapping_fault(value: str) -> tuple[str, str] | None:
    """What stands around a value and is surely no part of it.

    Returns:
        What is wrong, to follow the value's name, and what to do; None where nothing is.
    """
    inner = value.strip()
    if inner != value:
        ends = value[: len(value) - len(value.lstrip())] + value[len(value.rstrip()) :]
        what = "a line break" if set(ends) & set(_LINE_BREAKS) else "white space"
        return f"has {what} before or after it", f"Set it again without the {what.removeprefix('a ')}."
    if len(value) > 1 and _QUOTES.get(value[0]) == value[-1]:
        return (
            "has quotes around it",
            "Set it again without them: `docker run --env-file` and some CI systems keep quotes as part of the value.",
        )
    return None
