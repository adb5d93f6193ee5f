"""Opens the accounts' clients, and lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

from reconciler.http.pacing import ClientContext
from reconciler.model.configuration import Account, Configuration
from reconciler.model.reading import ProviderError, Reading
from reconciler.operations.workers import Workers
from reconciler.planning.targets import selected_accounts
from reconciler.providers.registry import Reader

_Client = TypeVar("_Client", bound=Reader)
Opener = Callable[[Account, ClientContext], _Client]


AT_ONCE = 32
"""How many lists are made side by side. GitHub allows 100 calls at once."""


def clients_of(
    configuration: Configuration,
    patterns: Sequence[str],
    open_client: Opener[_Client],
    context: ClientContext,
    failed: Mapping[str, ProviderError],
) -> AbstractContextManager[Mapping[str, _Client | ProviderError]]:
    """Clients of the accounts that the patterns of `--account` let through, closed at the end; of some the errors."""

    def client(account: Account) -> _Client:
        if account.name in failed:
            raise failed[account.name]
        return open_client(account, context)

    return opened(selected_accounts(configuration, patterns), client)


@contextmanager
def opened(
    accounts: Sequence[Account], open_client: Callable[[Account], _Client]
) -> Iterator[Mapping[str, _Client | ProviderError]]:
    """Open a client for each account that may have one, and close them all at the end."""
    clients: dict[str, _Client | ProviderError] = {}
    with ExitStack() as stack:
        for account in accounts:
            try:
                client = open_client(account)
                stack.callback(client.close)
                clients[account.name] = client
            except ProviderError as error:
                clients[account.name] = error
        yield clients


def read_accounts(clients: Mapping[str, Reader | ProviderError]) -> Mapping[str, Reading | ProviderError]:
    """List every account to its end, all at once."""

    def read(client: Reader | ProviderError) -> Reading | ProviderError:
        try:
            return client if isinstance(client, ProviderError) else client.list()
        except ProviderError as error:
            return error

    with Workers(min(len(clients), AT_ONCE), "list") as workers:
        return dict(zip(clients, workers.map(read, clients.values()), strict=True))
