"""Shards: each account is in exactly one, they are of one size, and a new account moves few others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account, Configuration
from reconciler.model.plan import Filters
from reconciler.model.secret import Part
from reconciler.planning.planner import PlanOptions
from reconciler.planning.shards import in_shard, shard_of
from tests.model.texts import env, written
from tests.support.builders import HOST, account, entry

_NAMES = st.lists(st.text("abcdef0123456789", min_size=1, max_size=8), unique=True, max_size=60)


def _accounts(names: list[str]) -> list[Account]:
    return [replace(account("live"), name=f"live:{name}") for name in names]


def _shards(names: list[str], count: int) -> list[list[str]]:
    return [
        [one.place_name for one in in_shard(Accounts(_accounts(names)), f"{number}/{count}")]
        for number in range(1, count + 1)
    ]


@given(_NAMES, st.integers(1, 12))
def test_each_account_is_in_one_shard_and_shards_differ_by_one_at_most(names: list[str], count: int) -> None:
    found = _shards(names, count)
    assert sorted(name for shard in found for name in shard) == sorted(names)
    sizes = [len(shard) for shard in found]
    assert max(sizes) - min(sizes) <= 1
    assert [[name for name in names if name in shard] for shard in found] == found


@given(_NAMES, st.integers(1, 12), st.randoms())
def test_the_order_of_accounts_makes_no_difference(names: list[str], count: int, random: object) -> None:
    shuffled = [*names]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert [{*shard} for shard in _shards(names, count)] == [{*shard} for shard in _shards(shuffled, count)]


@given(_NAMES.filter(bool), st.integers(1, 12))
def test_a_new_account_moves_one_other_at_each_cut_at_most(names: list[str], count: int) -> None:
    new, *old = names
    before, after = _shards(old, count), _shards(names, count)
    moved = [
        name for name in old if not any(name in one and name in two for one, two in zip(before, after, strict=True))
    ]
    assert len(moved) < count
    assert new in {name for shard in after for name in shard}


def test_what_could_not_be_listed_is_of_every_shard() -> None:
    pattern = replace(account("live"), name="live:*")
    for number in (1, 2, 3):
        assert pattern in in_shard(Accounts([*_accounts(["a", "b", "c"]), pattern]), f"{number}/3")


def _digest(shard: str, *parts: str | Part, limit: int | None = None) -> str:
    one = replace(account("live"), max_losses=limit)
    wanted = entry("a", written(HOST, "/", *parts), account="live")
    configuration = Configuration(accounts=Accounts((one, account("other"))), desired=(wanted,))
    found = shard_of(configuration, PlanOptions(filters=Filters(shard=shard)))
    assert found is not None
    return found.digest


def test_the_digest_is_of_what_is_asked_for_and_of_no_secret() -> None:
    assert _digest("1/2", "a") == _digest("2/2", "a")
    assert len({_digest("1/2", "a"), _digest("1/2", "b"), _digest("1/2", "a", limit=3)}) == 3
    assert _digest("1/2", env("HOOK", "one")) == _digest("1/2", env("HOOK", "two")) != _digest("1/2", env("X", "one"))
