"""JUnit, GitLab's code quality and Prometheus' text, each read back by a reader that nobody here wrote."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped
from prometheus_client.parser import text_string_to_metric_families

from reconciler.model.configuration import OnUnmanaged
from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.plan import Plan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.output.escaping import visible
from reconciler.output.formats import reporter
from reconciler.view.outcome import CommandResult
from tests.output.telling import context_of, plan_told, run_told
from tests.support.builders import DAY, account, entry, hook, planned
from tests.view.hostile import HostileRun, hostile_runs, hostile_texts

ERROR = Diagnostic(
    severity=Severity.ERROR,
    code="url-host",
    message="no host",
    help="Give one.",
    place=Place(file="webhooks.yaml", line=7, column=3),
)


def _failed(name: str, before: str = "") -> str:
    """What a format says of a run that could not begin."""
    out = io.StringIO()
    assert reporter(name, context_of(out, before=before)).fail([ERROR], 1) == 1
    return out.getvalue()


def _several() -> Plan:
    """An account with a difference, and one that can't be read."""
    error = ProviderError(kind=ErrorKind.REFUSED, message="503", help="Try later.")
    accounts = [account("default"), account("dead", base_url="https://dead.example.com")]
    wanted = [entry("a"), entry("b", "/b"), entry("c", "/c", account="dead")]
    return planned(wanted, {"default": [hook("1", active=False), hook("2", "/b")], "dead": error}, accounts)


# JUnit


def cases(text: str) -> dict[str, list[tuple[str, str | None]]]:
    """Each test case and what is said of it, as junitparser reads them."""
    kinds = {Error: "error", Failure: "failure", Skipped: "skipped"}
    suites = JUnitXml.fromstring(text.encode())
    return {
        f"{case.classname}: {case.name}": [(kinds[type(result)], result.message) for result in case.result]
        for suite in suites
        for case in suite
    }


def test_junit_has_a_case_for_each_webhook_and_account_that_could_not_be_read() -> None:
    assert cases(plan_told("junit", _several(), is_drift=True)) == {
        "files.run: webhooks.yaml": [],
        "default.shippo_webhook: default/a[track_updated]": [
            ("failure", "switched off at the provider, last changed 2026-01-02 00:00:00 UTC")
        ],
        "default.shippo_webhook: default/b[track_updated]": [],
        "dead.shippo: dead": [("error", "503")],
    }


def test_junit_of_files_with_an_error_fails() -> None:
    assert cases(_failed("junit")) == {"files.run: webhooks.yaml": [("error", "Failed: no host")]}
    assert "webhooks.yaml:7:3: no host. Give one." in _failed("junit")


def test_junit_of_a_run_that_was_cancelled_fails() -> None:
    out = io.StringIO()
    reporter("junit", context_of(out)).end(CommandResult("Cancelled. Nothing was changed.", 1))
    assert cases(out.getvalue()) == {"files.run: webhooks.yaml": [("error", "Cancelled. Nothing was changed.")]}


@settings(max_examples=15)
@given(run=hostile_runs(), told=st.tuples(st.booleans(), st.booleans()), configuration=hostile_texts)
def test_hostile_run_can_be_read(run: HostileRun, told: tuple[bool, bool], configuration: str) -> None:
    applies, shows_unmanaged = told
    junit, code_quality = (
        run_told(name, run, applies=applies, shows_unmanaged=shows_unmanaged, configuration=configuration)
        for name in ("junit", "code-quality")
    )
    check_junit(junit)
    check_code_quality(code_quality)


def check_junit(text: str) -> None:
    """See that its counts are true, and that all of it can be seen."""
    read = JUnitXml.fromstring(text.encode())
    found = [result for suite in read for case in suite for result in case.result]
    counts = [sum(isinstance(one, kind) for one in found) for kind in (Failure, Error, Skipped)]
    assert [read.failures, read.errors, read.skipped] == counts
    assert read.tests == sum(len([*suite]) for suite in read)
    assert all(visible(line) == line for line in text.splitlines())


def check_code_quality(text: str) -> None:
    """See that it has what GitLab needs."""
    issues: list[dict[str, Any]] = json.loads(text)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for issue in issues:
        assert issue.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"critical", "major", "minor", "info"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert re.fullmatch("[0-9a-f]{64}", issue["fingerprint"])


# Code quality


