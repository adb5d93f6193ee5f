"""The five calls that a provider's client makes, and what it is given to make them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.model.configuration import Account
from reconciler.model.reading import Reading
from reconciler.model.report import Listener
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Fields, Remote
from reconciler.providers.call_budget import CallBudget
from reconciler.providers.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientContext:
    """What every client is given beside its account.

    Attributes:
        clock: time and chance.
        listener: is told of pages, waits and calls; may be called from several threads at once.
        secret_params: names of the secret query parameters.
        allowed_hosts: hosts (with an optional `:port`) that may get a token beside the provider's own and loopback.
        call_budgets: limiter, retry budget and throttle for each origin and token, so that all clients of a run share
            them; filled by the clients.
    """

    clock: Clock
    listener: Listener
    secret_params: frozenset[str]
    allowed_hosts: frozenset[str] = frozenset()
    call_budgets: dict[tuple[str, SecretText], CallBudget] = field(default_factory=dict, repr=False, compare=False)


class Reader(Protocol):
    """A client that can only look. Safe to call from several threads."""

    def list(self) -> Reading:
        """Every webhook of the account, to the last page.

        Raises:
            ProviderError: the list could not be had whole, or can't be trusted.
        """

    def get(self, object_id: str) -> Remote:
        """One webhook.

        Raises:
            ProviderError: GONE where there is none; else why it could not be had.
        """

    def close(self) -> None:
        """Give its connections back."""


class Writer(Reader, Protocol):
    """A client that can also change things. `ProviderError.may_have_acted` says where a failed call may have worked."""

    def create(self, fields: Fields) -> Remote:
        """Make a webhook; the answer is the provider's form of it. Never sent twice by itself once it may have acted.

        Raises:
            ProviderError: it was not made, or nobody knows (`may_have_acted`).
        """

    def update(self, object_id: str, fields: Fields, now: Remote) -> None:
        """Give a webhook these fields, all of them.

        Args:
            object_id: the provider's id.
            fields: as they are to be. `Masked` and a secret's None mean that it is left as it is.
            now: what was read of it just before.
        Raises:
            ProviderError: GONE where there is none; else why not.
        """

    def delete(self, object_id: str) -> None:
        """Delete a webhook.

        Raises:
            ProviderError: GONE where there is none; else why not.
        """


OpenReader = Callable[[Account, ClientContext], Reader]
OpenWriter = Callable[[Account, ClientContext], Writer]
