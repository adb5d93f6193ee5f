"""What of a URL may be shown: by structure and origin, never by searching for strings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from urllib.parse import unquote

from reconciler.model.characters import unseen_escaped, without_unseen
from reconciler.model.pattern import Pattern
from reconciler.model.secret import CHANGED, HIDDEN, Origin, SecretText
from reconciler.model.url import BUILT_IN_SECRET_PARAMS, QueryItem, Url, normal_text

_LONGEST_WORDS = 40
_LONGEST_WITHOUT_VOWEL = 4
_WORD = re.compile(r"(?:[a-z]+|[A-Z]+|(?:[a-z]{2,}|[A-Z][a-z]+)(?:[A-Z][a-z]+)*)[0-9]{0,4}")
_NUMBER = re.compile(r"v?[0-9]{1,4}|v")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_ANYWHERE = ""
_SIX_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{6}", re.IGNORECASE)


def reads_as_words(text: str) -> bool:
    """Whether a person would read it as words: `shippo2-prod`, `orders_2024`, `v1`; not a token, an id or a hash.

    Measured with random secrets: tokens of 14 or more letters and digits pass in 0.1 % of cases or less.
    """
    return not text or (len(text) <= _LONGEST_WORDS and all(map(_is_word, re.split(r"[-_.]", text))))


def _is_word(piece: str) -> bool:
    if _NUMBER.fullmatch(piece):
        return True
    if not _WORD.fullmatch(piece) or _SIX_CONSONANTS.search(piece):
        return False
    letters = piece.rstrip("0123456789")
    return len(letters) <= _LONGEST_WITHOUT_VOWEL or _VOWEL.search(letters) is not None


class Hides(Enum):
    """What of a provider's query item must not be shown."""

    NOTHING = "nothing"
    VALUE = "value"
    ALL = "all"


def _hidden_in(item: QueryItem, secret_params: frozenset[str]) -> Hides:
    """What of a provider's query item is hidden: secret parameters by name, and all that doesn't read as words."""
    name, _, value = item.normal.partition("=")
    if not reads_as_words(name):
        return Hides.ALL
    secret = item.secret or _has_secret_word(unquote(name).lower(), secret_params)
    return Hides.VALUE if value and (secret or not reads_as_words(value)) else Hides.NOTHING


def _has_secret_word(name: str, secret_params: frozenset[str]) -> bool:
    """Whether a name holds a secret word; a parameter that the file calls public is none by itself."""
    public = BUILT_IN_SECRET_PARAMS - secret_params
    return name not in public and any(word in name for word in secret_params | BUILT_IN_SECRET_PARAMS)


class _Written:
    """What the files write: segments and query items by host and normal form, and whole URLs that variables hold."""

    __slots__ = ("_pieces", "whole", "whole_endpoints")

    def __init__(self, urls: Iterable[Url], patterns: Iterable[Pattern]) -> None:
        self._pieces: dict[tuple[str, str], str] = {}
        self.whole: dict[Url, str] = {}
        for url in urls:
            if url.whole_variable:
                self.whole[url] = str(url.source)
                continue
            self._add_path(url.endpoint.host, url.segments)
            for item in url.items:
                if not item.secret or item.text.variables(Origin.ENVIRONMENT):
                    self._pieces[_place(url.endpoint.host, item.text), "?" + item.normal] = _own_item(item)
        for pattern in patterns:
            self._add_path(pattern.host, pattern.segments)
        self.whole_endpoints = frozenset(url.endpoint for url in self.whole)

    def piece(self, host: str, normal: str) -> str | None:
        """How the file writes it: at this host, or with a variable, whose value is secret at every host."""
        return self._pieces.get((host, normal), self._pieces.get((_ANYWHERE, normal)))

    def fed(self, normal: str) -> str:
        """How the file writes it with a variable whose value is secret; nothing where it doesn't."""
        return self._pieces.get((_ANYWHERE, normal), "")

    def _add_path(self, host: str, segments: Iterable[SecretText]) -> None:
        for segment in segments:
            self._pieces[_place(host, segment), normal_text(segment.reveal())] = str(segment)


