"""How a run tells its story: what goes to which stream, at which verbosity, and when a stream breaks."""

from __future__ import annotations

import errno
import io
import json
from datetime import timedelta
from typing import TextIO

import pytest

from reconciler.model.plan import AccountPlan, Plan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import (
    AccountReport,
    Called,
    Event,
    Finished,
    Listed,
    Outcome,
    Report,
    Result,
    Started,
    Waiting,
)
from reconciler.output.formats import Context, Reporter, reporter
from reconciler.output.json_format import JsonLines
from reconciler.output.progress import Progress, result_text
from reconciler.output.terminal import Streams, Style
from reconciler.planning.match import duplicate_of
from reconciler.view.outcome import report_outcome
from reconciler.view.redact import view_plan
from reconciler.view.results import ResultMask, view_report
from tests.support.builders import DAY, entry, hook, only, planned
from tests.view.published import judged

DENIED = ProviderError(
    kind=ErrorKind.DENIED, message="the provider refused the token\x1b[2J", help="Check it.", status=401
)


def _plan() -> Plan:
    return planned([entry("a"), entry("b", "/b")], [hook("1", active=False), hook("2", "/c")])


def _result(outcome: Outcome, error: ProviderError | None = None, number: int = 0) -> Result:
    made: AccountPlan = only(_plan())
    waits_for = made.changes[0].address if outcome is Outcome.HELD else None
    return Result(change=made.changes[number], outcome=outcome, object_id="new\x07", error=error, waits_for=waits_for)


def _streams(out: TextIO, err: TextIO) -> Streams:
    return Streams(out=out, err=err, out_color=False, err_color=False, interactive=False, live=False, width=80)


def _reporter(name: str, streams: Streams, verbosity: int = 0) -> Reporter:
    return reporter(name, Context(streams=streams, verbosity=verbosity, now=lambda: DAY, applies=True))


EVENTS: tuple[Event, ...] = (
    Listed(account="default", webhooks=2),
    Called(account="default", method="GET", path="/webhooks?page=1\x9b", status=200, seconds=0.0421, attempt=1),
    Called(account="default", method="POST", path="/webhooks", status=0, seconds=30, attempt=2),
    Waiting(account="default", seconds=14.6, reason="the provider said 429\n"),
    Started(account="default", change=only(_plan()).changes[0]),
    Finished(account="default", result=_result(Outcome.DONE)),
    Finished(account="default", result=_result(Outcome.FAILED, DENIED, 1)),
    Finished(account="default", result=_result(Outcome.NOT_STARTED, None, 2)),
)

FINISHED = (
    "+ b[track_updated] (new\\x07): create: done\n"
    "~ a[track_updated] (new\\x07): update: failed\n"
    "    error: the provider refused the token\\x1b[2J\n"
    "    help: Check it.\n"
)
WAITS = "default: waiting 15 s: the provider said 429\\n\n"
CALLS = (
    "default: GET /webhooks?page=1\\x9b 200 in 42 ms, attempt 1\n"
    "default: POST /webhooks no response in 30000 ms, attempt 2\n"
)


