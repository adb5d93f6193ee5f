"""pretix's webhooks: what its 2026.8.0 does, and what a run makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Answer, Api, Json, Work, api_server

PATH = "/api/v1/organizers/acme/webhooks/"
URL = "https://hooks.example.com/orders"
PAID, PLACED, CHANGED = (f"pretix.event.order.{name}" for name in ("paid", "placed", "changed.*"))
PAGE = 50


@dataclass
class Pretix(Api):
    """Answers as pretix does: pages of fifty, and what is deleted is only switched off."""

    def put(self, **values: Any) -> str:  # noqa: ANN401 - JSON
        """Let it have a webhook; its id."""
        made = {"target_url": URL, "enabled": True, "all_events": True, "limit_events": [], "comment": None, **values}
        object_id = len(self.hooks) + 1
        self.hooks[str(object_id)] = {"id": object_id, "action_types": [PAID], **made}
        return str(object_id)

    def answer(self, method: str, path: str, query: Mapping[str, str], sent: Json) -> Answer:
        if self.headers.get("Authorization") != f"Token {self.token}":
            return 401, {"detail": "Invalid token."}, {}
        object_id = path.removeprefix(PATH).removesuffix("/")
        hook = self.hooks.get(object_id)
        if not path.startswith(PATH) or not path.endswith("/") or (object_id and hook is None):
            return 404, {"detail": "Not found."}, {}
        if method == "GET" and hook is None:
            return self._page(int(query.get("page", "1")))
        if method == "DELETE" and hook is not None:
            hook["enabled"] = False
            return 204, None, {}
        wrong = {name: ["Not a valid value."] for name, value in (sent or {}).items() if name == "id" or value is None}
        both = ((hook or {}) | (sent or {})).get("all_events", True) and (sent or {}).get("limit_events")
        if wrong or both:
            return 400, wrong or {"non_field_errors": ["You can set either limit_events or all_events."]}, {}
        if method == "POST":
            hook = self.hooks[self.put(**sent)]
        elif method == "PATCH" and hook is not None:
            hook |= sent
        assert hook is not None
        return 201 if method == "POST" else 200, self._shown(hook), {}

    def _page(self, number: int) -> Answer:
        found = [self._shown(hook) for hook in self.hooks.values()]
        end = number * PAGE
        if number > 1 and end - PAGE >= len(found):
            return 404, {"detail": "Invalid page."}, {}
        following = f"{self.base_url}{PATH}?page={number + 1}" if end < len(found) else None
        return 200, {"count": len(found), "next": following, "previous": None, "results": found[end - PAGE : end]}, {}

    def _shown(self, hook: dict[str, Any]) -> dict[str, Any]:
        return hook | {"action_types": sorted(hook["action_types"])}


@pytest.fixture
def pretix() -> Iterator[Pretix]:
    api = Pretix()
    with api_server(api):
        yield api


@pytest.fixture
def work(tmp_path: Path, pretix: Pretix) -> Work:
    return Work(folder=tmp_path, api=pretix, account="provider: pretix\norganizers: acme\ntoken: ${TOKEN}")


def entry(more: str = "", *, events: str = PAID) -> str:
    return f"\n  orders:\n    url: {URL}\n    events: [{events}]\n{more}"


def test_webhook_is_made_with_everything_and_its_events_are_a_set(work: Work) -> None:
    work.write(entry(events=f"{PLACED}, {PAID}, '{CHANGED}'"))
    ((method, path, sent),) = work.apply()
    assert (method, path) == ("POST", PATH)
    assert sent == {
        "target_url": URL,
        "action_types": [CHANGED, PAID, PLACED],
        "all_events": True,
        "limit_events": [],
        "comment": "",
    }


@pytest.mark.parametrize(
    ("by_hand", "more", "sent"),
    [
        pytest.param({"comment": "by hand"}, "", {"comment": ""}, id="comment"),
        pytest.param({}, "    comment: a note\n", {"comment": "a note"}, id="comment-wanted"),
        pytest.param({"comment": "a note"}, "    comment: a note\n", None, id="same-comment"),
        pytest.param(
            {},
            "    all_events: false\n    limit_events: [concert, ball]\n",
            {"all_events": False, "limit_events": ["ball", "concert"]},
            id="only-some-of-its-events",
        ),
        pytest.param(
            {"all_events": False, "limit_events": ["ball"]},
            "",
            {"all_events": True, "limit_events": []},
            id="all-of-its-events",
        ),
    ],
)
def test_only_what_differs_is_sent(
    work: Work, pretix: Pretix, by_hand: dict[str, Any], more: str, sent: dict[str, Any] | None
) -> None:
    object_id = pretix.put(**by_hand)
    work.write(entry(more))
    assert work.apply() == ([] if sent is None else [("PATCH", f"{PATH}{object_id}/", sent)])


def test_webhook_behind_the_first_page_is_seen_those_that_were_deleted_counted(work: Work, pretix: Pretix) -> None:
    for number in range(61):
        pretix.put(target_url=f"https://elsewhere.example.com/{number}", enabled=number % 3 > 0)
    last = pretix.put()
    work.write(entry("    comment: found\n"))
    assert work.apply() == [("PATCH", f"{PATH}{last}/", {"comment": "found"})]
    assert "41 of 41 webhooks listed" in work.run("plan")


def test_list_that_is_shorter_than_it_says_is_not_trusted(work: Work, pretix: Pretix) -> None:
    for number in range(3):
        pretix.put(target_url=f"{URL}/{number}", enabled=number > 0)
    whole = pretix._page

    def short(number: int) -> Answer:
        status, document, headers = whole(number)
        return status, document | {"results": document["results"][:2]}, headers

    pretix._page = short  # type: ignore[method-assign]
    work.write()
    told = work.run("plan", code=1)
    assert "the provider counts 2 but lists 1 webhook" in told
    assert "set `" not in told


def test_what_is_deleted_stays_there_switched_off_and_is_made_again_as_another(work: Work, pretix: Pretix) -> None:
    first = pretix.put()
    work.write()
    assert work.apply("--allow-losses", "1") == [("DELETE", f"{PATH}{first}/", None)]
    assert pretix.hooks[first]["enabled"] is False
    assert work.json("list")["webhooks"] == []
    work.write(entry())
    assert [method for method, _, _ in work.apply()] == ["POST"]
    assert [hook["enabled"] for hook in pretix.hooks.values()] == [False, True]


def test_what_was_switched_off_by_hand_is_made_again(work: Work, pretix: Pretix) -> None:
    work.write(entry())
    work.apply()
    pretix.hooks["1"]["enabled"] = False
    assert "create" in work.run("drift", code=2)
    assert [method for method, _, _ in work.apply()] == ["POST"]


def test_there_is_no_switch(work: Work) -> None:
    work.write(entry("    active: false\n"))
    assert "pretix doesn't support `active: false`" in work.run("plan", code=1)


def test_wrong_token_is_told(work: Work) -> None:
    work.write(entry())
    assert "401" in work.run("plan", code=1, variables={"TOKEN": "another"})


def test_what_pretix_refuses_is_told_in_its_words(work: Work) -> None:
    work.write(entry("    limit_events: [concert]\n"))
    told = work.run("apply", "--auto-approve", code=1)
    assert "either limit_events or all_events" in told
