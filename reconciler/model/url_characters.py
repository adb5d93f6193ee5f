"""Which characters a URL of the file may hold: what is shown is what is sent.

Source: RFC 3986, section 2 and appendix A; labels of a host may be of other scripts (RFC 5891).
"""

from __future__ import annotations

import re

from reconciler.model.characters import character_name, is_seen, wrapping_fault
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url_error import UrlError

_ALLOWED = re.compile(r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]*")
_HEAD = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*")
_UNFILLED = frozenset("{}<>|")
_ENCODED_IN_A_QUERY = re.compile(r"[&#+;%]")
_NEEDS_ENCODING = re.compile(r"[&#+;]|%(?![0-9A-Fa-f]{2})")


def check_characters(text: SecretText, what: str) -> None:
    """Check that a text holds nothing that a URL can't hold, or that can't be seen.

    Args:
        text: the characters of a URL or a pattern that the file, with its variables, writes.
        what: what it is, for the message: `the URL`.
    Raises:
        UrlError: it does; names the first such character, and of values from the environment no more than that.
    """
    raw = text.reveal()
    for part in text.parts:
        if part.name:
            _check_wrapping(part.text, f"the value of `${{{part.name}}}`")
    _check_wrapping(raw, what)
    if _ALLOWED.fullmatch(raw):
        return
    head = _HEAD.match(raw)
    head_end = head.end() if head is not None else 0
    position = 0
    for part in text.parts:
        for character in part.text:
            if not _is_allowed(character, in_host=position < head_end):
                raise _fault(part, character, what, in_host=position < head_end)
            position += 1


def with_query_values_encoded(text: SecretText) -> SecretText:
    """A URL in which what variables put into a query stays in its place.

    A value that is percent-encoded already stays as it is: one without a bare `%` and without a character that means
    something in a query.
    """
    if len(text.parts) == 1:
        return text
    parts: list[Part] = []
    before = ""
    for part in text.parts:
        is_value = part.name and "=" in before.partition("?")[2].rpartition("&")[2]
        parts.append(Part(_encoded(part.text), part.origin, part.name) if is_value else part)
        before += parts[-1].text
    return SecretText(tuple(parts))


def escaped(raw: str) -> str:
    """A part of a provider's URL as a file may write it: the same in normal form."""
    return "".join(
        found if _ALLOWED.fullmatch(found) else "".join(f"%{byte:02X}" for byte in found.encode()) for found in raw
    )


def escaped_url(raw: str) -> str:
    """A provider's whole URL as a file may write it; its host may be of another script."""
    head = _HEAD.match(raw)
    end = head.end() if head is not None else 0
    return raw[:end] + escaped(raw[end:])


def _encoded(value: str) -> str:
    if not _NEEDS_ENCODING.search(value):
        return value
    return _ENCODED_IN_A_QUERY.sub(lambda found: f"%{ord(found[0]):02X}", value)


def _is_allowed(character: str, *, in_host: bool) -> bool:
    if _ALLOWED.fullmatch(character):
        return True
    return in_host and (character in "[]" or (not character.isascii() and is_seen(character)))


def _check_wrapping(value: str, subject: str) -> None:
    fault = wrapping_fault(value)
    if fault is not None:
        raise UrlError("url-character", f"{subject} {fault[0]}", fault[1])


def _fault(part: Part, character: str, what: str, *, in_host: bool) -> UrlError:
    subject = f"the value of `${{{part.name}}}`" if part.name else what
    return UrlError(
        "url-character",
        f"{subject} has {_named(character, part.origin)} in it, which isn't allowed in a URL",
        "Remove it; a host is made of letters, digits, `-` and `.`." if in_host else _what_to_do(character, part),
    )


def _named(character: str, origin: Origin) -> str:
    if not is_seen(character):
        return character_name(character)
    # A letter of a secret would be told.
    if not character.isascii() and origin is Origin.ENVIRONMENT:
        return "a character outside ASCII"
    return f"`{character}` ({character_name(character)})" if character != "`" else character_name(character)


def _what_to_do(character: str, part: Part) -> str:
    if not character.isascii() and part.origin is Origin.ENVIRONMENT:
        return "Remove it, or percent-encode the value as UTF-8." if is_seen(character) else "Remove it."
    escape = "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
    if character in _UNFILLED:
        return f"If it is part of a placeholder, put the real value there; a literal one is written `{escape}`."
    if character == "\\":
        return f"Write `/`; a literal backslash is written `{escape}`."
    if is_seen(character) or character == " ":
        return f"Remove it, or write it percent-encoded: `{escape}`."
    return "Remove it: it can't be seen."
