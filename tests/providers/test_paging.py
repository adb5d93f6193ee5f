"""Paging against scripted lists: which are trusted, which are listed again, and where each lie ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.webhook import Remote
from reconciler.providers.paging import Page, list_all, page_of
from reconciler.providers.shippo import SHIPPO

ORIGIN = "https://api.goshippo.com"
FIRST = "/webhooks?results=100"
Script = dict[str, Page]


def remote(object_id: str) -> Remote:
    return Remote(id=object_id, key=None, fields={})


def page(ids: str = "", count: int | None = None, following: str | None = None) -> Page:
    """A page with one webhook a letter."""
    return Page(remotes=tuple(remote(letter) for letter in ids), count=count, next=following)


class Server:
    """Gives the pages of one script after another: the next one begins whenever the first page is asked for."""

    def __init__(self, *scripts: Script) -> None:
        self.asked: list[str] = []
        self._scripts = list(scripts)
        self._script: Script = {}

    def fetch(self, target: str) -> Page:
        self.asked.append(target)
        if target == FIRST:
            self._script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        if target not in self._script:
            raise ProviderError(kind=ErrorKind.GONE, message="404")
        return self._script[target]


def listed(server: Server, *, trust_count: bool = True) -> Page:
    return list_all(
        server.fetch, FIRST, origin=ORIGIN, trust_setting="trust_count" if trust_count else None, told=lambda *_: None
    )


def failure(call: Callable[[], object]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    "following",
    [
        pytest.param("https://api.goshippo.com/webhooks?page=2&results=2", id="absolute"),
        pytest.param("https://API.goshippo.com:443/webhooks?page=2&results=2", id="same-origin-spelt-differently"),
        pytest.param("//api.goshippo.com/webhooks?page=2&results=2", id="without-scheme"),
        pytest.param("/webhooks?page=2&results=2", id="absolute-path"),
        pytest.param("webhooks?page=2&results=2", id="relative-path"),
        pytest.param("?page=2&results=2", id="query"),
    ],
)
def test_the_next_page_is_followed_however_it_is_written(following: str) -> None:
    server = Server({FIRST: page("ab", 3, following), "/webhooks?page=2&results=2": page("c", 3)})
    assert [remote.id for remote in listed(server).remotes] == ["a", "b", "c"]
    assert server.asked == [FIRST, "/webhooks?page=2&results=2"]


def test_a_next_that_is_a_bare_query_after_the_host_gets_a_path() -> None:
    server = Server({FIRST: page("a", 2, f"{ORIGIN}?page=2"), "/?page=2": page("b", 2)})
    assert [remote.id for remote in listed(server).remotes] == ["a", "b"]


@pytest.mark.parametrize(
    "following",
    [
        pytest.param("https://evil.example/webhooks?page=2", id="another-host"),
        pytest.param("//evil.example/webhooks?page=2", id="another-host-without-scheme"),
        pytest.param("http://api.goshippo.com/webhooks?page=2", id="another-scheme"),
        pytest.param("https://api.goshippo.com:8443/webhooks?page=2", id="another-port"),
        pytest.param("https://api.goshippo.com.evil.example/webhooks", id="longer-host"),
        pytest.param("https://api.goshippo.com@evil.example/webhooks", id="user-info"),
        pytest.param("https://evil.example\\@api.goshippo.com/webhooks", id="backslash"),
        pytest.param("ht\ntps://evil.example/webhooks", id="line-break"),
        pytest.param("https://[::1/webhooks", id="broken-host"),
        pytest.param("ftp://api.goshippo.com/webhooks", id="not-http"),
        pytest.param("javascript:alert(1)", id="no-url"),
        pytest.param("/webhooks?page=\ud800", id="half-a-surrogate-pair"),
        pytest.param("/webhooks?page=2 HTTP/1.1\r\nX: y", id="header-injection"),
    ],
)
def test_a_next_page_elsewhere_ends_the_list_without_a_call(following: str) -> None:
    server = Server({FIRST: page("a", 2, following)})
    error = failure(lambda: listed(server))
    assert (error.kind, error.may_have_acted) == (ErrorKind.GARBLED, False)
    assert server.asked == [FIRST]


def test_the_other_origin_is_named_and_nothing_else_of_it() -> None:
    server = Server({FIRST: page("a", 2, "https://evil.example:8443/path?secret=1")})
    assert str(failure(lambda: listed(server))) == (
        "the provider's list continues at another origin, https://evil.example:8443"
    )


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param(
            {FIRST: page("a", 2, FIRST)},
            "the provider's list of webhooks links back to a page that was already listed",
            id="to-itself",
        ),
        pytest.param(
            {FIRST: page("a", 3, "?page=2"), "/webhooks?page=2": page("b", 3, FIRST)},
            "the provider's list of webhooks links back to a page that was already listed",
            id="in-a-circle",
        ),
        pytest.param(
            {FIRST: page("a", 2, "?page=1")}
            | {f"/webhooks?page={n}": page("", 2, f"?page={n + 1}") for n in range(99)},
            "the provider's list of webhooks doesn't end",
            id="empty-pages-without-end",
        ),
        pytest.param(
            {FIRST: page("a", 2, "?page=1")}
            | {f"/webhooks?page={n}": page("a", 2, f"?page={n + 1}") for n in range(99)},
            "the provider's list of webhooks doesn't end",
            id="the-same-webhook-without-end",
        ),
    ],
)
def test_a_list_that_does_not_end_is_an_error(script: Script, message: str) -> None:
    error = failure(lambda: listed(Server(script)))
    assert (error.kind, error.message) == (ErrorKind.GARBLED, message)


def test_a_list_that_always_has_another_webhook_ends_at_the_page_bound() -> None:
    asked = 0

    def fetch(_: str) -> Page:
        nonlocal asked
        asked += 1
        return Page(remotes=(remote(str(asked)),), count=None, next=f"?page={asked}")

    error = failure(lambda: list_all(fetch, FIRST, origin=ORIGIN, trust_setting=None, told=lambda *_: None))
    assert (error.message, asked) == ("the provider's list of webhooks doesn't end", 2000)


def test_an_empty_page_of_numbered_ones_ends_the_list_if_another_follows() -> None:
    assert SHIPPO.rest is not None
    following = "https://api.goshippo.com/webhooks?page=3"
    empty = page_of({"count": 3, "next": following, "results": []}, SHIPPO.rest, lambda _: None, "")
    pages = {FIRST: empty, "/webhooks?page=3": page("abc", 3)}
    for trust_setting in ("trust_count", None):
        with pytest.raises(ProviderError, match="goes on after an empty page"):
            list_all(
                pages.__getitem__,
                FIRST,
                origin="https://api.goshippo.com",
                trust_setting=trust_setting,
                told=lambda *_: None,
            )


def test_an_empty_page_with_a_next_one_is_followed() -> None:
    server = Server({FIRST: page("", 1, "?page=2"), "/webhooks?page=2": page("a", 1)})
    assert [remote.id for remote in listed(server).remotes] == ["a"]


def test_repeated_ids_are_dropped() -> None:
    server = Server({FIRST: page("ab", 3, "?page=2"), "/webhooks?page=2": page("bc", 3)})
    assert listed(server) == page("abc", 3)


GOOD: Script = {FIRST: page("ab", 2)}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        pytest.param({FIRST: page("a", 2)}, "the provider counts 2 but lists 1 webhook", id="too-few"),
        pytest.param({FIRST: page("abc", 2)}, "the provider counts 2 but lists 3 webhooks", id="too-many"),
        pytest.param(
            {FIRST: page("aa", 2)}, "the provider counts 2 but lists 1 webhook", id="a-repeat-in-place-of-one"
        ),
        pytest.param(
            {FIRST: page("a", 2, "?page=2"), "/webhooks?page=2": page("b", 3)},
            "the provider counts 2 and then 3 but lists 2 webhooks",
            id="count-changes-meanwhile",
        ),
        pytest.param(
            {FIRST: page("a", 2, "?page=2"), "/webhooks?page=2": page("b", None)},
            "the provider counts 2 and then nothing but lists 2 webhooks",
            id="count-vanishes",
        ),
        pytest.param(
            {FIRST: page("a", 2, "?page=2")}, "the provider's list links to a page that doesn't exist", id="page-gone"
        ),
    ],
)
def test_pages_that_disagree_are_listed_again_twice_at_most(bad: Script, message: str) -> None:
    for server in (Server(bad, GOOD), Server(bad, bad, GOOD)):
        assert listed(server) == page("ab", 2)
    server = Server(bad, bad, bad, GOOD)
    error = failure(lambda: listed(server))
    assert (error.kind, error.message) == (ErrorKind.GARBLED, f"{message} (listed 3 times)")
    assert server.asked.count(FIRST) == 3


def test_no_count_while_it_is_to_be_trusted_ends_at_once_and_names_the_way_out() -> None:
    server = Server({FIRST: page("a", None)})
    error = failure(lambda: listed(server))
    assert error.kind is ErrorKind.GARBLED
    assert error.message == "the provider doesn't return the number of webhooks"
    assert error.help == "If its `count` isn't reliable, set `trust_count: false` under the account."
    assert server.asked == [FIRST]


def test_a_count_that_is_not_trusted_is_only_reported() -> None:
    assert listed(Server({FIRST: page("ab", 9)}), trust_count=False).count == 9


def test_each_page_is_told() -> None:
    server = Server({FIRST: page("ab", 3, "?page=2"), "/webhooks?page=2": page("c", 3)})
    told: list[tuple[int, int]] = []
    list_all(server.fetch, FIRST, origin=ORIGIN, trust_setting="trust_count", told=lambda *said: told.append(said))
    assert told == [(2, 1), (3, 0)]


@given(ids=st.lists(st.integers(0, 60).map(str), unique=True), sizes=st.lists(st.integers(0, 9), min_size=1))
def test_every_webhook_is_listed_once_and_in_order_however_the_pages_are_cut(ids: list[str], sizes: list[int]) -> None:
    pages: list[Sequence[str]] = []
    rest = ids
    while rest:
        size = sizes[len(pages) % len(sizes)] or (1 if len(pages) % 5 == 4 else 0)
        pages.append(rest[:size])
        rest = rest[size:]
    script = {
        FIRST if number == 0 else f"/webhooks?page={number}": Page(
            remotes=tuple(map(remote, found)),
            count=len(ids),
            next=f"?page={number + 1}" if number + 1 < len(pages) else None,
        )
        for number, found in enumerate(pages or [[]])
    }
    assert [remote.id for remote in listed(Server(script)).remotes] == ids


@pytest.mark.parametrize(("left_out", "is_whole"), [(0, False), (1, True), (2, False)])
def test_webhooks_that_were_deleted_are_counted_too(left_out: int, is_whole: bool) -> None:  # noqa: FBT001 - a row
    whole = replace(page("ab", 3), left_out=left_out)
    if is_whole:
        assert listed(Server({FIRST: whole})).count == 2
    else:
        assert failure(lambda: listed(Server({FIRST: whole}))).kind is ErrorKind.GARBLED
