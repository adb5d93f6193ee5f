"""Opens accounts and lists them, side by side; one that fails is a value too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from reconciler.model.configuration import Account
from reconciler.model.reading import NotRead, ProviderError, Reading
from reconciler.operations.workers import Workers
from reconciler.providers.client import Reader

_Client = TypeVar("_Client", bound=Reader)


@contextmanager
def opened(
    accounts: Sequence[Account], open_client: Callable[[Account], _Client]
) -> Iterator[Mapping[str, _Client | NotRead]]:
    """Open a client for each account, and close them all at the end.

    Args:
        accounts: which.
        open_client: makes a client; raises `ProviderError` where it may not.
    """
    clients: dict[str, _Client | NotRead] = {}
    try:
        for account in accounts:
            try:
                clients[account.name] = open_client(account)
            except ProviderError as error:
                clients[account.name] = NotRead(account=account.name, error=error)
        yield clients
    finally:
        for client in clients.values():
            if not isinstance(client, NotRead):
                client.close()


def read_accounts(clients: Mapping[str, Reader | NotRead]) -> Mapping[str, Reading | NotRead]:
    """List every account to its end, all at once."""
    if not clients:
        return {}
    with Workers(len(clients), "list") as workers:
        return dict(zip(clients, workers.map(_read, clients.items()), strict=True))


def _read(account: tuple[str, Reader | NotRead]) -> Reading | NotRead:
    name, client = account
    if isinstance(client, NotRead):
        return client
    try:
        return client.list()
    except ProviderError as error:
        return NotRead(account=name, error=error)
