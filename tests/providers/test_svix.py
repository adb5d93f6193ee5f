"""Svix's endpoints through the commands, on a server that does as its OpenAPI description and its source say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.services import Answer, Asked, Hook, Service, Work, page_after, serve, without

TOKEN = "testsk_0123456789abcdef.eu"
SECRET = "whsec_" + "c2VjcmV0" * 5
URL = "https://hooks.example.com/svix"
ACCOUNT = "provider: svix\ntoken: ${{SVIX_TOKEN}}\nbase_url: {}\napplications: acme"
ENTRY = f"orders:\n  url: {URL}\n  events: [order.created, order.paid]\n"
_PATH = re.compile(r"/api/v1/app/(?P<app>[^/]+)/endpoint(?:/(?P<id>[^/]+)(?P<rotate>/secret/rotate)?)?")
_TYPES = {"order.created", "order.paid", "order.refunded"}
CHANGED = "2026-06-01T00:00:00Z"
_DEFAULTS: Hook = {
    "description": "",
    "throttleRate": None,
    "uid": None,
    "disabled": False,
    "eventTypes": None,
    "channels": None,
    "metadata": {},
}


@dataclass
class Svix(Service):
    """No types are all types; PATCH changes what is sent, PUT makes what isn't there; the secret has its own calls."""

    apps: dict[str, dict[str, Hook]] = field(default_factory=lambda: {"acme": {}, "other": {}})
    replays: dict[str, str] = field(default_factory=dict)
    is_older: bool = False  # than the name `eventTypes`, of July 2026

    def put(self, app: str, url: str, **values: object) -> Hook:
        made = self.new_id("ep_")
        time = f"2026-01-01T00:{self.made // 60:02}:{self.made % 60:02}Z"
        hook = {"id": made, "url": url, "createdAt": time, "updatedAt": time, "secret": "whsec_theirs", "old": []}
        self.apps[app][made] = {**_DEFAULTS, **hook, **values}
        return self.apps[app][made]

    def shown(self, hook: Hook) -> Hook:
        aliases = {"version": 1, "rateLimit": hook["throttleRate"], "filterTypes": hook["eventTypes"]}
        return {**without(hook, "secret", "old", *(("eventTypes",) if self.is_older else ())), **aliases}

    def answer(self, asked: Asked) -> Answer:  # noqa: C901 - a table of cases
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"code": "authentication_failed", "detail": "Invalid token"}
        found = _PATH.fullmatch(asked.path)
        hooks = self.apps.get(found["app"]) if found else None
        if found is None or hooks is None:
            return 404, {"code": "not_found", "detail": "Entity not found"}
        if found["id"] is None:
            return self._create(found["app"], asked) if asked.method == "POST" else self._list(hooks, asked)
        hook = hooks.get(found["id"])
        if hook is None and asked.method == "PUT":
            return 201, self.shown(self.put(found["app"], **asked.sent))
        if hook is None:
            return 404, {"code": "not_found", "detail": "Entity not found"}
        if found["rotate"]:
            if len(hook["old"]) >= 10:
                return 400, {"code": "limit_reached", "detail": "You can only rotate a key 10 times"}
            hook["old"].append(hook["secret"])
            hook |= {"secret": asked.sent["key"], "updatedAt": CHANGED}
            return 204, None
        if asked.method == "DELETE":
            del hooks[hook["id"]]
            return 204, None
        if asked.method == "PATCH":
            sent = self._known(asked.sent)
            if refusal := self._refusal(hooks, hook, sent):
                return refusal
            hook |= {**sent, "updatedAt": CHANGED}
        return 200, self.shown(hook)

    def _list(self, hooks: dict[str, Hook], asked: Asked) -> Answer:
        ids, more = page_after([*reversed(hooks)], asked.first("iterator"), min(int(asked.first("limit", "50")), 250))
        last = ids[-1] if ids else None
        data = [self.shown(hooks[found]) for found in ids]
        return 200, {"data": data, "iterator": last, "prevIterator": None, "done": not more}

    def _create(self, app: str, asked: Asked) -> Answer:
        key = asked.headers["idempotency-key"]
        if key not in self.replays:
            sent = self._known(asked.sent)
            if refusal := self._refusal(self.apps[app], None, sent):
                return refusal
            self.replays[key] = self.put(app, **sent)["id"]
        return 201, self.shown(self.apps[app][self.replays[key]])

    def _known(self, sent: dict[str, Any]) -> dict[str, Any]:
        """What is sent, by the server's own names; what an older one doesn't know means nothing there."""
        named = {"eventTypes": sent["filterTypes"]} if "filterTypes" in sent else {}
        return {**without(sent, "filterTypes", *(("eventTypes",) if self.is_older else ())), **named}

    def _refusal(self, hooks: dict[str, Hook], changed: Hook | None, sent: dict[str, Any]) -> Answer | None:
        known = {"url", *_DEFAULTS, *(() if changed else ("secret",))}
        types, channels = sent.get("eventTypes"), sent.get("channels")
        if sent.keys() - known or types == [] or channels == [] or sent.get("throttleRate") == 0:
            return 422, {"detail": [{"loc": ["body"], "msg": "validation error", "type": "value_error"}]}
        if types is not None and set(types) - _TYPES:
            return 422, {"detail": [{"loc": ["body", "eventTypes"], "msg": "not found", "type": "value_error"}]}
        uid = sent.get("uid")
        if uid and any(hook["uid"] == uid and hook is not changed for hook in hooks.values()):
            return 409, {"code": "conflict", "detail": "An entity with that id already exists"}
        return None


