"""The last words and the exit code of each command, in one table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from reconciler.model.configuration import OnUnmanaged
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Plan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import AccountReport, Outcome, Report, Result
from reconciler.model.webhook import Remote
from reconciler.view.documents import PlanView
from reconciler.view.outcome import (
    CommandResult,
    drift_outcome,
    listing_outcome,
    plan_outcome,
    report_outcome,
    unapplied_outcome,
    validation_outcome,
)
from reconciler.view.redact import view_listing, view_plan
from tests.support.builders import absent, account, configuration, entry, hook, only, planned

DENIED = ProviderError(kind=ErrorKind.DENIED, message="denied")
IN_STEP = planned([entry("a")], [hook("1")])
CHANGES = planned([entry("a"), entry("b", "/b")], [hook("1", active=False), hook("2", "https://h.io/x")])
PROTECTED = planned([entry("a")], [hook("1", active=False)], [account(protect=["/*"])])
UNMANAGED = planned([entry("a")], [hook("1"), hook("2", "https://h.io/x")])
REFUSED = planned([], [hook("1")])
FILTERED = planned([entry("a"), entry("b", "/b")], [hook("1")], targets=["a"])
TWO = [account("one", base_url="https://one.example.com"), account("two")]
UNREAD: dict[str, list[Remote] | ProviderError] = {"one": DENIED, "two": [hook("1")]}
HALF = planned([entry("a", account="two")], UNREAD, TWO)
HALF_REFUSED = planned([], UNREAD, TWO)
HALF_CHANGED = planned([entry("a", account="two"), entry("b", "/b", account="two")], UNREAD, TWO)
NONE = planned([entry("a")], {"default": DENIED})

plan = partial(plan_outcome, detailed=False)
detailed = partial(plan_outcome, detailed=True)
drift = drift_outcome
FAIL, IGNORE = OnUnmanaged.FAIL, OnUnmanaged.IGNORE
FAILING = planned([entry("a")], [hook("1"), hook("2", "https://h.io/x")], [account(unmanaged=FAIL)])
ASKED = planned([entry("a")], [hook("1"), hook("2", "https://h.io/x")], fail_on_unmanaged=True)
IGNORING = planned([entry("a")], [hook("1"), hook("2", "https://h.io/x")], [account(unmanaged=IGNORE)])
ASKED_AFTER_ALL = planned(
    [entry("a")], [hook("1"), hook("2", "https://h.io/x")], [account(unmanaged=IGNORE)], fail_on_unmanaged=True
)
EXPECTED = planned(
    [entry("a")], [hook("1"), hook("2", "https://h.io/x")], [account(unmanaged=FAIL, known=[absent("https://h.io/*")])]
)
CHANGES_AND_UNMANAGED = planned(
    [entry("a"), entry("b", "/b")], [hook("1", active=False), hook("2", "https://h.io/x")], fail_on_unmanaged=True
)


@pytest.mark.parametrize(
    ("end", "made", "code", "words"),
    [
        pytest.param(plan, IN_STEP, 0, "No changes.", id="plan-in-step"),
        pytest.param(detailed, IN_STEP, 0, "No changes.", id="detailed-in-step"),
        pytest.param(plan, CHANGES, 0, "Plan: 1 to create, 1 to update, 0 to delete; 1 unmanaged.", id="plan-changes"),
        pytest.param(
            detailed, CHANGES, 2, "Plan: 1 to create, 1 to update, 0 to delete; 1 unmanaged.", id="detailed-changes"
        ),
        pytest.param(plan, PROTECTED, 0, "No changes; 1 protected difference.", id="plan-protected"),
        pytest.param(detailed, PROTECTED, 0, "No changes; 1 protected difference.", id="detailed-protected"),
        pytest.param(
            plan, REFUSED, 3, "Plan: 0 to create, 0 to update, 1 to delete; refused: default.", id="plan-refused"
        ),
        pytest.param(
            detailed,
            REFUSED,
            3,
            "Plan: 0 to create, 0 to update, 1 to delete; refused: default.",
            id="detailed-refused",
        ),
        pytest.param(plan, FILTERED, 0, "No changes; filtered.", id="plan-filtered"),
        pytest.param(plan, HALF, 1, "No changes; not checked: one.", id="plan-half"),
        pytest.param(
            plan,
            HALF_REFUSED,
            3,
            "Plan: 0 to create, 0 to update, 1 to delete; refused: two; not checked: one.",
            id="plan-half-refused",
        ),
        pytest.param(
            detailed,
            HALF_CHANGED,
            1,
            "Plan: 1 to create, 0 to update, 0 to delete; not checked: one.",
            id="detailed-half",
        ),
        pytest.param(plan, NONE, 1, "No plan; not checked: default.", id="plan-none"),
        pytest.param(drift, IN_STEP, 0, "No drift: 1 webhook.", id="drift-in-step"),
        pytest.param(drift, CHANGES, 2, "Drift detected: 2 differences.", id="drift-changes"),
        pytest.param(drift, PROTECTED, 2, "Drift detected: 1 protected difference.", id="drift-protected"),
        pytest.param(drift, UNMANAGED, 0, "No drift: 1 webhook; 1 unmanaged.", id="drift-unmanaged"),
        pytest.param(drift, FAILING, 2, "Drift detected: 1 unmanaged webhook.", id="drift-unmanaged-that-fails"),
        pytest.param(drift, ASKED, 2, "Drift detected: 1 unmanaged webhook.", id="drift-asked-to-fail"),
        pytest.param(drift, IGNORING, 0, "No drift: 1 webhook.", id="drift-unmanaged-ignored"),
        pytest.param(
            drift, ASKED_AFTER_ALL, 2, ("Drift detected: 1 unmanaged webhook."), id="drift-option-beats-the-file"
        ),
        pytest.param(drift, EXPECTED, 0, "No drift: 1 webhook.", id="drift-known"),
        pytest.param(
            drift, CHANGES_AND_UNMANAGED, 2, ("Drift detected: 2 differences, 1 unmanaged webhook."), id="drift-both"
        ),
        pytest.param(plan, FAILING, 0, "No changes; 1 unmanaged.", id="plan-unmanaged-that-fails"),
        pytest.param(detailed, FAILING, 0, "No changes; 1 unmanaged.", id="detailed-unmanaged-that-fails"),
        pytest.param(plan, IGNORING, 0, "No changes.", id="plan-unmanaged-ignored"),
        pytest.param(drift, FILTERED, 0, "No drift: 1 webhook; filtered.", id="drift-filtered"),
        pytest.param(drift, HALF, 1, "Not checked: one.", id="drift-half"),
        pytest.param(
            drift, HALF_CHANGED, 1, "Not checked: one; drift in other accounts: 1 difference.", id="drift-half-changed"
        ),
        pytest.param(
            unapplied_outcome, REFUSED, 3, "Refused for account default. Nothing was changed.", id="apply-refused"
        ),
        pytest.param(unapplied_outcome, IN_STEP, 0, "No changes.", id="apply-in-step"),
        pytest.param(unapplied_outcome, PROTECTED, 0, "No changes; 1 protected difference.", id="apply-protected"),
        pytest.param(unapplied_outcome, HALF, 1, "Not checked: one. Nothing was changed.", id="apply-half"),
    ],
)
def test_end_of_what_plans(end: Callable[[PlanView], CommandResult], made: Plan, code: int, words: str) -> None:
    assert end(view_plan(made)) == CommandResult(words, code)


@pytest.mark.parametrize(
    ("became", "made", "stopped_by", "code", "words"),
    [
        pytest.param(
            [Outcome.DONE, Outcome.ALREADY],
            CHANGES,
            0,
            0,
            "Apply complete: 1 created, 0 updated, 0 deleted; 1 already up to date.",
            id="complete",
        ),
        pytest.param(
            [Outcome.DONE, Outcome.HELD],
            CHANGES,
            0,
            1,
            "Apply incomplete: 1 created, 0 updated, 0 deleted; 1 not done.",
            id="not-done",
        ),
        pytest.param(
            [Outcome.DONE, Outcome.NOT_STARTED],
            CHANGES,
            2,
            130,
            "Stopped: 1 created, 0 updated, 0 deleted; 1 not done.",
            id="interrupted",
        ),
        pytest.param(
            [Outcome.DONE, Outcome.DONE],
            CHANGES,
            15,
            143,
            "Stopped: 1 created, 1 updated, 0 deleted; 0 not done.",
            id="terminated",
        ),
        pytest.param(
            [Outcome.DONE],
            HALF_CHANGED,
            0,
            1,
            "Apply incomplete: 1 created, 0 updated, 0 deleted; not checked: one.",
            id="not-checked",
        ),
    ],
)
def test_end_of_an_apply(became: list[Outcome], made: Plan, stopped_by: int, code: int, words: str) -> None:
    changes = [change for planned_account in made.planned for change in planned_account.changes]
    results = tuple(Result(change=change, outcome=one) for change, one in zip(changes, became, strict=True))
    report = Report(plan=made, accounts=(AccountReport(account="x", results=results),), stopped_by=stopped_by)
    assert report_outcome(report) == CommandResult(words, code)


def test_end_of_an_apply_whose_last_look_failed() -> None:
    report = Report(plan=CHANGES, accounts=(AccountReport(account="default", error=DENIED),))
    assert report_outcome(report).code == 1
    interrupted = ProviderError(kind=ErrorKind.INTERRUPTED, message="stopped")
    stopped = Report(plan=CHANGES, accounts=(AccountReport(account="default", error=interrupted),), stopped_by=2)
    assert (stopped.errors, report_outcome(stopped).code) == ({}, 130)


@pytest.mark.parametrize(
    ("made", "code", "words"),
    [
        pytest.param(UNMANAGED, 0, "2 webhooks.", id="all"),
        pytest.param(HALF, 1, "1 webhook; not checked: one.", id="half"),
    ],
)
def test_end_of_a_list(made: Plan, code: int, words: str) -> None:
    listing = view_listing(made)
    assert listing_outcome(listing) == CommandResult(words, code)


def _said(severity: Severity) -> Diagnostic:
    return Diagnostic(severity=severity, code="url-host", message="m", help="h")


@pytest.mark.parametrize(
    ("diagnostics", "strict", "code", "words"),
    [
        pytest.param([], False, 0, "Valid: 1 webhook in 1 account.", id="valid"),
        pytest.param([Severity.WARNING], False, 0, "Valid: 1 webhook in 1 account; 1 warning.", id="warning"),
        pytest.param([Severity.WARNING], True, 1, "Not valid with --strict: 1 warning.", id="strict"),
        pytest.param([Severity.NOTICE], True, 0, "Valid: 1 webhook in 1 account.", id="notice"),
        pytest.param(
            [Severity.ERROR, Severity.WARNING, Severity.WARNING],
            False,
            1,
            "Not valid: 1 error, 2 warnings.",
            id="error",
        ),
    ],
)
def test_end_of_validate(diagnostics: list[Severity], strict: bool, code: int, words: str) -> None:  # noqa: FBT001 - a column
    said = [_said(severity) for severity in diagnostics]
    found = None if Severity.ERROR in diagnostics else configuration([entry("a")])
    assert validation_outcome(said, found, strict=strict) == CommandResult(words, code)


def test_all_examples_are_what_they_are_called() -> None:
    assert only(PROTECTED).changes == ()
    assert REFUSED.is_refused
    assert not HALF.has_changes
