"""A signal in each phase: running calls end, none starts, the report is honest, a second ends it.

All signals are taken alike, so SIGINT stands for them, and each of the others has one test.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from reconciler.http import exchange
from reconciler.operations import signals
from reconciler.sandbox.faults import Answer, Rule, When
from tests.e2e.dying import APPLY, Patient, calls_of, writes_in
from tests.e2e.forked import Forked
from tests.e2e.tool import Tool, entries
from tests.support.faults import HoldAnswer
from tests.support.sandbox import Sandbox

STOPPING = "Stopping: running requests finish first, and no new ones start. A second signal stops immediately."
AT_ONCE = 1.0
"""Seconds in which a second signal ends it, by the promise."""
SOON = 10.0
"""Seconds, much shorter than any wait here, in which a first one ends a wait and all is reported."""


def _held(k: int) -> Rule:
    return Rule(action=HoldAnswer(), when=When(nth=k))


def _check_report(stopped: Patient, lines: list[Any], code: int) -> None:
    """What is said to be done took effect, what took effect is said to be done; all else is said not to be, or not to
    be known."""
    planned = {(line["change"]["resource"]["addr"], line["change"]["action"]) for line in lines if "change" in line}
    told = {
        (line["hook"]["resource"]["addr"], line["hook"]["action"]): line["hook"]["outcome"]
        for line in lines
        if line["type"] in ("apply_complete", "apply_errored")
    }
    assert set(told) == planned
    assert set(told.values()) <= {"done", "not_started", "unknown"}
    done = Counter(action for (_, action), outcome in told.items() if outcome == "done")
    effects = Counter(entry.method for entry in stopped.log() if entry.took_effect)
    assert [done[action] for action in ("create", "update", "delete")] == [
        effects[method] for method in ("POST", "PUT", "DELETE")
    ]
    assert lines[-1]["exit_code"] == code
    assert lines[-1]["@message"].startswith(f"Stopped: {done['create']} created")
    assert lines[-1]["@message"].endswith(f"; {len(planned) - sum(done.values())} not done.")


def test_first_signal_at_any_call_lets_it_end_starts_no_other_and_is_reported(patient: Callable[[], Patient]) -> None:
    calls = calls_of(patient(), *APPLY)
    for k in range(2, len(calls) + 1):
        stopped = patient()
        mark = len(stopped.faults.log())
        with stopped.holding(_held(k)) as held, stopped.start(*APPLY, "--format", "json") as command:
            held.wait_until_held()
            command.signal(signal.SIGINT)
            command.until(STOPPING)
            held.release()
            ended = command.end()
        assert ended.code == 130, ended.all
        assert len(stopped.faults.log()) - mark == k
        _check_report(stopped, ended.lines(), ended.code)
        assert stopped.run(*APPLY).code == 0
        stopped.check_finished()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name.lower())
def test_other_signals_let_it_end_and_end_it_as_sigint_does(
    patient: Callable[[], Patient], number: signal.Signals
) -> None:
    for is_repeated in (False, True):
        stopped = patient()
        with stopped.holding(_held(3)) as held, stopped.start(*APPLY, "--format", "json") as command:
            held.wait_until_held()
            command.signal(number)
            command.until(STOPPING)
            sent = time.monotonic()
            if is_repeated:
                command.signal(number)
            else:
                held.release()
            ended = command.end()
            assert not is_repeated or time.monotonic() - sent < AT_ONCE
            held.abandon()
        assert (ended.code, "Stopped immediately" in ended.err) == (128 + number, is_repeated), ended.all
        if not is_repeated:
            _check_report(stopped, ended.lines(), ended.code)
        assert stopped.run(*APPLY).code == 0
        stopped.check_finished()


def test_first_signal_while_listing_changes_nothing(patient: Callable[[], Patient]) -> None:
    stopped = patient()
    with stopped.holding(_held(1)) as held, stopped.start(*APPLY, "--backup", "back.yaml") as command:
        held.wait_until_held()
        command.signal(signal.SIGINT)
        command.until(STOPPING)
        held.release()
        ended = command.end()
    assert (ended.code, ended.out.splitlines()[-1]) == (130, "Stopped. Nothing was changed.")
    assert [entry.method for entry in stopped.log()] == ["GET"]
    assert [path.name for path in stopped.folder.iterdir()] == ["webhooks.yaml"]


def test_second_signal_ends_it_within_a_second_in_each_phase(patient: Callable[[], Patient]) -> None:
    calls = calls_of(patient(), *APPLY)
    writes = writes_in(calls)
    phases = {"listing": 1, "widening": writes[0], "creating": writes[2], "read-back": writes[3] + 1}
    phases |= {"narrowing": writes[-1], "verifying": len(calls)}
    for phase, k in phases.items():
        stopped = patient()
        with stopped.holding(_held(k)) as held, stopped.start(*APPLY) as command:
            held.wait_until_held()
            command.signal(signal.SIGINT)
            command.until(STOPPING)
            command.signal(signal.SIGINT)
            sent = time.monotonic()
            ended = command.end()
            assert time.monotonic() - sent < AT_ONCE, phase
            held.abandon()
        assert (ended.code, "Stopped immediately" in ended.err) == (130, True), (phase, ended.all)
        assert stopped.run(*APPLY).code == 0
        stopped.check_finished()


@pytest.mark.parametrize("k", [pytest.param(1, id="listing"), pytest.param(3, id="applying")])
def test_two_signals_at_once_end_it(patient: Callable[[], Patient], k: int) -> None:
    for _ in range(4):  # the system gives a signal to whichever thread it likes
        stopped = patient()
        with stopped.holding(_held(k)) as held, stopped.start(*APPLY) as command:
            held.wait_until_held()
            sent = time.monotonic()
            command.signal(signal.SIGINT)
            command.signal(signal.SIGTERM)
            ended = command.end()
            assert time.monotonic() - sent < SOON
            held.abandon()
        assert ended.code in (130, 143)


def test_second_signal_ends_it_though_nobody_reads_what_it_says(patient: Callable[[], Patient]) -> None:
    stopped = patient()
    with stopped.holding(_held(3)) as held, stopped.start(*APPLY) as command:
        held.wait_until_held()
        command.signal(signal.SIGTERM)
        command.until(STOPPING)
        command.stop_reading(err=True)
        command.signal(signal.SIGTERM)
        assert command.end().code == 143
        held.abandon()


def _fill_standard_error() -> None:
    """As if whoever reads it reads no more. That a signal was taken is said on standard output instead."""
    usual = signals.Stop.ask

    def ask(stop: signals.Stop, number: int) -> None:
        usual(stop, number)
        os.write(1, b"asked")

    setattr(signals.Stop, "ask", ask)  # noqa: B010 - mypy knows methods as not to be replaced
    os.set_blocking(2, False)
    with suppress(BlockingIOError):
        while True:
            os.write(2, b" ")
    os.set_blocking(2, True)


@pytest.mark.parametrize("arguments", [APPLY, ("plan",)], ids=["while-applying", "while-looking"])
def test_signals_end_it_though_standard_error_is_full(
    patient: Callable[[], Patient], arguments: tuple[str, ...]
) -> None:
    stopped = patient()
    with stopped.holding(_held(1)) as held, stopped.start(*arguments, first=_fill_standard_error) as command:
        held.wait_until_held()
        command.signal(signal.SIGINT)
        command.until_said("asked")
        command.signal(signal.SIGTERM)
        command.process.join(SOON)
        assert command.process.exitcode == 143
        held.abandon()


def test_first_signal_lets_it_end_though_standard_error_is_full(patient: Callable[[], Patient]) -> None:
    stopped = patient()
    with stopped.holding(_held(3)) as held, stopped.start(*APPLY, first=_fill_standard_error) as command:
        held.wait_until_held()
        command.signal(signal.SIGTERM)
        command.until_said("asked")
        held.release()
        command.process.join(SOON)
        assert command.process.exitcode == 143
    assert len(stopped.writes()) == 1
    assert stopped.run(*APPLY).code == 0
    stopped.check_finished()


def _waits_long_between_attempts() -> None:
    exchange.BASE = 1000.0
    setattr(signals.SystemClock, "chance", lambda _: 0.9)  # noqa: B010 - mypy knows methods as not to be replaced


TOO_MANY = Answer(status=429, retry_after="200")
WAITS = [
    pytest.param("GET", 1, TOO_MANY, None, id="retry-after-while-listing"),
    pytest.param("PUT", 1, TOO_MANY, None, id="retry-after-while-widening"),
    pytest.param("POST", 2, TOO_MANY, None, id="retry-after-while-creating"),
    pytest.param("DELETE", 2, TOO_MANY, None, id="retry-after-while-narrowing"),
    pytest.param("GET", 1, Answer(status=503), _waits_long_between_attempts, id="pause-while-listing"),
    pytest.param("PUT", 1, Answer(status=503), _waits_long_between_attempts, id="pause-while-widening"),
    pytest.param("DELETE", 2, Answer(status=503), _waits_long_between_attempts, id="pause-while-narrowing"),
]


@pytest.mark.parametrize(("method", "nth", "answer", "first"), WAITS)
def test_signal_ends_a_wait_at_once(
    patient: Callable[[], Patient],
    method: str,
    nth: int,
    answer: Answer,
    first: Callable[[], None] | None,
) -> None:
    calls = calls_of(patient(), *APPLY)
    refused = [k for k, called in enumerate(calls, 1) if called == method][nth - 1]
    stopped = patient()
    mark = len(stopped.faults.log())
    rule = Rule(action=answer, when=When(nth=refused))
    with stopped.holding(rule), stopped.start(*APPLY, "--format", "json", first=first) as command:
        command.until_said('"type":"wait"')
        command.signal(signal.SIGINT)
        sent = time.monotonic()
        ended = command.end()
        assert time.monotonic() - sent < SOON
    assert ended.code == 130, ended.all
    assert len(stopped.faults.log()) - mark == refused
    if refused == 1:
        assert ended.lines()[-1]["@message"] == "Stopped. Nothing was changed."
    else:
        _check_report(stopped, ended.lines(), ended.code)
    assert stopped.run(*APPLY).code == 0
    stopped.check_finished()


def test_signal_ends_the_wait_for_a_rate_slot_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    tool = Tool(folder=tmp_path, sandbox=sandbox)
    tool.write(entries(**{f"e{n}": f"/{n}" for n in range(55)}))
    token = "shippo_test_slots"
    with Forked(tmp_path, "apply", "--auto-approve", environment={"SHIPPO_API_TOKEN": token}) as command:
        command.until("waiting")
        command.signal(signal.SIGINT)
        sent = time.monotonic()
        ended = command.end()
        assert time.monotonic() - sent < SOON
    # The published limit of a test token.
    assert (ended.code, len(sandbox.store.list(token))) == (130, 50), ended.all
    assert ended.out.splitlines()[-1] == "Stopped: 50 created, 0 updated, 0 deleted; 5 not done."
    assert ended.out.count(": create: not started") == 5


LOOKS = [
    pytest.param(("plan", "--out", "saved.plan"), id="plan"),
    pytest.param(("drift",), id="drift"),
    pytest.param(("list",), id="list"),
    pytest.param(("export", "--out", "new.yaml", "--secrets-to", "new.env"), id="export"),
]


@pytest.mark.parametrize("arguments", LOOKS)
def test_signal_ends_a_command_that_looks_and_it_writes_no_file(
    patient: Callable[[], Patient], arguments: tuple[str, ...]
) -> None:
    stopped = patient()
    with stopped.holding(_held(1)) as held, stopped.start(*arguments) as command:
        held.wait_until_held()
        command.signal(signal.SIGINT)
        command.until(STOPPING)
        held.release()
        ended = command.end()
    assert (ended.code, ended.out) == (130, ""), ended.all
    assert ended.err.endswith("Stopped. Nothing was changed.\n")
    assert [path.name for path in stopped.folder.iterdir()] == ["webhooks.yaml"]


@pytest.mark.parametrize("arguments", LOOKS)
def test_second_signal_ends_a_command_that_looks_at_once(
    patient: Callable[[], Patient], arguments: tuple[str, ...]
) -> None:
    stopped = patient()
    with stopped.holding(_held(1)) as held, stopped.start(*arguments) as command:
        held.wait_until_held()
        command.signal(signal.SIGINT)
        command.until(STOPPING)
        command.signal(signal.SIGTERM)
        sent = time.monotonic()
        assert command.end().code == 143
        assert time.monotonic() - sent < AT_ONCE
        held.abandon()
    assert [path.name for path in stopped.folder.iterdir()] == ["webhooks.yaml"]
