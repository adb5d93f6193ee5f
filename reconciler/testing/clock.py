"""The machine's clock without its waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.operations.signals import Stop, SystemClock

LONGEST_PAUSE = 0.002  # seconds that a wait of a hurried clock really takes


class HurriedClock(SystemClock):
    """The machine's clock, but waits pass at once, as if it had jumped: a run may wait for as long as it is told."""

    def __init__(self, stop: Stop | None = None) -> None:
        super().__init__(stop or Stop())
        self._skipped = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._skipped)

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped

    def sleep(self, seconds: float) -> bool:
        goes_on = super().sleep(min(seconds, LONGEST_PAUSE))
        self._skipped += max(seconds - LONGEST_PAUSE, 0.0)
        return goes_on
