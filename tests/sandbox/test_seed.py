"""The seed: the same webhooks for the same number, and a mix as in real accounts."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from reconciler.sandbox.checks import EVENTS
from reconciler.sandbox.seed import seed
from reconciler.sandbox.store import Store

from .tools import LIVE_TOKEN, OTHER_TOKEN, TOKEN


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.close()


def test_the_same_number_gives_the_same_webhooks(store: Store) -> None:
    for token in (TOKEN, OTHER_TOKEN):
        seed(store, token, 30)
    assert len(store.list(TOKEN)) == 30
    assert store.list(TOKEN) == store.list(OTHER_TOKEN)


def test_an_account_that_has_webhooks_is_left_alone(store: Store) -> None:
    seed(store, TOKEN, 5)
    first = store.list(TOKEN)
    seed(store, TOKEN, 7)
    assert store.list(TOKEN) == first


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 57])
def test_there_are_as_many_as_asked_for(store: Store, count: int) -> None:
    seed(store, TOKEN, count)
    assert len(store.list(TOKEN)) == count


def test_a_single_one_is_the_one_that_shippo_makes(store: Store) -> None:
    seed(store, TOKEN, 1)
    (only,) = store.list(TOKEN)
    assert (only.event, urlsplit(only.url).hostname) == ("track_updated", "tracking.goshippo.example")


@pytest.mark.parametrize("count", [20, 130])
def test_the_mix_is_that_of_a_real_account(store: Store, count: int) -> None:
    seed(store, TOKEN, count)
    made = store.list(TOKEN)
    keys = [(webhook.url, webhook.event) for webhook in made]
    assert len({urlsplit(webhook.url).hostname for webhook in made}) >= 3
    assert {webhook.event for webhook in made} <= set(EVENTS)
    assert len({webhook.event for webhook in made}) >= 5
    assert 0 < len(keys) - len(set(keys)) < count / 3  # some twice
    assert 0 < sum(not webhook.active for webhook in made) < count / 3
    assert 0 < sum("?token=" in webhook.url for webhook in made) < count * 2 / 3
    assert all(len(webhook.url) < 200 for webhook in made)
    assert list(made) == sorted(made, key=lambda webhook: webhook.object_created)


@pytest.mark.parametrize(("token", "is_test"), [(TOKEN, True), (LIVE_TOKEN, False)], ids=["test", "live"])
def test_the_token_says_which_data_they_are_for(store: Store, token: str, *, is_test: bool) -> None:
    seed(store, token, 10)
    assert {webhook.is_test for webhook in store.list(token)} == {is_test}
