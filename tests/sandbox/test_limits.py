"""The limits: as published, over a sliding minute, per account and kind."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.limits import PUBLISHED, Allowance, Kind, Limiter, Limits

from .tools import StillClock

THREE = Limits(live=Allowance(write=30, read=30, list=30), test=Allowance(write=3, read=3, list=3))


@pytest.mark.parametrize(
    ("kind", "is_test", "allowed"),
    [
        pytest.param(Kind.WRITE, False, 500, id="live-write"),
        pytest.param(Kind.WRITE, True, 50, id="test-write"),
        pytest.param(Kind.READ, False, 4000, id="live-read"),
        pytest.param(Kind.READ, True, 400, id="test-read"),
        pytest.param(Kind.LIST, False, 50, id="live-list"),
        pytest.param(Kind.LIST, True, 10, id="test-list"),
    ],
)
def test_the_published_limits(kind: Kind, *, is_test: bool, allowed: int) -> None:
    limiter = Limiter(PUBLISHED, StillClock())
    answers = [limiter.admit("a", kind, is_test=is_test) for _ in range(allowed + 1)]
    assert answers == [None] * allowed + [60]


def test_the_window_slides() -> None:
    clock = StillClock(1000.0)
    limiter = Limiter(THREE, clock)
    answers = []
    for now in (1000.0, 1020.0, 1040.0, 1040.5, 1059.9, 1060.0, 1060.0, 1080.0):
        clock.now = now
        answers.append(limiter.admit("a", Kind.READ, is_test=True))
    # Refused calls don't count, so waiting as told is enough.
    assert answers == [None, None, None, 20, 1, None, 20, None]


def test_accounts_and_kinds_are_counted_apart() -> None:
    limiter = Limiter(THREE, StillClock())
    for account in ("a", "b"):
        for kind in Kind:
            answers = [limiter.admit(account, kind, is_test=True) for _ in range(4)]
            assert answers == [None, None, None, 60]


def test_no_limits_refuse_nothing() -> None:
    limiter = Limiter(None, StillClock())
    assert [limiter.admit("a", Kind.LIST, is_test=True) for _ in range(5000)] == [None] * 5000


def test_an_allowance_of_none_at_all_says_to_wait_a_window() -> None:
    nothing = Allowance(write=0, read=0, list=0)
    assert Limiter(Limits(live=nothing, test=nothing), StillClock()).admit("a", Kind.READ, is_test=True) == 60


# Eighths of a second, so that sums are exact.
@given(steps=st.lists(st.integers(0, 360), max_size=60))
def test_no_window_ever_holds_more_than_the_limit(steps: list[int]) -> None:
    clock = StillClock(0.0)
    limiter = Limiter(THREE, clock)
    admitted: deque[float] = deque()
    for step in steps:
        clock.now += step / 8
        wait = limiter.admit("a", Kind.WRITE, is_test=True)
        if wait is None:
            admitted.append(clock.now)
        else:
            assert 1 <= wait <= 60
            assert len([time for time in admitted if time > clock.now + wait - 60]) < 3  # then there is room
        assert len([time for time in admitted if time > clock.now - 60]) <= 3
