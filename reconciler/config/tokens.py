"""What is wrong with how a token is written, before anything is sent."""

from __future__ import annotations

import re

from reconciler.model.characters import character_name, is_masked, is_seen, wrapping_fault

_UNFILLED = (
    r"\A(?:\$[{(A-Za-z_]|\{\{|\}\}|<.*>\Z|%[A-Za-z_]\w*%|@[A-Za-z_]\w*@"
    r"|(?:your|insert|paste)[-_ ]|change[-_ ]?me|replace[-_ ]?me|(?:todo|null|none|undefined)\Z)"
    r"|\$\{|\{\{|_(?:your|insert|paste)[-_ ]"
)
_TOKEN_FAULTS = (
    (r"\A[\"']|[\"']\Z", "has a quote at its beginning or end", "Set it again without the quote."),
    (
        r"\A(?:Authorization\s*:\s*)?(ShippoToken|Bearer|Token|Basic)\b\s*:?(?=\s|$)",
        "has the scheme `{}` before the token",
        "Set it to the token only: the scheme is added when it is sent.",
    ),
    (r"\AAuthorization\s*:", "is a complete header", "Set it to the token only: the header is added when it is sent."),
    (_UNFILLED, "contains a placeholder that was not replaced", "Set it to the token itself."),
)
"""What is no part of a token, whosever it is, to follow its variable's name, and what to do."""
_SAFE = re.compile(r"[!-~]+")


def token_fault(value: str) -> tuple[str, str] | None:
    """What is wrong with how a token is written; nothing of the value is quoted but the scheme before it."""
    wrapped = wrapping_fault(value)
    if wrapped is not None:
        return wrapped
    for pattern, what, help_ in _TOKEN_FAULTS:
        found = re.search(pattern, value, re.IGNORECASE | re.DOTALL)
        if found is not None:
            return what.format(*found.groups()), help_
    if is_masked(value):
        masked = "Set it to the token itself, not to the masked form that logs and settings pages show."
        return "is a masked token, such as `***`", masked
    return header_fault(value)


def header_fault(value: str) -> tuple[str, str] | None:
    """What of a token or an account id no header can carry, and what to do; None where nothing is wrong."""
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
    named = "a non-ASCII character" if is_seen(odd) else character_name(odd)
    return f"has {named} in it, which isn't allowed in a header", "Set it again without that character."
