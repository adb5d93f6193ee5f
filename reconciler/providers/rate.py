"""Keeps calls under a provider's published limits: a sliding window for each class, with the clock handed in."""

from __future__ import annotations

import threading
from collections import deque
from enum import Enum
from typing import assert_never

from reconciler.model.provider import RateLimits
from reconciler.providers.clock import Clock

WINDOW = 60.0
"""Seconds that the limits are counted over."""

MARGIN = 0.25
"""Seconds added to the window, for two clocks that don't run equally fast."""


class CallClass(Enum):
    """What a call counts as; its value is the word for several."""

    WRITE = "writes"
    GET = "reads"
    LIST = "lists"


class RateLimiter:
    """Gives calls their turn, so that no 60 seconds hold more of a class than the limit. Safe to use from threads.

    A call takes up its slot from before it is sent until a window after its end. The provider counts it somewhere
    between the two, so that however long the way there takes, its window never holds more than ours.

    Args:
        limits: calls a minute; None where there is no limit.
        clock: only its monotonic time is used; who is told to wait waits by himself.
    """

    def __init__(self, limits: RateLimits, clock: Clock) -> None:
        self._clock = clock
        self._limits = {call_class: _limit(limits, call_class) for call_class in CallClass}
        self._running = dict.fromkeys(CallClass, 0)
        self._ended: dict[CallClass, deque[tuple[float, bool]]] = {call_class: deque() for call_class in CallClass}
        self._lock = threading.Lock()

    def take(self, call_class: CallClass) -> float:
        """Take a slot for a call.

        Returns:
            0 where there was one, which `give_back` must follow when the call is over; else the seconds after which
            to ask again.
        """
        limit = self._limits[call_class]
        if limit is None:
            return 0.0
        with self._lock:
            now = self._clock.monotonic()
            ended = self._ended[call_class]
            while ended and ended[0][0] + WINDOW + MARGIN <= now:
                ended.popleft()
            if self._running[call_class] + len(ended) < limit:
                self._running[call_class] += 1
                return 0.0
            # Where all slots are taken by running calls, the soonest possible end is now.
            return (ended[0][0] if ended else now) + WINDOW + MARGIN - now

    def give_back(self, call_class: CallClass, *, refused: bool = False) -> None:
        """The call is over: its slot is free a window from now.

        Args:
            call_class: what it counted as.
            refused: whether it was answered with 429, so that it has to be made again.
        """
        with self._lock:
            if self._limits[call_class] is not None:
                self._running[call_class] -= 1
                self._ended[call_class].append((self._clock.monotonic(), refused))

    def refused_share(self, call_class: CallClass) -> float:
        """How much of a wait for a slot is due to calls that were refused, as a part of 1: their part of the slots."""
        with self._lock:
            ended = self._ended[call_class]
            return sum(refused for _, refused in ended) / (self._running[call_class] + len(ended) or 1)

    def reason(self, call_class: CallClass) -> str:
        """Why a call of this class waits."""
        return f"the provider allows {self._limits[call_class]} {call_class.value} a minute"


def _limit(limits: RateLimits, call_class: CallClass) -> int | None:
    match call_class:
        case CallClass.WRITE:
            return limits.write
        case CallClass.GET:
            return limits.get
        case CallClass.LIST:
            return limits.list
        case _:
            assert_never(call_class)
