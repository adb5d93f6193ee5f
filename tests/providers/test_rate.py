"""The limiter's promise: whatever calls come, the provider never counts more of them in 60 seconds than it allows."""

from __future__ import annotations

import heapq
import threading
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.http.pacing import MARGIN, WINDOW, CallBudget, CallClass
from reconciler.model.provider import RateLimits
from reconciler.model.report import Expected
from reconciler.operations.pace import announce_lists
from tests.support.clock import FakeClock

from .tools import Run, account

LIMITS = RateLimits(write=5, get=2, list=1)  # small ones, so that drawn calls meet them
ALLOWED = {CallClass.WRITE: 5, CallClass.GET: 2, CallClass.LIST: 1}


def most_in_a_window(times: list[float]) -> int:
    """The most arrivals that a provider counts within 60 seconds."""
    window: deque[float] = deque()
    most = 0
    for time in sorted(times):
        window.append(time)
        while window[0] <= time - WINDOW:
            window.popleft()
        most = max(most, len(window))
    return most


def limited(limits: RateLimits, clock: FakeClock) -> CallBudget:
    budget = CallBudget(clock)
    budget.limit(limits)
    return budget


class World:
    """Callers that call one after another, each call taking its time on the way to the provider and back."""

    def __init__(self, calls: list[tuple[CallClass, float, float, float]]) -> None:
        self.clock = FakeClock()
        self.limiter = limited(LIMITS, self.clock)
        self.arrivals: dict[CallClass, list[float]] = {call_class: [] for call_class in CallClass}
        self._agenda: list[tuple[float, int, str, int]] = []
        self._calls = calls
        start = 0.0
        for number, (_, pause, _, _) in enumerate(calls):
            start += pause
            self._agenda.append((start, number, "begin", number))
        heapq.heapify(self._agenda)

    def run(self) -> None:
        order = len(self._calls)
        while self._agenda:
            time, _, what, number = heapq.heappop(self._agenda)
            self.clock.advance(max(time - self.clock.monotonic(), 0.0))
            now = self.clock.monotonic()
            call_class, _, there, back = self._calls[number]
            order += 1
            if what == "end":
                self.limiter.give_back(call_class)
            elif wait := self.limiter.take(call_class):
                heapq.heappush(self._agenda, (now + wait, order, "begin", number))
            else:
                self.arrivals[call_class].append(now + there)
                heapq.heappush(self._agenda, (now + there + back, order, "end", number))


CALLS = st.lists(
    st.tuples(
        st.sampled_from(CallClass),
        st.sampled_from([0.0, 0.0, 0.1, 5.0, 30.0, 59.9, 60.0, 61.0]),
        st.sampled_from([0.0, 0.001, 1.0, 29.0]),
        st.sampled_from([0.0, 0.001, 1.0, 29.0]),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(CALLS)
def test_no_window_of_60_seconds_holds_more_calls_than_allowed(
    calls: list[tuple[CallClass, float, float, float]],
) -> None:
    world = World(calls)
    world.run()
    assert sum(map(len, world.arrivals.values())) == len(calls)
    for call_class, times in world.arrivals.items():
        assert most_in_a_window(times) <= ALLOWED[call_class]


def test_calls_within_the_limit_never_wait() -> None:
    limiter = limited(LIMITS, FakeClock())
    assert [limiter.take(CallClass.WRITE) for _ in range(5)] == [0.0] * 5


def test_a_slot_is_free_a_window_after_the_end_of_its_call() -> None:
    clock = FakeClock()
    limiter = limited(RateLimits(list=1), clock)
    limiter.take(CallClass.LIST)
    clock.advance(10)
    assert limiter.take(CallClass.LIST) == WINDOW + MARGIN  # still running: it can't be sooner
    limiter.give_back(CallClass.LIST)
    clock.advance(20)
    assert limiter.take(CallClass.LIST) == WINDOW + MARGIN - 20
    clock.advance(WINDOW + MARGIN - 20)
    assert limiter.take(CallClass.LIST) == 0.0


def test_classes_are_counted_apart_and_what_has_no_limit_never_waits() -> None:
    limiter = limited(RateLimits(write=1), FakeClock())
    assert limiter.take(CallClass.WRITE) == 0.0
    assert limiter.take(CallClass.WRITE) > 0.0
    assert [limiter.take(CallClass.GET) for _ in range(1000)] == [0.0] * 1000
    limiter.give_back(CallClass.GET)


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_together_keep_to_the_limit(threads: int) -> None:
    clock = FakeClock()
    limiter = limited(LIMITS, clock)
    arrivals: list[float] = []

    def work() -> None:
        for _ in range(20):
            while wait := limiter.take(CallClass.WRITE):
                clock.sleep(wait)
            arrivals.append(clock.monotonic())
            limiter.give_back(CallClass.WRITE)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(arrivals) == 20 * threads
    assert most_in_a_window(arrivals) <= 5


def test_of_accounts_with_one_token_the_strictest_limit_counts() -> None:
    for first, second in ((RateLimits(), RateLimits(write=1)), (RateLimits(write=1), RateLimits(write=9))):
        limiter = limited(first, FakeClock())
        limiter.limit(second)
        assert limiter.take(CallClass.WRITE) == 0
        assert limiter.take(CallClass.WRITE) > 0
        assert limiter.take(CallClass.GET) == 0


def test_calls_made_before_a_limit_was_known_count_for_it_too() -> None:
    clock = FakeClock()
    budget = CallBudget(clock)
    assert [budget.take(CallClass.WRITE) for _ in range(2)] == [0, 0]
    budget.limit(RateLimits(write=1))
    budget.give_back(CallClass.WRITE)
    budget.give_back(CallClass.WRITE)
    clock.advance(10)
    assert budget.take(CallClass.WRITE) == WINDOW + MARGIN - 10
    clock.advance(WINDOW + MARGIN - 10)
    assert [budget.take(CallClass.WRITE) > 0 for _ in range(2)] == [False, True]


@given(
    pauses=st.lists(st.sampled_from([0.0, 1.0, 30.0, 61.0]), max_size=12),
    announced=st.lists(st.integers(0, 9), min_size=1, max_size=3),
)
def test_time_that_is_told_for_calls_is_the_time_that_they_take(pauses: list[float], announced: list[int]) -> None:
    clock = FakeClock()
    budget = limited(RateLimits(list=3), clock)

    def call() -> None:
        while wait := budget.take(CallClass.LIST):
            clock.sleep(wait)
        budget.give_back(CallClass.LIST)

    for pause in pauses:
        call()
        clock.advance(pause)
    told = [budget.announce(CallClass.LIST, calls) for calls in announced][-1]
    began = clock.monotonic()
    for _ in range(sum(announced)):
        call()
    assert clock.monotonic() - began == pytest.approx(told)


def test_time_for_calls_without_a_limit_is_none() -> None:
    assert CallBudget(FakeClock()).announce(CallClass.WRITE, 10**9) == 0


def test_lists_of_a_fleet_are_told_together_and_once() -> None:
    run = Run()
    fleet = [account("http://127.0.0.1:1", name=f"a{number}", limits=RateLimits(list=50)) for number in range(299)]
    announce_lists(fleet, run.context)
    announce_lists(fleet[:1], run.context)
    announce_lists([account("http://127.0.0.1:2", name="small", limits=RateLimits(list=50))], run.context)
    reason = "the provider allows 50 lists a minute"
    assert run.events == [
        Expected(account="several accounts", what="listing the webhooks", seconds=5 * (WINDOW + MARGIN), reason=reason)
    ]
