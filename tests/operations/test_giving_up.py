"""A credential that is refused, a limit that is used up, a stop that is asked for: nothing more starts, all is told."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.model.reading import ErrorKind
from reconciler.model.report import Finished, Outcome, Started, Waiting
from reconciler.sandbox.faults import DROP_ANSWER, Answer, When
from tests.support.builders import entry, hook
from tests.support.faults import HoldAnswer, HoldRequest, Received
from tests.support.site import Run, Site, calls, outcomes, writes

ENTRIES = [entry("a", "/a"), entry("b", "/b"), entry("c", "/c"), entry("rotated", "/r?token=2")]
THERE = [hook("rotated", "/r?token=1"), hook("old", "/old")]


def _sent(log: Sequence[Received]) -> list[str]:
    """The requests that would change something, whether or not they got through."""
    return [f"{call.method} {call.path}" for call in log if call.method != "GET"]


@pytest.mark.parametrize("status", [401, 403])
def test_denied_in_the_middle_nothing_more_starts(site: Site, status: int) -> None:
    site.put(*THERE)
    run = site.plan(ENTRIES)
    with site.fault(Answer(status=status), "POST", when=When(since=2)):
        report = run.apply(1)
    assert outcomes(report) == [
        ("+ a[track_updated]", Outcome.DONE),
        ("+ b[track_updated]", Outcome.FAILED),
        ("+ c[track_updated]", Outcome.NOT_STARTED),
        ("~ rotated[track_updated]", Outcome.DONE),
        ("- @old", Outcome.NOT_STARTED),
    ]
    denied = report.results[1].error
    assert denied is not None
    assert (denied.kind, denied.status) == (ErrorKind.DENIED, status)
    assert {result.error for result in report.results if result.outcome is Outcome.NOT_STARTED} == {denied}
    assert _sent(site.faults.log()) == ["PUT /webhooks/rotated", "POST /webhooks", "POST /webhooks"]
    assert not report.is_complete


@pytest.mark.parametrize("status", [401, 403])
def test_denied_at_the_first_call_nothing_else_is_sent(site: Site, status: int) -> None:
    site.put(*THERE)
    run = site.plan(ENTRIES)
    sent = len(site.faults.log())
    with site.fault(Answer(status=status)):
        report = run.apply(1)
    assert [outcome for _, outcome in outcomes(report)] == [
        *([Outcome.NOT_STARTED] * 3),
        Outcome.FAILED,
        Outcome.NOT_STARTED,
    ]
    assert [call.method for call in site.faults.log()[sent:]] == ["GET"]


def test_denied_create_is_not_looked_for(site: Site) -> None:
    run = site.plan([entry("a"), entry("b", "/b")])
    sent = len(site.faults.log())
    with site.fault(Answer(status=401)):
        report = run.apply(1)
    assert outcomes(report) == [("+ a[track_updated]", Outcome.FAILED), ("+ b[track_updated]", Outcome.NOT_STARTED)]
    assert [call.method for call in site.faults.log()[sent:]] == ["POST"]


def test_denied_create_leaves_carriers_unread(site: Site) -> None:
    site.put(hook("1", day=1), hook("2", day=2))
    run = site.plan([entry("a"), entry("b", "/b")])
    sent = len(site.faults.log())
    with site.fault(Answer(status=403), "POST"):
        report = run.apply()
    assert outcomes(report) == [("+ b[track_updated]", Outcome.FAILED), ("- @2", Outcome.NOT_STARTED)]
    assert [call.method for call in site.faults.log()[sent:]] == ["POST"]


def test_limited_for_longer_than_a_run_may_wait_nothing_more_starts(site: Site) -> None:
    site.put(*THERE)
    run = site.plan(ENTRIES)
    with site.fault(Answer(status=429, retry_after="3600"), "POST", when=When(since=2)):
        report = run.apply(1)
    assert outcomes(report) == [
        ("+ a[track_updated]", Outcome.UNVERIFIED),
        ("+ b[track_updated]", Outcome.FAILED),
        ("+ c[track_updated]", Outcome.NOT_STARTED),
        ("~ rotated[track_updated]", Outcome.UNVERIFIED),
        ("- @old", Outcome.NOT_STARTED),
    ]
    limited = report.results[1].error
    assert limited is not None
    assert limited.kind is ErrorKind.LIMITED
    assert run.clock.sleeps == []
    assert _sent(site.faults.log()) == ["PUT /webhooks/rotated", "POST /webhooks", "POST /webhooks"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_limited_for_a_while_the_run_waits_as_told_and_goes_on(site: Site, method: str) -> None:
    site.put(*THERE)
    run = site.plan(ENTRIES)
    with site.fault(Answer(status=429, retry_after="7"), method, when=When(nth=1)):
        report = run.apply(1)
    assert report.is_complete
    assert run.clock.sleeps == [7.0]
    assert [event.seconds for event in run.events if isinstance(event, Waiting)] == [7.0]
    assert not site.plan(ENTRIES).plan.has_changes


def test_stop_during_a_wait_ends_it_and_nothing_more_starts(site: Site) -> None:
    site.put(*THERE)
    run = site.plan(ENTRIES, stop_at_sleep=1)
    with site.fault(Answer(status=429, retry_after="7"), "POST", when=When(since=2)):
        report = run.apply(1)
    assert outcomes(report) == [
        ("+ a[track_updated]", Outcome.DONE),
        ("+ b[track_updated]", Outcome.NOT_STARTED),
        ("+ c[track_updated]", Outcome.NOT_STARTED),
        ("~ rotated[track_updated]", Outcome.DONE),
        ("- @old", Outcome.NOT_STARTED),
    ]
    assert report.stopped_by == signal.SIGINT
    assert len(_sent(site.faults.log())) == 3


def _told(run: Run) -> tuple[int, int]:
    started = [event for event in run.events if isinstance(event, Started)]
    finished = [event for event in run.events if isinstance(event, Finished)]
    return len(started), len(finished)


@pytest.mark.parametrize(
    "action", [HoldRequest(), HoldAnswer()], ids=["before-they-arrive", "before-they-are-answered"]
)
def test_stop_lets_held_creates_end_and_starts_nothing(site: Site, action: HoldRequest | HoldAnswer) -> None:
    site.put(hook("old", "/old"))
    run = site.plan([entry(name, f"/{name}") for name in "abcde"])
    with ThreadPoolExecutor(1) as pool, site.fault(action, "POST") as held:
        ending = pool.submit(run.apply, 2)
        held.wait_until_held(2)
        run.stop.ask(signal.SIGINT)
        held.release()
        report = ending.result()
    assert sorted(outcome.name for _, outcome in outcomes(report)) == ["DONE"] * 2 + ["NOT_STARTED"] * 4
    done = [result for result in report.results if result.is_done]
    assert {result.object_id for result in done} == set(site.webhooks()) - {"old"}
    assert calls(site.log()) == ["GET /webhooks", "POST /webhooks", "POST /webhooks"]
    assert len(site.faults.log()) == 3
    assert (report.stopped_by, report.is_complete) == (signal.SIGINT, False)
    assert _told(run) == (2, 6)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        pytest.param("GET", "/webhooks/rotated", ["NOT_STARTED"] * 5, id="while-it-is-read"),
        pytest.param("PUT", "*", ["DONE", *["NOT_STARTED"] * 4], id="while-it-is-updated"),
        pytest.param("GET", "/webhooks", [*["DONE"] * 4, "NOT_STARTED"], id="while-the-creates-are-listed"),
        pytest.param("GET", "/webhooks/old", [*["DONE"] * 4, "NOT_STARTED"], id="before-the-delete"),
        pytest.param("DELETE", "*", ["DONE"] * 5, id="while-it-is-deleted"),
    ],
)
def test_stop_while_a_call_is_held_lets_it_end_and_makes_no_other(
    site: Site, method: str, path: str, expected: list[str]
) -> None:
    site.put(*THERE)
    run = site.plan(ENTRIES)
    with ThreadPoolExecutor(1) as pool, site.fault(HoldRequest(), method, path) as held:
        ending = pool.submit(run.apply, 1)
        held.wait_until_held()
        sent = len(site.faults.log())
        run.stop.ask(signal.SIGINT)
        held.release()
        report = ending.result()
    assert sorted(outcome.name for _, outcome in outcomes(report)) == expected
    assert [(call.method, call.rule) for call in site.faults.log()[sent:]] == [(method, held.rule)]
    assert site.apply(ENTRIES).is_complete
    assert not site.plan(ENTRIES).plan.has_changes


def test_stop_before_anything_started_writes_nothing(site: Site) -> None:
    site.put(*THERE)
    run = site.plan(ENTRIES)
    run.stop.ask(signal.SIGTERM)
    report = run.apply()
    assert {outcome for _, outcome in outcomes(report)} == {Outcome.NOT_STARTED}
    assert calls(site.log()) == ["GET /webhooks"]
    assert report.stopped_by == signal.SIGTERM


def test_lost_create_that_a_stop_keeps_from_being_looked_for_is_unknown(site: Site) -> None:
    run = site.plan([entry("a")])
    with (
        ThreadPoolExecutor(1) as pool,
        site.fault(HoldRequest(), "POST") as held,
    ):
        ending = pool.submit(run.apply)
        held.wait_until_held()
        run.stop.ask(signal.SIGINT)
        held.abandon()
        report = ending.result()
    assert outcomes(report) == [("+ a[track_updated]", Outcome.UNKNOWN)]
    with site.fault(DROP_ANSWER, "POST"):
        assert site.apply([entry("a")]).is_complete
    assert writes(site.log()) == ["POST /webhooks"]