@pytest.mark.parametrize(
    ("verbosity", "told"),
    [
        pytest.param(-1, "", id="quiet"),
        pytest.param(0, WAITS, id="usual"),
        pytest.param(1, WAITS, id="verbose"),
        pytest.param(2, CALLS + WAITS, id="very-verbose"),
    ],
)
def test_finished_changes_are_results_and_all_else_is_not(verbosity: int, told: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    progress = Progress(Context(streams=_streams(out, err), verbosity=verbosity, now=lambda: DAY))
    with progress.live(ResultMask(_plan())):
        for event in EVENTS:
            progress(event)
    assert (out.getvalue(), err.getvalue()) == (FINISHED, told)


def _report(*results: Result, error: ProviderError | None = None) -> Report:
    return Report(plan=_plan(), accounts=(AccountReport(account="default", results=results, error=error),))


@pytest.mark.parametrize(
    ("report", "said", "told", "code"),
    [
        pytest.param(
            _report(_result(Outcome.DONE), _result(Outcome.ALREADY, number=1)),
            "\n0 requests in 0.0 s.\nApply complete: 1 created, 0 updated, 0 deleted; 1 already up to date.\n",
            "",
            0,
            id="complete",
        ),
        pytest.param(
            _report(_result(Outcome.FAILED, DENIED), _result(Outcome.HELD, number=2), error=DENIED),
            "\nNot done, or not confirmed:\n"
            "  b[track_updated]: create: failed\n"
            "      track_updated at https://hooks.example.com/b\n"
            "  @2: delete: held back: it depends on b[track_updated], which isn't done\n"
            "      track_updated at https://hooks.example.com/c\n\n"
            "0 requests in 0.0 s.\nApply incomplete: 0 created, 0 updated, 0 deleted; 2 not done.\n",
            "error: default: could not be checked to the end: the provider refused the "
            "token\\x1b[2J\nhelp: Check it.\n",
            1,
            id="incomplete",
        ),
        pytest.param(
            _report(error=ProviderError(kind=ErrorKind.REFUSED, message="503")),
            "\n0 requests in 0.0 s.\nApply incomplete: 0 created, 0 updated, 0 deleted.\n",
            "error: default: could not be checked to the end: 503\n",
            1,
            id="no-help",
        ),
    ],
)
def test_end_says_what_was_not_done(report: Report, said: str, told: str, code: int) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert _reporter("text", _streams(out, err)).end(report_outcome(report), view_report(report)) == code
    assert (out.getvalue(), err.getvalue()) == (said, told)


@pytest.mark.parametrize("verbosity", [0, 1])
def test_ids_are_whole_where_something_is_not_done(verbosity: int) -> None:
    """Somebody may have to find them at the provider, among others that begin alike."""
    ids = ["a" * 32, "b" * 32]
    plan = planned([], [hook(object_id, f"/{object_id}") for object_id in ids])
    one, other = only(plan).changes
    held = Result(change=one, outcome=Outcome.HELD, waits_for=other.address)
    report = Report(plan=plan, accounts=(AccountReport(account="default", results=(held,)),))
    out = io.StringIO()
    _reporter("text", _streams(out, io.StringIO()), verbosity).end(report_outcome(report), view_report(report))
    said = f"{one.address.name}: delete: held back: it depends on {other.address.name}, which"
    assert said in " ".join(out.getvalue().split())


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        pytest.param(Outcome.DONE, "+ b[track_updated] (new\\x07): create: done", id="done"),
        pytest.param(
            Outcome.UNKNOWN,
            "+ b[track_updated] (new\\x07): create: may have been done, but no response confirms it\n"
            "    help: Run `reconciler plan` to see what is left to do; the next apply does it.",
            id="unknown",
        ),
        pytest.param(
            Outcome.OTHER_KEY,
            "+ b[track_updated] (new\\x07): create: not created: the provider made a different webhook, which was "
            "deleted again\n"
            "    help: `reconciler list` shows how the provider stores it.",
            id="other-key",
        ),
    ],
)
def test_finished_change_in_a_line(outcome: Outcome, text: str) -> None:
    assert result_text(ResultMask(_plan()), _result(outcome), Style(on=False)) == text


def test_id_is_not_said_twice() -> None:
    made = only(_plan())
    result = Result(change=made.changes[2], outcome=Outcome.DONE, object_id="2")
    assert result_text(ResultMask(_plan()), result, Style(on=False)) == "- @2: delete: done"


def test_other_keys_help_shows_the_providers_form_masked() -> None:
    made = hook("new", "/B/?token=secret-of-theirs")
    result = Result(change=only(_plan()).changes[0], outcome=Outcome.OTHER_KEY, made=made)
    form = "https://hooks.example.com/B/?‹hidden›"
    assert ResultMask(_plan()).help(result) == (
        f"If this is the same URL, write it in the file as the provider stores it: {form} The provider returns "
        "other secret parameters than those that were sent. It will differ in every plan. If the webhook works, "
        "add `ignore_changes: [url]` to its entry, so that secret parameters are left as they are at the provider."
    )


