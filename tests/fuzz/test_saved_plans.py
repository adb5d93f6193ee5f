"""A saved plan of odd shape whose checksum fits: shown or refused, and never carried out as something else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from difflib import unified_diff
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from reconciler.view.codec import json_text
from tests.e2e.harmless import check_harmless
from tests.e2e.tool import HOST, Tool, entries, run_here
from tests.support.digests import write_sealed
from tests.support.draws import draws
from tests.support.sandbox import Sandbox

from .shapes import spoiled

PLAN = "plan.json"


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """A file whose plan has something of everything."""
    with Sandbox() as sandbox:
        made = Tool(folder=tmp_path_factory.mktemp("plans"), sandbox=sandbox)
        made.write(
            entries(orders="/orders?token=${ORDERS_TOKEN} transaction_created track_updated", new="/new/path"),
            more=f"protect: [{HOST}/kept]\nabsent: [https://old.example.com/*]\nlimits: {{max_losses: 2}}\n",
        )
        for path in (
            "/orders?token=old",
            "/orders?token=old",
            "/gone",
            "/kept",
            "/old/path",
            "https://old.example.com/x",
        ):
            made.hook(path)
        made.hook("https://elsewhere.example.com/orders")
        yield made


@pytest.fixture(scope="module")
def saved(tool: Tool) -> dict[str, Any]:
    """The plan as it was saved."""
    ended = run_here(tool.folder, "plan", "--out", PLAN)
    assert ended.code == 0, ended.all
    document = json.loads((tool.folder / PLAN).read_bytes())
    assert isinstance(document, dict)
    return document


def test_resealed_plan_is_the_plan(tool: Tool, saved: dict[str, Any]) -> None:
    before = run_here(tool.folder, "show", PLAN)
    write_sealed(tool.folder / PLAN, copy.deepcopy(saved))
    assert run_here(tool.folder, "show", PLAN) == before


def _nested(document: dict[str, Any], depth: int) -> dict[str, Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return document | {"x": found}


@draws(60)
@given(data=st.data())
def test_odd_plan_is_shown_or_refused_and_never_carried_out_otherwise(
    tool: Tool, saved: dict[str, Any], data: st.DataObject
) -> None:
    document = data.draw(spoiled(saved))
    write_sealed(tool.folder / PLAN, document)
    note("\n".join(unified_diff(json_text(saved).splitlines(), json_text(document).splitlines(), n=0)))
    for arguments in (["show"], ["show", "-v"], ["show", "--format", "json"]):
        ended = run_here(tool.folder, *arguments, PLAN)
        assert ended.code in (0, 3)
        check_harmless(ended.out + ended.err)
    if _what_is_done(document) != _what_is_done(saved):
        mark = tool.sandbox.mark()
        ended = run_here(tool.folder, "apply", PLAN)
        assert (ended.code in (1, 3), tool.writes(mark)) == (True, []), ended.all


def _what_is_done(document: Any) -> Any:  # noqa: ANN401 - plain JSON
    """The addresses, ids and actions of a plan, and what it was made with; nothing that a spoiled one would equal."""
    try:
        rows = [
            (row["webhook_address"], row["object_id"] or None, row["change"]["actions"])
            for row in document["resource_changes"]
        ]
        changes = [row for row in rows if row[2] != ["no-op"]]
        filters = document["saved"]["filters"]
        return repr((changes, filters["accounts"], filters["targets"], document["destroy"]))
    except (KeyError, TypeError, IndexError):
        return None


@pytest.mark.parametrize("depth", [100, 300, 450, 900, 20_000])
def test_deep_plan_is_refused(tool: Tool, saved: dict[str, Any], depth: int) -> None:
    text = json_text(copy.deepcopy(saved) | {"x": "HERE"})
    (tool.folder / PLAN).write_text(text.replace('"HERE"', "[" * depth + "]" * depth) + "\n")
    ended = run_here(tool.folder, "show", PLAN)
    assert (ended.code, "error[plan-altered]" in ended.err) == (3, True), ended.err


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("allowed_losses", "9"),
        ("allowed_losses", -1),
        ("allowed_losses", True),
        ("allowed_losses", 1.5),
        ("filters", {"accounts": "default", "targets": []}),
        ("filters", {"accounts": [], "targets": [["a"]]}),
        ("filters", {"accounts": [None], "targets": []}),
        ("filters", {"accounts": []}),
        ("filters", []),
        ("sources", None),
        ("sources", {"files": [], "variables": [["A", "b"]], "var_files": [], "env_files": []}),
        ("sources", {"files": [], "variables": {"A": ["b"]}, "var_files": [], "env_files": []}),
        ("sources", {"files": "webhooks.yaml", "variables": {}, "var_files": [], "env_files": []}),
        ("sources", {"files": [], "variables": {}, "var_files": [], "env_files": [1]}),
        ("salt", "zz"),
        ("salt", None),
        ("digest", 1),
        ("digest", "no digest"),
        ("digest", None),
    ],
    ids=str,
)
def test_odd_value_of_what_is_saved_beside_the_plan_is_refused(
    tool: Tool,
    saved: dict[str, Any],
    key: str,
    value: Any,  # noqa: ANN401 - plain JSON
) -> None:
    document = copy.deepcopy(saved)
    document["saved"][key] = value
    write_sealed(tool.folder / PLAN, document)
    for arguments in (["show"], ["apply"]):
        ended = run_here(tool.folder, *arguments, PLAN)
        assert (ended.code, "error[plan-altered]" in ended.err) == (3, True), ended.err


def _hide(action: str) -> Callable[[dict[str, Any]], None]:
    def hide(document: dict[str, Any]) -> None:
        rows = document["resource_changes"]
        document["resource_changes"] = [row for row in rows if row["change"]["actions"] != [action]]
        assert len(document["resource_changes"]) < len(rows)

    return hide


def _call_a_delete_an_update(document: dict[str, Any]) -> None:
    row = next(row for row in document["resource_changes"] if row["change"]["actions"] == ["delete"])
    row["change"]["actions"] = ["update"]


def _name_another_webhook(document: dict[str, Any]) -> None:
    row = next(row for row in document["resource_changes"] if row["change"]["actions"] == ["delete"])
    row["object_id"] = "another"


def _add_a_change(document: dict[str, Any]) -> None:
    row = copy.deepcopy(document["resource_changes"][0])
    document["resource_changes"].append(row | {"webhook_address": "more[track_updated]"})


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(_hide("delete"), id="deletes-hidden"),
        pytest.param(_hide("create"), id="creates-hidden"),
        pytest.param(_call_a_delete_an_update, id="delete-called-update"),
        pytest.param(_name_another_webhook, id="another-id"),
        pytest.param(_add_a_change, id="a-change-more"),
    ],
)
def test_plan_that_shows_something_else_than_it_is_is_refused(
    tool: Tool, saved: dict[str, Any], forge: Callable[[dict[str, Any]], None]
) -> None:
    document = copy.deepcopy(saved)
    forge(document)
    write_sealed(tool.folder / PLAN, document)
    ended = run_here(tool.folder, "apply", PLAN)
    assert (ended.code, "the saved plan is out of date: " in ended.err, tool.writes()) == (3, True, []), ended.all
