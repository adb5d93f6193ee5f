"""What a provider says is wrong with a request, as far as it may be shown: it likes to quote the URL, a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import unquote

from reconciler.model.showing import reads_as_words
from reconciler.providers.document import NotADocument, parse_document

_FIELD = re.compile(r"[a-z][a-z0-9]{0,15}(?:_[a-z0-9]{1,15}){0,3}")
_SENTENCE = re.compile(r"[A-Za-z][a-z]*(?:[ ,;'’-]{1,2}(?:[A-Za-z][a-z]*|[0-9]{1,4}))*[.!]?")
_WORD = re.compile(r"[a-z0-9]+")
_LONGEST = 120
_MOST_FIELDS = 5
_MOST_LOOKED_AT = 100
_SHORTEST_PIECE = 3  # characters; shorter ones are in every sentence
_SHORTEST_PART = 4  # characters of a longer piece that are taken for a part of it


def complaint(body: bytes, sent: bytes | None, secrets: Iterable[str]) -> str:
    """The provider's complaint, to go on after a sentence's words.

    Args:
        body: the answer, whatever it is.
        sent: the JSON that was sent.
        secrets: what else must not show.
    Returns:
        Such as `: url: Ensure this field has no more than 200 characters; event`, or nothing. A message that isn't
        a plain sentence, or repeats anything of what was sent, is left out, and of it only its field is named. What
        doesn't read as words may be a secret that wasn't sent: another webhook's.
    """
    try:
        document = parse_document(body)
    except NotADocument:
        return ""
    pieces = frozenset(_pieces([*_values(json.loads(sent) if sent else None), *secrets]))
    fields = islice(document.items(), _MOST_LOOKED_AT)
    said = [text for name, messages in fields if (text := _said(name, messages, pieces))]
    return f": {'; '.join(said[:_MOST_FIELDS])}" if said else ""


def _said(name: str, messages: object, pieces: frozenset[str]) -> str:
    if not _FIELD.fullmatch(name) or not reads_as_words(name) or _repeats(name, pieces):
        return ""
    first = messages[0] if isinstance(messages, list) and messages else messages
    text = first.rstrip(".!") if isinstance(first, str) and _is_harmless(first, pieces) else ""
    if name == "detail":
        return text
    return f"`{name}`: {text}" if text else f"`{name}`"


def _is_harmless(message: str, pieces: frozenset[str]) -> bool:
    if len(message) > _LONGEST or not _SENTENCE.fullmatch(message):
        return False
    return all(map(reads_as_words, _WORD.findall(message.lower()))) and not _repeats(message, pieces)


def _repeats(text: str, pieces: frozenset[str]) -> bool:
    """Whether any of its words is a piece of what was sent, or part of one, or holds one. In doubt it is."""
    words = _WORD.findall(text.lower())
    return any(
        word == piece
        or (len(word) >= _SHORTEST_PART and word in piece)
        or (len(piece) > _SHORTEST_PART and piece in word)
        for word in words
        for piece in pieces
    )


def _values(sent: object) -> Iterator[str]:
    """Every text that was sent, however deep: which of them are secrets is the provider's declaration's to say."""
    match sent:
        case str():
            yield sent.partition("://")[2] or sent
        case dict():
            for value in sent.values():
                yield from _values(value)
        case list():
            for value in sent:
                yield from _values(value)


def _pieces(values: Iterable[str]) -> Iterator[str]:
    """The words of the values in lower case, with percent-encoding and in clear."""
    for value in values:
        for text in (value, unquote(value)):
            yield from (piece for piece in _WORD.findall(text.lower()) if len(piece) >= _SHORTEST_PIECE)
