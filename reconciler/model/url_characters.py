"""Which characters, and which values of variables, a URL or pattern of the file may hold.

Source: RFC 3986, section 2 and appendix A; labels of a host may be of other scripts (RFC 5891).
"""

from __future__ import annotations

import re
from urllib.parse import quote

from reconciler.model.characters import character_name, is_seen, wrapping_fault
from reconciler.model.diagnostic import UrlError
from reconciler.model.secret import Origin, Part, SecretText

_RESERVED = ":/?#@!$&'()*+,;=%"
_ALLOWED = re.compile(rf"[A-Za-z0-9\-._~{_RESERVED}]*")
_HEAD = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*")
_BEGINNING = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_FORBIDDEN_IN_VALUE = re.compile(r"[\s\x00-\x1f\x7f-\x9f&#?/+]|%(?![0-9A-Fa-f]{2})")
_FREE_IN_A_QUERY = str.maketrans("", "", "/?")
_NEEDS_ENCODING = re.compile(r"[&#+;]|%(?![0-9A-Fa-f]{2})")


def escaped(raw: str) -> str:
    """A part of a provider's URL as a file may write it: the same in normal form."""
    return quote(raw, safe=_RESERVED)


def escaped_url(raw: str) -> str:
    """A provider's whole URL as a file may write it; its host may be of another script."""
    end = _head_end(raw)
    return raw[:end] + escaped(raw[end:])


def fits_as_value(text: str) -> bool:
    """Whether a variable that is a part of a URL may have this value: it stays within its place."""
    return _FORBIDDEN_IN_VALUE.search(text) is None and wrapping_fault(text) is None


def check_characters(text: SecretText, what: str) -> None:
    """UrlError where a URL or pattern of the file, which `what` names, has what it can't have or what can't be seen."""
    _check_beginning(text)
    raw = text.reveal()
    for part in text.parts:
        fault = wrapping_fault(part.text) if part.name else None
        if fault is not None:
            raise UrlError("url-character", f"the value of `${{{part.name}}}` {fault[0]}", fault[1])
    fault = wrapping_fault(raw)
    if fault is not None:
        raise UrlError("url-character", f"{what} {fault[0]}", fault[1])
    if _ALLOWED.fullmatch(raw):
        return
    head_end = _head_end(raw)
    characters = ((character, part) for part in text.parts for character in part.text)
    for position, (character, part) in enumerate(characters):
        in_host = position < head_end
        may_be = in_host and (character in "[]" or (not character.isascii() and is_seen(character)))
        if not may_be and not _ALLOWED.fullmatch(character):
            subject = f"the value of `${{{part.name}}}`" if part.name else what
            message = f"{subject} has {_named(character, part.origin)} in it, which isn't allowed in a URL"
            help_ = "Remove it; a host is made of letters, digits, `-` and `.`."
            raise UrlError("url-character", message, help_ if in_host else _what_to_do(character, part.origin))


def _check_beginning(text: SecretText) -> None:
    """Check that no value from the environment begins a URL, and that `--var` gives no more than a beginning."""
    if len(text.parts) == 1:
        return
    first = text.parts[0]
    if first.origin is Origin.ENVIRONMENT:
        raise _in_head(first.name)
    is_beginning = _BEGINNING.fullmatch(first.text) and not first.text.endswith("//")
    if first.origin is Origin.OPTION and text.parts[1].text[:1] in ("/", "?") and not is_beginning:
        raise UrlError(
            "url-variable-value",
            f"the value of `${{{first.name}}}` isn't the start of a URL: scheme, host and port",
            f"Set it with `--var {first.name}=https://hooks.example.com`, without a trailing slash.",
        )


def check_variable_places(text: SecretText) -> None:
    """UrlError where a value from the environment stands before the path, or one leaves its place.

    A text that is one variable as a whole may hold anything, but none from the environment.
    """
    _check_beginning(text)
    position, head_end, in_query = 0, _head_end(text.reveal()), False
    for part in text.parts:
        if position < head_end and part.origin is Origin.ENVIRONMENT:
            raise _in_head(part.name)
        is_free = not part.name or len(text.parts) == 1 or (not position and _BEGINNING.fullmatch(part.text))
        if not is_free and not fits_as_value(part.text.translate(_FREE_IN_A_QUERY) if in_query else part.text):
            if position < head_end:
                raise UrlError(
                    "url-variable-value",
                    f"the value of `${{{part.name}}}` is more than a host name, and only that fits here",
                    f"Write `${{{part.name}}}` without `https://` in front of it if the value is "
                    "`https://hooks.example.com`, or set it to `hooks.example.com`.",
                )
            raise UrlError(
                "url-variable-value",
                f"the value of `${{{part.name}}}` has white space, a control character, one of `&#?/+` or a bare `%`",
                "Percent-encode the value.",
            )
        position += len(part.text)
        in_query = in_query or "?" in part.text


def with_query_values_encoded(text: SecretText) -> SecretText:
    """A URL in which what variables put into a query stays in its place; what is percent-encoded stays as it is."""
    if len(text.parts) == 1:
        return text
    if not any(part.name and _NEEDS_ENCODING.search(part.text) for part in text.parts):
        return text
    parts: list[Part] = []
    before = ""
    for part in text.parts:
        value = part.text
        if part.name and "=" in before.partition("?")[2].rpartition("&")[2] and _NEEDS_ENCODING.search(value):
            value = re.sub("[&#+;%]", lambda found: _percent_encoded(found[0]), value)
        parts.append(Part(value, part.origin, part.name))
        before += value
    return SecretText(tuple(parts))


def _head_end(raw: str) -> int:
    head = _HEAD.match(raw)
    return head.end() if head is not None else 0


def _in_head(name: str) -> UrlError:
    return UrlError(
        "url-variable-host",
        f"`${{{name}}}` is used in the URL's scheme, host or port, which are shown and so can't be secret",
        f"Set it with `--var {name}=VALUE` instead, or in a file with `--var-file`.",
    )


def _percent_encoded(character: str) -> str:
    return quote(character, safe="", errors="replace")


def _named(character: str, origin: Origin) -> str:
    if not is_seen(character) or character == "`":
        return character_name(character)
    # A letter of a secret would be told.
    if not character.isascii() and origin is Origin.ENVIRONMENT:
        return "a non-ASCII character"
    return f"`{character}` ({character_name(character)})"


def _what_to_do(character: str, origin: Origin) -> str:
    if not character.isascii() and origin is Origin.ENVIRONMENT:
        return "Remove it, or percent-encode the value as UTF-8." if is_seen(character) else "Remove it."
    escape = _percent_encoded(character)
    if character in "{}<>|":
        return f"If it is part of a placeholder, put the real value there; otherwise, write `{escape}`."
    if is_seen(character) or character == " ":
        return f"Remove it, or write it percent-encoded: `{escape}`."
    return "Remove it: it can't be seen."
