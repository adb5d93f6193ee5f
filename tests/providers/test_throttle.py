"""The waits a provider asks for: how long, and until when a run goes along."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.http.pacing import Throttle


def waits(*told: float | None) -> list[float]:
    """The waits of one caller that is refused again and again, until it gives up; 0 for that."""
    throttle, now = Throttle(), 100.0
    found: list[float] = []
    for seconds in told:
        throttle = throttle.refused(sent_at=now, now=now, told=seconds)
        if throttle.given_up:
            return [*found, 0.0]
        found.append(throttle.wait(now))
        now += throttle.wait(now)
    return found


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param([None] * 7, [15, 30, 60, 60, 60, 60, 0], id="untold-five-minutes-at-most"),
        pytest.param([7.0, 20.0], [7, 20], id="as-told"),
        pytest.param([86400.0], [0], id="a-day-is-too-long"),
        pytest.param([300.0, 1.0], [300, 0], id="five-minutes-are-the-most"),
        pytest.param([0.0, 0.0, 0.0], [1, 30, 60], id="no-wait-at-all-counts-once"),
        pytest.param([5.0, None, 5.0, None], [5, 15, 5, 30], id="mixed"),
    ],
)
def test_a_run_waits_as_told_else_longer_and_longer(told: list[float | None], expected: list[float]) -> None:
    assert waits(*told) == expected


def test_refusals_of_calls_that_were_sent_together_count_once() -> None:
    first = Throttle().refused(sent_at=0.0, now=1.0, told=None)
    assert first.refused(sent_at=0.5, now=2.0, told=None) == first


def test_a_longer_wait_told_meanwhile_is_kept_to_and_counted_once() -> None:
    throttle = Throttle().asked_to_wait(10.0, now=0.0).asked_to_wait(15.0, now=5.0)
    assert throttle == Throttle(open_at=20.0, waited=20.0)


@pytest.mark.parametrize("later", [0.0, 0.01, 3.0, 3999.0], ids=str)
def test_who_has_given_up_is_not_talked_out_of_it_by_other_calls_answers(later: float) -> None:
    throttle = Throttle().asked_to_wait(4000.0, now=0.0).asked_to_wait(4000.0, now=later)
    assert (throttle.given_up, throttle.open_at, throttle.waited) == (True, 4000.0 + later, 0.0)


def test_once_the_time_is_over_it_may_be_called_again() -> None:
    throttle = Throttle().asked_to_wait(4000.0, now=0.0).asked_to_wait(10.0, now=4001.0)
    assert (throttle.given_up, throttle.waited) == (False, 10.0)


def test_pacing_counts_as_far_as_refused_calls_cause_it_and_once_for_all_who_wait() -> None:
    throttle = Throttle().paced(40.0, 0.5, now=0.0).paced(30.0, 0.5, now=10.0).paced(60.0, 0.0, now=40.0)
    assert (throttle.waited, throttle.given_up) == (20.0, False)


def test_pacing_beyond_what_a_run_may_wait_is_given_up() -> None:
    throttle = Throttle(waited=280.0).paced(40.0, 1.0, now=5.0)
    assert (throttle.given_up, throttle.wait(5.0)) == (True, 40.0)


def test_pacing_for_calls_that_are_needed_once_never_ends_a_run() -> None:
    throttle = Throttle(waited=300.0).paced(3000.0, 0.0, now=5.0)
    assert (throttle.given_up, throttle.waited) == (False, 300.0)


def test_a_shorter_wait_told_meanwhile_changes_nothing() -> None:
    throttle = Throttle().asked_to_wait(10.0, now=0.0)
    assert throttle.asked_to_wait(2.0, now=5.0) == throttle


def test_a_success_begins_the_untold_waits_anew() -> None:
    throttle = Throttle().refused(sent_at=0.0, now=0.0, told=None).succeeded(sent_at=15.0)
    assert throttle.refused(sent_at=16.0, now=16.0, told=None).wait(16.0) == 15.0


def test_a_success_sent_before_the_refusal_says_nothing() -> None:
    throttle = Throttle().refused(sent_at=0.0, now=1.0, told=None)
    assert throttle.succeeded(sent_at=0.5) == throttle


@given(st.lists(st.tuples(st.floats(0, 30), st.none() | st.floats(0, 500)), max_size=30))
def test_no_run_waits_for_more_than_five_minutes(refusals: list[tuple[float, float | None]]) -> None:
    throttle, now, waited = Throttle(), 0.0, 0.0
    for pause, told in refusals:
        now += pause
        throttle = throttle.refused(sent_at=now, now=now, told=told)
        if throttle.given_up:
            break
        waited += throttle.wait(now)
        now += throttle.wait(now)
    assert waited <= 300.0 + 1e-6


def test_second_that_two_calls_wait_through_at_once_counts_once() -> None:
    # One paces its call while another's is refused: both wait the same 160 seconds.
    both = Throttle().paced(160, 1, 0).asked_to_wait(160, 1)
    assert (both.given_up, both.waited, both.wait(1)) == (False, 161.0, 160.0)
    other = Throttle().asked_to_wait(160, 1).paced(160, 1, 2)
    assert (other.given_up, other.waited) == (False, 161.0)
