"""Everything that is written for programs is what its published schema says, whatever the provider and the file say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from reconciler.model.diagnostic import Severity
from reconciler.model.plan import Action, Reason
from reconciler.model.report import Answered, Finished, Outcome, Started, Waiting
from reconciler.operations.saved_plan import sealed
from reconciler.output.json_format import JsonLines
from reconciler.view.codec import from_json, json_line, json_text
from reconciler.view.documents import SCHEMAS, PlanView, Sources, validation_view
from reconciler.view.outcome import report_outcome, unapplied_outcome
from reconciler.view.redact import view_listing, view_plan
from reconciler.view.results import ResultMask, view_report
from tests.support.builders import DAY, entry, hook, planned
from tests.view.hostile import HOSTILE, HostileRun, hostile_diagnostics, hostile_runs, hostile_texts
from tests.view.published import NAMES, judged, schema


def _objects(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - any JSON
    """Every part of a schema that is a schema itself, with where it stands."""
    if isinstance(part, dict):
        if "type" in part or "enum" in part or "const" in part or "oneOf" in part:
            yield path, part
        for name, inner in part.items():
            yield from _objects(inner, f"{path}/{name}")
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from _objects(inner, f"{path}/{number}")


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_a_draft_7_schema_with_a_name(name: str) -> None:
    published = schema(name)
    Draft7Validator.check_schema(published)
    assert published["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert published["$id"] == f"{SCHEMAS}/{name}.schema.json"
    assert published["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_property_is_described_and_every_object_closed(name: str) -> None:
    published = schema(name)
    undescribed = [
        f"{path}/properties/{key}"
        for path, part in _objects(published)
        for key, inner in part.get("properties", {}).items()
        if not inner.get("description") and "$ref" not in inner
    ]
    assert undescribed == []
    assert [key for key, part in published["definitions"].items() if not part.get("description")] == []
    is_open = [
        path
        for path, part in _objects(published)
        if part.get("type") == "object" and "additionalProperties" not in part and path
    ]
    assert is_open == []


def test_definitions_of_one_name_say_the_same_in_every_schema() -> None:
    seen: dict[str, Any] = {}
    for name in NAMES:
        for key, part in schema(name)["definitions"].items():
            assert seen.setdefault(key, part) == part, (name, key)


def test_schemas_name_every_outcome_and_every_reason() -> None:
    lines = schema("apply-stream")["definitions"]
    named = [
        name
        for kind in ("apply_complete", "apply_errored")
        for name in lines[f"{kind}_line"]["properties"]["hook"]["properties"]["outcome"]["enum"]
    ]
    assert sorted(named) == sorted(outcome.name.lower() for outcome in Outcome)
    reasons = lines["planned_change_line"]["properties"]["change"]["properties"]["reason"]["enum"]
    assert [*reasons, "protected", "off", "not_compared"] == [reason.value for reason in Reason]
    assert schema("plan")["definitions"]["row"]["properties"]["action_reason"]["enum"] == [
        *(reason.value for reason in Reason),
        None,
    ]
    actions = lines["apply_start_line"]["properties"]["hook"]["properties"]["action"]["enum"]
    assert [*actions, "no-op"] == [action.value for action in Action]


@settings(max_examples=50)
@given(run=hostile_runs())
def test_plan_document_is_what_its_schema_says(run: HostileRun) -> None:
    view = view_plan(run.plan, run.diagnostics)
    document = judged("plan", json_text(view))
    assert json_text(from_json(PlanView, document)) == json_text(view)
    for row in document["resource_changes"]:
        change = row["change"]
        (action,) = change["actions"]
        assert (change["before"] is None) >= (action == "create")
        assert (change["after"] is None) >= (action == "delete")
        is_absent = row["object_id"] is None  # an entry that is off, or can't be compared
        assert (change["before"] == change["after"]) or action != "no-op" or is_absent
        assert (change["before_sensitive"] is False) is (change["before"] is None)
        assert (change["after_sensitive"] is False) is (change["after"] is None)
        for side in ("before", "after"):
            fields, sensitive = change[side] or {}, change[f"{side}_sensitive"] or {}
            assert set(sensitive) <= set(fields)
            assert {name for name, value in fields.items() if "‹" in str(value)} <= set(sensitive)
    summary = document["summary"]
    assert summary["unmanaged"] == len(document["unmanaged"])
    assert summary["losses"] == len(document["losses"])
    assert document["errored"] is True
    assert document["complete"] is False


def test_saved_plan_is_what_the_schema_of_plans_says() -> None:
    plan = planned([entry("a")], [hook("1", "/b")], targets=["a"], allowed_losses=2)
    sources = Sources(files=(), variables={"R": "eu"}, var_files=(), env_files=())
    saved = judged("plan", sealed(view_plan(plan), plan, sources)[0])["saved"]
    assert (saved["filters"], saved["allowed_losses"]) == ({"accounts": [], "targets": ["a"], "excludes": []}, 2)


@settings(max_examples=50)
@given(run=hostile_runs())
def test_listing_document_is_what_its_schema_says(run: HostileRun) -> None:
    listing = view_listing(run.plan)
    document = judged("listing", json_text(listing))
    assert len(document["webhooks"]) == len(listing.webhooks)


@given(diagnostics=st.lists(hostile_diagnostics(), max_size=3))
def test_validation_document_is_what_its_schema_says(diagnostics: list[Any]) -> None:
    document = judged("validation", json_text(validation_view(diagnostics)))
    assert document["valid"] is (document["error_count"] == 0)
    assert document["error_count"] + document["warning_count"] == sum(
        diagnostic.severity is not Severity.NOTICE for diagnostic in diagnostics
    )


@settings(max_examples=50)
@given(run=hostile_runs(), reason=hostile_texts)
def test_every_line_of_the_apply_stream_is_what_its_schema_says(run: HostileRun, reason: str) -> None:
    lines: list[str] = []
    story = JsonLines(lines.append, lambda: DAY)
    view, report = view_plan(run.plan), run.report
    story.begin(run.diagnostics)
    story.plan(view)
    with story.live(ResultMask(run.plan)):
        for result in report.results:
            story(Started(account=result.change.address.account, change=result.change))
            story(Waiting(account=result.change.address.account, seconds=1.23456, reason=reason))
            story(Answered(account=result.change.address.account, result=result))
            story(Finished(account=result.change.address.account, result=result))
    story.end(report_outcome(report), view_report(report))
    story.end(unapplied_outcome(view))
    story.fail(run.diagnostics, 1)
    assert all("\n" not in line for line in lines)
    kinds = [judged("apply-stream", line)["type"] for line in lines]
    assert kinds[0] == "version"
    assert [kind for kind in kinds if kind != "diagnostic"][-3:] == ["change_summary"] * 3
    assert kinds.count("planned_change") == len(view.changes)
    assert kinds.count("apply_complete") == sum(result.is_done for result in report.results)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_json_text_is_harmless_and_says_the_same(text: str) -> None:
    said = json_text({"key" + text: [text, None, True, 1]})
    assert said.isascii()
    assert "##[" not in said
    (key, (value, *_)), *_ = json.loads(said).items()
    if text.isprintable():
        assert (key, value) == ("key" + text, text)
    value.encode()


@given(before=st.text("\\#[\u0023a", max_size=8))
def test_escape_of_a_workflow_command_changes_no_value(before: str) -> None:
    assert json.loads(json_line([before])) == [before]
