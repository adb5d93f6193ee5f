"""What the services do where it matters to a declaration, seen on their own servers by plain HTTP.

The declarations and the in-memory server of the contract suite are judged by this.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.real.service import RealServer
from tests.real.services import on

pytestmark = pytest.mark.real

URL = "https://hooks.example.com/orders"
ELSEWHERE = "https://hooks.example.com/elsewhere"
CREATED = {"entity": "REGISTERED_MODEL", "action": "CREATED"}
ALIASED = {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"}
TAGGED = {"entity": "MODEL_VERSION_TAG", "action": "SET"}
OF_MLFLOW = {"name": "ci", "url": URL, "events": [CREATED]}
OF_EMULATE = {"config": {"url": URL}, "events": ["push"]}
MINIMAL: Mapping[str, Mapping[str, object]] = {
    "mlflow": OF_MLFLOW,
    "emulate": OF_EMULATE,
}


# All of them


@on("mlflow", "emulate")
def test_two_webhooks_may_be_the_same(server: RealServer) -> None:
    made = [server.make(MINIMAL[server.service]) for _ in range(2)]
    assert made[0][server.id] != made[1][server.id]


@on("mlflow", "emulate")
def test_what_was_deleted_is_gone_and_deleting_it_again_is_a_404(server: RealServer) -> None:
    made = server.make(MINIMAL[server.service])
    path = server.hook(made[server.id])
    assert [server.call("DELETE", path).ok, server.call("DELETE", path).status_code] == [True, 404]
    assert server.call("GET", path).status_code == 404
    assert server.all() == []


# MLflow


@on("mlflow")
def test_mlflow_lists_nothing_as_an_empty_object(server: RealServer) -> None:
    assert server.call("GET", server.hooks()).json() == {}


@on("mlflow")
def test_mlflow_lists_newest_first_in_pages_whose_token_is_an_offset(server: RealServer) -> None:
    made = [server.make(OF_MLFLOW | {"name": f"ci-{number}"})["webhook_id"] for number in range(5)]
    first = server.call("GET", server.hooks(), max_results=2).json()
    assert [hook["webhook_id"] for hook in first["webhooks"]] == made[:2:-1]
    assert base64.b64decode(first["next_page_token"]) == b'{"offset": 2}'
    server.make(OF_MLFLOW | {"name": "in-between"})
    second = server.call("GET", server.hooks(), max_results=2, page_token=first["next_page_token"]).json()
    assert [hook["webhook_id"] for hook in second["webhooks"]] == made[3:1:-1]  # one of them again
    last = server.call("GET", server.hooks(), max_results=3, page_token=second["next_page_token"]).json()
    assert "next_page_token" not in last


@on("mlflow")
def test_mlflow_never_returns_the_secret(server: RealServer) -> None:
    made = server.make(OF_MLFLOW | {"secret": "correct-horse"})
    patched = server.call("PATCH", server.hook(made["webhook_id"]), {"secret": "battery-staple"})
    assert patched.ok
    assert [key for one in (made, patched.json()["webhook"], *server.all()) for key in one if "secret" in key] == []


@on("mlflow")
def test_mlflow_merges_a_patch_and_has_no_put(server: RealServer) -> None:
    made = server.make(OF_MLFLOW | {"description": "kept", "status": "DISABLED"})
    path = server.hook(made["webhook_id"])
    changes = {"url": ELSEWHERE, "name": "cd", "status": "ACTIVE", "events": [TAGGED]}
    for key, value in changes.items():
        assert server.call("PATCH", path, {key: value}).status_code == 200
    found = server.get(made["webhook_id"])
    assert {key: found[key] for key in changes} == changes
    assert found["description"] == "kept"
    assert server.call("PUT", path, OF_MLFLOW).status_code == 405


@on("mlflow")
def test_mlflow_ignores_fields_that_it_does_not_know(server: RealServer) -> None:
    made = server.make(OF_MLFLOW | {"colour": "blue"})
    patched = server.call("PATCH", server.hook(made["webhook_id"]), {"colour": "blue"})
    assert (patched.status_code, "colour" in patched.json()["webhook"]) == (200, False)


@on("mlflow")
def test_mlflow_drops_an_empty_description(server: RealServer) -> None:
    made = server.make(OF_MLFLOW | {"description": "something"})
    patched = server.call("PATCH", server.hook(made["webhook_id"]), {"description": ""})
    assert (patched.status_code, "description" in patched.json()["webhook"]) == (200, False)
    assert "description" not in server.get(made["webhook_id"])


@on("mlflow")
def test_mlflow_reorders_events(server: RealServer) -> None:
    sent = [TAGGED, CREATED, ALIASED]
    made = server.make(OF_MLFLOW | {"events": sent})
    assert made["events"] != sent
    assert sorted(map(str, made["events"])) == sorted(map(str, sent))


@on("mlflow")
def test_mlflow_is_active_unless_told(server: RealServer) -> None:
    assert server.make(OF_MLFLOW)["status"] == "ACTIVE"


# emulate


@on("emulate")
def test_emulate_lists_in_pages_that_link_to_the_next(server: RealServer) -> None:
    made = [server.make(OF_EMULATE)["id"] for _ in range(61)]
    first = server.call("GET", server.hooks())
    assert len(first.json()) == 30
    assert first.links["next"]["url"].startswith(f"{server.base_url}{server.hooks()}?")
    assert [hook["id"] for hook in server.all()] == made
    assert len(server.call("GET", server.hooks(), per_page=100).json()) == 61


@on("emulate")
def test_emulate_shows_no_mask_where_there_is_a_secret(server: RealServer) -> None:
    """GitHub shows asterisks: whether there is a secret can't be seen here."""
    made = server.make(OF_EMULATE | {"config": {"url": URL, "secret": "correct-horse"}})
    assert made["config"] == {"url": URL, "content_type": "json", "insecure_ssl": "0"}


