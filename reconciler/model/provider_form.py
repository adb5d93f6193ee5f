"""A URL that a provider gave back in another form than it was sent: that form, and what became of its secrets.

The host aside, nothing is shown because the provider says it: only what the file writes, in the provider's spelling.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import Enum
from html import unescape
from urllib.parse import unquote, unquote_plus

from reconciler.model.characters import is_masked
from reconciler.model.secret import HIDDEN, Origin, SecretText
from reconciler.model.url import QueryItem, Url, normal_text, parse_url
from reconciler.model.url_error import UrlError

_HEAD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\\]+(?=[/?#]|$)")
_IN_PATH = re.compile(r"/")
_IN_QUERY = re.compile(r"&(?:amp|#0*38|#[xX]0*26);|[?&#;]")
_PATH_END = re.compile(r"[?#]|$")
_SECRET = (Origin.ENVIRONMENT, Origin.PLACEHOLDER)


class Kept(Enum):
    """What a provider made of a secret parameter's value."""

    NOT_AT_ALL = "without it"
    MASKED = "masked"
    IN_LOWER_CASE = "in lower case"
    IN_UPPER_CASE = "in upper case"
    DECODED = "percent-decoded"
    ENCODED = "percent-encoded again"
    SHORTENED = "cut short"
    OTHERWISE = "as something else"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptParam:
    """A secret parameter that came back otherwise.

    Attributes:
        name: the parameter's, as the file writes it; empty where a variable holds it.
        kept: what became of its value.
        variables: the names of the variables that feed the value; none where the file writes it.
    """

    name: str
    kept: Kept
    variables: tuple[str, ...]


def provider_form(sent: Url, made: Url | SecretText) -> str:
    """What the provider made of a URL, as a file may write it: what was sent in the provider's spelling.

    Variables stand by name where their values came back as they were. What wasn't sent, or is secret, reads `‹hidden›`.
    """
    raw = made.reveal()
    pieces = _pieces(raw)
    if sent.whole_variable or not pieces:
        return f"{raw[slice(*pieces[0])]}/{HIDDEN}" if pieces else HIDDEN
    ours = _sent_pieces(sent)
    names = {_canonical(_name(text)) for text in (one.text for one in ours.values()) if _name(text)}
    shown, end = "", 0
    for start, stop in pieces:
        text = ours.get(_canonical(raw[start:stop]))
        is_head = not start
        shown += raw[end:start]
        shown += _escaped(raw[:stop]) if is_head and text is None else _piece(raw[start:stop], text, names)
        end = stop
    return shown


@dataclass(frozen=True, slots=True)
class _Sent:
    """A piece of a URL that was sent, and whether it holds a secret: a variable's value, or a secret parameter's."""

    text: SecretText
    is_secret: bool


def _sent_pieces(sent: Url) -> dict[str, _Sent]:
    """The pieces of a URL that was sent, by what no spelling changes; secret ones count where others are alike."""
    params = {item.text.reveal() for item in sent.items if item.secret}
    found: dict[str, _Sent] = {}
    for start, stop in _pieces(sent.source.reveal()):
        text = sent.source.slice(start, stop)
        canonical = _canonical(text.reveal())
        secret = bool(text.variables(*_SECRET)) or text.reveal() in params
        if secret or canonical not in found:
            found[canonical] = _Sent(text, secret)
    return found


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
        value = item.text.slice(len(head) + 1, len(item.text))
        found.append(
            KeptParam(
                name="" if item.text.slice(0, len(head)).variables(*_SECRET) else head,
                kept=_kept(item, there),
                variables=tuple(dict.fromkeys(value.variables(*_SECRET))),
            )
        )
    return tuple(found)


def _kept(sent: QueryItem, made: QueryItem | None) -> Kept:
    ours = _value(sent)
    theirs = "" if made is None else _value(made)
    if not theirs:
        return Kept.NOT_AT_ALL
    if theirs == normal_text(ours.lower()):
        return Kept.IN_LOWER_CASE
    if theirs == normal_text(ours.upper()):
        return Kept.IN_UPPER_CASE
    if is_masked(unquote(theirs)):
        return Kept.MASKED
    if theirs == normal_text(unquote(ours)):
        return Kept.DECODED
    if unquote(ours) in (unquote(theirs), unquote_plus(theirs)) or ours == unquote(theirs):
        return Kept.ENCODED
    return Kept.SHORTENED if ours.startswith(theirs) else Kept.OTHERWISE


def _value(item: QueryItem) -> str:
    return item.normal.partition("=")[2]


def _pieces(raw: str) -> list[tuple[int, int]]:
    """Where head, segments and query items stand, whether it has a normal form or not; nothing if it is no URL."""
    head = _HEAD.match(raw)
    if head is None:
        return []
    path_end = _PATH_END.search(raw, head.end())
    middle = path_end.start() if path_end else len(raw)
    return [
        head.span(),
        *_between(_IN_PATH, raw, head.end(), middle),
        *_between(_IN_QUERY, raw, middle, len(raw)),
    ]


def _between(separator: re.Pattern[str], raw: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The places after each separator, of which the first stands at the start."""
    found = list(separator.finditer(raw, start, end))
    stops = [*(one.start() for one in found), end][1:]
    yield from ((one.end(), stop) for one, stop in zip(found, stops, strict=True))


def _canonical(text: str) -> str:
    """What stays the same whatever a service does to a text: escapes, blanks as `+`, and case."""
    return unquote_plus(unescape(text)).casefold()


def _piece(raw: str, sent: _Sent | None, names: Container[str]) -> str:
    """A piece of the provider's form as it may be shown."""
    if not raw:
        return ""
    if sent is not None and not sent.is_secret:
        return _template(sent.text) if raw == sent.text.reveal() else _escaped(raw)
    if sent is not None and raw == sent.text.reveal() and sent.text.variables(*_SECRET):
        return _template(sent.text)
    name, equals, _ = raw.partition("=")
    return name + equals + HIDDEN if _canonical(name) in names else HIDDEN


def _name(text: SecretText) -> str:
    """A query item's name where the file writes it in clear; nothing where a variable holds it, or it is no item."""
    head, equals, _ = text.reveal().partition("=")
    return "" if not equals or text.slice(0, len(head)).variables(*_SECRET) else head


def _template(text: SecretText) -> str:
    """Text as a file writes it: variables by name, every other dollar sign doubled."""
    return "".join(f"${{{part.name}}}" if part.name else _escaped(part.text) for part in text.parts)


def _escaped(text: str) -> str:
    return text.replace("$", "$$")
