"""Time and chance, as every policy here is handed them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time and chance, handed in so that tests can hold them."""

    def now(self) -> datetime:
        """The time of day (UTC)."""

    def monotonic(self) -> float:
        """Seconds that only ever grow."""

    def sleep(self, seconds: float) -> bool:
        """Wait; False at once when the run is asked to stop before the time is over."""

    def chance(self) -> float:
        """A random number from 0 up to, not including, 1."""

    def stopping(self) -> bool:
        """Whether the run was asked to stop: then no new call starts."""
