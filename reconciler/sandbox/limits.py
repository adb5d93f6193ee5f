"""The published rate limits: how many calls of each kind an account may make in any 60 seconds."""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from enum import Enum
from typing import Final

WINDOW: Final = 60.0  # seconds


class CallKind(Enum):
    """What a call counts as, and how many of them a live and a test token may make in a window."""

    WRITE = (500, 50)  # POST, PUT and DELETE
    READ = (4000, 400)  # GET of one object
    LIST = (50, 10)  # GET of a list


class Limiter:
    """Counts calls per account and kind over a sliding window, by a clock in seconds. For one thread at a time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: defaultdict[tuple[str, CallKind], deque[float]] = defaultdict(deque)

    def admit(self, account: str, kind: CallKind, allowed: int) -> int | None:
        """Count a call if there is room for it: `allowed` of the kind in a window.

        Returns:
            None if it may go on; else after how many whole seconds (at least one) there is room again.
        """
        now = self._clock()
        calls = self._calls[account, kind]
        while calls and calls[0] <= now - WINDOW:
            calls.popleft()
        if len(calls) < allowed:
            calls.append(now)
            return None
        return max(1, math.ceil(calls[0] + WINDOW - now))
