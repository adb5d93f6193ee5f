"""Label Studio's webhooks: what its 1.23.2 does, and what a run makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Answer, Api, Json, Work, api_server

PATH = "/api/webhooks/"
URL = "https://hooks.example.com/labels"
DEFAULTS: Mapping[str, object] = {
    "project": None,
    "headers": {},
    "is_active": True,
    "send_payload": True,
    "send_for_all_actions": True,
}
TAKEN = {"id", "organization", "created_at", "updated_at", "url", "actions", *DEFAULTS}


@dataclass
class LabelStudio(Api):
    """Answers as Label Studio does: an update empties `actions` that it hasn't, and ignores another project."""

    def put(self, project: int | None, **values: Any) -> str:  # noqa: ANN401 - JSON
        """Let it have a webhook; its id."""
        object_id = len(self.calls) + len(self.hooks) + 1
        times = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z"}
        made = {**DEFAULTS, "url": URL, "actions": [], **values, "project": project}
        self.hooks[str(object_id)] = {"id": object_id, "organization": 1, **times, **made}
        return str(object_id)

    def answer(self, method: str, path: str, query: Mapping[str, str], sent: Json) -> Answer:
        schemes = (f"Token {self.token}", "Bearer eyJhY2Nlc3M")
        object_id = path.removeprefix(PATH).removesuffix("/")
        hook = self.hooks.get(object_id)
        if self.headers.get("Authorization") not in schemes:
            return 401, {"detail": "Invalid token."}, {}
        if not path.startswith(PATH) or not path.endswith("/") or (object_id and hook is None):
            return 404, {"detail": "Not found."}, {}
        if method == "GET" and hook is None:
            found = [self._shown(hook) for hook in self.hooks.values()]
            return 200, [one for one in found if str(one["project"]) == query.get("project", str(one["project"]))], {}
        if method == "DELETE":
            del self.hooks[object_id]
            return 204, None, {}
        assert set(sent or {}) <= TAKEN
        if method == "POST":
            hook = self.hooks[self.put(**{**sent, "project": int(sent["project"])})]
            return 201, self._shown(hook), {"Location": hook["url"]}
        assert hook is not None
        if sent is not None:
            hook |= {**sent, "actions": sent.get("actions", []), "project": hook["project"]}
        return 200, self._shown(hook), {}

    def _shown(self, hook: dict[str, Any]) -> dict[str, Any]:
        return hook | {"actions": sorted(hook["actions"])}


@pytest.fixture
def studio() -> Iterator[LabelStudio]:
    api = LabelStudio()
    with api_server(api):
        yield api


@pytest.fixture
def work(tmp_path: Path, studio: LabelStudio) -> Work:
    return Work(folder=tmp_path, api=studio, account="provider: labelstudio\nprojects: ['1', '2']\ntoken: ${TOKEN}")


def entry(more: str = "", *, project: int = 1, events: str = "TASKS_CREATED, TASKS_DELETED") -> str:
    return f"\n  labels:\n    account: main:{project}\n    url: {URL}\n    events: [{events}]\n{more}"


def test_webhook_is_made_in_its_project_and_where_it_leads_is_not_followed(work: Work, studio: LabelStudio) -> None:
    with api_server(receiver := Api()):  # it would answer a call with a fault
        (work.folder / "webhooks.yaml").touch()
        work.write(entry(project=2).replace("https://hooks.example.com", receiver.base_url).replace("/labels", "/x"))
        text = (
            (work.folder / "webhooks.yaml").read_text().replace("https://hooks.example.com/", f"{receiver.base_url}/")
        )
        (work.folder / "webhooks.yaml").write_text(text)
        ((method, path, sent),) = work.apply()
    assert (method, path, receiver.calls) == ("POST", PATH, [])
    assert sent == {
        "project": "2",
        "url": f"{receiver.base_url}/x",
        "actions": ["TASKS_CREATED", "TASKS_DELETED"],
        "send_for_all_actions": False,
        "is_active": True,
        "send_payload": True,
    }
    assert [hook["project"] for hook in studio.hooks.values()] == [2]


