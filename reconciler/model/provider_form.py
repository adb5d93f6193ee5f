"""A URL that a provider gave back in another form than it was sent: that form, and what became of its secrets.

The host aside, nothing is shown because the provider says it: only what the file writes, in the provider's spelling.
"""

from __future__ import annotations

import re
from collections.abc import Container
from enum import Enum
from urllib.parse import unquote, unquote_plus

from msgspec import Struct

from reconciler.model.characters import is_masked
from reconciler.model.diagnostic import UrlError
from reconciler.model.secret import HIDDEN, SHOWN_BY_NAME, SecretText
from reconciler.model.url import Url, normal_text, parse_url

_HEAD_AND_PATH = re.compile(r"(?P<head>[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\\]+)(?P<path>(?:/[^?#]*)?)(?=[?#]|\Z)")
_SEGMENT = re.compile(r"/([^/]*)")
_SEPARATOR = r"(?:&(?:amp|#0*38|#[xX]0*26);|[?&#;])"
_ITEM = re.compile(rf"{_SEPARATOR}((?:(?!{_SEPARATOR}).)*)", re.DOTALL)


class Kept(Enum):
    """What a provider made of a secret parameter's value."""

    NOT_AT_ALL = "without it"
    MASKED = "masked"
    IN_LOWER_CASE = "in lower case"
    IN_UPPER_CASE = "in upper case"
    RECODED = "with other escapes"
    SHORTENED = "cut short"
    OTHERWISE = "with another value"


class KeptParam(Struct, frozen=True, kw_only=True):
    """A secret parameter that came back otherwise."""

    name: str  # as the file writes it; empty where a variable holds it
    kept: Kept
    variables: tuple[str, ...]  # those that feed the value; none where the file writes it


def provider_form(sent: Url, made: Url | SecretText) -> str:
    """What was sent in the provider's spelling, as a file may write it; what wasn't sent, or is secret, is hidden."""
    raw = made.reveal()
    pieces = _pieces(raw)
    if sent.whole_variable or not pieces:
        return f"{raw[slice(*pieces[0])]}/{HIDDEN}" if pieces else HIDDEN
    ours = _sent_pieces(sent)
    names = {_canonical(name) for text, _ in ours.values() if (name := _clear_name(text))}
    shown, end = "", 0
    for start, stop in pieces:
        piece = raw[start:stop]
        text, is_secret = ours.get(_canonical(piece), (None, True))
        is_head = not start and text is None
        shown += raw[end:start] + (_escaped(piece) if is_head else _shown(piece, text, names, is_secret=is_secret))
        end = stop
    return shown


def why_unwritable(made: SecretText) -> str:
    """Why no file may hold a URL as a provider has it; quotes nothing."""
    try:
        parse_url(SecretText.literal(made.reveal()))
    except UrlError as error:
        return error.message
    return "it is not a URL"


def kept_otherwise(sent: Url, made: Url) -> tuple[KeptParam, ...]:
    """The secret parameters of a URL that came back otherwise, in the URL's order."""
    found: list[KeptParam] = []
    left = [item for item in made.items if item.secret]
    for item in sent.items:
        if not item.secret or item.normal in made.secrets:
            continue
        name = unquote(item.name).lower()
        there = next((other for other in left if unquote(other.name).lower() == name), None)
        if there is not None:
            left.remove(there)
        head, _, _ = item.text.reveal().partition("=")
        is_fed = item.text.slice(0, len(head)).variables(*SHOWN_BY_NAME)
        variables = item.text.slice(len(head) + 1, len(item.text)).variables(*SHOWN_BY_NAME)
        kept = Kept.NOT_AT_ALL if there is None else _kept(item.value, there.value)
        found.append(KeptParam(name="" if is_fed else head, kept=kept, variables=tuple(dict.fromkeys(variables))))
    return tuple(found)


def _kept(ours: str, theirs: str) -> Kept:
    table = (
        (Kept.NOT_AT_ALL, not theirs),
        (Kept.IN_LOWER_CASE, theirs == normal_text(ours.lower())),
        (Kept.IN_UPPER_CASE, theirs == normal_text(ours.upper())),
        (Kept.MASKED, is_masked(unquote(theirs))),
        (Kept.RECODED, theirs == normal_text(unquote(ours)) or ours == unquote(theirs)),
        (Kept.RECODED, unquote(ours) in (unquote(theirs), unquote_plus(theirs))),
        (Kept.SHORTENED, ours.startswith(theirs)),
    )
    return next((kept for kept, holds in table if holds), Kept.OTHERWISE)


def _pieces(raw: str) -> list[tuple[int, int]]:
    """Where head, segments and query items stand, whether it has a normal form or not; nothing if it is no URL."""
    found = _HEAD_AND_PATH.match(raw)
    if found is None:
        return []
    segments = [segment.span(1) for segment in _SEGMENT.finditer(raw, *found.span("path"))]
    return [found.span("head"), *segments, *(item.span(1) for item in _ITEM.finditer(raw, found.end()))]


def _sent_pieces(sent: Url) -> dict[str, tuple[SecretText, bool]]:
    """The pieces of a URL that was sent, by what no spelling changes, each with whether it holds a secret.

    A secret one counts where others are alike.
    """
    params = {item.text.reveal() for item in sent.items if item.secret}
    found: dict[str, tuple[SecretText, bool]] = {}
    for start, stop in _pieces(sent.source.reveal()):
        text = sent.source.slice(start, stop)
        canonical = _canonical(text.reveal())
        is_secret = bool(text.variables(*SHOWN_BY_NAME)) or text.reveal() in params
        if is_secret or canonical not in found:
            found[canonical] = (text, is_secret)
    return found


def _canonical(text: str) -> str:
    """What stays the same whatever a service does to a text: escapes, blanks as `+`, and case."""
    from html import unescape  # with all its entities, for few runs  # noqa: PLC0415

    return unquote_plus(unescape(text)).casefold()


def _shown(raw: str, sent: SecretText | None, names: Container[str], *, is_secret: bool) -> str:
    if not raw:
        return ""
    if sent is not None and raw == sent.reveal() and (not is_secret or sent.variables(*SHOWN_BY_NAME)):
        # As a file writes it: variables by name, every other dollar sign doubled.
        return "".join(f"${{{part.name}}}" if part.name else _escaped(part.text) for part in sent.parts)
    if not is_secret:
        return _escaped(raw)
    name, equals, _ = raw.partition("=")
    return name + equals + HIDDEN if _canonical(name) in names else HIDDEN


def _clear_name(text: SecretText) -> str:
    """A query item's name where the file writes it in clear; nothing where a variable holds it, or it is no item."""
    head, equals, _ = text.reveal().partition("=")
    return "" if not equals or text.slice(0, len(head)).variables(*SHOWN_BY_NAME) else head


def _escaped(text: str) -> str:
    return text.replace("$", "$$")
