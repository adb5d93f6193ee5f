"""A clock that doesn't make a test wait: it holds it in its hands."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeClock:
    """A `Clock` without real time. Safe to use from several threads.

    Args:
        start: the time of day at the beginning (UTC).
        chance: what `chance()` always gives, from 0 up to, not including, 1.
        stop_at_sleep: the number of the sleep (1 for the first) during which the run is asked to stop; 0 for never.

    Attributes:
        sleeps: the seconds of every sleep asked for, in order.
    """

    def __init__(self, *, start: datetime = START, chance: float = 0.5, stop_at_sleep: int = 0) -> None:
        self.sleeps: list[float] = []
        self._start = start
        self._chance = chance
        self._stop_at_sleep = stop_at_sleep
        self._passed = 0.0
        self._stopping = False
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time of day (UTC)."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        with self._lock:
            return self._passed

    def sleep(self, seconds: float) -> bool:
        """Let the time pass at once; False where the run is asked to stop, and then no time passes."""
        with self._lock:
            self.sleeps.append(seconds)
            if len(self.sleeps) == self._stop_at_sleep:
                self._stopping = True
            if self._stopping:
                return False
            self._passed += max(seconds, 0.0)
            return True

    def chance(self) -> float:
        """The number that the test chose."""
        return self._chance

    def stopping(self) -> bool:
        """Whether `stop()` was called, or the sleep came that stops."""
        with self._lock:
            return self._stopping

    def stop(self) -> None:
        """Ask the run to stop, as the first Ctrl-C does."""
        with self._lock:
            self._stopping = True

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        with self._lock:
            self._passed += seconds


class FastClock:
    """A `Clock` on which so many seconds go by in each real one, for what several threads wait for at once."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began = time.monotonic()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self._speed

    def sleep(self, seconds: float) -> bool:
        time.sleep(max(seconds, 0.0) / self._speed)
        return True

    def chance(self) -> float:
        return 0.5

    def stopping(self) -> bool:
        return False
