"""The published rate limits: how many calls of each kind an account may make in any 60 seconds."""

import math
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

WINDOW: Final = 60.0  # seconds


class CallKind(Enum):
    """What a call counts as: POST, PUT and DELETE; GET of one object; GET of a list."""

    WRITE = "write"
    READ = "read"
    LIST = "list"


LIVE: Final[Mapping[CallKind, int]] = {CallKind.WRITE: 500, CallKind.READ: 4000, CallKind.LIST: 50}
TEST: Final[Mapping[CallKind, int]] = {CallKind.WRITE: 50, CallKind.READ: 400, CallKind.LIST: 10}


class Limiter:
    """Counts calls per account and kind over a sliding window, by a clock in seconds. Safe under threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: defaultdict[tuple[str, CallKind], deque[float]] = defaultdict(deque)

    def admit(self, account: str, kind: CallKind, allowed: int) -> int | None:
        """Count a call if there is room for it: `allowed` of the kind in a window.

        Returns:
            None if it may go on; else after how many whole seconds (at least one) there is room again.
        """
        with self._lock:
            now = self._clock()
            calls = self._calls[account, kind]
            while calls and calls[0] <= now - WINDOW:
                calls.popleft()
            if len(calls) < allowed:
                calls.append(now)
                return None
            return max(1, math.ceil(calls[0] + WINDOW - now))
