"""A sandbox whose list is wrong: in each way that is asked for, and in no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.sandbox.api import SandboxOptions
from tests.support.lies import HONEST, Lies
from tests.support.sandbox import Sandbox

from .tools import TOKEN, URL, Api

BODY = {"url": URL, "event": "all"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(page_size=2)) as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    with Api(sandbox.base_url) as api:
        yield api


def page(api: Api, number: int = 1) -> tuple[int, int, str | None]:
    """The webhooks on a page, the count that it names, and the next page."""
    document = api.call("GET", f"/webhooks?page={number}").json()
    return len(document["results"]), document["count"], document["next"]


def test_count_is_wrong_for_as_many_lists_as_are_asked_for(sandbox: Sandbox, api: Api) -> None:
    sandbox.store.create(TOKEN, url=URL, event="all")
    sandbox.lie(Lies(count_off=-1, count_lists=2))
    assert [page(api)[:2] for _ in range(3)] == [(1, 0), (1, 0), (1, 1)]
    sandbox.lie(Lies(count_off=3))
    assert [page(api)[:2] for _ in range(3)] == [(1, 4)] * 3
    sandbox.lie(HONEST)
    assert page(api)[:2] == (1, 1)


def test_webhook_is_left_out_of_so_many_lists_after_it_was_created(sandbox: Sandbox, api: Api) -> None:
    sandbox.store.create(TOKEN, url=URL, event="all")
    sandbox.lie(Lies(lag=2))
    page(api)
    made = api.call("POST", "/webhooks", BODY).json()
    assert [page(api)[:2] for _ in range(3)] == [(1, 1), (1, 1), (2, 2)]
    assert api.call("GET", f"/webhooks/{made['object_id']}").status_code == 200


def test_somebody_changes_the_list_before_every_page_but_the_first(sandbox: Sandbox, api: Api) -> None:
    for _ in range(3):
        sandbox.store.create(TOKEN, url=URL, event="all")
    pages: list[int] = []

    def meanwhile(number: int) -> None:
        pages.append(number)
        sandbox.store.delete(TOKEN, sandbox.store.list(TOKEN)[0].object_id)

    sandbox.lie(Lies(meanwhile=meanwhile))
    assert page(api)[:2] == (2, 3)
    assert api.call("GET", "/webhooks?page=2").status_code == 404
    assert pages == [2]


def test_last_page_names_another_next_one(sandbox: Sandbox, api: Api) -> None:
    for _ in range(3):
        sandbox.store.create(TOKEN, url=URL, event="all")
    sandbox.lie(Lies(next_page="https://elsewhere.example/webhooks"))
    assert page(api)[2] == f"{sandbox.base_url}/webhooks?page=2&results=2"
    assert page(api, 2)[2] == "https://elsewhere.example/webhooks"
