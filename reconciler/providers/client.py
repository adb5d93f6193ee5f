"""The five calls that a provider's client makes, from any thread; each raises `ProviderError` where it fails."""

from __future__ import annotations

from typing import Protocol

from reconciler.model.reading import Reading
from reconciler.model.webhook import Fields, Remote


class Reader(Protocol):
    """A client that can only look. What is asked of a webhook that isn't there fails with GONE."""

    def list(self) -> Reading:
        """Every webhook of the account, to the last page; an error where it can't be had whole, or can't be trusted."""

    def get(self, object_id: str) -> Remote: ...
    def close(self) -> None: ...


class Writer(Reader, Protocol):
    """A client that can also change things. `ProviderError.may_have_acted` says where a failed call may have worked."""

    def create(self, fields: Fields) -> Remote:
        """Make a webhook; the answer is the provider's form of it. Never sent again once it may have acted."""

    def update(self, object_id: str, fields: Fields, now: Remote) -> None:
        """Give a webhook all of these fields; `now` is what was read of it just before.

        `Masked` and a secret's None mean that it is left as it is.
        """

    def delete(self, object_id: str) -> None: ...
