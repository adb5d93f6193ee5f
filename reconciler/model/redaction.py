"""What of a URL may be shown: by structure and origin, never by searching for strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

from reconciler.model.endpoint import Endpoint, QueryItem, param_name
from reconciler.model.pattern import Pattern
from reconciler.model.secret import CHANGED, HIDDEN, SHOWN_BY_NAME, Origin, SecretText, sealed
from reconciler.model.url import Url, normal_text

_LONGEST_WORDS = 40
_LONGEST_WITHOUT_VOWEL = 4
_WORD = re.compile(r"(?:[a-z]+|[A-Z]+|(?:[a-z]{2,}|[A-Z][a-z]+)(?:[A-Z][a-z]+)*)[0-9]{0,4}")
_NUMBER = re.compile(r"v?[0-9]{1,4}|v")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_SIX_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{6}", re.IGNORECASE)
_SEPARATOR = re.compile(r"[-_.]")
_RUN = re.compile(r"[^\W_]+")
_DIGITS = "0123456789"
_ANYWHERE = ""
_CLEAR = (Origin.LITERAL, Origin.OPTION)
_PROVIDER = Origin.PROVIDER
_Hide = Callable[[str], str]  # gives what stands in place of a hidden value
_Found = TypeVar("_Found")


def reads_as_words(text: str) -> bool:
    """Whether a person would read it as words: `shippo2-prod`, `orders_2024`, `v1`; not a token, an id or a hash.

    Measured with random secrets: tokens of 14 or more letters and digits pass in 0.1 % of cases or less.
    """
    return not text or (len(text) <= _LONGEST_WORDS and all(map(_is_word, _SEPARATOR.split(text))))


def _is_word(piece: str) -> bool:
    if _NUMBER.fullmatch(piece):
        return True
    if not _WORD.fullmatch(piece) or _SIX_CONSONANTS.search(piece):
        return False
    letters = piece.rstrip(_DIGITS)
    return len(letters) <= _LONGEST_WITHOUT_VOWEL or _VOWEL.search(letters) is not None


def is_wordless(text: str) -> bool:
    """Whether a piece of a path, as a file writes it in clear, may be a secret: something in it reads as no word."""
    head, _, last = text.rpartition("/")
    if "%" not in last:  # of a number how long it is counts, not which it is
        last = last.rstrip(_DIGITS).ljust(len(last), "0")
    return _is_wordless(head) or _is_wordless(last)


@lru_cache(maxsize=4096)  # the URLs of a file have much in common
def _is_wordless(text: str) -> bool:
    return not all(map(reads_as_words, _RUN.findall(unquote(text))))


class _Cached(Generic[_Found]):
    """As `cached_property`, but what it keeps, which holds secrets in clear, is not in a `__dict__`."""

    def __init__(self, make: Callable[[Any], _Found]) -> None:
        self._make = make

    def __get__(self, redaction: Redaction, _owner: type) -> _Found:
        if self not in redaction.cache:
            redaction.cache[self] = self._make(redaction)
        found: _Found = redaction.cache[self]
        return found


@sealed
class Redaction:
    """Shows URLs in the light of what the file writes in clear.

    A provider's URL in the characters of one that the file writes is shown as that one. Others show the segments and
    query items that the file writes (its variables as `${NAME}`), and beyond them only segments that read as words, and
    values of parameters that the file calls public.
    """

    __slots__ = ("_patterns", "_public_params", "_queries", "_seen", "_urls", "cache")

    def __init__(
        self,
        urls: Iterable[Url] = (),
        public_params: frozenset[str] = frozenset(),  # as `param_name` gives them
        patterns: Iterable[Pattern] = (),
        seen: Iterable[Url] = (),  # of `seeing`
    ) -> None:
        self._urls = tuple(urls)
        self._patterns = tuple(patterns)
        self._public_params = public_params
        self._seen = seen
        self._queries: dict[int, tuple[str, object]] = {}
        self.cache: dict[object, Any] = {}

    def seeing(self, urls: Iterable[Url]) -> Redaction:
        """The same, but what it hides of these URLs is numbered by its value; a single hidden value gets no number.

        They are a provider's, in an order that doesn't hang on the values, and are looked at once one is shown.
        """
        return Redaction(self._urls, self._public_params, self._patterns, urls)

    @_Cached
    def _whole(self) -> Mapping[Url, str]:
        return {url: str(url.source) for url in self._urls if url.whole_variable}

    @_Cached
    def _whole_endpoints(self) -> frozenset[Endpoint]:
        return frozenset(url.endpoint for url in self._whole)

    @_Cached
    def _segments(self) -> Mapping[tuple[str, str], str]:
        """How the files write segments: at a host, or with a variable, whose value is secret at every host."""
        found: dict[tuple[str, str], str] = {}
        paths: list[tuple[str, tuple[SecretText, ...]]] = []
        for url in self._urls:
            if url.whole_variable:
                continue
            first, *others = url.source.parts
            if first.origin in _CLEAR and (not others or "?" in first.text):  # the whole path is in it, in clear
                host = url.endpoint.host
                found |= {(host, normal): raw for raw, normal in _path_of(url)}
            else:
                paths.append((url.endpoint.host, url.segments))
        paths += [(pattern.host.removeprefix("*."), pattern.segments) for pattern in self._patterns]
        return found | {
            (_ANYWHERE if text.variables(Origin.ENVIRONMENT) else host, normal_text(text.reveal())): str(text)
            for host, segments in paths
            for text in segments
        }

    @_Cached
    def _own(self) -> Sequence[QueryItem]:
        """The query items of the files; of one that URLs share, the last is as good as all."""
        found: dict[int, QueryItem] = {}
        for url in self._urls:
            for item in () if url.whole_variable else url.items:
                found.pop(id(item), None)
                found[id(item)] = item
        return [*found.values()]

    @_Cached
    def _fed_items(self) -> Mapping[str, str]:
        """How the files write query items with a variable whose value is secret."""
        return {item.normal: _own_item(item) for item in self._own if item.text.variables(Origin.ENVIRONMENT)}

    @_Cached
    def _items(self) -> Mapping[str, str]:
        items = (item for item in self._own if item.shows)
        clear = {item.normal: _own_item(item) for item in items if not item.text.variables(Origin.ENVIRONMENT)}
        return {**self._fed_items, **clear}

    @_Cached
    def _numbers(self) -> Mapping[str, int]:
        values: dict[str, int] = {}
        for url in self._seen:
            self._show(url, lambda value: str(values.setdefault(value, len(values) + 1)))
        return values if len(values) > 1 else {}

    def show(self, url: Url) -> str:
        """The URL as it may be printed (control characters aside, which are the output's to escape)."""
        return self._show(url)

    def show_change(self, before: Url, after: Url) -> tuple[str, str]:
        """Both sides of a change. Where they would read the same, what differs reads `‹changed›` on the second."""
        plain, changed = self._show(before, _alike), frozenset[str]()
        if plain == self._show(after, _alike):
            changed = frozenset(after.secrets) - frozenset(before.secrets)
        reads_alike = plain == self._show(after, _alike, changed)
        new = self._show(after, changed=changed)
        return self.show(before), f"{new} ({CHANGED})" if reads_alike else new

    def show_endpoint(self, url: Url) -> str:
        public = None if url.whole_variable else tuple([item for item in url.items if not item.secret])
        return self._show(url, items=public)

    def segments_for_variables(self, url: Url) -> tuple[bool, ...]:
        """Which segments of a provider's path no file may say in clear: those that are hidden or hold a variable."""
        is_whole = url.endpoint in self._whole_endpoints
        return tuple(
            is_whole or shown is None or (_ANYWHERE, normal) in self._segments for normal, shown in self._path(url)
        )

    def clear_part(self, url: Url, item: QueryItem, text: str) -> str:
        """The beginning of an item of a provider's URL, spelled as this text, that a file may say in clear."""
        name, _, _ = self._fed_items.get(item.normal, "").partition("=")
        if "${" in name or url.endpoint in self._whole_endpoints:
            return ""
        if name:
            return "".join(text.partition("=")[:2])
        return text if item.normal in self._items else self._unwritten(item, text)

    def _unwritten(self, item: QueryItem, text: str) -> str:
        """What shows of an item that no file writes: a name that reads as words, and values that a file calls public.

        No list of names and no look at a value tells a secret from an id.
        """
        if param_name(item.name) in self._public_params:
            return text
        return "".join(text.partition("=")[:2]) if reads_as_words(item.name) else ""

    def _numbered(self, value: str) -> str:
        """What stands for a hidden value in this run; one of a URL that wasn't seen has no number."""
        number = self._numbers.get(value)
        return HIDDEN if number is None else f"{HIDDEN[:-1]} {number}{HIDDEN[-1]}"

    def _show(
        self,
        url: Url,
        hide: _Hide | None = None,  # gives what stands in place of a hidden value; None for its number in this run
        changed: frozenset[str] = frozenset(),  # the items in normal form that the other side of a change has otherwise
        items: tuple[QueryItem, ...] | None = None,  # of its query, those that are shown; None for all
    ) -> str:
        items = url.items if items is None else items
        clear = url.clear_head
        if clear is not None:
            query = self._own_query(url, items, changed)
            return f"{clear}?{query}" if query else clear
        hide = hide or self._numbered
        source = url.source
        first = source.parts[0].origin
        provided = _PROVIDER in [part.origin for part in source.parts]
        is_whole = first in SHOWN_BY_NAME
        # A URL that a variable holds, though its secrets may be the provider's by now (`ignore_changes: [url]`).
        if is_whole or (provided and self._whole):
            if url in self._whole:
                return str(url.source) if url.whole_variable else self._whole[url]
            if url.endpoint in self._whole_endpoints:
                return f"{url.endpoint.origin}/{hide('&'.join((url.endpoint.reveal(), *url.secrets)))}"
            if url.whole_variable:
                return str(url.source)
        if provided:
            path = list(self._path(url))
            segments = [shown for _, shown in path if shown is not None]
            if len(segments) < len(path):
                segments.append(hide("/".join(normal for normal, shown in path if shown is None)))
            query = "&".join([self._item(item, hide, changed) for item in items])
        else:
            is_clear = url.has_clear_path
            segments = [raw for raw, _ in _path_of(url)] if is_clear else [str(segment) for segment in url.segments]
            query = self._own_query(url, items, changed)
        return "/".join((url.endpoint.origin, *segments)) + (f"?{query}" if query else "")

    def _own_query(self, url: Url, items: tuple[QueryItem, ...], changed: frozenset[str]) -> str:
        """A query of the files, of which many URLs share one."""
        if changed or items is not url.items:
            return "&".join([_own_item(item, changed) for item in items])
        found = self._queries.get(id(items))
        if found is None:
            text = "&".join(map(_own_item, items))
            found = self._queries[id(items)] = text, items  # which stay, and so does their id
        return found[0]

    def _path(self, url: Url) -> Iterator[tuple[str, str | None]]:
        """The segments of a provider's path in normal form, and as they may be shown.

        None are the first that no file writes and that doesn't read as words, and all after it.
        """
        is_hidden = False
        host, written = url.endpoint.host, self._segments
        for raw, normal in _path_of(url):
            known = written.get((host, normal))
            if known is None:
                known = written.get((_ANYWHERE, normal))
            is_hidden = is_hidden or (known is None and not reads_as_words(raw))
            yield normal, None if is_hidden else raw if known is None else known

    def _item(self, item: QueryItem, hide: _Hide, changed: frozenset[str]) -> str:
        known = self._items.get(item.normal)
        if known is not None:
            return known
        clear = self._unwritten(item, item.normal)
        hidden = item.normal.removeprefix(clear)
        if not hidden:
            return clear
        return clear + (CHANGED if clear and item.normal in changed else hide(hidden))


def _path_of(url: Url) -> Iterable[tuple[str, str]]:
    """The segments of a provider's path as it says them and in normal form; mostly these are the same."""
    raw, path = url.reveal(), url.endpoint.path
    start = raw.find("/", raw.find("://") + 3)
    end = start + len(path)
    if raw.startswith(path, start) and raw[end : end + 1] in ("", "?"):
        segments = path[1:].split("/")
        return zip(segments, segments, strict=True)
    return [(segment.reveal(), normal_text(segment.reveal())) for segment in url.segments]


def _alike(_value: str) -> str:
    return HIDDEN


def _own_item(item: QueryItem, changed: frozenset[str] = frozenset()) -> str:
    """A query item that the file wrote: of a secret parameter only variables show, by name."""
    if item.shows:
        return str(item.text)
    head, value = item.head_and_value
    if item.normal in changed:
        return f"{head}{CHANGED}"
    return str(head) + "".join(part.shown if part.origin in SHOWN_BY_NAME else HIDDEN for part in value.parts)
