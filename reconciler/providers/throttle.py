"""The waits that a provider asks for, by 429 or `Retry-After`: how long, and when a run has waited enough."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

UNTOLD_WAITS = (15.0, 30.0, 60.0)
"""Seconds, where a 429 doesn't say: the first time, the second, and every time after that."""
SHORTEST_WAIT = 1.0
"""Seconds after a 429 that says not to wait at all; when the next one says so too, it counts as saying nothing."""
ALLOWANCE = 300.0
"""Seconds that a run may wait in all, the pacing that repeated calls cause included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """When calls may go on.

    Attributes:
        open_at: when (in the clock's monotonic seconds) the next call may be sent.
        waited: seconds waited so far, those until `open_at` included where they are waited for, and the share of pacing
            that refused calls cause.
        paced_until: until when pacing was counted.
        refusals: how many 429s came one after another that didn't say how long to wait.
        given_up: the wait until `open_at` is longer than a run may wait.
    """

    open_at: float = 0.0
    waited: float = 0.0
    paced_until: float = 0.0
    refusals: int = 0
    given_up: bool = False

    def refused(self, *, sent_at: float, now: float, told: float | None) -> Throttle:
        """A call was answered with 429.

        Args:
            sent_at: when it was sent.
            now: when the answer came.
            told: seconds that the answer says to wait; None where it doesn't say.
        """
        if told is not None and told >= SHORTEST_WAIT:
            return self.told(told, now)
        if sent_at < self.open_at:
            return self  # sent before the wait for another call's refusal: one refusal, not two
        wait = UNTOLD_WAITS[min(self.refusals, len(UNTOLD_WAITS) - 1)]
        if told is not None and not self.refusals:
            wait = SHORTEST_WAIT
        return replace(self, refusals=self.refusals + 1).told(wait, now)

    def told(self, seconds: float, now: float) -> Throttle:
        """The provider asks that nothing is sent for a while."""
        open_at = now + seconds
        if open_at <= self.open_at:
            return self
        more = max(open_at - max(now, self.open_at, self.paced_until), 0.0)  # no second is counted twice
        # Who has given up stays so until then, however little later another call's answer says that is.
        still_given_up = self.given_up and now < self.open_at
        if still_given_up or self.waited + more > ALLOWANCE:
            return replace(self, open_at=open_at, given_up=True)
        return replace(self, open_at=open_at, waited=self.waited + more, given_up=False)

    def paced(self, seconds: float, share: float, now: float) -> Throttle:
        """A call is about to wait for a slot of the provider's limits.

        Args:
            seconds: that it waits from now.
            share: of these, as a part of 1, that refused calls cause; several calls that wait at once count once.
            now: when the wait begins.
        """
        end = now + seconds
        more = share * max(end - max(now, self.paced_until, self.open_at), 0.0)
        if more and self.waited + more > ALLOWANCE:
            return replace(self, open_at=max(end, self.open_at), given_up=True)
        return replace(self, waited=self.waited + more, paced_until=max(end, self.paced_until)) if share else self

    def succeeded(self, sent_at: float) -> Throttle:
        """A call was answered with something else than 429."""
        return replace(self, refusals=0) if self.refusals and sent_at >= self.open_at else self

    def wait(self, now: float) -> float:
        """Seconds until the next call may be sent."""
        return max(self.open_at - now, 0.0)


class SharedThrottle:
    """The throttle of an origin and token, shared by all threads that call with it."""

    def __init__(self) -> None:
        self._throttle = Throttle()
        self._lock = threading.Lock()

    @property
    def state(self) -> Throttle:
        """How it stands now."""
        with self._lock:
            return self._throttle

    def refused(self, *, sent_at: float, now: float, told: float | None) -> None:
        """As `Throttle.refused`."""
        with self._lock:
            self._throttle = self._throttle.refused(sent_at=sent_at, now=now, told=told)

    def told(self, seconds: float, now: float) -> None:
        """As `Throttle.told`."""
        with self._lock:
            self._throttle = self._throttle.told(seconds, now)

    def paced(self, seconds: float, share: float, now: float) -> None:
        """As `Throttle.paced`."""
        with self._lock:
            self._throttle = self._throttle.paced(seconds, share, now)

    def succeeded(self, sent_at: float) -> None:
        """As `Throttle.succeeded`."""
        with self._lock:
            self._throttle = self._throttle.succeeded(sent_at)
