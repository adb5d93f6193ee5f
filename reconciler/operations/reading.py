"""Opens the accounts' clients, and lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from threading import Lock
from typing import Self, TypeVar

from reconciler.http.pacing import ClientContext
from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account
from reconciler.model.reading import ProviderError, Reading
from reconciler.operations.workers import Workers
from reconciler.providers.registry import Reader

_Client = TypeVar("_Client", bound=Reader)
Opener = Callable[[Account, ClientContext], _Client]


AT_ONCE = 32
"""How many lists are made side by side. GitHub allows 100 calls at once."""


class Clients(Mapping[str, _Client | ProviderError]):
    """A client for each account that may have one, opened when it is asked for, and the errors of others.

    Closed together at the end of a `with`, or let go one by one: of thousands of accounts few are worked on at once.
    """

    def __init__(self, accounts: Accounts, open_client: Callable[[Account], _Client]) -> None:
        self.accounts = accounts
        self._open_client = open_client
        self._open: dict[str, _Client | ProviderError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:
            for client in self._open.values():
                if not isinstance(client, ProviderError):
                    stack.callback(client.close)

    def __getitem__(self, name: str) -> _Client | ProviderError:
        """The client of an account, the same one until it is let go. For one thread at a time for each."""
        return self.client_of(self.accounts.named(name))

    def client_of(self, account: Account) -> _Client | ProviderError:
        """The client of any account, beside those that are worked on."""
        name = account.name
        if name not in self._open:
            try:
                self._open[name] = self._open_client(account)
            except ProviderError as error:
                self._open[name] = error
        return self._open[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.accounts.has(name)  # without opening it

    def __iter__(self) -> Iterator[str]:
        return (account.name for account in self.accounts)

    def __len__(self) -> int:
        return len(self.accounts)

    def let_go(self, name: str) -> None:
        """Close a client that isn't needed any more for now."""
        client = self._open.pop(name, None)
        if client is not None and not isinstance(client, ProviderError):
            client.close()


def clients_of(
    accounts: Accounts,
    open_client: Opener[_Client],
    context: ClientContext,
    failed: Mapping[str, ProviderError],
) -> Clients[_Client]:
    """Clients of these accounts, of some the errors."""

    def client(account: Account) -> _Client:
        if account.name in failed:
            raise failed[account.name]
        return open_client(account, context)

    return Clients(accounts, client)


def read_accounts(clients: Mapping[str, Reader | ProviderError]) -> Mapping[str, Reading | ProviderError]:
    """List every account to its end, all at once."""
    found: dict[str, Reading | ProviderError] = {}
    read_each(clients, found.__setitem__)
    return {name: found[name] for name in clients}


def read_each(
    clients: Mapping[str, Reader | ProviderError], take: Callable[[str, Reading | ProviderError], object]
) -> None:
    """List every account to its end, all at once, and hand on what was listed, of one at a time.

    Where nothing is made of it (`take` gives False), the client is let go.
    """
    names, has_failed = iter(clients), False
    one_by_one, handing_on = Lock(), Lock()

    def work(_number: int) -> None:
        nonlocal has_failed
        try:
            while not has_failed:
                with one_by_one:
                    name = next(names, None)
                if name is None:
                    return
                found = _read(clients[name])
                with handing_on:
                    is_over = take(name, found) is False
                if is_over and isinstance(clients, Clients):
                    clients.let_go(name)
        except BaseException:  # the caller gets it
            has_failed = True
            raise

    most = min(len(clients), AT_ONCE)
    with Workers(most, "list") as workers:
        workers.map(work, range(most))


def _read(client: Reader | ProviderError) -> Reading | ProviderError:
    try:
        return client if isinstance(client, ProviderError) else client.list()
    except ProviderError as error:
        return error
