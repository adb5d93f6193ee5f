"""The bounds of what a provider may answer: its lists, pages, URLs, fields and complaints."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.http.complaint import complaint
from reconciler.http.exchange import UnexpectedAnswerError
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.url import Url
from reconciler.model.webhook import Headers, Masked, Remote, Value
from reconciler.providers import paging
from reconciler.providers.paging import Page, list_all, page_of, size_of
from reconciler.providers.shippo import SHIPPO
from reconciler.providers.wire import RemoteReader
from tests.support.builders import hook

ORIGIN = "http://127.0.0.1:1"
LIST = "the provider's list of webhooks"
REPORT = "Nothing is changed in an account that can't be listed completely; report this to the provider."


def listed(fetch: Callable[[str], Page], now: Callable[[], float] = lambda: 0.0) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        list_all(fetch, "/webhooks", origin=ORIGIN, trust_setting=None, told=lambda *_: None, now=now)
    return caught.value


def endless(**more: Any) -> Callable[[str], Page]:  # noqa: ANN401 - what a page has
    """Pages without an end, each with a webhook that wasn't on one before."""
    numbers = iter(range(10**9))

    def fetch(_: str) -> Page:
        number = next(numbers)
        return Page(**{"remotes": (hook(str(number)),), "count": None, "next": f"?page={number}"} | more)

    return fetch


def test_list_that_takes_longer_than_its_time_is_one_without_an_end() -> None:
    asked: list[str] = []
    fetch = endless()

    def slow(target: str) -> Page:
        asked.append(target)
        return fetch(target)

    error = listed(slow, lambda: 60.0 * len(asked))  # a page a minute
    assert (error.kind, error.message, error.help) == (ErrorKind.GARBLED, f"{LIST} doesn't end", REPORT)
    assert len(asked) == 60


def test_list_that_is_larger_than_any_is_not_listed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "LARGEST", 10 * size_of(hook("1")))
    error = listed(endless(size=size_of(hook("1"))))
    assert (error.kind, error.message) == (ErrorKind.GARBLED, f"{LIST} is larger than any account needs")


def test_page_that_is_larger_than_any_list_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "LARGEST", 10 * size_of(hook("1")))

    def results() -> Iterator[dict[str, str]]:
        yield from ({"object_id": str(number), "event": "all", "url": "https://h.example.com/"} for number in range(20))
        raise AssertionError("the bound was passed")

    class Results(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            return results()

    assert SHIPPO.rest is not None
    with pytest.raises(UnexpectedAnswerError, match="contains more or larger webhooks than any account needs"):
        page_of({"results": Results(), "count": 30}, SHIPPO.rest, read, "")


def test_next_page_that_is_too_long_is_not_asked_for() -> None:
    error = listed(endless(next="?" + "a" * paging.LONGEST_NEXT))
    assert error.message == "the provider's list links to a next page that is not a valid URL"


def test_counts_that_differ_on_every_page_are_not_all_said() -> None:
    def fetch(target: str) -> Page:
        number = int(target.partition("page=")[2] or 0)
        following = f"?page={number + 1}" if number < 99 else None
        return Page(remotes=(hook(str(number)),), count=number, next=following)

    with pytest.raises(ProviderError) as caught:
        list_all(fetch, "/webhooks", origin=ORIGIN, trust_setting="trust_count", told=lambda *_: None)
    assert str(caught.value) == (
        "the provider counts 0 and then 1 and then 2 and then 3 and then 4 but lists 100 webhooks (listed 3 times)"
    )


def read(document: Mapping[str, object]) -> Remote:
    assert SHIPPO.rest is not None
    return RemoteReader(SHIPPO, SHIPPO.rest, BUILT_IN_SECRET_PARAMS).read(document)


def remote(address: str) -> Remote:
    return read({"object_id": "1", "event": "all", "url": address})


@pytest.mark.parametrize("beginning", ["https://h.example.com/", "https://h.example.com/?"])
def test_url_that_is_too_long_is_one_that_nothing_matches(beginning: str) -> None:
    fits, too_long = (beginning.ljust(length, "a") for length in (10_000, 10_001))
    assert isinstance(remote(fits).fields["url"], Url)
    assert (remote(too_long).key, remote(too_long).fields["url"]) == (None, SecretText.provider(too_long))


def test_of_unknown_fields_a_hundred_are_named() -> None:
    document = {"object_id": "1", "event": "all", "url": "x", **{f"k{number:03}": 1 for number in range(101)}}
    assert read(document).unknown == tuple(f"k{number:03}" for number in range(100))


def test_of_what_a_provider_complains_of_a_hundred_fields_are_looked_at() -> None:
    fields = {"": "odd"} | {f"odd{number}!": "x" for number in range(98)} | {"url": "Too long", "event": "Unknown"}
    assert len(fields) == 101
    assert complaint(json.dumps(fields).encode(), ()) == ": `url`: Too long"


@pytest.mark.parametrize(
    ("path", "parts"), [("/a" * 300, 300), ("/?" + "a&" * 300, 300), ("/a?token=x", 2)], ids=["path", "query", "usual"]
)
def test_size_counts_the_parts_of_a_url(path: str, parts: int) -> None:
    assert size_of(hook("1", path)) > 300 * parts
    assert size_of(hook("1", path)) < 300 * parts + 4 * len(path) + 4_000


_MUCH = "x" * 10_000


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(Headers.of({"X-Key": SecretText.provider(_MUCH)}), id="header"),
        pytest.param(Headers.of({_MUCH: Masked.SET}), id="name-of-a-header"),
        pytest.param(Headers.of({f"X-{number}": Masked.SET for number in range(100)}), id="headers"),
        pytest.param({"a": {"b": [_MUCH]}}, id="setting"),
        pytest.param({_MUCH: 1}, id="name-of-a-setting"),
        pytest.param({"a": [0] * 200}, id="list"),
        pytest.param(_MUCH, id="text"),
        pytest.param(frozenset({_MUCH}), id="set"),
    ],
)
def test_size_counts_what_a_field_holds(value: Value) -> None:
    usual = hook("1")
    assert size_of(replace(usual, fields={**usual.fields, "more": value})) - size_of(usual) > 8_000