@on("emulate")
def test_emulate_takes_events_that_github_does_not_have(server: RealServer) -> None:
    assert server.make(OF_EMULATE | {"events": ["nonsense"]})["events"] == ["nonsense"]


@on("emulate")
def test_emulate_knows_only_a_patch_of_the_whole(server: RealServer) -> None:
    """GitHub adds and removes events by name, and has the config as a resource of its own."""
    made = server.make(OF_EMULATE)
    patched = server.call("PATCH", server.hook(made["id"]), {"add_events": ["issues"], "active": False})
    assert (patched.json()["events"], patched.json()["active"]) == (["push"], False)
    assert server.call("GET", f"{server.hook(made['id'])}/config").status_code == 404
    assert server.call("PATCH", f"{server.hook(made['id'])}/config", {"url": ELSEWHERE}).status_code == 404


@on("emulate")
def test_emulate_merges_a_patch_of_the_config(server: RealServer) -> None:
    """GitHub replaces it."""
    made = server.make({"config": {"url": URL, "content_type": "form"}, "events": ["push"]})
    assert made["config"]["content_type"] == "form"
    patched = server.call("PATCH", server.hook(made["id"]), {"config": {"insecure_ssl": "1"}})
    assert patched.json()["config"] == {"url": URL, "content_type": "form", "insecure_ssl": "1"}


@on("emulate")
def test_emulate_lists_for_any_token(server: RealServer) -> None:
    made = server.make(OF_EMULATE)
    stranger = replace(server, headers={"Authorization": "Bearer nobody-knows-this"})
    assert [hook["id"] for hook in stranger.all()] == [made["id"]]


@on("emulate")
def test_emulate_does_not_refuse_webhooks_of_an_organisation_to_its_administrator(server: RealServer) -> None:
    made = server.call("POST", "/orgs/acme/hooks", OF_EMULATE).json()
    assert made["type"] == "Organization"
    assert server.call("DELETE", f"/orgs/acme/hooks/{made['id']}").status_code == 204
