"""Work side by side, with as many threads as the system gives, or with none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconciler.operations.workers import Workers


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets no more than so many threads be started."""
    start = threading.Thread.start

    def limit(most: int) -> None:
        left = iter(range(most))

        def limited(thread: threading.Thread) -> None:
            if next(left, None) is None:
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", limited)

    return limit


@contextmanager
def _nobody_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.parametrize("most", [0, 1, 2, 9])
def test_all_is_done_whatever_the_system_gives(only: Callable[[int], None], most: int) -> None:
    only(most)
    told: list[int] = []
    with _nobody_is_left(), Workers(4, "test", told.append) as workers:
        assert workers.map(lambda number: number * 2, range(20)) == list(range(0, 40, 2))
        assert workers.map(str, "ab") == ["a", "b"]
        assert workers.map(str, []) == []
    assert told == ([] if most >= 4 else [max(most, 1)])


@pytest.mark.parametrize("most", [0, 2, 9])
def test_what_the_work_raises_is_raised_and_the_rest_is_left(only: Callable[[int], None], most: int) -> None:
    only(most)
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        raise ValueError(number)

    with (
        _nobody_is_left(),
        Workers(2, "test") as workers,
        pytest.raises(ValueError, match="0"),
    ):
        workers.map(work, range(50))
    assert begun[0] == 0


@pytest.mark.parametrize("most", [0, 1, 3])
def test_callers_that_share_workers_get_each_their_own(only: Callable[[int], None], most: int) -> None:
    callers = 5
    both = threading.Barrier(callers)
    with _nobody_is_left(), Workers(callers, "caller") as outer:

        def call(number: int) -> list[int]:
            both.wait(10)
            return inner.map(lambda item: item + number, range(30))

        outer.map(str, range(callers))  # its threads are there
        only(most)
        with Workers(3, "inner") as inner:
            found = outer.map(call, range(callers))
    assert found == [[item + number for item in range(30)] for number in range(callers)]


def test_no_more_is_worked_on_at_once_than_said() -> None:
    counting = threading.Lock()
    now = [0, 0]

    def work(_: int) -> None:
        with counting:
            now[0] += 1
            now[1] = max(now)
        threading.Event().wait(0.002)
        with counting:
            now[0] -= 1

    with Workers(3, "test") as workers:
        workers.map(work, range(30))
    assert now == [0, 3]