def test_code_quality_names_the_line_and_keeps_its_fingerprint_when_lines_move() -> None:
    (issue,) = json.loads(_failed("code-quality"))
    assert issue == {
        "description": "no host. Give one.",
        "check_name": "url-host",
        "fingerprint": issue["fingerprint"],
        "severity": "critical",
        "location": {"path": "webhooks.yaml", "lines": {"begin": 7}},
    }
    out = io.StringIO()
    moved = Diagnostic(
        severity=Severity.ERROR, code="url-host", message="no host", help="", place=Place(file="webhooks.yaml", line=8)
    )
    reporter("code-quality", context_of(out)).fail([moved, moved], 1)
    again = json.loads(out.getvalue())
    assert [one["fingerprint"] == issue["fingerprint"] for one in again] == [True, False]


def test_code_quality_ranks_refusals_above_losses_above_drift_above_changes() -> None:
    refused = planned([entry("a", active=False)], [hook("1"), hook("2", "/c", "all")])
    allowed = planned([entry("a"), entry("b", "/b")], [hook("1"), hook("2", "/c", "all")], [account(max_losses=1)])
    drifted = plan_told("code-quality", allowed, is_drift=True)
    told = [
        json.loads(text) for text in (plan_told("code-quality", refused), plan_told("code-quality", allowed), drifted)
    ]
    assert [{(issue["check_name"], issue["severity"]) for issue in issues} for issues in told] == [
        {("refused", "critical"), ("loss", "major"), ("update", "info"), ("delete", "info")},
        {("loss", "major"), ("create", "info"), ("delete", "info")},
        {("drift", "minor")},
    ]


# Prometheus


def samples(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Each metric's values by its labels, as Prometheus' own client reads them."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        for sample in family.samples:
            assert sample.labels.pop("configuration") is not None
            found.setdefault(sample.name.removeprefix("reconciler_"), {})[(*sample.labels.values(),)] = sample.value
    return found


def test_metrics_of_accounts_that_drifted_and_that_could_not_be_read() -> None:
    told = samples(plan_told("prometheus", _several(), is_drift=True))
    assert told == {
        "exit_code": {(): 1},
        "last_run_timestamp_seconds": {(): DAY.timestamp()},
        "account_status": {
            ("default", "in_step"): 0,
            ("default", "drifted"): 1,
            ("default", "not_checked"): 0,
            ("dead", "in_step"): 0,
            ("dead", "drifted"): 0,
            ("dead", "not_checked"): 1,
        },
        "account_webhooks": {
            ("default", "create"): 0,
            ("default", "update"): 1,
            ("default", "delete"): 0,
            ("default", "protected"): 0,
            ("default", "unmanaged"): 0,
        },
        "account_losses": {("default",): 0},
    }


@pytest.mark.parametrize(
    ("before", "last"),
    [
        pytest.param("", None, id="no-file"),
        pytest.param(
            'reconciler_last_success_timestamp_seconds{configuration="webhooks.yaml"} 17.5\n', 17.5, id="there"
        ),
        pytest.param(
            'reconciler_last_success_timestamp_seconds{configuration="other.yaml"} 17.5\n', None, id="another's"
        ),
        pytest.param(
            'reconciler_last_success_timestamp_seconds{configuration="webhooks.yaml"} 1.2.3\n', None, id="broken"
        ),
        pytest.param("\x00" * 99, None, id="no-metrics"),
    ],
)
def test_run_that_failed_keeps_the_time_of_the_last_success(before: str, last: float | None) -> None:
    told = samples(_failed("prometheus", before=before))
    assert (
        told["last_success_timestamp_seconds"] == {(): last} if last else "last_success_timestamp_seconds" not in told
    )
    assert told["exit_code"] == {(): 1}


def test_run_that_checked_everything_is_the_last_success() -> None:
    plan = planned([entry("a")], [hook("1")], [account("default", unmanaged=OnUnmanaged.FAIL)])
    assert samples(plan_told("prometheus", plan, is_drift=True))["last_success_timestamp_seconds"] == {
        (): DAY.timestamp()
    }


@given(configuration=hostile_texts | st.sampled_from(['a"b\\', "a\\n", '"} 1\nevil 2']))
def test_labels_are_escaped(configuration: str) -> None:
    out = io.StringIO()
    reporter("prometheus", context_of(out, configuration)).fail([ERROR], 1)
    families = [*text_string_to_metric_families(out.getvalue())]
    assert {sample.labels["configuration"] for one in families for sample in one.samples} == {visible(configuration)}
    assert len(families) == 2
