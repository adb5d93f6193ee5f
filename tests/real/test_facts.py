"""What the services do where it matters to a declaration, seen on their own servers by plain HTTP.

The declarations and the in-memory server of the contract suite are judged by this.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from tests.real.service import RealServer
from tests.real.services import on

pytestmark = pytest.mark.real

URL = "https://hooks.example.com/orders"
ELSEWHERE = "https://hooks.example.com/elsewhere"
CREATED = {"entity": "REGISTERED_MODEL", "action": "CREATED"}
ALIASED = {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"}
TAGGED = {"entity": "MODEL_VERSION_TAG", "action": "SET"}
OF_MLFLOW = {"name": "ci", "url": URL, "events": [CREATED]}
OF_LABEL_STUDIO = {
    "project": 1,
    "url": URL,
    "send_for_all_actions": False,
    "actions": ["TASKS_CREATED", "TASKS_DELETED"],
}
OF_PRETIX = {"target_url": URL, "all_events": True, "limit_events": [], "action_types": ["pretix.event.order.paid"]}
OF_EMULATE = {"config": {"url": URL}, "events": ["push"]}
MINIMAL: Mapping[str, Mapping[str, object]] = {
    "mlflow": OF_MLFLOW,
    "pretix": OF_PRETIX,
    "labelstudio": OF_LABEL_STUDIO,
    "emulate": OF_EMULATE,
}


# All of them


def test_two_webhooks_may_be_the_same(server: RealServer) -> None:
    made = [server.make(MINIMAL[server.service]) for _ in range(2)]
    assert made[0][server.id] != made[1][server.id]


@on("mlflow", "labelstudio", "emulate")
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


# Label Studio


@on("labelstudio")
def test_label_studio_lists_all_in_one_array(server: RealServer) -> None:
    for number in range(3):
        server.make(OF_LABEL_STUDIO | {"url": f"{URL}/{number}"})
    found = server.call("GET", server.hooks(), page_size=1, page=2).json()
    assert len(found) == 3


@on("labelstudio")
def test_label_studio_lists_those_of_a_project(server: RealServer) -> None:
    first, second = (server.make(OF_LABEL_STUDIO | {"project": int(place)})["id"] for place in server.places)
    assert [hook["id"] for hook in server.call("GET", server.hooks(), project=server.places[0]).json()] == [first]
    assert {hook["id"] for hook in server.all()} == {first, second}


@on("labelstudio")
def test_label_studio_makes_none_of_the_whole_organization(server: RealServer) -> None:
    assert server.call("POST", server.hooks(), {"url": URL}).status_code == 404


@on("labelstudio")
def test_label_studio_takes_a_path_without_the_slash_at_the_end_too(server: RealServer) -> None:
    made = server.make(OF_LABEL_STUDIO)
    assert server.call("GET", f"/api/webhooks/{made['id']}").json() == made


@on("labelstudio")
def test_label_studio_empties_actions_that_a_patch_leaves_out(server: RealServer) -> None:
    made = server.make(OF_LABEL_STUDIO)
    assert made["actions"] != []
    assert server.call("PATCH", server.hook(made["id"]), {"is_active": False}).status_code == 200
    assert server.get(made["id"])["actions"] == []


@on("labelstudio")
def test_label_studio_keeps_headers_and_switch_that_a_put_leaves_out(server: RealServer) -> None:
    made = server.make(OF_LABEL_STUDIO | {"headers": {"X-Token": "abc"}, "is_active": False})
    assert server.call("PUT", server.hook(made["id"]), OF_LABEL_STUDIO | {"url": ELSEWHERE}).status_code == 200
    found = server.get(made["id"])
    assert (found["url"], found["headers"], found["is_active"]) == (ELSEWHERE, {"X-Token": "abc"}, False)


@on("labelstudio")
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_label_studio_ignores_a_change_of_the_project(server: RealServer, method: str) -> None:
    first, second = map(int, server.places)
    made = server.make(OF_LABEL_STUDIO | {"project": first})
    answer = server.call(method, server.hook(made["id"]), OF_LABEL_STUDIO | {"project": second})
    assert answer.status_code == 200
    assert server.get(made["id"])["project"] == first


@on("labelstudio")
def test_label_studio_changes_everything_else(server: RealServer) -> None:
    made = server.make(OF_LABEL_STUDIO)
    changes = {
        "url": ELSEWHERE,
        "headers": {"X-Token": "abc"},
        "is_active": False,
        "send_payload": False,
        "send_for_all_actions": True,
        "actions": ["ANNOTATION_CREATED"],
    }
    assert server.call("PATCH", server.hook(made["id"]), changes).status_code == 200
    found = server.get(made["id"])
    assert {key: found[key] for key in changes} == changes


@on("labelstudio")
def test_label_studio_shows_the_values_of_headers(server: RealServer) -> None:
    made = server.make(OF_LABEL_STUDIO | {"headers": {"Authorization": "Bearer abc"}})
    for shown in (made, server.get(made["id"]), *server.all()):
        assert shown["headers"] == {"Authorization": "Bearer abc"}


@on("labelstudio")
def test_label_studio_sorts_actions(server: RealServer) -> None:
    sent = ["TASKS_DELETED", "ANNOTATION_CREATED", "TASKS_CREATED"]
    assert server.make(OF_LABEL_STUDIO | {"actions": sent})["actions"] == sorted(sent)


@on("labelstudio")
def test_label_studio_sends_all_actions_and_payloads_unless_told(server: RealServer) -> None:
    made = server.make({"url": URL, "project": 1})
    assert (made["is_active"], made["send_payload"], made["send_for_all_actions"]) == (True, True, True)


@on("labelstudio")
def test_label_studios_location_is_the_receiver(server: RealServer) -> None:
    answer = server.call("POST", server.hooks(), OF_LABEL_STUDIO)
    assert (answer.status_code, answer.headers["Location"]) == (201, URL)


# pretix


@on("pretix")
def test_pretix_lists_fifty_on_a_page_and_nothing_past_the_end(server: RealServer) -> None:
    there = len(server.all())
    for number in range(51):
        server.make(OF_PRETIX | {"target_url": f"{URL}/{number}"})
    first = server.call("GET", server.hooks())
    assert set(first.json()) == {"count", "next", "previous", "results"}
    assert (first.json()["count"], len(first.json()["results"]), first.json()["previous"]) == (there + 51, 50, None)
    assert first.json()["next"] == f"{server.base_url}{server.hooks()}?page=2"
    assert len(server.all()) == there + 51
    assert server.call("GET", server.hooks(), page=999).status_code == 404


@on("pretix")
def test_pretix_switches_off_what_is_deleted_and_lists_it_still(server: RealServer) -> None:
    made = server.make(OF_PRETIX)
    for _ in range(2):
        assert server.call("DELETE", server.hook(made["id"])).status_code == 204
        assert server.get(made["id"]) == made | {"enabled": False}
        assert made["id"] in [hook["id"] for hook in server.all()]
    again = server.make(OF_PRETIX)
    assert again["id"] != made["id"]


@on("pretix")
def test_pretix_sorts_action_types(server: RealServer) -> None:
    sent = ["pretix.event.order.placed", "pretix.event.order.canceled", "pretix.event.order.paid"]
    made = server.make(OF_PRETIX | {"action_types": sent})
    assert made["action_types"] == sorted(sent)


@on("pretix")
def test_pretix_changes_everything_by_patch(server: RealServer) -> None:
    made = server.make(OF_PRETIX)
    changes = {
        "target_url": ELSEWHERE,
        "enabled": False,
        "comment": "kept by webhooks.yaml",
        "action_types": ["pretix.event.order.canceled"],
    }
    for key, value in changes.items():
        assert server.call("PATCH", server.hook(made["id"]), {key: value}).status_code == 200
    found = server.get(made["id"])
    assert {key: found[key] for key in changes} == changes


@on("pretix")
def test_pretix_asks_a_put_for_its_required_fields(server: RealServer) -> None:
    made = server.make(OF_PRETIX)
    answer = server.call("PUT", server.hook(made["id"]), {"target_url": ELSEWHERE})
    assert answer.status_code == 400


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
