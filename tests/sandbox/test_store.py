"""The store: what is kept comes back whole, in order, per account, after a restart and from many threads."""

import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.sandbox.store import OBJECT_OWNER, Store, StoreError, Webhook, timestamp

from .tools import LIVE_TOKEN, OTHER_TOKEN, TOKEN, URL, StillClock

MOMENT = datetime(2021, 6, 28, 15, 44, 11, 647_999, tzinfo=UTC)


@pytest.fixture
def clock() -> StillClock:
    return StillClock(MOMENT.timestamp())


@pytest.fixture
def store(clock: StillClock) -> Iterator[Store]:
    store = Store(clock=clock)
    yield store
    store.close()


def test_a_webhook_comes_back_as_it_was_made(store: Store) -> None:
    made = store.create(TOKEN, url=URL, event="all", is_test=True, object_id="a" * 32)
    assert made == Webhook(
        object_id="a" * 32,
        object_created="2021-06-28T15:44:11.647Z",
        object_updated="2021-06-28T15:44:11.647Z",
        object_owner=OBJECT_OWNER,
        url=URL,
        event="all",
        active=True,
        is_test=True,
    )
    assert store.get(TOKEN, "a" * 32) == made
    assert store.list(TOKEN) == (made,)


def test_ids_are_made_of_32_lower_hexadecimal_digits_and_differ(store: Store) -> None:
    ids = {store.create(TOKEN, url=URL, event="all").object_id for _ in range(50)}
    assert len(ids) == 50
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in ids)


def test_the_list_is_in_the_order_of_creation(store: Store) -> None:
    late = store.create(TOKEN, url=URL, event="all", created=MOMENT + timedelta(days=1))
    first = store.create(TOKEN, url=URL, event="all")
    second = store.create(TOKEN, url=URL, event="all")
    early = store.create(TOKEN, url=URL, event="all", created=MOMENT - timedelta(days=1))
    assert store.list(TOKEN) == (early, first, second, late)


def test_an_update_changes_what_it_names_and_the_time(store: Store, clock: StillClock) -> None:
    made = store.create(TOKEN, url=URL, event="all", active=False)
    clock.now += 60
    changed = store.update(TOKEN, made.object_id, event="track_updated", active=True)
    assert changed == replace(made, event="track_updated", active=True, object_updated="2021-06-28T15:45:11.647Z")
    assert store.list(TOKEN) == (changed,)
    assert store.page(TOKEN, live_only=True) == ((changed,), 1)


def test_what_is_not_there_is_none(store: Store) -> None:
    assert store.get(TOKEN, "0" * 32) is None
    assert store.update(TOKEN, "0" * 32, active=False) is None
    assert store.delete(TOKEN, "0" * 32) is False


def test_a_deleted_webhook_is_gone(store: Store) -> None:
    gone, stays = (store.create(TOKEN, url=URL, event="all") for _ in range(2))
    assert store.delete(TOKEN, gone.object_id) is True
    assert store.get(TOKEN, gone.object_id) is None
    assert store.list(TOKEN) == (stays,)


@pytest.mark.parametrize("theirs", [OTHER_TOKEN, LIVE_TOKEN, f"{TOKEN}\0m1"], ids=["token", "mode", "managed"])
def test_accounts_do_not_see_each_other(store: Store, theirs: str) -> None:
    mine = store.create(TOKEN, url=URL, event="all", object_id="a" * 32)
    other = store.create(theirs, url=URL, event="track_updated", object_id="a" * 32)
    assert (store.list(TOKEN), store.list(theirs)) == ((mine,), (other,))
    assert store.delete(theirs, "a" * 32)
    assert store.list(TOKEN) == (mine,)


@given(size=st.integers(1, 9), actives=st.lists(st.booleans(), max_size=25), live_only=st.booleans())
def test_pages_laid_together_are_the_list(*, size: int, actives: list[bool], live_only: bool) -> None:
    store = Store()
    try:
        made = [store.create(TOKEN, url=URL, event="all", active=active) for active in actives]
        expected = [webhook for webhook in made if webhook.active or not live_only]
        pages = [
            store.page(TOKEN, start=start, size=size, live_only=live_only)
            for start in range(0, len(expected) + 1, size)
        ]
    finally:
        store.close()
    assert [webhook for webhooks, _ in pages for webhook in webhooks] == expected
    assert {count for _, count in pages} == {len(expected)}


