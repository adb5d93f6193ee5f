"""The provider's own words about a call that failed, as far as they may show: it likes to quote the URL, a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from urllib.parse import unquote

from reconciler.http.exchange import UnexpectedAnswerError, parse_json
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS, param_name
from reconciler.model.redaction import reads_as_words
from reconciler.model.secret import HIDDEN

# Compiled when they are first needed: most runs need none.
_FIELD = r"[a-z][a-z0-9]{0,15}(?:_[a-z0-9]{1,15}){0,3}"
_CHUNK = r"\(?(?P<core>[A-Za-z0-9]+(?:[-_/.'’][A-Za-z0-9]+)*)\)?[.,;:!?]{0,3}\)?"
_QUOTES = r"(?<![^\s(])(?P<quote>[\"'`])(?:(?!(?P=quote)(?![A-Za-z0-9])).)*(?P=quote)"
_WORD = r"[a-z]+|[A-Z][a-z]+|[A-Z]{2,6}s?|[A-Z]|[0-9]{1,4}"
_LETTERS = r"[A-Za-z0-9]+"
_ONLY_NUMBERS = r"[0-9.,;:/-]*[0-9][0-9.,;:/-]*"
# Names under which services say what is wrong with the whole request: the name adds nothing.
_SENTENCES = frozenset({"detail", "error", "message", "title", "reason", "non_field_errors"})
_LONGEST = 200
_MOST_FIELDS = 5
_MOST_LOOKED_AT = 100
_SHORTEST_PIECE = 3  # characters; shorter ones are in every sentence
_SHORTEST_PART = 4  # characters of a longer piece that are taken for a part of it
_MOST_NUMBERS = 4  # more than that may spell a text, character by character
_WINDOW = 8  # characters of a secret, whatever stands between them


def complaint(body: bytes, secrets: Iterable[str], shown: frozenset[str] = frozenset()) -> str:
    """The provider's complaint, to go on after a sentence's words: `: url: Ensure …; event`, or nothing.

    What repeats a secret, is quoted (unless it is `shown`), or doesn't read as a word is replaced: it may be a secret
    that wasn't sent, another webhook's. Where no word is left, or words together spell one, only the field is named.
    """
    try:
        document = parse_json(body)
    except UnexpectedAnswerError:
        return ""
    mask = _Mask(secrets, shown)
    said = (text for name, messages in _messages(document) if (text := mask.said(name, messages)))
    text = "; ".join(dict.fromkeys(islice(said, _MOST_FIELDS)))
    return f": {text}" if text else ""


def _messages(document: object) -> Iterator[tuple[str, object]]:
    """Each field and what is said of it; what stands in an object under `error` counts as if it stood outside."""
    if not isinstance(document, dict):
        return
    for name, messages in islice(document.items(), _MOST_LOOKED_AT):
        if name in _SENTENCES and isinstance(messages, dict):
            inner = islice(messages.items(), _MOST_LOOKED_AT)
            yield from ((name, said) for name, said in inner if name in _SENTENCES)
        else:
            yield name, messages


class _Mask:
    """Hides what must not show, in lower case, with percent-encoding and in clear."""

    def __init__(self, secrets: Iterable[str], shown: frozenset[str]) -> None:
        texts = [text.lower() for value in secrets for text in (value, unquote(value))]
        words = [re.findall(_LETTERS, text) for text in texts]
        self._shown = shown
        self._pieces = frozenset(piece for found in words for piece in found if len(piece) >= _SHORTEST_PIECE)
        self._windows = frozenset(
            text[start : start + _WINDOW]
            for text in map("".join, words)
            if len(text) >= _SHORTEST_PART
            for start in range(max(len(text) - _WINDOW, 0) + 1)
        )

    def said(self, name: str, messages: object) -> str:
        """A field and what is said of it, as far as both may show."""
        if not re.fullmatch(_FIELD, name) or not reads_as_words(name) or self._is_secret(name):
            return ""
        first = messages[0] if isinstance(messages, list) and messages else messages
        if isinstance(first, dict):  # as GitHub lists what is wrong
            first = first.get("message")
        text = self._harmless(first) if isinstance(first, str) else ""
        if name in _SENTENCES:
            return text
        return f"`{name}`: {text}" if text else f"`{name}`"

    def _harmless(self, message: str) -> str:
        """The message with what may not show replaced; nothing where that may not suffice, or leaves no word."""
        cut = message if len(message) <= _LONGEST else message[:_LONGEST].rpartition(" ")[0] + " …"
        unquoted = re.sub(_QUOTES, lambda found: found[0] if found[0][1:-1] in self._shown else HIDDEN, cut)
        chunks = [self._chunk(chunk) for chunk in unquoted.split()]
        for number, before in enumerate(chunks[:-1]):
            if before.endswith(":") and param_name(before.rstrip(":")) in BUILT_IN_SECRET_PARAMS:
                chunks[number + 1] = HIDDEN
        # Several chunks may spell a secret together, with blanks and signs between or as numbers.
        spelt = "".join(re.findall(_LETTERS, " ".join(chunk for chunk in chunks if HIDDEN not in chunk)))
        is_spelt = any(window in spelt.lower() for window in self._windows)
        is_coded = sum(re.fullmatch(_ONLY_NUMBERS, chunk) is not None for chunk in chunks) > _MOST_NUMBERS
        is_bare = len(chunks) == 1 and not chunks[0][:1].isupper()  # no sentence: it may be anything
        if not spelt or is_spelt or is_coded or is_bare:
            return ""
        pairs = pairwise(["", *chunks])
        return " ".join(chunk for before, chunk in pairs if not before == chunk == HIDDEN).rstrip(".!")

    def _chunk(self, chunk: str) -> str:
        """What stands between two blanks, or as much of it as may show."""
        bare = chunk.strip("\"'`().,;:!?")
        if chunk == "…" or (bare in self._shown and not self._is_secret(bare)):
            return chunk
        found = re.fullmatch(_CHUNK, chunk)
        words = re.split(r"[-_/.'’]", found["core"]) if found else ()
        is_clear = all(re.fullmatch(_WORD, word) and reads_as_words(word) for word in words)
        if found and is_clear and not self._is_secret(found["core"]):
            return chunk
        return HIDDEN + (chunk[-1] if chunk[-1] in ".,;:" else "")

    def _is_secret(self, text: str) -> bool:
        """Whether any of its words is a piece of a secret, or part of one, or holds one. In doubt it is."""
        return any(
            word == piece
            or (len(word) >= _SHORTEST_PART and word in piece)
            or (len(piece) > _SHORTEST_PART and piece in word)
            for word in re.findall(_LETTERS, text.lower())
            for piece in self._pieces
        )
