"""What marks changes names the endpoint and the event of each: of a delete, its address says neither."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable

import pytest
from junitparser import JUnitXml

from reconciler.model.plan import Plan
from reconciler.model.report import AccountReport, Outcome, Report, Result
from reconciler.output.formats import reporter
from reconciler.planning.match import duplicate_of
from reconciler.view.outcome import drift_outcome, plan_outcome, report_outcome
from reconciler.view.redact import view_plan
from reconciler.view.results import view_report
from tests.output.telling import context_of
from tests.support.builders import entry, hook, only, planned

SECRET = "s3cret-of-theirs"


def _plan() -> Plan:
    wanted = [entry("orders", "/orders?token=new"), entry("new", "/new")]
    return planned(wanted, [hook("orders1", f"/orders?token={SECRET}"), hook("gone1", f"/gone?key={SECRET}", "all")])


def _report(plan: Plan) -> Report:
    changes = only(plan).changes
    found = duplicate_of(changes[0].address, hook("again1", "/new"))
    results = [Result(change=change, outcome=Outcome.FAILED) for change in (*changes, found)]
    return Report(plan=plan, accounts=(AccountReport(account="default", results=tuple(results)),))


def _told(name: str, way: str) -> str:
    out, plan = io.StringIO(), _plan()
    story, view = reporter(name, context_of(out)), view_plan(plan)
    (story.drift if way == "drift" else story.plan)(view)
    if way == "apply":
        report = _report(plan)
        out.truncate(0)
        story.end(report_outcome(report), view_report(report))
    else:
        story.end(drift_outcome(view) if way == "drift" else plan_outcome(view, detailed=False))
    return out.getvalue()


def _cases(text: str) -> list[str]:
    suites = JUnitXml.fromstring(text.encode())
    return [f"{case.name} {one.message} {one.text}" for suite in suites for case in suite for one in case.result]


def _list_items(text: str) -> list[str]:
    """Of the changes that weren't done: the section that comes before all others."""
    section = re.split(r"<section |\n### |\n\n(?=Apply )", text.partition("Not done, or not confirmed")[2])[0]
    return [re.sub("<[^>]*>|`", "", one) for one in re.split(r"\n- |<li|\n  (?=[@\w])(?!Webhook)", section)]


ITEMS: dict[str, Callable[[str], list[str]]] = {
    "junit": _cases,
    "github": str.splitlines,
    "code-quality": lambda text: [issue["description"] for issue in json.loads(text)],
    "markdown": _list_items,
    "html": _list_items,
    "text": _list_items,
}


@pytest.mark.parametrize(
    ("name", "way"),
    [(name, way) for name in ("junit", "github", "code-quality") for way in ("plan", "drift", "apply")]
    + [(name, "apply") for name in ("markdown", "html", "text")],
)
def test_each_change_is_said_with_its_endpoint_and_event(name: str, way: str) -> None:
    text = _told(name, way)
    assert SECRET not in text
    items = [" ".join(item.split()) for item in ITEMS[name](text)]
    wanted = {
        "@gone1": "all at https://hooks.example.com/gone?key=",
        "orders[track_updated]": "track_updated at https://hooks.example.com/orders?token=",
        "new[track_updated]": "track_updated at https://hooks.example.com/new",
    }
    if way == "apply":
        wanted["@again1"] = "track_updated at https://hooks.example.com/new"
    for address, said in wanted.items():
        assert any(address in item and said in item for item in items), (address, items)


@pytest.mark.parametrize("way", ["plan", "drift"])
@pytest.mark.parametrize("name", ["junit", "github", "code-quality"])
def test_update_is_said_with_its_fields(name: str, way: str) -> None:
    assert [item for item in ITEMS[name](_told(name, way)) if re.search(r"orders\[.*url: \S+ → \S+", item, re.DOTALL)]
