"""URLs that are like others, as most are: those of a file with one query, and a provider's in a file's characters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from reconciler.model.endpoint import Endpoint
from reconciler.model.secret import NEW, Part, SecretText, sealed
from reconciler.model.url import Url, usual_endpoint
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
        return None if endpoint is None else _UrlBehind(endpoint, self)


class _UrlBehind(Url):
    """A URL of a file that has another one's query, and is written in normal form before it."""

    __slots__ = ("_tail",)
    _tail: UrlTail

    def __new__(cls, endpoint: Endpoint, tail: UrlTail) -> Self:
        made: Self = NEW(cls.unfrozen)
        made.endpoint, made.secrets, made.items, made._segments = endpoint, tail.url.secrets, tail.url.items, None
        made._tail = tail
        made.__class__ = cls
        return made

    @property
    def source(self) -> SecretText:  # type: ignore[override] # nobody sets it
        return SecretText((Part(self.endpoint.head + self._tail.begins), *self._tail.others))

    @property
    def is_known(self) -> bool:
        return self._tail.is_known

    @property
    def has_clear_path(self) -> bool:
        return True

    @property
    def whole_variable(self) -> str:
        return ""

    @property
    def clear_head(self) -> str | None:
        return self.endpoint.head

    def reveal(self) -> str:
        return self.endpoint.head + self._tail.text


@sealed
class KnownUrls:
    """The URLs of the files that are known to the last character, for what providers list: they are the same values."""

    __slots__ = ("_by_hash",)

    def __init__(self, desired: Iterable[Desired] = ()) -> None:
        """Take them from what is wanted."""
        urls = (url for wanted in desired if isinstance(url := wanted.fields["url"], Url) and url.is_known)
        self._by_hash: Mapping[int, Url] = {_number(url.reveal()): url for url in urls}

    def find(self, text: str) -> Url | None:
        """The same URL as one that a provider says; None where no file writes it so."""
        found = self._by_hash.get(_number(text))
        return found if found is not None and found.reveal() == text else None


def _number(text: str) -> int:
    """A number by which to find a text; the text would take four times the memory, and all of its hash half more."""
    return hash(text) & (2**60 - 1)
