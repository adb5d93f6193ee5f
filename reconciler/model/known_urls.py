"""URLs that are like others, which most are: they are cut up once somebody asks for their parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Self

from reconciler.model.endpoint import Endpoint, QueryItem
from reconciler.model.secret import NEW, Part, SecretText, sealed
from reconciler.model.url import Url, parse_url, usual_endpoint
from reconciler.model.webhook import Desired


@sealed
class UrlTail:
    """The query of a URL that could be read, for others that differ only before it: it is read once for all of them."""

    __slots__ = ("begins", "is_known", "others", "text", "url")

    def __init__(self, url: Url, head: str) -> None:
        """Of a URL that begins with this literal text, up to its query."""
        first, *self.others = url.source.parts
        self.url, self.is_known = url, url.is_known
        self.begins = first.text.removeprefix(head)
        self.text = url.reveal().removeprefix(head)

    def behind(self, head: str) -> Url | None:
        """A URL with a literal text before this; None where that isn't in normal form as it stands."""
        endpoint = usual_endpoint(head, self.url.endpoint.query)
        return None if endpoint is None else _UrlBehind(endpoint, head, self)


class _UrlBehind(Url):
    """A URL of a file that has another one's query."""

    __slots__ = ("_head", "_tail")
    _head: str
    _tail: UrlTail

    def __new__(cls, endpoint: Endpoint, head: str, tail: UrlTail) -> Self:
        made: Self = NEW(cls.unfrozen)
        made.endpoint, made.secrets, made.items, made._segments = endpoint, tail.url.secrets, tail.url.items, None
        made._head, made._tail = head, tail
        made.__class__ = cls
        return made

    @property
    def source(self) -> SecretText:  # type: ignore[override] # nobody sets it
        return SecretText((Part(self._head + self._tail.begins), *self._tail.others))

    @property
    def is_known(self) -> bool:
        return self._tail.is_known

    @property
    def has_clear_path(self) -> bool:
        return True

    def reveal(self) -> str:
        return self._head + self._tail.text


class _SameUrl(Url):
    """A provider's URL in the characters of one of the files; it is cut up once it is to be shown."""

    __slots__ = ("_known", "_secret_params")
    _known: Url
    _secret_params: frozenset[str]

    def __new__(cls, known: Url, secret_params: frozenset[str]) -> Self:
        made: Self = NEW(cls.unfrozen)
        made.endpoint, made.secrets, made._known, made._secret_params = (
            known.endpoint,
            known.secrets,
            known,
            secret_params,
        )
        made.__class__ = cls
        return made

    @property
    def source(self) -> SecretText:  # type: ignore[override] # nobody sets it
        return SecretText.provider(self.reveal())

    @property
    def segments(self) -> tuple[SecretText, ...]:
        return parse_url(self.source, self._secret_params).segments

    @property
    def _segments(self) -> tuple[SecretText, ...]:  # type: ignore[override] # as above; another of it has them
        return self.segments

    @property
    def items(self) -> tuple[QueryItem, ...]:  # type: ignore[override] # as above
        return _of_a_provider(self._known.items)

    @property
    def written(self) -> Url:
        return self._known

    def reveal(self) -> str:
        return self._known.reveal()

    def __eq__(self, other: object) -> bool:
        if other is self._known or other is self:
            return True
        return isinstance(other, Url) and (self.endpoint, self.secrets) == (other.endpoint, other.secrets)

    __hash__ = Url.__hash__


@lru_cache(maxsize=256)  # the URLs of a file often have one query
def _of_a_provider(items: tuple[QueryItem, ...]) -> tuple[QueryItem, ...]:
    texts = ((item, item.text.reveal()) for item in items)
    return tuple(
        QueryItem(SecretText.provider(text) if text else SecretText(()), item.normal, item.secret)
        for item, text in texts
    )


@sealed
class KnownUrls:
    """The URLs of the files that are known to the last character, for what providers list."""

    __slots__ = ("_by_text", "_secret_params")

    def __init__(self, desired: Iterable[Desired] = (), secret_params: frozenset[str] = frozenset()) -> None:
        """Take them from what is wanted; the names of secret parameters are those that they were read with."""
        urls = (url for wanted in desired if isinstance(url := wanted.fields["url"], Url) and url.is_known)
        self._by_text: Mapping[str, Url] = {url.reveal(): url for url in urls}
        self._secret_params = secret_params

    def find(self, text: str) -> Url | None:
        """The same URL as one that a provider says; None where no file writes it so."""
        known = self._by_text.get(text)
        return None if known is None else _SameUrl(known, self._secret_params)
