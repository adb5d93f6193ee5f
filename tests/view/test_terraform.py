"""What Terraform's JSON plan says beside the changes: complete, masked, and what the rows say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from msgspec.structs import replace

from reconciler.model.configuration import OnUnmanaged
from reconciler.model.plan import Filters
from reconciler.view.codec import json_line
from reconciler.view.documents import PlanView
from reconciler.view.redact import view_plan
from tests.support.builders import HOST, account, entry, hook, planned
from tests.support.drawing import World, worlds
from tests.view.hostile import HostileRun, hostile_runs
from tests.view.published import judged


def _document(view: PlanView, *, is_drift: bool = False) -> Mapping[str, Any]:
    text = json_line(view.in_full(is_drift=is_drift))
    assert "\n" not in text
    return judged("plan", text)


def _resources(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    root = document["planned_values"]["root_module"]
    modules = root.get("child_modules", [])
    assert all(one["address"].startswith(f"{module['address']}.") for module in modules for one in module["resources"])
    return [*root.get("resources", []), *(one for module in modules for one in module["resources"])]


@settings(max_examples=30)
@given(run=hostile_runs())
def test_what_will_be_there_is_planned_once_with_the_values_of_its_change(run: HostileRun) -> None:
    document = _document(view_plan(run.plan, run.diagnostics), is_drift=True)
    found = {one["address"]: one for one in _resources(document)}
    rows = {row["address"]: row for row in document["resource_changes"]}
    assert len(rows) == len(document["resource_changes"])
    assert {*found} == {address for address, row in rows.items() if row["change"]["actions"] != ["delete"]}
    for address, one in found.items():
        change = rows[address]["change"]
        assert (one["values"], one["sensitive_values"]) == (change["after"], change["after_sensitive"])


@settings(max_examples=30)
@given(world=worlds())
def test_every_entry_is_configured_and_hides_what_its_change_hides(world: World) -> None:
    document = _document(view_plan(planned(world.desired, world.remotes, [world.account])))
    configured = {one["address"]: one for one in document["configuration"]["root_module"].get("resources", [])}
    rows = [row for row in document["resource_changes"] if row["entry"] is not None]
    assert {*configured} == {f"{row['type']}.{row['name']}" for row in rows}
    for row in rows:
        expressions = configured[f"{row['type']}.{row['name']}"]["expressions"]
        assert not any(expressions[name] for name in row["change"]["after_sensitive"] or {})
        after = row["change"]["after"] or {}
        assert all(said.get("constant_value", after[name]) == after[name] for name, said in expressions.items())


def test_accounts_are_modules() -> None:
    accounts = [account("one"), account("two", base_url="https://two.example.com")]
    wanted = [entry("a", event=event, account=name) for name in ("one", "two") for event in ("all", "track_updated")]
    document = _document(view_plan(planned(wanted, {"one": [], "two": []}, accounts)))
    assert [module["address"] for module in document["planned_values"]["root_module"]["child_modules"]] == [
        "module.one",
        "module.two",
    ]
    calls = document["configuration"]["root_module"]["module_calls"]
    assert {name: [one["address"] for one in call["module"]["resources"]] for name, call in calls.items()} == {
        "one": ["shippo_webhook.a"],
        "two": ["shippo_webhook.a"],
    }
    assert calls["one"]["module"]["resources"][0]["expressions"] == {
        "url": {"constant_value": f"{HOST}/a"},
        "event": {},
        "active": {"constant_value": True},
        "is_test": {"constant_value": False},
    }


def test_drift_is_what_happened_to_what_the_file_says() -> None:
    wanted = [entry("gone", "/gone"), entry("off", "/off"), entry("kept", "/kept")]
    there = [
        hook("1", "/off", active=False),
        hook("2", "/kept"),
        hook("3", "/new"),
        hook("4", "https://other.example.com/added"),
    ]
    made = planned(wanted, there, [account(owns=[f"{HOST}/*"])])
    view = view_plan(made)
    failing = replace(view, accounts=tuple(replace(one, on_unmanaged=OnUnmanaged.FAIL) for one in view.accounts))
    drift = _document(failing, is_drift=True)["resource_drift"]
    assert [
        (one["address"], *one["change"]["actions"], _delivers(one, "before"), _delivers(one, "after")) for one in drift
    ] == [
        ('shippo_webhook.gone["track_updated"]', "delete", True, None),
        ('shippo_webhook.off["track_updated"]', "update", True, False),
        ('shippo_webhook.without_entry["3"]', "create", None, True),
        ('shippo_webhook.without_entry["4"]', "create", None, True),
    ]
    assert len(_document(view, is_drift=True)["resource_drift"]) == 3


def test_protected_difference_is_drift() -> None:
    made = planned([entry("a")], [hook("1", active=False)], [account(owns=[f"{HOST}/*"], protect=[f"{HOST}/a"])])
    (found,) = _document(view_plan(made), is_drift=True)["resource_drift"]
    assert (found["change"]["actions"], _delivers(found, "before"), _delivers(found, "after")) == (
        ["update"],
        True,
        False,
    )


def _delivers(row: dict[str, Any], side: str) -> bool | None:
    fields = row["change"][side]
    return None if fields is None else fields["active"]


def test_a_plan_has_no_drift_and_a_saved_plan_none_of_it() -> None:
    view = view_plan(planned([entry("a")], []))
    assert view.filters == Filters()
    assert "resource_drift" not in _document(view)
    assert not {"planned_values", "configuration"} & {*json.loads(json_line(view))}
