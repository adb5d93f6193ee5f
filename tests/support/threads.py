"""A system that gives no more threads."""

from __future__ import annotations

import threading


def limit_threads(most: int) -> None:
    """From now on no more than so many threads can be started in this process; for a process of its own."""
    start = threading.Thread.start
    left = iter(range(most))

    def limited(self: threading.Thread) -> None:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        start(self)

    threading.Thread.start = limited  # type: ignore[method-assign]  # that is the point
