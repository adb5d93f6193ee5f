"""Pages side by side: never one too many, believed only where the page before leads there, and as if one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.http.pacing import READERS
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.webhook import Remote
from reconciler.providers.ahead import AT_ONCE
from reconciler.providers.paging import Page, list_all
from reconciler.providers.registry import open_reader
from reconciler.sandbox.api import SandboxOptions
from tests.support.sandbox import Sandbox

from .tools import TOKEN, Run, account

ORIGIN = "https://api.goshippo.com"
FIRST = "/webhooks?results=100"


def script(targets: Iterable[str], ids: Iterable[str], count: int | None) -> dict[str, Page]:
    """Pages that lead from one target to the next, with a webhook for each letter."""
    named = list(zip(targets, ids, strict=True))
    following = {target: after for (target, _), (after, _) in pairwise(named)}
    return {
        target: Page(
            remotes=tuple(Remote(id=letter, key=None, fields={}) for letter in letters),
            count=count,
            next=following.get(target),
        )
        for target, letters in named
    }


class Pages:
    """A server of pages that notes what it is asked for, and how many at once."""

    def __init__(self, pages: dict[str, Page], *, together: int = 1, slow: float = AT_ONCE) -> None:
        self.asked: list[str] = []
        self.slow = slow
        self.most = 0
        self._pages = pages
        self._running = 0
        self._together = together
        self._changed = threading.Condition()

    def fetch(self, target: str) -> Page:
        with self._changed:
            self.asked.append(target)
            self._running += 1
            self.most = max(self.most, self._running)
            self._changed.notify_all()
            if target != FIRST:  # until as many are asked for as may be
                self._changed.wait_for(lambda: self.most >= self._together, timeout=5)
            self._running -= 1
        if target not in self._pages:
            raise ProviderError(kind=ErrorKind.GONE, message="404")
        return self._pages[target]

    def listed(self, readers: int = READERS, *, trust_count: bool = True) -> Page:
        return list_all(
            self.fetch,
            FIRST,
            origin=ORIGIN,
            trust_setting="trust_count" if trust_count else None,
            told=lambda *_: None,
            now=self.now,
            readers=threading.Semaphore(readers),
        )

    def now(self) -> float:
        """Seconds: each page has taken `slow` of them."""
        return len(self.asked) * self.slow


def numbered(pages: int, form: str = "/webhooks?page={}&results=100") -> list[str]:
    return [FIRST, *map(form.format, range(2, pages + 1))]


LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    "form",
    [
        "/webhooks?page={}&results=100",
        "/webhooks?results=100&page={}",
        "/webhooks?page={}&results=25",  # a size that wasn't asked for: the second page leads to the third
        "/webhooks/?p={}",
    ],
)
def test_pages_are_read_side_by_side_in_their_order_and_none_twice(form: str) -> None:
    targets = numbered(26, form)
    pages = Pages(script(targets, LETTERS, 26), together=READERS)
    assert "".join(remote.id for remote in pages.listed().remotes) == LETTERS
    assert pages.most == READERS
    assert sorted(pages.asked) == sorted(targets)


@pytest.mark.parametrize(
    ("targets", "count", "trust_count"),
    [
        pytest.param(numbered(26), 26, False, id="count-not-trusted"),
        pytest.param([FIRST, *(f"/webhooks?cursor=x{n}" for n in range(25))], 26, True, id="no-numbers"),
        pytest.param([FIRST, *(f"/webhooks?page={n}&results=100" for n in range(4, 54, 2))], 26, True, id="gaps"),
        pytest.param([FIRST, *(f"/webhooks?page={n}&at={n}" for n in range(2, 27))], 26, True, id="two-differ"),
        pytest.param([FIRST, *(f"/page/{n}" for n in range(2, 27))], 26, True, id="in-the-path"),
        pytest.param([FIRST, *(f"/webhooks?page=0{n}" for n in range(2, 27))], 26, True, id="not-as-we-write-it"),
    ],
)
def test_pages_of_which_nobody_can_tell_where_they_are_come_one_by_one(
    targets: list[str],
    count: int,
    trust_count: bool,  # noqa: FBT001 - a row
) -> None:
    pages = Pages(script(targets, LETTERS, count))
    assert len(pages.listed(trust_count=trust_count).remotes) == 26
    assert (pages.asked, pages.most) == (targets, 1)


def test_pages_that_come_at_once_come_one_by_one() -> None:
    pages = Pages(script(numbered(26), LETTERS, 26), slow=AT_ONCE / 2)
    assert len(pages.listed().remotes) == 26
    assert (pages.asked, pages.most) == (numbered(26), 1)


def test_page_is_believed_only_where_the_one_before_leads_to_it() -> None:
    targets = numbered(26)
    targets[5:] = [f"{target}&from=elsewhere" for target in targets[5:]]
    pages = Pages(script(targets, LETTERS, 26) | script(numbered(30)[5:], ["z"] * 25, 26))
    assert "".join(remote.id for remote in pages.listed().remotes) == LETTERS
    in_vain = set(pages.asked) - set(targets)
    assert in_vain <= set(numbered(5 + READERS)[5:])  # and then no more: the rest is read one by one
    assert len(pages.asked) == 26 + len(in_vain)


def test_error_of_a_page_ahead_counts_only_where_the_list_leads_there() -> None:
    found = script(numbered(26), LETTERS, 26)
    last = numbered(26)[2]
    found[last] = Page(remotes=found[last].remotes, count=26, next=None)
    for target in numbered(26)[3:]:
        del found[target]
    with pytest.raises(ProviderError) as caught:
        Pages(found).listed()
    assert caught.value.message == "the provider counts 26 but lists 3 webhooks (listed 3 times)"


def test_page_ahead_that_is_gone_makes_the_list_anew() -> None:
    found = script(numbered(26), LETTERS, 26)
    del found[numbered(26)[20]]
    pages = Pages(found)
    with pytest.raises(ProviderError) as caught:
        pages.listed()
    assert caught.value.message == "the provider's list links to a page that doesn't exist (listed 3 times)"
    assert pages.asked.count(FIRST) == 3


def test_lists_of_a_run_have_their_readers_together() -> None:
    readers = threading.Semaphore(2)
    pages = Pages(script(numbered(26), LETTERS, 26), together=2)
    list_all(pages.fetch, FIRST, origin=ORIGIN, trust_setting="c", told=lambda *_: None, now=pages.now, readers=readers)
    assert pages.most <= 3  # the list itself asks for what no reader did
    assert [readers.acquire(blocking=False) for _ in range(3)] == [True, True, False]


def test_without_threads_the_list_is_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    pages = Pages(script(numbered(26), LETTERS, 26))
    assert len(pages.listed().remotes) == 26
    assert pages.asked == numbered(26)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=30),
    is_even=st.booleans(),
    error=st.sampled_from([0, 0, 0, -20, -1, 1, 20]),
    readers=st.integers(1, READERS),
)
def test_no_page_beyond_the_count_is_asked_for_and_the_outcome_is_that_of_one_by_one(
    *, sizes: list[int], is_even: bool, error: int, readers: int
) -> None:
    if is_even:
        sizes = [max(sizes)] * (len(sizes) - 1) + sizes[-1:]
    numbers = iter(range(10_000))
    ids = [[str(next(numbers)) for _ in range(size)] for size in sizes]
    named = numbered(len(sizes))
    following, count = dict(pairwise(named)), max(sum(sizes) + error, 0)
    found = {
        target: Page(
            remotes=tuple(Remote(id=one, key=None, fields={}) for one in inner), count=count, next=following.get(target)
        )
        for target, inner in zip(named, ids, strict=True)
    }
    pages, alone = Pages(found), Pages(found)
    assert _outcome(lambda: pages.listed(readers)) == _outcome(lambda: alone.listed(0))
    if is_even and not error:
        assert sorted(pages.asked) == sorted(named)
    if is_even:  # pages that get smaller make the same count more of them
        assert all(_number(target) <= max(len(sizes), -(-count // sizes[0])) for target in pages.asked)


def _outcome(call: Callable[[], Page]) -> object:
    try:
        return call()
    except ProviderError as error:
        return error.kind, error.message, error.help


def _number(target: str) -> int:
    return 1 if target == FIRST else int(target.partition("page=")[2].partition("&")[0])


def test_over_http_every_page_is_asked_for_once() -> None:
    run = Run()
    with Sandbox(SandboxOptions()) as sandbox:
        for number in range(2_501):
            sandbox.store.create(TOKEN, url=f"https://hooks.example.com/{number}", event="all")
        client = open_reader(account(sandbox.base_url), run.context)
        reading = client.list()
        client.close()
        asked = [entry.path for entry in sandbox.log()]
    assert len(reading.remotes) == reading.count == 2_501
    assert len(asked) == 26