class Showing:
    """Shows URLs in the light of what the file writes in clear.

    A provider's URL shows the segments and query items that the file writes (its variables as `${NAME}`), and beyond
    them only what reads as words.
    """

    __slots__ = ("_patterns", "_secret_params", "_urls", "_what_is_written")

    def __init__(
        self,
        urls: Iterable[Url] = (),
        secret_params: frozenset[str] = BUILT_IN_SECRET_PARAMS,
        patterns: Iterable[Pattern] = (),
    ) -> None:
        self._urls = tuple(urls)
        self._patterns = tuple(patterns)
        self._secret_params = secret_params
        self._what_is_written: _Written | None = None

    @property
    def _written(self) -> _Written:
        """What the file writes; gathered when something is first shown, which `validate` never does."""
        if self._what_is_written is None:
            self._what_is_written = _Written(self._urls, self._patterns)
        return self._what_is_written

    def show(self, url: Url) -> str:
        """The URL as it may be printed (control characters aside, which are the output's to escape)."""
        return self._show(url, frozenset())

    def show_change(self, before: Url, after: Url) -> tuple[str, str]:
        """Both sides of a change. Where they would read the same, what differs reads `‹changed›` on the second."""
        old, new = self.show(before), self.show(after)
        if old == new:
            new = self._show(after, frozenset(after.secrets) - frozenset(before.secrets))
        return old, new if new != old else f"{new} ({CHANGED})"

    def show_endpoint(self, url: Url) -> str:
        """The URL without its secret parameters."""
        items = tuple(item for item in url.items if not item.secret)
        return self._show(url if url.whole_variable else replace(url, items=items), frozenset())

    def hidden_segments(self, url: Url) -> tuple[bool, ...]:
        """Which segments of a provider's path no file may say in clear.

        Those that the environment feeds; and the first that doesn't read as words, with all after it.
        """
        hidden = url.endpoint in self._written.whole_endpoints
        found: list[bool] = []
        for segment in url.segments:
            raw = segment.reveal()
            hidden = hidden or not reads_as_words(raw)
            found.append(hidden or bool(self._written.fed(normal_text(raw))))
        return tuple(found)

    def hidden_in(self, url: Url, item: QueryItem) -> Hides:
        """What of an item of a provider's URL no file may say in clear."""
        name, _, _ = self._written.fed("?" + item.normal).partition("=")
        if "${" in name or url.endpoint in self._written.whole_endpoints:
            return Hides.ALL
        return Hides.VALUE if name else _hidden_in(item, self._secret_params)

    def _show(self, url: Url, changed: frozenset[str]) -> str:
        provided = Origin.PROVIDER in url.source.origins()
        # A URL that a variable holds, though its secrets may be the provider's by now (`ignore_changes: [url]`).
        from_variable = url.source.parts[0].origin in (Origin.ENVIRONMENT, Origin.PLACEHOLDER)
        if provided or from_variable:
            if url in self._written.whole:
                return str(url.source) if url.whole_variable else self._written.whole[url]
            if url.endpoint in self._written.whole_endpoints:
                return f"{url.endpoint.origin}/{HIDDEN}"
            if url.whole_variable:
                return str(url.source)
        if not provided:
            path = "".join(f"/{segment}" for segment in url.segments)
            return url.endpoint.origin + path + _query(_own_item(item, changed) for item in url.items)
        items = (self._item(url.endpoint.host, item, changed) for item in url.items)
        return url.endpoint.origin + self._path(url) + _query(items)

    def _path(self, url: Url) -> str:
        shown = ""
        for segment in url.segments:
            raw = segment.reveal()
            known = self._written.piece(url.endpoint.host, normal_text(raw))
            # One more character that can't be seen makes it another webhook: it is shown, escaped.
            if known is None and not reads_as_words(without_unseen(raw)):
                return f"{shown}/{HIDDEN}"
            shown += "/" + (unseen_escaped(raw) if known is None else known)
        return shown

    def _item(self, host: str, item: QueryItem, changed: frozenset[str]) -> str:
        known = self._written.piece(host, "?" + item.normal)
        if known is not None:
            return known
        hides = _hidden_in(item, self._secret_params)
        if hides is Hides.ALL:
            return HIDDEN
        name, equals, value = item.normal.partition("=")
        if item.normal in changed:
            return name + equals + CHANGED
        return name + equals + (HIDDEN if hides is Hides.VALUE else value)


def _place(host: str, text: SecretText) -> str:
    """Where the file's way to write it holds."""
    return _ANYWHERE if text.variables(Origin.ENVIRONMENT) else host


def _own_item(item: QueryItem, changed: frozenset[str] = frozenset()) -> str:
    """A query item that the file wrote: of a secret parameter only variables show, by name."""
    if not item.secret:
        return str(item.text)
    name, equals, _ = item.text.reveal().partition("=")
    head = str(item.text.slice(0, len(name) + len(equals)))
    if item.normal in changed:
        return head + CHANGED
    value = item.text.slice(len(name) + len(equals), len(item.text))
    return head + "".join(HIDDEN if part.origin in _CLEAR else part.shown for part in value.parts)


_CLEAR = frozenset({Origin.LITERAL, Origin.OPTION})


def _query(items: Iterable[str]) -> str:
    text = "&".join(items)
    return f"?{text}" if text else ""
