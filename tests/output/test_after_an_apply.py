"""What is said after an apply is said of what was done, and of what wasn't: nothing is still to come."""

from __future__ import annotations

import io
import re

import pytest

from reconciler.model.plan import Plan
from reconciler.model.report import AccountReport, Outcome, Report, Result
from reconciler.output.formats import reporter
from reconciler.view.outcome import plan_words, report_outcome
from reconciler.view.redact import view_plan
from reconciler.view.results import view_report
from tests.output.telling import context_of
from tests.support.builders import account, entry, hook, only, planned

TO_COME = re.compile(r"\b(to (?:create|update|delete|change)|would|will|Plan: )\b")
GONE, LEFT = "https://hooks.example.com/gone", "https://hooks.example.com/left"


def _plan() -> Plan:
    """Creates, updates, a duplicate, and two losses."""
    wanted = [entry("new", "/new"), entry("off", "/a?x=1"), entry("kept", "/kept")]
    remotes = [hook("off1", "/a?x=1", active=False), hook("kept1", "/kept"), hook("kept2", "/kept", day=2)]
    lost = [hook("gone1", "/gone", "all"), hook("left1", "/left", "all")]
    return planned(wanted, [*remotes, *lost], [account(max_losses=5)])


def _told(name: str, undone: set[str], stopped_by: int = 0) -> str:
    plan = _plan()
    results = [
        Result(change=change, outcome=Outcome.FAILED if change.address.name in undone else Outcome.DONE)
        for change in only(plan).changes
    ]
    report = Report(
        plan=plan, accounts=(AccountReport(account="default", results=tuple(results)),), stopped_by=stopped_by
    )
    out = io.StringIO()
    story, view = reporter(name, context_of(out)), view_plan(plan)
    story.plan(view)
    story.heading(plan_words(view))
    story.end(report_outcome(report), view_report(report))
    # Of a page all but what its words mean, as lines.
    shown = re.sub(r'<style>.*?</style>|<dl class="terms">.*?</dl>', "", out.getvalue(), flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", re.sub("<[^>]*>", "\n", shown) if name == "html" else shown)


@pytest.mark.parametrize("undone", [set(), {"@left1", "new"}, {"@gone1", "@left1", "new", "off", "@kept2"}])
@pytest.mark.parametrize("name", ["markdown", "html", "junit", "github"])
def test_nothing_is_said_to_be_still_to_come(name: str, undone: set[str]) -> None:
    assert TO_COME.findall(_told(name, undone)) == []
    assert TO_COME.findall(_told(name, undone, stopped_by=15)) == []


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_loss_that_did_not_happen_is_told_apart(name: str) -> None:
    text = _told(name, {"@left1"})
    happened, others = text.index("These endpoints no longer receive"), text.index("Losses that did not happen")
    assert GONE in text[happened:others]
    assert LEFT not in text[happened:others]
    assert LEFT in text[others:]


def test_changes_of_a_page_are_listed_as_what_became_of_them() -> None:
    lines = _told("html", {"@left1", "new"}).splitlines()
    titles = ["Deleted (2)", "Updated (1)", "Not done, or not confirmed (2)"]
    assert [line for line in lines if re.fullmatch(r"[A-Z][\w, ]+ \(\d+\)", line)] == titles
    assert "2 not done" in lines
