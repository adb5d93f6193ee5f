"""Accounts are opened and listed side by side; one that fails hides nothing of the others, and all are closed."""

from __future__ import annotations

import pytest

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.model.webhook import Remote
from reconciler.operations.reading import Clients, read_accounts, read_each
from tests.support.builders import account, hook

DENIED = ProviderError(kind=ErrorKind.DENIED, message="denied")
DOWN = ProviderError(kind=ErrorKind.UNREACHABLE, message="down")
ACCOUNTS = Accounts((account("closed"), account("down"), account("fine")))


class Listed:
    """A client of an account that may be down."""

    def __init__(self, owner: Account) -> None:
        self.name = owner.name
        self.is_closed = False

    def places(self) -> tuple[str, ...]:
        raise NotImplementedError

    def list(self) -> Reading:
        assert not self.is_closed
        if self.name == "down":
            raise DOWN
        return Reading(account=self.name, remotes=(hook("1"),), count=1)

    def get(self, object_id: str) -> Remote:
        raise NotImplementedError(object_id)

    def close(self) -> None:
        self.is_closed = True


def open_listed(owner: Account) -> Listed:
    if owner.name == "closed":
        raise DENIED
    return Listed(owner)


def test_account_that_can_not_be_opened_or_listed_is_a_value_beside_the_others() -> None:
    with Clients(ACCOUNTS, open_listed) as clients:
        assert read_accounts(clients) == {
            "closed": DENIED,
            "down": DOWN,
            "fine": Reading(account="fine", remotes=(hook("1"),), count=1),
        }
        assert list(clients) == ["closed", "down", "fine"]


def test_no_accounts_are_read_to_nothing() -> None:
    with Clients(Accounts(), open_listed) as clients:
        assert read_accounts(clients) == {}


def _fails(*_: object) -> None:
    raise ZeroDivisionError


def test_every_client_is_closed_whatever_happens() -> None:
    with pytest.raises(ZeroDivisionError), Clients(ACCOUNTS, open_listed) as clients:
        _fails(*clients.values())
    assert [client.is_closed for client in clients.values() if isinstance(client, Listed)] == [True, True]


def test_clients_opened_before_one_that_breaks_are_closed() -> None:
    made: list[Listed] = []

    def open_two(owner: Account) -> Listed:
        if made:
            raise ZeroDivisionError
        made.append(Listed(owner))
        return made[0]

    with Clients(ACCOUNTS, open_two) as clients, pytest.raises(ZeroDivisionError):
        read_accounts(clients)
    assert made[0].is_closed


def test_a_client_that_is_let_go_is_closed_and_opened_anew_when_it_is_needed() -> None:
    with Clients(ACCOUNTS, open_listed) as clients:
        read_each(clients, lambda name, _: name != "fine")
        first = clients["down"]
        assert isinstance(first, Listed)
        assert clients["down"] is first
        clients.let_go("down")
        assert first.is_closed
        assert clients["down"] is not first
