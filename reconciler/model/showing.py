"""What of a URL may be shown: by structure and origin, never by searching for strings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote

from reconciler.model.secret import CHANGED, HIDDEN, Origin
from reconciler.model.url import BUILT_IN_SECRET_PARAMS, Endpoint, QueryItem, Url, normal_text

_LONGEST_WORDS = 40
_LONGEST_WITHOUT_VOWEL = 4
_WORD = re.compile(r"(?:[a-z]+|[A-Z]+|(?:[a-z]{2,}|[A-Z][a-z]+)(?:[A-Z][a-z]+)*)[0-9]{0,4}")
_NUMBER = re.compile(r"v?[0-9]{1,4}|v")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
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


class Showing:
    """Shows URLs in the light of what the file writes in clear.

    A provider's URL shows the segments and query items that the file writes (its variables as `${NAME}`), and beyond
    them only what reads as words.
    """

    __slots__ = ("_secret_words", "_whole", "_written")

    def __init__(self, urls: Iterable[Url] = (), secret_params: frozenset[str] = BUILT_IN_SECRET_PARAMS) -> None:
        self._written: dict[tuple[str, str], str] = {}
        self._whole: dict[Endpoint, Url] = {}
        self._secret_words = secret_params | BUILT_IN_SECRET_PARAMS
        for url in urls:
            if url.whole_variable:
                self._whole[url.endpoint] = url
                continue
            for segment in url.segments:
                self._written[url.endpoint.host, normal_text(segment.reveal())] = str(segment)
            for item in url.items:
                if not item.secret or item.text.variables(Origin.ENVIRONMENT):
                    self._written[url.endpoint.host, "?" + item.normal] = _own_item(item)

    def show(self, url: Url) -> str:
        """The URL as it may be printed (control characters aside, which are the output's to escape)."""
        return self._show(url, frozenset())

    def show_change(self, before: Url, after: Url) -> tuple[str, str]:
        """Both sides of a change. Where they would read the same, what differs reads `‹changed›` on the second."""
        old, new = self.show(before), self.show(after)
        if old != new:
            return old, new
        if after.whole_variable:
            return old, f"{new} ({CHANGED})"
        return old, self._show(after, frozenset(after.secrets) - frozenset(before.secrets))

    def show_endpoint(self, url: Url) -> str:
        """The URL without its secret parameters."""
        items = tuple(item for item in url.items if not item.secret)
        return self._show(url if url.whole_variable else replace(url, items=items), frozenset())

    def _show(self, url: Url, changed: frozenset[str]) -> str:
        if Origin.PROVIDER not in url.source.origins():
            if url.whole_variable:
                return str(url.source)
            path = "".join(f"/{segment}" for segment in url.segments)
            return url.endpoint.origin + path + _query(_own_item(item, changed) for item in url.items)
        whole = self._whole.get(url.endpoint)
        if whole is not None:
            return str(whole.source) if whole == url else f"{url.endpoint.origin}/{HIDDEN}"
        items = (self._item(url.endpoint.host, item, changed) for item in url.items)
        return url.endpoint.origin + self._path(url) + _query(items)

    def _path(self, url: Url) -> str:
        shown = ""
        for segment in url.segments:
            raw = segment.reveal()
            known = self._written.get((url.endpoint.host, normal_text(raw)))
            if known is None and not reads_as_words(raw):
                return f"{shown}/{HIDDEN}"
            shown += "/" + (raw if known is None else known)
        return shown

    def _item(self, host: str, item: QueryItem, changed: frozenset[str]) -> str:
        known = self._written.get((host, "?" + item.normal))
        if known is not None:
            return known
        name, equals, value = item.normal.partition("=")
        if not reads_as_words(name):
            return HIDDEN
        if item.normal in changed:
            return name + equals + CHANGED
        said = unquote(name).lower()
        secret = item.secret or any(word in said for word in self._secret_words) or not reads_as_words(value)
        return name + equals + (HIDDEN if value and secret else value)


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