# Surrogates and NUL among them: other parts are tested with hostile answers.
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(url=ANY_TEXT, event=ANY_TEXT)
def test_any_text_survives(url: str, event: str) -> None:
    store = Store()
    try:
        made = store.create(TOKEN, url=url, event=event)
        assert store.list(TOKEN) == (made,)
        assert (made.url, made.event) == (url, event)
    finally:
        store.close()


def test_a_transaction_that_raises_leaves_nothing(store: Store) -> None:
    def fail_midway() -> None:
        with store.transaction():
            store.create(TOKEN, url=URL, event="all")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    assert store.list(TOKEN) == ()
    kept = store.create(TOKEN, url=URL, event="all")
    assert store.list(TOKEN) == (kept,)


def test_an_inner_transaction_belongs_to_the_outer_one(store: Store) -> None:
    def fail_after_the_inner_one() -> None:
        with store.transaction():
            with store.transaction():
                store.create(TOKEN, url=URL, event="all")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_the_inner_one()
    assert store.list(TOKEN) == ()


def test_a_file_brings_everything_back(tmp_path: Path) -> None:
    first = Store(tmp_path / "sandbox.db")
    made = tuple(first.create(TOKEN, url=URL, event="all", active=active) for active in (True, False))
    first.close()
    second = Store(tmp_path / "sandbox.db")
    try:
        assert second.list(TOKEN) == made
    finally:
        second.close()
    assert [path.name for path in tmp_path.iterdir()] == ["sandbox.db"]


def test_two_stores_share_a_file(tmp_path: Path) -> None:
    one, two = (Store(tmp_path / "sandbox.db") for _ in range(2))
    try:
        made = one.create(TOKEN, url=URL, event="all")
        assert two.delete(TOKEN, made.object_id)
        assert one.list(TOKEN) == ()
    finally:
        one.close()
        two.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    Store(tmp_path / "sandbox.db").close()
    assert stat.S_IMODE((tmp_path / "sandbox.db").stat().st_mode) == 0o600


def test_the_file_holds_no_token(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.db")
    store.create(TOKEN, url=URL, event="all")
    # What isn't in the file yet is in the files beside it.
    contents = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()
    assert URL.encode() in contents
    assert TOKEN.encode() not in contents


def _foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE something (else_ TEXT)")
    connection.close()


def _newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        pytest.param(lambda path: path.write_text("version: 1\n" * 100), "file is not a database", id="text"),
        pytest.param(_foreign, "not a data file of this sandbox", id="another-database"),
        pytest.param(_newer, "not a data file of this sandbox", id="another-version"),
        pytest.param(Path.mkdir, "can't be opened", id="folder"),
    ],
)
def test_a_file_that_is_something_else_is_refused(
    tmp_path: Path, prepare: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "sandbox.db"
    prepare(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=message):
        Store(path)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"can't be opened: .*No such file"):
        Store(tmp_path / "missing" / "sandbox.db")


def test_closing_twice_is_fine() -> None:
    store = Store()
    store.close()
    store.close()


def test_many_threads_lose_nothing(store: Store) -> None:
    def work(thread: int) -> list[Webhook]:
        made = [store.create(TOKEN, url=f"{URL}/{thread}/{step}", event="all") for step in range(30)]
        for webhook in made[:10]:
            store.update(TOKEN, webhook.object_id, active=False)
        for webhook in made[10:20]:
            assert store.delete(TOKEN, webhook.object_id)
        return made

    with ThreadPoolExecutor(8) as pool:
        made = [webhook for webhooks in pool.map(work, range(8)) for webhook in webhooks]
    left = store.list(TOKEN)
    assert len({webhook.object_id for webhook in made}) == 240
    assert {webhook.url for webhook in left} == {
        f"{URL}/{thread}/{step}" for thread in range(8) for step in range(30) if not 10 <= step < 20
    }
    assert store.page(TOKEN, size=0, live_only=True) == ((), 80)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(MOMENT, "2021-06-28T15:44:11.647Z", id="cut-not-rounded"),
        pytest.param(MOMENT.replace(microsecond=0), "2021-06-28T15:44:11.000Z", id="whole-seconds"),
        pytest.param(MOMENT.astimezone(timezone(timedelta(hours=5))), "2021-06-28T15:44:11.647Z", id="another-zone"),
    ],
)
def test_times_are_written_as_the_api_does(moment: datetime, text: str) -> None:
    assert timestamp(moment) == text
