"""Creates whose answer is lost, or that are refused: looked for in a whole list before anything else is decided."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.model.reading import ErrorKind
from reconciler.model.report import Finished, Outcome
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import (
    DROP_ANSWER,
    LATE_BAD_GATEWAY,
    RESET_ANSWER,
    RESET_REQUEST,
    Action,
    Answer,
    When,
)
from tests.support.builders import entry, hook
from tests.support.faults import HoldRequest, Received
from tests.support.site import Run, Site, Ticks, calls, outcomes, writes

ENTRIES = [entry("a", "/a"), entry("b", "/b"), entry("c", "/c")]
LOST = [
    pytest.param(DROP_ANSWER, id="dropped"),
    pytest.param(RESET_ANSWER, id="reset"),
    pytest.param(Action(cut=25), id="cut-in-the-middle-of-the-json"),
    pytest.param(LATE_BAD_GATEWAY, id="502-after-the-effect"),
    pytest.param(Answer(acts=True, status=200, body=b"<html>"), id="html-at-200"),
    pytest.param(Answer(acts=True, status=201, body=b"{}"), id="another-object"),
]
REFUSED = [pytest.param(status, id=str(status)) for status in (400, 409, 422)]


@pytest.fixture
def paged() -> Iterator[Site]:
    """A site whose list takes several pages, so that a whole list is more than its first page."""
    with Site(SandboxOptions(clock=Ticks(), page_size=2)) as site:
        site.put(*(hook(f"other{number}", f"https://elsewhere.example.com/{number}") for number in range(3)))
        yield site


def _paths(site: Site) -> list[str]:
    return sorted(webhook.url for webhook in site.webhooks().values() if "elsewhere" not in webhook.url)


def _story(log: tuple[Received, ...]) -> list[str]:
    """What was called, in order; a list that was answered to its end (three pages here) in one word."""
    found: list[str] = []
    for call in log:
        if call.method == "GET" and call.path == "/webhooks":
            found.append("page")
            if found[-3:] == ["page"] * 3:
                found[-3:] = ["list"]
        else:
            found.append(f"{call.method}{'' if call.answered else ' unanswered'}")
    return found


@pytest.mark.parametrize("action", LOST)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_lost_answer_of_a_create_that_was_made_ends_with_one_webhook_a_key(site: Site, action: Action, k: int) -> None:
    run = site.plan(ENTRIES)
    with site.fault(action, "POST", when=When(nth=k)):
        report = run.apply(1)
    assert outcomes(report) == [(f"+ {name}[track_updated]", Outcome.DONE) for name in "abc"]
    assert {result.object_id for result in report.results} == set(site.webhooks())
    assert len(_paths(site)) == 3
    assert writes(site.log()) == ["POST /webhooks"] * 3  # never sent again
    assert report.is_complete


@pytest.mark.parametrize("action", LOST)
def test_lost_answers_of_all_creates_at_once_are_looked_for_in_one_list(site: Site, action: Action) -> None:
    run = site.plan(ENTRIES)
    mark = site.mark()
    with site.fault(action, "POST"):
        report = run.apply()
    assert report.is_complete
    assert [call.path for call in site.log(after=mark)].count("/webhooks") == 3 + 1
    assert len(site.webhooks()) == 3


@pytest.mark.parametrize("k", [1, 2, 3])
def test_whole_list_lies_between_a_lost_create_and_its_resend(paged: Site, k: int) -> None:
    run = paged.plan(ENTRIES)
    sent = len(paged.faults.log())
    with paged.fault(RESET_REQUEST, "POST", when=When(nth=k)):
        report = run.apply(1)
    assert report.is_complete
    assert len(_paths(paged)) == 3
    first = ["POST unanswered" if number == k else "POST" for number in (1, 2, 3)]
    # Five webhooks are there at the first list, six at the second: both have three pages.
    assert _story(paged.faults.log()[sent:]) == [*first, "list", "POST", "list"]


def test_create_is_sent_three_times_at_most_and_then_called_unknown(paged: Site) -> None:
    run = paged.plan([entry("a"), entry("b", "/b")])
    paged.put(hook("more", "https://elsewhere.example.com/more"), hook("most", "https://elsewhere.example.com/most"))
    sent = len(paged.faults.log())
    with paged.fault(RESET_REQUEST, "POST"):
        report = run.apply(1)
    assert outcomes(report) == [("+ a[track_updated]", Outcome.UNKNOWN), ("+ b[track_updated]", Outcome.UNKNOWN)]
    assert _story(paged.faults.log()[sent:]) == ["POST unanswered", "POST unanswered", "list"] * 3
    assert _paths(paged) == []


def test_create_that_arrives_after_it_was_looked_for_ends_with_one_webhook(site: Site) -> None:
    # The first request is on its way for so long that the list doesn't show it, and the second is sent.
    run = site.plan([entry("a")])
    with (
        ThreadPoolExecutor(1) as pool,
        site.fault(RESET_REQUEST, "POST", when=When(nth=1)),
        site.fault(HoldRequest(), "POST", when=When(nth=2)) as resend,
    ):
        ending = pool.submit(run.apply)
        resend.wait_until_held()
        site.put(hook("late"))
        resend.release()
        report = ending.result()
    assert list(site.webhooks()) == ["late"]  # the older one stays
    (create, duplicate) = report.results
    assert (create.outcome, create.object_id) == (Outcome.DONE, "late")
    assert duplicate.outcome is Outcome.DONE
    assert writes(site.log()) == ["POST /webhooks", f"DELETE /webhooks/{duplicate.object_id}"]


@pytest.mark.parametrize("status", REFUSED)
def test_refused_create_is_looked_for_and_given_up_where_it_is_not_there(site: Site, status: int) -> None:
    run = site.plan(ENTRIES)
    mark = site.mark()
    with site.fault(Answer(status=status), "POST", when=When(nth=2)):
        report = run.apply(1)
    assert [result.outcome for result in report.results] == [Outcome.DONE, Outcome.FAILED, Outcome.DONE]
    error = report.results[1].error
    assert error is not None
    assert (error.kind, error.status) == (ErrorKind.INVALID, status)
    assert calls(site.log(after=mark)) == ["POST /webhooks", "POST /webhooks", "GET /webhooks"]
    assert [path.rpartition("/")[2] for path in _paths(site)] == ["a", "c"]


@pytest.mark.parametrize("status", REFUSED)
def test_refused_create_that_is_there_all_the_same_is_done(site: Site, status: int) -> None:
    run = site.plan(ENTRIES)
    with site.fault(Answer(acts=True, status=status), "POST", when=When(nth=2)):
        report = run.apply(1)
    assert report.is_complete
    assert {result.object_id for result in report.results} == set(site.webhooks())
    assert writes(site.log()) == ["POST /webhooks"] * 3


def test_create_refused_because_somebody_was_quicker_takes_theirs(site: Site) -> None:
    run = site.plan([entry("a", "/a?token=2")])
    site.put(hook("theirs", "/a?token=1"))
    with site.fault(Answer(status=409), "POST"):
        report = run.apply()
    assert outcomes(report) == [("+ a[track_updated]", Outcome.DONE), ("~ a[track_updated]", Outcome.DONE)]
    assert [webhook.url[-7:] for webhook in site.webhooks().values()] == ["token=2"]


def test_create_whose_fields_differ_only_where_the_file_looks_away_is_done(site: Site) -> None:
    run = site.plan([entry("a", "/a?token=2", ignored=["url"])])
    site.put(hook("theirs", "/a?token=1"))
    with site.fault(Answer(status=409), "POST"):
        report = run.apply()
    assert outcomes(report) == [("+ a[track_updated]", Outcome.DONE)]
    assert writes(site.log()) == []


def test_create_found_switched_off_carries_nothing_though_the_file_looks_away(site: Site) -> None:
    site.put(hook("old", "/old"))
    run = site.plan([entry("a", ignored=["active"])])
    site.put(hook("theirs", active=False))
    with site.fault(Answer(status=409), "POST"):
        report = run.apply()
    assert outcomes(report) == [("+ a[track_updated]", Outcome.NOT_AS_WANTED), ("- @old", Outcome.HELD)]
    assert writes(site.log()) == []


def _told(run: Run) -> list[tuple[str, Outcome]]:
    return [
        (event.result.change.address.name, event.result.outcome) for event in run.events if isinstance(event, Finished)
    ]


def test_create_that_is_found_after_all_is_told_once(site: Site) -> None:
    run = site.plan([entry("a"), entry("b", "/b")])
    with (
        site.fault(DROP_ANSWER, "POST", when=When(nth=1)),
        site.fault(Answer(acts=True, status=409), "POST", when=When(nth=2)),
    ):
        run.apply(1)
    assert _told(run) == [("a", Outcome.DONE), ("b", Outcome.DONE)]


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(Answer(status=401), id="denied"),
        pytest.param(Answer(status=409), id="refused"),
        pytest.param(Answer(status=404), id="no-such-place"),
        pytest.param(Answer(status=429, retry_after="3600"), id="limited"),
    ],
)
def test_lost_create_stays_unknown_where_its_resend_comes_to_nothing(site: Site, then: Action) -> None:
    # The first request may still be on its way, whatever becomes of the second.
    run = site.plan([entry("a")])
    with site.fault(RESET_REQUEST, "POST", when=When(nth=1)), site.fault(then, "POST", when=When(since=2)):
        report = run.apply()
    assert outcomes(report) == [("+ a[track_updated]", Outcome.UNKNOWN)]


def test_lost_create_stays_unknown_where_another_one_is_denied_first(site: Site) -> None:
    run = site.plan([entry("a"), entry("b", "/b")])
    with (
        site.fault(RESET_REQUEST, "POST", when=When(nth=1)),
        site.fault(Answer(status=403), "POST", when=When(since=2)),
    ):
        report = run.apply(1)
    assert outcomes(report) == [("+ a[track_updated]", Outcome.UNKNOWN), ("+ b[track_updated]", Outcome.FAILED)]


def test_lost_create_stays_unknown_where_the_run_is_stopped_before_its_resend(site: Site) -> None:
    run = site.plan([entry("a")])
    with (
        ThreadPoolExecutor(1) as pool,
        site.fault(RESET_REQUEST, "POST", when=When(nth=1)),
        site.fault(HoldRequest(), "GET", "/webhooks") as listing,
    ):
        ending = pool.submit(run.apply)
        listing.wait_until_held()
        run.stop.ask(signal.SIGINT)
        listing.release()
        report = ending.result()
    assert outcomes(report) == [("+ a[track_updated]", Outcome.UNKNOWN)]
    assert report.stopped_by == signal.SIGINT
