"""Workers end with their work, also where a signal comes while a thread is being started."""

from __future__ import annotations

import threading

import pytest

from reconciler.operations.workers import Workers


class _Signal(BaseException):
    """What a handler raises in the main thread."""


@pytest.mark.parametrize("after", [1, 2, 3])
def test_signal_right_after_a_thread_was_started_leaves_none_behind(
    monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def interrupted(self: threading.Thread) -> None:
        start(self)
        started.append(self)
        if len(started) == after:
            raise _Signal

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(_Signal), Workers(4, "test") as workers:
        workers.map(str, range(20))
    for thread in started:
        thread.join(10)
    assert [thread for thread in started if thread.is_alive()] == []


def test_the_first_item_s_error_is_raised_and_what_is_not_begun_is_left() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number:
            raise ValueError(number)
        return number

    with Workers(1, "test") as workers:
        assert workers.map(work, [0, 0]) == [0, 0]
        with pytest.raises(ValueError, match=r"^7$"):
            workers.map(work, [0, 7, 8, 9])
        assert workers.map(work, []) == []
    assert begun == [0, 0, 0, 7]
