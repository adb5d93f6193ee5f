from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.provider import Provider
from reconciler.model.webhook import Remote
from reconciler.planning.match import Choice, choose
from reconciler.providers.gitea import GITEA
from reconciler.providers.pretix import PRETIX
from reconciler.providers.shippo import SHIPPO
from reconciler.providers.stripe import STRIPE
from reconciler.providers.wire import RemoteReader
from tests.support.builders import hook

ANY = frozenset({"*"})
HOOKS = (hook("b", day=2), hook("c", day=2), hook("a", day=3), hook("e", day=None), hook("d", day=None))


@pytest.mark.parametrize(
    ("survivor", "other"),
    [
        pytest.param(hook("b", active=False), hook("a", day=2), id="older-beats-lower-id-and-active"),
        pytest.param(hook("a"), hook("b"), id="lower-id-breaks-a-tie"),
        pytest.param(hook("b"), hook("a", day=None), id="without-a-date-sorts-last"),
    ],
)
def test_choose_keeps_one_and_names_the_rest(survivor: Remote, other: Remote) -> None:
    events = SHIPPO.events_of(survivor.fields)
    assert choose(SHIPPO, [other, survivor], events=events) == Choice(survivor=survivor, duplicates=(other,))


def test_choose_prefers_a_live_one_where_the_entry_ignores_active() -> None:
    off, on = hook("a", active=False, day=1), hook("b", day=2)
    assert choose(SHIPPO, [off, on], prefer_live=True) == Choice(survivor=on, duplicates=(off,))


@pytest.mark.parametrize("provider", [GITEA, STRIPE], ids=lambda provider: provider.name)
@given(shuffled=st.permutations(HOOKS))
def test_youngest_stays_where_a_new_secret_takes_another_webhook(
    provider: Provider, shuffled: Sequence[Remote]
) -> None:
    order, left = [], [replace(one, fields=provider.normalise({**one.fields, "events": ANY})) for one in shuffled]
    while left:
        order.append(choose(provider, left, events=ANY).survivor)
        left.remove(order[-1])
    assert [one.id for one in order] == ["a", "b", "c", "d", "e"]


@given(shuffled=st.permutations(HOOKS))
def test_choose_ignores_the_order_of_the_list(shuffled: Sequence[Remote]) -> None:
    assert choose(SHIPPO, shuffled) == choose(SHIPPO, HOOKS)


@pytest.mark.parametrize(("ids", "oldest"), [((10, 9), "9"), ((100, 99, 9), "9"), (("10", "9"), "10")], ids=str)
def test_ids_that_are_numbers_are_in_their_order_where_no_date_is(ids: Sequence[int | str], oldest: str) -> None:
    assert PRETIX.rest is not None
    there = ({"id": one, "target_url": "https://a.example.com/", "action_types": [PRETIX.events[0]]} for one in ids)
    remotes = [RemoteReader(PRETIX, PRETIX.rest, frozenset()).read(document) for document in there]
    assert {remote.created for remote in remotes} == {None}
    assert choose(PRETIX, remotes).survivor.id == oldest
