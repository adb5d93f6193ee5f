"""The retry policy by its tables; the whole of it against a server is in `test_retry_table.py`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.http.exchange import COST, Ending, NoReply, Reply, may_have_acted, retry_after, retry_of
from reconciler.http.pacing import BUDGET, CallBudget
from tests.support.clock import FakeClock

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def ended(ending: Ending) -> NoReply:
    return NoReply(ending, "", "")


def answered(status: int) -> Reply:
    return Reply(status=status)


@pytest.mark.parametrize(
    ("method", "number", "outcome", "retry"),
    [
        pytest.param("GET", 1, answered(503), (0.025, 5), id="first-retry-within-50-ms"),
        pytest.param("GET", 2, answered(503), (0.05, 5), id="second-within-twice-that"),
        pytest.param("GET", 3, answered(503), None, id="three-attempts-are-all"),
        pytest.param("PUT", 1, ended(Ending.TIMED_OUT), (0.025, 10), id="a-time-out-costs-twice"),
        pytest.param("POST", 1, ended(Ending.NOT_SENT), (0.025, 5), id="a-create-that-was-not-sent"),
        pytest.param("POST", 1, ended(Ending.TIMED_OUT), None, id="a-create-that-timed-out"),
        pytest.param("GET", 1, ended(Ending.HOPELESS), None, id="hopeless"),
        pytest.param("GET", 1, ended(Ending.UNUSABLE), None, id="unusable"),
        pytest.param("GET", 1, answered(501), None, id="a-lasting-5xx"),
    ],
)
def test_a_failed_attempt_leads_to_another_one(
    method: str, number: int, outcome: Reply | NoReply, retry: tuple[float, int] | None
) -> None:
    assert retry_of(method, number, outcome, chance=0.5) == retry


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    number=st.integers(1, 5),
    outcome=st.sampled_from(Ending).map(ended) | st.integers(100, 599).map(answered),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_a_create_that_may_have_acted_is_never_made_again_and_no_wait_is_longer_than_its_limit(
    method: str, number: int, outcome: Reply | NoReply, chance: float
) -> None:
    retry = retry_of(method, number, outcome, chance)
    if retry is not None:
        assert not (method == "POST" and may_have_acted(method, outcome))
        assert number < 3
        assert 0 <= retry[0] <= 0.05 * 2 ** (number - 1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param(" 7 ", 7.0, id="spaces-around"),
        pytest.param("0", 0.0, id="zero"),
        pytest.param("86400", 86400.0, id="a-day"),
        pytest.param("Tue, 24 Nov 2026 12:01:30 GMT", 90.0, id="date"),
        pytest.param("Tuesday, 24-Nov-26 12:01:30 GMT", 90.0, id="date-of-rfc-850"),
        pytest.param("Tue Nov 24 12:01:30 2026", 90.0, id="date-of-asctime"),
        pytest.param("Tue, 24 Nov 2026 11:00:00 GMT", 0.0, id="past-date"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="fraction"),
        pytest.param("soon", None, id="word"),
        pytest.param("", None, id="empty"),
        pytest.param("\u0667", None, id="digits-of-another-script"),
        pytest.param("9" * 400, 10.0 * 365 * 86400, id="four-hundred-digits"),
        pytest.param("Tue, 99 Nov 2026 12:01:30 GMT", None, id="no-such-day"),
        pytest.param("Tue, 24 Nov 99999 12:01:30 GMT", None, id="no-such-year"),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_ignored_otherwise(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text())
def test_retry_after_never_fails_and_is_never_negative(header: str) -> None:
    seconds = retry_after(header, NOW)
    assert seconds is None or seconds >= 0


def test_the_budget_pays_for_a_hundred_retries_and_no_more() -> None:
    budget = CallBudget(FakeClock())
    assert [budget.spend(COST) for _ in range(BUDGET // COST + 1)] == [True] * 100 + [False]


def test_a_success_gives_back_what_its_retry_cost_or_a_little() -> None:
    budget = CallBudget(FakeClock())
    while budget.spend(COST):
        pass
    budget.refund(COST)
    assert (budget.spend(COST), budget.spend(COST)) == (True, False)
    for _ in range(COST):
        budget.refund(0)
    assert (budget.spend(COST), budget.spend(COST)) == (True, False)


def test_the_budget_never_grows_beyond_its_beginning() -> None:
    budget = CallBudget(FakeClock())
    budget.refund(COST)
    assert budget.spend(BUDGET)
    assert not budget.spend(1)
