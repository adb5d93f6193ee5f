"""Tokens as they really come wrong: each has a sentence of its own, before anything is sent.

A fault is what is wrong, to follow the variable's name, and what to do; None where nothing is. Nothing of the value is
quoted but the scheme before it.
"""

from __future__ import annotations

import re

from reconciler.model.characters import character_name, is_masked, is_seen, wrapping_fault

_SCHEME = re.compile(r"(?:Authorization\s*:\s*)?(ShippoToken|Bearer|Token|Basic)\b\s*:?(?=\s|$)", re.IGNORECASE)
_HEADER = re.compile(r"Authorization\s*:", re.IGNORECASE)
_UNFILLED = re.compile(
    r"\$[{(A-Za-z_]|\{\{|\}\}|<.*>\Z|%[A-Za-z_]\w*%|@[A-Za-z_]\w*@"
    r"|(?:your|insert|paste)[-_ ]|change[-_ ]?me|replace[-_ ]?me|(?:todo|null|none|undefined)\Z",
    re.IGNORECASE | re.DOTALL,
)
_UNFILLED_WITHIN = re.compile(r"\$\{|\{\{|_(?:your|insert|paste)[-_ ]", re.IGNORECASE)
_SAFE = re.compile(r"[!-~]+")


def token_fault(value: str) -> tuple[str, str] | None:
    """What is wrong with how a token is written, whosever it is."""
    wrapped = wrapping_fault(value)
    if wrapped is not None:
        return wrapped
    if value[:1] in ('"', "'") or value[-1:] in ('"', "'"):
        return "has a quote at its beginning or end", "Set it again without it."
    scheme = _SCHEME.match(value)
    if scheme is not None:
        what = f"has the scheme `{scheme[1]}` before the token"
        return what, "Set it to the token only: the scheme is added when it is sent."
    if _HEADER.match(value):
        return "is a complete header", "Set it to the token only: the header is added when it is sent."
    if _UNFILLED.match(value) or _UNFILLED_WITHIN.search(value):
        return "contains a placeholder that was not replaced", "Set it to the token itself."
    if is_masked(value):
        help_ = "Set it to the token itself, not to the masked form that logs and settings pages show."
        return "is a masked token, such as `***`", help_
    return header_fault(value)


def header_fault(value: str) -> tuple[str, str] | None:
    """What of a value no header can carry."""
    if not value:
        return "is empty", "Give it a value."
    wrapped = wrapping_fault(value)
    if wrapped is not None or _SAFE.fullmatch(value):
        return wrapped
    odd = next(character for character in value if not "!" <= character <= "~")
    if odd in "\n\r":
        return "has a line break in it", "Give a single value on one line."
    if odd.isspace():
        return "has white space in it", "Give a single value."
    named = "a character outside ASCII" if is_seen(odd) else character_name(odd)
    return f"has {named} in it, which isn't allowed in a header", "Set it again without that character."
