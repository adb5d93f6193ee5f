"""Accounts that are made as they are asked for are the same as if they had been kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.accounts import Accounts, Places, by_name
from reconciler.model.configuration import Account
from tests.support.builders import account

_NAME = st.text("aAbB\u00df\u017f:/*", max_size=3)
_PLACES = st.lists(_NAME, unique=True, max_size=9)


def _places(group: str, names: list[str], own: str | None = None) -> Places:
    """Places of a pattern; the first of them may be an account of the file by another spelling."""
    put = tuple(sorted(names, key=by_name))
    named = {put[0]: replace(account(group), name=f"{group}:{own}")} if put and own is not None else {}
    return Places(replace(account(group), name=f"{group}:*"), put, named)


@given(_PLACES, _PLACES, st.integers(0, 2), _NAME, st.sampled_from([None, "own", "OWN"]))
def test_they_are_as_if_they_had_been_kept(
    one: list[str], two: list[str], at: int, other: str, own: str | None
) -> None:
    parts: list[Account | Places] = [_places("live", one, own), _places("shop", two)]
    parts.insert(at, account("live"))
    kept: list[Account] = []
    for part in parts:
        kept += map(part.account_of, part.names) if isinstance(part, Places) else [part]
    accounts = Accounts(parts)
    assert [*accounts] == kept == [accounts[number] for number in range(len(accounts))]
    assert len({each.name for each in kept}) == len(accounts)
    assert [accounts.number_of(each.name) for each in kept] == [*range(len(kept))]
    assert [accounts.named(each.name) for each in kept] == kept
    assert accounts.sizes == {name: len([1 for each in kept if each.group == name]) for name in accounts.sizes}
    assert accounts.has_listed
    for name in (f"live:{other}", f"shop:{other}", "live", other):
        assert accounts.has(name) == any(each.name == name for each in kept)
    some = accounts.where(lambda each: other in each.name)
    assert [*some] == [each for each in kept if other in each.name]


def test_there_is_none_but_those() -> None:
    accounts = Accounts([account("live"), _places("shop", ["a"])])
    assert [accounts.has(name) for name in ("live", "shop:a", "shop", "shop:A", "live:a", "")] == [
        True,
        True,
        *[False] * 4,
    ]
    with pytest.raises(KeyError):
        accounts.number_of("shop:b")
    for number in (-1, 2):
        with pytest.raises(IndexError):
            accounts[number]


def test_a_place_says_what_its_pattern_says() -> None:
    pattern = replace(account("live"), name="live:*", places=("acct_1",))
    accounts = Accounts([Places(pattern, ("acct_1",))])
    assert [*accounts] == [replace(pattern, name="live:acct_1", listed_by="live:*", places=())]
    assert [*accounts.said] == [pattern]