@pytest.fixture
def svix() -> Iterator[Svix]:
    service = Svix()
    with serve(service):
        yield service


@pytest.fixture
def work(tmp_path: Path, svix: Svix) -> Work:
    return Work(tmp_path, ACCOUNT.format(svix.base_url), {"SVIX_TOKEN": TOKEN, "HOOK_SECRET": SECRET})


def only(svix: Svix, app: str = "acme") -> Hook:
    (hook,) = svix.apps[app].values()
    return hook


def test_a_secret_in_a_call_of_its_own_is_not_known_by_what_another_call_did(work: Work, svix: Svix) -> None:
    work.write(ENTRY + "  secret: ${HOOK_SECRET}\n")
    svix.put("acme", URL, eventTypes=["order.created"])
    usual = svix.answer

    def answer(asked: Asked) -> Answer:
        answered = usual(asked)
        return (500, {}) if asked.path.endswith("/rotate") else answered

    svix.answer = answer  # type: ignore[method-assign]
    code, said = work.run("apply", "--auto-approve")
    assert (code, only(svix)["eventTypes"]) == (1, ["order.created"]), said


@pytest.mark.parametrize("says", ["secret_since: 2026-03-01", "secret_digest: true"])
def test_a_rotation_that_is_refused_is_made_by_a_later_run(work: Work, svix: Svix, says: str) -> None:
    work.write(ENTRY + f"  secret: ${{HOOK_SECRET}}\n  description: Orders\n  {says}\n")
    svix.put("acme", URL, eventTypes=["order.created"])
    usual = svix.answer
    svix.answer = (  # type: ignore[method-assign]
        lambda asked: (400, {"detail": "too many"}) if asked.path.endswith("/rotate") else usual(asked)
    )
    code, said = work.run("apply", "--auto-approve")
    assert (code, only(svix)["secret"]) == (1, "whsec_theirs"), said
    svix.answer = usual  # type: ignore[method-assign]
    work.apply()
    assert only(svix)["secret"] == SECRET
    work.in_step()


def test_an_endpoint_is_made_in_its_application_and_holds(work: Work, svix: Svix) -> None:
    work.write(ENTRY + "  description: Orders\n  rate_limit: 20\n  channels: [b, a]\n  metadata: {team: orders}\n")
    work.apply()
    ((method, path, sent),) = svix.writes()
    assert (method, path) == ("POST", "/api/v1/app/acme/endpoint")
    assert sent == {
        "url": URL,
        "filterTypes": ["order.created", "order.paid"],
        "disabled": False,
        "description": "Orders",
        "throttleRate": 20,
        "channels": ["a", "b"],
        "metadata": {"team": "orders"},
    }
    work.in_step()
    work.apply()
    assert svix.writes() == []


def test_servers_of_all_ages_filter_by_the_events(work: Work, svix: Svix) -> None:
    svix.is_older = True
    work.write(ENTRY)
    work.apply()
    assert only(svix)["eventTypes"] == ["order.created", "order.paid"]
    work.in_step()
    work.write(ENTRY.replace("[order.created, order.paid]", "[order.paid]"))
    work.run("apply", "--auto-approve", "--allow-losses", "1")
    assert only(svix)["eventTypes"] == ["order.paid"]


def test_no_types_are_all_of_them(work: Work, svix: Svix) -> None:
    svix.put("acme", URL)
    work.write(ENTRY.replace("[order.created, order.paid]", "['*']"))
    work.in_step()
    only(svix)["eventTypes"] = ["order.paid"]
    work.apply()
    assert only(svix)["eventTypes"] is None
    work.in_step()


def test_an_environment_has_event_types_of_its_own(work: Work, svix: Svix) -> None:
    work.write(ENTRY.replace("order.paid", "order.unheard_of"))
    work.refused("apply", "--auto-approve")
    assert svix.apps["acme"] == {}


@pytest.mark.parametrize(
    ("entry", "theirs", "sent"),
    [
        pytest.param("  active: false\n", {}, {"disabled": True}, id="off"),
        pytest.param("", {"disabled": True}, {"disabled": False}, id="on"),
        pytest.param("", {"throttleRate": 5}, {"throttleRate": None}, id="no-rate-limit"),
        pytest.param("", {"channels": ["a"]}, {"channels": None}, id="no-channels"),
        pytest.param("", {"metadata": {"a": "b"}}, {"metadata": {}}, id="no-metadata"),
        pytest.param("  metadata: {a: b}\n", {"metadata": {"c": "d"}}, {"metadata": {"a": "b"}}, id="metadata"),
        pytest.param("  uid: ours\n", {"uid": "theirs"}, {"uid": "ours"}, id="uid"),
    ],
)
def test_only_what_differs_is_sent(
    work: Work, svix: Svix, entry: str, theirs: dict[str, object], sent: dict[str, object]
) -> None:
    hook = svix.put("acme", URL, eventTypes=["order.paid", "order.created"], **theirs)
    work.write(ENTRY + entry)
    work.apply("--allow-losses", "1")
    assert svix.writes() == [("PATCH", f"/api/v1/app/acme/endpoint/{hook['id']}", sent)]
    work.in_step()