@pytest.mark.parametrize(
    ("by_hand", "more"),
    [
        pytest.param({"is_active": False}, "", id="switch"),
        pytest.param({"send_payload": False}, "", id="payload"),
        pytest.param({"send_for_all_actions": True}, "", id="all-actions"),
        pytest.param({"actions": ["TASKS_CREATED"]}, "", id="actions"),
        pytest.param({}, "    send_payload: false\n", id="payload-wanted-off"),
    ],
)
def test_update_sends_everything_so_that_actions_and_headers_stay(
    work: Work, studio: LabelStudio, by_hand: dict[str, Any], more: str
) -> None:
    kept = {"headers": {"X-Key": "correct-horse"}, "send_for_all_actions": False}
    object_id = studio.put(1, **{**kept, "actions": ["TASKS_DELETED", "TASKS_CREATED"], **by_hand})
    work.write(entry(more))
    ((method, path, sent),) = work.apply()
    assert (method, path, sent["actions"]) == ("PATCH", f"{PATH}{object_id}/", ["TASKS_CREATED", "TASKS_DELETED"])
    assert studio.hooks[object_id]["headers"] == {"X-Key": "correct-horse"}


@pytest.mark.parametrize("there", [[], ["TASKS_CREATED"]], ids=["none-listed", "some-listed"])
def test_every_action_is_the_switch_for_all_whatever_is_listed(
    work: Work, studio: LabelStudio, there: list[str]
) -> None:
    object_id = studio.put(1, actions=there)
    work.write(entry(events="'*'"))
    assert work.apply() == []
    studio.hooks[object_id]["send_for_all_actions"] = False
    ((_, _, sent),) = work.apply()
    assert (sent["send_for_all_actions"], sent["actions"]) == (True, [])


def test_another_project_is_another_webhook(work: Work, studio: LabelStudio) -> None:
    old = studio.put(1, actions=["TASKS_CREATED", "TASKS_DELETED"], send_for_all_actions=False)
    work.write(entry(project=2))
    writes = work.apply("--allow-losses", "1")
    # Each project is listed and changed by itself, side by side.
    assert sorted((method, path) for method, path, _ in writes) == [("DELETE", f"{PATH}{old}/"), ("POST", PATH)]
    assert [hook["project"] for hook in studio.hooks.values()] == [2]


def test_webhooks_of_other_projects_and_of_the_whole_organization_are_not_seen(work: Work, studio: LabelStudio) -> None:
    kept = [studio.put(3), studio.put(None)]
    work.write(entry())
    work.apply()
    listed = work.json("list")["webhooks"]
    assert len(listed) == 1
    assert set(kept) < set(studio.hooks)


def test_access_token_is_sent_as_such(work: Work) -> None:
    work.write(entry())
    work.run("plan", variables={"TOKEN": "eyJhY2Nlc3M"})


def test_headers_are_not_shown(work: Work, studio: LabelStudio) -> None:
    studio.put(1, headers={"X-Key": "correct-horse"})
    work.write()
    for command in (["plan"], ["list", "--format", "json"], ["export"], ["plan", "--format", "json"]):
        assert "correct-horse" not in work.run(*command, code=3 if command[0] == "plan" else 0)


def test_headers_of_the_file_are_sent_compared_and_not_shown(work: Work, studio: LabelStudio) -> None:
    object_id = studio.put(1, headers={"X-Key": "staple-donkey"}, send_for_all_actions=False)
    studio.hooks[object_id]["actions"] = ["TASKS_CREATED", "TASKS_DELETED"]
    work.write(entry("    headers: {X-Key: '${HEADER}'}\n"))
    variables = {"HEADER": "correct-horse"}
    said = work.run("plan", variables=variables)
    assert "‹changed›" in said
    assert "correct-horse" not in said
    assert "staple-donkey" not in said
    work.run("apply", "--auto-approve", variables=variables)
    assert studio.hooks[object_id]["headers"] == {"X-Key": "correct-horse"}
    assert "No changes" in work.run("plan", variables=variables)
