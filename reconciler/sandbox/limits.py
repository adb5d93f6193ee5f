"""The published rate limits: how many calls of each kind an account may make in any 60 seconds."""

import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, assert_never

WINDOW: Final = 60.0  # seconds


class Kind(Enum):
    """What a call counts as."""

    WRITE = "write"
    READ = "read"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many calls of each kind fit in a window: POST, PUT and DELETE; GET of one object; GET of a list."""

    write: int
    read: int
    list: int

    def of(self, kind: Kind) -> int:
        """The number for one kind."""
        match kind:
            case Kind.WRITE:
                return self.write
            case Kind.READ:
                return self.read
            case Kind.LIST:
                return self.list
            case _:
                assert_never(kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The allowances of live and of test tokens."""

    live: Allowance
    test: Allowance


PUBLISHED: Final = Limits(
    live=Allowance(write=500, read=4000, list=50),
    test=Allowance(write=50, read=400, list=10),
)


class Limiter:
    """Counts calls per account and kind over a sliding window. Safe under threads.

    Args:
        limits: the allowances; None: nothing is refused.
        clock: gives the present in seconds.
    """

    def __init__(self, limits: Limits | None, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, Kind], deque[float]] = {}

    def admit(self, account: str, kind: Kind, *, is_test: bool) -> int | None:
        """Count a call, if there is room for it.

        Args:
            account: whose call it is.
            kind: what it counts as.
            is_test: whether the token is a test token.

        Returns:
            None if the call may go on; else it isn't counted, and this is after how many whole seconds (at least one)
            there is room again.
        """
        if self._limits is None:
            return None
        allowed = (self._limits.test if is_test else self._limits.live).of(kind)
        with self._lock:
            now = self._clock()
            calls = self._calls.setdefault((account, kind), deque())
            while calls and calls[0] <= now - WINDOW:
                calls.popleft()
            if len(calls) < allowed:
                calls.append(now)
                return None
            wait = calls[0] + WINDOW - now if calls else WINDOW
            return max(1, math.ceil(wait))