def test_a_uid_that_no_file_says_stays(work: Work, svix: Svix) -> None:
    svix.put("acme", URL, eventTypes=["order.paid", "order.created"], uid="theirs")
    work.write(ENTRY)
    work.in_step()


def test_one_that_is_gone_meanwhile_is_not_made_by_an_update(work: Work, svix: Svix) -> None:
    hook = svix.put("acme", URL, eventTypes=["order.paid", "order.created"])
    work.write(ENTRY + "  description: New\n")
    usual, asked_for = svix.answer, []

    def gone_before_the_update(asked: Asked) -> Answer:
        asked_for.append(asked.method)
        if asked.method in ("PATCH", "PUT"):
            svix.apps["acme"].pop(hook["id"], None)
        return usual(asked)

    svix.answer = gone_before_the_update  # type: ignore[method-assign]
    work.run("apply", "--auto-approve")
    assert "PATCH" in asked_for
    assert svix.apps["acme"] == {}


def test_the_secret_is_made_with_the_endpoint_and_changed_by_a_call_of_its_own(work: Work, svix: Svix) -> None:
    work.write(ENTRY + "  secret: ${HOOK_SECRET}\n")
    work.apply()
    assert only(svix)["secret"] == SECRET
    work.in_step()
    svix.writes()
    work.environment["HOOK_SECRET"] = "whsec_" + "bmV3ZXI=" * 5
    work.in_step()
    work.write(ENTRY + "  secret: ${HOOK_SECRET}\n  description: New\n")
    work.apply()
    path = f"/api/v1/app/acme/endpoint/{only(svix)['id']}"
    assert svix.writes() == [
        ("POST", f"{path}/secret/rotate", {"key": work.environment["HOOK_SECRET"]}),
        ("PATCH", path, {"description": "New"}),
    ]
    work.in_step()
    work.environment["HOOK_SECRET"] = "whsec_" + "bmV3ZXN0" * 5
    work.apply("--resend-secrets")
    assert svix.writes() == [("POST", f"{path}/secret/rotate", {"key": work.environment["HOOK_SECRET"]})]
    work.in_step()


def test_an_application_that_is_not_there_stops_only_itself(work: Work, svix: Svix) -> None:
    work.write(ENTRY, work.account.replace("applications: acme", "applications: [acme, nowhere, other]"))
    code, said = work.run("apply", "--auto-approve")
    assert code == 1, said
    assert [len(svix.apps[app]) for app in ("acme", "other")] == [1, 1]


@pytest.mark.parametrize("number", [249, 250, 251, 520])
def test_all_pages_are_read(work: Work, svix: Svix, number: int) -> None:
    for index in range(number):
        svix.put("acme", f"https://hooks.example.com/{index}")
    work.write(ENTRY)
    assert f"{number} webhooks listed" in work.run("plan")[1]


def test_a_create_whose_answer_was_lost_is_made_once(work: Work, svix: Svix) -> None:
    svix.lost = 1
    work.write(ENTRY)
    work.run("apply", "--auto-approve")
    work.apply()
    assert len(svix.apps["acme"]) == 1
    work.in_step()


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        pytest.param("", "has no `base_url`", id="none"),
        pytest.param("base_url: https://api.eu.svix.com", "", id="europe"),
        pytest.param("base_url: https://api.svix.com", "", id="usual"),
        pytest.param("base_url: https://api.xx.svix.com", "the token would be sent there", id="no-region"),
        pytest.param("base_url: https://api.eu.svix.com.example", "the token would be sent there", id="another's"),
        pytest.param("base_url: http://api.eu.svix.com", "unencrypted", id="http"),
    ],
)
def test_every_region_has_an_address_that_the_account_says(work: Work, base_url: str, said: str) -> None:
    work.write(ENTRY, f"provider: svix\ntoken: ${{SVIX_TOKEN}}\napplications: acme\n{base_url}".rstrip())
    code, found = work.run("validate")
    assert (code, said in found) == (int(bool(said)), True), found


def test_what_is_adopted_is_in_step(work: Work, svix: Svix) -> None:
    svix.put("acme", URL, uid="theirs", throttleRate=5, channels=["a"], metadata={"a": "b"}, description="By hand")
    svix.put("acme", "https://hooks.example.com/two", eventTypes=["order.paid"], disabled=True)
    work.write("")
    code, said = work.run("export", "--out", "adopted.yaml")
    assert code == 0, said
    (work.folder / "adopted.yaml").rename(work.folder / "webhooks.yaml")
    work.in_step()
