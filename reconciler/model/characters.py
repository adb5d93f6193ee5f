"""Characters: which can be seen, how they are named to people, and what shows that a value is masked or wrapped."""

from __future__ import annotations

import re

_UNSEEN = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
"""Letters, marks and signs that show nothing. Source: Unicode's Default_Ignorable_Code_Point, and the blank Braille."""
_CONTROL_NAMES = {"\x00": "NULL", "\t": "TAB", "\n": "LINE FEED", "\r": "CARRIAGE RETURN", "\x1b": "ESCAPE"}
_CONTROL_NAMES |= {"\x7f": "DELETE", "\x85": "NEXT LINE"}
_LINE_BREAKS = "\n\r\x85\u2028\u2029"
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "\u00ab": "\u00bb"}
_MASK = re.compile(
    r"\A(?:\*+|[x#.-]{2,})\Z|\*{3}|[•…]|\.{3}|(?:\A|_)x{3,}\Z|x{8}|‹hidden›|[\[<](?:masked|redacted|hidden)[\]>]"
    r"|\A-+ ?(?:masked|redacted|hidden) ?-+\Z",
    re.IGNORECASE,
)


def is_masked(value: str) -> bool:
    """Whether a value is a mask, or has one in it, as logs and settings pages show secrets: `shippo_live_***`."""
    return _MASK.search(value) is not None


def is_seen(character: str) -> bool:
    """Whether a character shows as itself: no white space, control or format character, and none that shows nothing."""
    if character.isascii():
        return character.isprintable() and character != " "
    import unicodedata  # a large library, for texts that few runs have  # noqa: PLC0415

    category = unicodedata.category(character)
    return category[0] in "LMNPS" and category != "Me" and re.match(_UNSEEN, character) is None


def character_name(character: str) -> str:
    """A character as a person can look it up: `U+200B ZERO WIDTH SPACE`."""
    import unicodedata  # as above  # noqa: PLC0415

    name = unicodedata.name(character, "") or _CONTROL_NAMES.get(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()


def wrapping_fault(value: str) -> tuple[str, str] | None:
    """What stands around a value and is surely no part of it: what is wrong, to follow its name, and what to do."""
    if value.strip() != value:
        ends = value[: len(value) - len(value.lstrip())] + value[len(value.rstrip()) :]
        what = "a line break" if set(ends) & set(_LINE_BREAKS) else "white space"
        return f"has {what} before or after it", f"Set it again without the {what.removeprefix('a ')}."
    if len(value) > 1 and _QUOTES.get(value[0]) == value[-1]:
        return (
            "has quotes around it",
            "Set it again without them: `docker run --env-file` and some CI systems keep quotes as part of the value.",
        )
    return None
