"""MLflow's webhooks: what its 3.17.2 does, and what a run makes of it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.providers.mlflow import MLFLOW
from tests.support.api import Answer, Api, Json, Work, api_server

PATH = "/api/2.0/mlflow/webhooks"
URL = "https://hooks.example.com/models"
CREATED, TAGGED = ({"entity": "MODEL_VERSION", "action": "CREATED"}, {"entity": "MODEL_VERSION_TAG", "action": "SET"})
BOTH = "[model_version_tag.set, model_version.created]"
FIRST = 1_790_000_000_000  # milliseconds since 1970
SECRET = "correct-horse-battery"


@dataclass
class MLflow(Api):
    """Answers as MLflow does: newest first, an empty list without `webhooks`, no secret, no PUT.

    Attributes:
        between: what happens after each page of a list.
    """

    between: Callable[[], object] = lambda: None

    def put(self, number: int, **values: Any) -> str:  # noqa: ANN401 - JSON
        """Let it have a webhook; its id."""
        made = {"name": "ci", "url": URL, "events": [CREATED], "status": "ACTIVE", **values}
        times = {"creation_timestamp": FIRST + number, "last_updated_timestamp": FIRST + number}
        self.hooks[f"id-{number}"] = {"webhook_id": f"id-{number}", **made, **times}
        return f"id-{number}"

    def answer(self, method: str, path: str, query: Mapping[str, str], sent: Json) -> Answer:
        object_id = path.removeprefix(PATH).strip("/")
        if object_id and object_id not in self.hooks:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "not found"}, {}
        if method == "GET" and not object_id:
            return 200, self._page(query), {}
        if method == "DELETE":
            del self.hooks[object_id]
            return 200, {}, {}
        if method == "POST":
            object_id = self.put(len(self.hooks) + 1000, **sent)
        elif method == "PATCH":
            self.hooks[object_id] |= sent
        elif method != "GET":
            return 405, {"message": "Method Not Allowed"}, {}
        return 200, {"webhook": self._shown(self.hooks[object_id])}, {}

    def _page(self, query: Mapping[str, str]) -> dict[str, Any]:
        newest_first = [self._shown(hook) for hook in reversed(self.hooks.values())]
        begin = int(base64.b64decode(query["page_token"])) if "page_token" in query else 0
        end = begin + int(query["max_results"])
        more = {"next_page_token": base64.b64encode(str(end).encode()).decode()} if end < len(newest_first) else {}
        self.between()
        return {**({"webhooks": newest_first[begin:end]} if newest_first[begin:end] else {}), **more}

    def _shown(self, hook: dict[str, Any]) -> dict[str, Any]:
        shown = {key: value for key, value in hook.items() if key != "secret" and (key, value) != ("description", "")}
        return shown | {"events": sorted(hook["events"], key=lambda event: (event["action"], event["entity"]))}


@pytest.fixture
def mlflow() -> Iterator[MLflow]:
    api = MLflow()
    with api_server(api):
        yield api


@pytest.fixture
def work(tmp_path: Path, mlflow: MLflow) -> Work:
    return Work(folder=tmp_path, api=mlflow, account="provider: mlflow")


def entry(more: str = "", *, name: str = "ci", events: str = BOTH) -> str:
    return f"\n  {name}:\n    url: {URL}\n    events: {events}\n{more}"


def test_webhook_is_made_by_its_entrys_name_and_its_events_in_any_order_are_no_difference(work: Work) -> None:
    work.write(entry())
    ((method, path, sent),) = work.apply()
    assert (method, path) == ("POST", PATH)
    assert sent == {"name": "ci", "url": URL, "events": [CREATED, TAGGED], "status": "ACTIVE", "description": ""}
    (hook,) = work.api.hooks.values()
    hook["events"] = [TAGGED, CREATED]
    work.run("drift")


@pytest.mark.parametrize(
    ("environment", "sent"),
    [({}, None), ({"MLFLOW_TRACKING_TOKEN": "abc"}, "Bearer abc")],
    ids=["no-token", "token"],
)
def test_account_may_do_without_a_token(work: Work, environment: dict[str, str], sent: str | None) -> None:
    work.write(entry())
    work.run("plan", variables=environment)
    assert work.api.headers.get("Authorization") == sent


def test_what_is_exported_says_no_token_where_there_is_none_and_plans_nothing(work: Work, mlflow: MLflow) -> None:
    mlflow.put(1, description="By hand", status="DISABLED")
    work.write()
    work.run("export", "--out", "exported.yaml")
    assert "token" not in (work.folder / "exported.yaml").read_text()
    work.run("drift", "--file", "exported.yaml")


def test_account_must_say_where_its_server_is(work: Work) -> None:
    (work.folder / "webhooks.yaml").write_text(
        f"version: 1\naccounts: {{main: {{provider: mlflow}}}}\nwebhooks:{entry()}"
    )
    assert "this MLflow account has no `base_url`" in work.run("plan", code=1)


@pytest.mark.parametrize(
    ("by_hand", "more", "sent"),
    [
        pytest.param({"status": "DISABLED"}, "", {"status": "ACTIVE"}, id="switch"),
        pytest.param({"status": "DISABLED"}, "    active: false\n", None, id="switch-wanted-off"),
        pytest.param({"description": "x"}, "", {"description": ""}, id="description"),
        pytest.param({}, "    details: For reviews\n", {"description": "For reviews"}, id="description-wanted"),
        pytest.param({"name": "old"}, "", {"name": "ci"}, id="name"),
        pytest.param({"name": "models.v2"}, "    name: models.v2\n", None, id="name-of-its-own"),
        pytest.param({"events": [TAGGED]}, "", {"events": [CREATED, TAGGED]}, id="events"),
    ],
)
def test_only_what_differs_is_sent(
    work: Work, mlflow: MLflow, by_hand: dict[str, Any], more: str, sent: dict[str, Any] | None
) -> None:
    object_id = mlflow.put(1, **{"events": [TAGGED, CREATED], **by_hand})
    work.write(entry(more))
    assert work.apply() == ([] if sent is None else [("PATCH", f"{PATH}/{object_id}", sent)])


def test_secret_is_sent_where_something_is_and_never_a_difference(work: Work) -> None:
    work.write(entry("    secret: ${KEY}\n"))
    ((_, _, sent),) = work.apply(variables={"KEY": SECRET})
    assert sent["secret"] == SECRET
    work.run("drift", variables={"KEY": "staple"})
    work.write(entry("    secret: ${KEY}\n    details: x\n"))
    ((_, _, sent),) = work.apply(variables={"KEY": "staple"})
    assert sent == {"description": "x", "secret": "staple"}
    assert SECRET not in work.run("list", variables={"KEY": SECRET}) + work.run("export", variables={"KEY": SECRET})


def test_two_webhooks_of_one_name_are_told_apart_by_their_urls(work: Work, mlflow: MLflow) -> None:
    ours, other = mlflow.put(1), mlflow.put(2, url="https://hooks.example.com/other")
    work.write(entry(events="[model_version.created]") + entry(name="other").replace("/models", "/other"))
    writes = work.apply()
    assert [(method, path, sent.get("name")) for method, path, sent in writes] == [
        ("PATCH", f"{PATH}/{other}", "other")
    ]
    assert mlflow.hooks[ours]["name"] == "ci"


def test_of_two_that_are_the_same_the_older_stays(work: Work, mlflow: MLflow) -> None:
    older, newer = mlflow.put(1), mlflow.put(2)
    work.write(entry(events="[model_version.created]"))
    assert work.apply() == [("DELETE", f"{PATH}/{newer}", None)]
    assert [*mlflow.hooks] == [older]


def test_time_is_read_from_milliseconds(work: Work, mlflow: MLflow) -> None:
    mlflow.put(1)
    work.write()
    assert datetime.fromtimestamp(FIRST / 1000, UTC).strftime("%Y-%m-%d") in work.run("list")


def test_list_whose_pages_shift_under_a_change_is_made_again(work: Work, mlflow: MLflow) -> None:
    for number in range(1, 251):
        mlflow.put(number, name=f"ci-{number}", url=f"{URL}/{number}")
    newest = iter(["id-250", "id-249"])
    # One of those that were just shown goes: the next page begins one too late.
    mlflow.between = lambda: mlflow.hooks.pop(next(newest, ""), None)
    work.write(entry())
    told = {webhook["object_id"] for webhook in work.json("list")["webhooks"]}
    assert told >= {f"id-{number}" for number in range(1, 249)}
    assert len(mlflow.calls) > 2 * 3


@pytest.mark.parametrize("name", MLFLOW.events)
def test_events_are_written_as_they_are_read(name: str) -> None:
    spec = next(spec for spec in MLFLOW.fields if spec.name == "events")
    assert spec.read is not None
    assert spec.write is not None
    written = spec.write([name])
    assert written == [dict(zip(("entity", "action"), name.upper().split("."), strict=True))]
    assert spec.read(written) == [name]