def test_webhook_that_came_back_with_another_event_is_the_providers_matter() -> None:
    made = hook("new", "/b", "all")
    result = Result(change=only(_plan()).changes[0], outcome=Outcome.OTHER_KEY, made=made)
    help_ = ResultMask(_plan()).help(result)
    assert help_ == (
        "The provider created it with another event or kind than was requested. Report this to the provider."
    )


def test_delete_that_no_plan_showed_says_why() -> None:
    survivor, ours = only(_plan()).changes[0].address, hook("ours", "/b")
    result = Result(change=duplicate_of(survivor, ours), outcome=Outcome.DONE, object_id="ours")
    assert result_text(ResultMask(_plan()), result, Style(on=False)) == (
        "- @ours: delete: done (a duplicate of b[track_updated], found after the creates)"
    )


class Full(io.StringIO):
    """A file on a disk that is full."""

    def write(self, text: str, /) -> int:
        del text
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("json_lines", [False, True], ids=["text", "json"])
def test_a_full_disk_stops_no_apply_midway_and_is_an_error_at_the_end(json_lines: bool) -> None:  # noqa: FBT001 - a column
    streams = _streams(Full(), Full())
    story = _reporter("json" if json_lines else "text", streams, 2)
    with story.live(ResultMask(_plan())):
        for event in EVENTS:
            story(event)
    report = _report(_result(Outcome.DONE))
    with pytest.raises(OSError, match="space"):
        story.end(report_outcome(report), view_report(report))


def test_json_lines_tell_the_same_story() -> None:
    lines: list[str] = []
    story = JsonLines(lines.append, lambda: DAY)
    story.begin(())
    story.plan(view_plan(_plan()))
    with story.live(ResultMask(_plan())):
        for event in EVENTS:
            story(event)
    report = _report(_result(Outcome.DONE))
    assert story.end(report_outcome(report), view_report(report)) == 0
    documents = [json.loads(line) for line in lines]
    assert [(document["type"], document["@level"]) for document in documents] == [
        ("version", "info"),
        *[("planned_change", "info")] * 3,
        ("change_summary", "info"),
        ("wait", "info"),
        ("apply_start", "info"),
        ("apply_complete", "info"),
        *[("apply_errored", "info")] * 2,
        ("change_summary", "info"),
    ]
    assert documents[6] == {
        "@level": "info",
        "@message": "b[track_updated]: create started",
        "@module": "reconciler",
        "@timestamp": "2026-01-01T00:00:00.000Z",
        "type": "apply_start",
        "hook": {
            "resource": {
                "addr": 'shippo_webhook.b["track_updated"]',
                "module": "",
                "resource": 'shippo_webhook.b["track_updated"]',
                "implied_provider": "shippo",
                "resource_type": "shippo_webhook",
                "resource_name": "b",
                "resource_key": "track_updated",
                "webhook_address": "b[track_updated]",
            },
            "action": "create",
        },
    }


def test_what_failed_is_a_diagnostic_when_all_has_come_to_its_end() -> None:
    lines: list[str] = []
    story = JsonLines(lines.append, lambda: DAY)
    report = _report(_result(Outcome.DONE), _result(Outcome.FAILED))
    assert story.end(report_outcome(report), view_report(report)) == 1
    failed, last = [judged("apply-stream", line) for line in lines]
    assert (failed["type"], failed["@level"], failed["account"]) == ("diagnostic", "error", "default")
    assert failed["diagnostic"]["code"] == "change-failed"
    assert failed["diagnostic"]["address"].startswith("shippo_webhook.")
    assert last["type"] == "change_summary"


def test_lines_say_how_long_a_change_took() -> None:
    lines: list[str] = []
    times = iter([DAY, DAY, DAY + timedelta(seconds=1.25), DAY + timedelta(seconds=2)])
    story = JsonLines(lines.append, lambda: next(times))
    result = _result(Outcome.DONE)
    with story.live(ResultMask(_plan())):
        story(Started(account="default", change=result.change))
        story(Finished(account="default", result=result))
    documents = [judged("apply-stream", line) for line in lines]
    assert documents[1]["hook"]["elapsed_seconds"] == 1
    assert documents[1]["@timestamp"] == "2026-01-01T00:00:02.000Z"
