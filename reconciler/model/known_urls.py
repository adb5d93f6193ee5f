"""URLs that the files write, by their characters: what a provider says in the same ones need not be read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from reconciler.model.endpoint import QueryItem
from reconciler.model.secret import SET, SecretText, sealed
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Desired


class _SameUrl(Url):
    """A provider's URL in the characters of one of the files; it is cut up once it is to be shown."""

    __slots__ = ("_known", "_secret_params")
    _known: Url
    _secret_params: frozenset[str]

    def __init__(self, known: Url, secret_params: frozenset[str]) -> None:
        SET(self, "endpoint", known.endpoint)
        SET(self, "secrets", known.secrets)
        SET(self, "_known", known)
        SET(self, "_secret_params", secret_params)

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
        urls = (url for wanted in desired if isinstance(url := wanted.fields["url"], Url) and url.source.is_known)
        self._by_text: Mapping[str, Url] = {url.reveal(): url for url in urls}
        self._secret_params = secret_params

    def find(self, text: str) -> Url | None:
        """The same URL as one that a provider says; None where no file writes it so."""
        known = self._by_text.get(text)
        return None if known is None else _SameUrl(known, self._secret_params)
