"""How a run is asked to stop, and how its waits end. The second signal ends the process, and has tests of its own."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime

import pytest

from reconciler.operations.signals import STOP_SIGNALS, Interrupted, Stop, SystemClock


def test_first_question_to_stop_is_the_one_that_counts() -> None:
    stop = Stop()
    assert (stop.is_asked(), stop.signal, stop.wait(0)) == (False, 0, False)
    stop.ask(signal.SIGTERM)
    stop.ask(signal.SIGINT)
    assert (stop.is_asked(), stop.signal, stop.wait(9)) == (True, signal.SIGTERM, True)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_signal_ends_what_has_nothing_to_finish(number: signal.Signals) -> None:
    stop = Stop()
    with pytest.raises(Interrupted), stop.on_signals():
        signal.raise_signal(number)
    assert (stop.is_asked(), stop.signal) == (True, number)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_signal_only_asks_where_there_are_calls_that_must_end(number: signal.Signals) -> None:
    stop = Stop()
    with stop.on_signals(), stop.finishing():
        signal.raise_signal(number)
        assert (stop.is_asked(), stop.signal) == (True, number)


def test_signal_after_the_finishing_ends_the_run_again() -> None:
    stop = Stop()
    with stop.on_signals():
        with stop.finishing():
            pass
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGTERM)


def test_handlers_are_afterwards_as_they_were() -> None:
    before = [signal.getsignal(number) for number in STOP_SIGNALS]
    stop = Stop()
    with stop.on_signals():
        assert all(signal.getsignal(number) not in before for number in STOP_SIGNALS)
    assert [signal.getsignal(number) for number in STOP_SIGNALS] == before


def test_clock_is_the_machines() -> None:
    clock = SystemClock(Stop())
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.monotonic() <= clock.monotonic()
    assert all(0 <= clock.chance() < 1 for _ in range(100))
    assert len({clock.chance() for _ in range(100)}) > 1
    assert clock.sleep(0)


def test_sleep_ends_at_once_when_the_run_is_asked_to_stop() -> None:
    stop = Stop()
    clock = SystemClock(stop)
    ended: list[bool] = []
    sleeper = threading.Thread(target=lambda: ended.append(clock.sleep(3600)))
    sleeper.start()
    assert not clock.stopping()
    stop.ask(signal.SIGINT)
    sleeper.join(timeout=30)
    assert (ended, clock.stopping(), clock.sleep(3600)) == ([False], True, False)
