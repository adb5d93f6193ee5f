"""What a provider says is wrong with a request, as far as it may be shown: it likes to quote the URL, a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import unquote

from reconciler.model.redaction import reads_as_words
from reconciler.model.secret import HIDDEN, Origin, SecretText
from reconciler.model.url import BUILT_IN_SECRET_PARAMS, Url
from reconciler.model.webhook import Fields
from reconciler.providers.document import DocumentError, parse_json

_FIELD = re.compile(r"[a-z][a-z0-9]{0,15}(?:_[a-z0-9]{1,15}){0,3}")
_CHUNK = re.compile(r"(?P<before>\(?)(?P<core>[A-Za-z0-9]+(?:[-_/.'’][A-Za-z0-9]+)*)(?P<after>\)?[.,;:!?]{0,3}\)?)")
_QUOTED = re.compile(r"(?P<before>\(?)[\"'`](?P<core>[A-Za-z0-9_]+)[\"'`](?P<after>\)?[.,;:!?]{0,3}\)?)")
_QUOTES = re.compile(r"(?<![^\s(])(?P<quote>[\"'`])(?:(?!(?P=quote)(?![A-Za-z0-9])).)*(?P=quote)")
_WORD = re.compile(r"[a-z]+|[A-Z][a-z]+|[A-Z]{2,6}s?|[A-Z]|[0-9]{1,4}")
_LETTERS = re.compile(r"[A-Za-z0-9]+")
_ONLY_NUMBERS = re.compile(r"[0-9.,;:/-]*[0-9][0-9.,;:/-]*")
_SENTENCES = frozenset({"detail", "error", "message", "title", "reason", "non_field_errors"})
"""Names under which services say what is wrong with the whole request: the name adds nothing."""
_LONGEST = 200
_MOST_FIELDS = 5
_MOST_LOOKED_AT = 100
_SHORTEST_PIECE = 3  # characters; shorter ones are in every sentence
_SHORTEST_PART = 4  # characters of a longer piece that are taken for a part of it
_MOST_NUMBERS = 4  # more than that spell something
_CLEAR = frozenset({Origin.LITERAL, Origin.OPTION})
_WINDOW = 8  # characters of a secret, whatever stands between them


def complaint(body: bytes, secrets: Iterable[str], shown: frozenset[str] = frozenset()) -> str:
    """The provider's complaint, to go on after a sentence's words.

    Args:
        body: the answer, whatever it is.
        secrets: what must not show, of what was sent and beside it.
        shown: words that may be quoted, such as the event that was sent.
    Returns:
        Such as `: url: Ensure this field has no more than 200 characters; event`, or nothing. What repeats a secret,
        is quoted, or doesn't read as a word is replaced: it may be a secret that wasn't sent, another webhook's. Where
        no word is left, only the field is named.
    """
    try:
        document = parse_json(body)
    except DocumentError:
        return ""
    secret = _Secret(secrets)
    said = islice(
        (text for name, messages in _messages(document) if (text := _said(name, messages, secret, shown))), _MOST_FIELDS
    )
    text = "; ".join(dict.fromkeys(said))
    return f": {text}" if text else ""


def secrets_of(fields: Fields) -> tuple[str, ...]:
    """What of a webhook's fields must not show: of a URL what the file doesn't write in clear, its host aside."""
    found: list[str] = []
    for value in fields.values():
        if isinstance(value, Url):
            texts = (*value.segments, *(item.text for item in value.items))
            found += [part.text for text in texts for part in text.parts if part.origin not in _CLEAR]
            found += [item.text.reveal().partition("=")[2] for item in value.items if item.secret]
        elif isinstance(value, SecretText):
            found.append(value.reveal())
    return tuple(found)


def _messages(document: object) -> Iterator[tuple[str, object]]:
    """Each field and what is said of it; what stands in an object under `error` counts as if it stood outside."""
    if not isinstance(document, dict):
        return
    for name, messages in islice(document.items(), _MOST_LOOKED_AT):
        if name in _SENTENCES and isinstance(messages, dict):
            yield from (
                (inner, said) for inner, said in islice(messages.items(), _MOST_LOOKED_AT) if inner in _SENTENCES
            )
        else:
            yield name, messages


def _said(name: str, messages: object, secret: _Secret, shown: frozenset[str]) -> str:
    if not _FIELD.fullmatch(name) or not reads_as_words(name) or secret.is_in(name):
        return ""
    first = messages[0] if isinstance(messages, list) and messages else messages
    if isinstance(first, dict):  # as GitHub lists what is wrong
        first = first.get("message")
    text = _harmless(first, secret, shown) if isinstance(first, str) else ""
    if name in _SENTENCES:
        return text
    return f"`{name}`: {text}" if text else f"`{name}`"


def _harmless(message: str, secret: _Secret, shown: frozenset[str]) -> str:
    """The message with what may not show replaced; nothing where no word of it is left."""
    cut = message[: _LONGEST + 1]
    if len(cut) > _LONGEST:
        cut = cut[:_LONGEST].rpartition(" ")[0] + " …"
    chunks = [_chunk(chunk, secret, shown) for chunk in _unquoted(cut, shown).split()]
    for number, before in enumerate(chunks[:-1]):
        if before.endswith(":") and before.rstrip(":").lower() in BUILT_IN_SECRET_PARAMS:
            chunks[number + 1] = HIDDEN
    chunks = _without_codes(secret.without_windows(chunks))
    if len(chunks) == 1 and not chunks[0][:1].isupper():
        return ""  # no sentence: it may be anything
    if not any(_LETTERS.search(chunk) for chunk in chunks if HIDDEN not in chunk):
        return ""
    kept = [
        chunk for number, chunk in enumerate(chunks) if chunk != HIDDEN or number == 0 or chunks[number - 1] != HIDDEN
    ]
    return " ".join(kept).rstrip(".!")


def _unquoted(message: str, shown: frozenset[str]) -> str:
    """The message with what it quotes hidden, unless that is a word that may be quoted."""
    return _QUOTES.sub(lambda found: found[0] if found[0][1:-1] in shown else HIDDEN, message)


def _chunk(chunk: str, secret: _Secret, shown: frozenset[str]) -> str:
    """What stands between two blanks, or as much of it as may show."""
    if chunk == "…":
        return chunk
    quoted = _QUOTED.fullmatch(chunk)
    if quoted is not None and quoted["core"] in shown and not secret.is_in(quoted["core"]):
        return chunk
    bare = chunk.strip("().,;:!?")
    if bare in shown and not secret.is_in(bare):
        return chunk
    found = _CHUNK.fullmatch(chunk)
    if (
        found is not None
        and all(map(_is_word, re.split(r"[-_/.'’]", found["core"])))
        and not secret.is_in(found["core"])
    ):
        return chunk
    return HIDDEN + (chunk[-1] if chunk[-1] in ".,;:" else "")


def _without_codes(chunks: list[str]) -> list[str]:
    """The chunks without numbers where there are so many that they may spell a text, character by character."""
    numbers = {number for number, chunk in enumerate(chunks) if _ONLY_NUMBERS.fullmatch(chunk)}
    if len(numbers) <= _MOST_NUMBERS:
        return chunks
    return [HIDDEN if number in numbers else chunk for number, chunk in enumerate(chunks)]


def _is_word(word: str) -> bool:
    return _WORD.fullmatch(word) is not None and reads_as_words(word)


class _Secret:
    """What must not show, in lower case, with percent-encoding and in clear."""

    def __init__(self, values: Iterable[str]) -> None:
        texts = [text.lower() for value in values for text in (value, unquote(value))]
        self._pieces = frozenset(
            piece for text in texts for piece in _LETTERS.findall(text) if len(piece) >= _SHORTEST_PIECE
        )
        squeezed = ("".join(_LETTERS.findall(text)) for text in texts)
        self._windows = frozenset(
            text[start : start + _WINDOW]
            for text in squeezed
            if len(text) >= _SHORTEST_PART
            for start in range(max(len(text) - _WINDOW, 0) + 1)
        )

    def is_in(self, text: str) -> bool:
        """Whether any of its words is a piece of a secret, or part of one, or holds one. In doubt it is."""
        return any(
            word == piece
            or (len(word) >= _SHORTEST_PART and word in piece)
            or (len(piece) > _SHORTEST_PART and piece in word)
            for word in _LETTERS.findall(text.lower())
            for piece in self._pieces
        )

    def without_windows(self, chunks: list[str]) -> list[str]:
        """The chunks without those that together spell a part of a secret, blanks and signs left out."""
        letters = ["" if HIDDEN in chunk else "".join(_LETTERS.findall(chunk)).lower() for chunk in chunks]
        owners = [number for number, text in enumerate(letters) for _ in text]
        text = "".join(letters)
        spelt = {
            owner
            for size in {_WINDOW, *(len(window) for window in self._windows)}
            for start in range(len(text) - size + 1)
            if text[start : start + size] in self._windows
            for owner in owners[start : start + size]
        }
        return [HIDDEN if number in spelt else chunk for number, chunk in enumerate(chunks)]
