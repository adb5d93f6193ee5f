"""A run's clock, and how it is asked to stop."""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import FrameType

STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # a lost terminal hangs up
_FIRST_WORDS = b"\nStopping: running calls end first, and no other starts. A second signal stops at once.\n"
_LAST_WORDS = b"\nStopped at once: running calls were cut off. `reconciler plan` shows where things stand.\n"
_SHOW_CURSOR = b"\x1b[?25h"


def leave_signals_to_the_main_thread() -> None:
    """What a working thread begins with: a signal that it got would not wake the main thread, which takes them."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)


class Interrupted(KeyboardInterrupt):
    """A signal came while there was nothing to finish: the run ends here."""


class Stop:
    """Whether the run was asked to stop, and by which signal."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._finishing = False
        self.signal = 0

    def ask(self, number: int) -> None:
        """Ask the run to stop: running calls end, no new one starts, waits end at once."""
        self.signal = self.signal or number
        self._asked.set()

    def is_asked(self) -> bool:
        """Whether it was."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is asked; whether it was."""
        return self._asked.wait(seconds)

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Meanwhile the first signal only asks: there are calls that must end, and a report to make."""
        self._finishing = True
        try:
            yield
        finally:
            self._finishing = False

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Take SIGINT, SIGTERM and SIGHUP: the first asks to stop, the second ends the process at once.

        One that comes while the interpreter takes an object apart is lost there, as a trace on standard error; the run
        was asked to stop all the same.
        """

        def handle(number: int, _frame: FrameType | None) -> None:
            # Looked at and set first of all: the next signal may come while this one is being taken.
            if self.signal:
                _tell((_SHOW_CURSOR if os.isatty(2) else b"") + _LAST_WORDS)
                os._exit(128 + number)  # joining the threads would wait for the calls they hold
            self.signal = number
            self.ask(number)
            if not self._finishing:
                raise Interrupted
            _tell(_FIRST_WORDS)

        before = {number: signal.signal(number, handle) for number in STOP_SIGNALS if not _is_disregarded(number)}
        told = sys.unraisablehook
        sys.unraisablehook = lambda lost: None if isinstance(lost.exc_value, Interrupted) else told(lost)
        try:
            yield
        finally:
            sys.unraisablehook = told
            for number, handler in before.items():
                signal.signal(number, handler)


def _is_disregarded(number: int) -> bool:
    """Whether the process was started with `nohup`: then a lost terminal must not stop it.

    SIGINT is taken even where it is ignored, as scripts let their background commands do: who sends it means it.
    """
    return signal.Signals(number).name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN


def _tell(words: bytes) -> None:
    """Say something on standard error from a signal's handler, where a stream may be in the middle of a line.

    Whoever read it may be gone, with the terminal that hung up, say, or read no more, so that a pipe is full: that must
    not keep the process from ending.
    """
    if _takes_words():
        with suppress(OSError):
            os.write(2, words)


def _takes_words() -> bool:
    """Whether standard error takes a few words at once.

    A pipe that can be written to has room for more than these. It isn't made non-blocking, since others share it.
    """
    try:
        return bool(select.select((), (2,), (), 0)[1])
    except OSError:
        return True  # closed, which writing finds out; or Windows, where only sockets can be asked


class SystemClock:
    """The machine's time and chance; sleeps end when the run is asked to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._random = random.SystemRandom()

    def now(self) -> datetime:
        """The time of day (UTC)."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> bool:
        """Wait; False at once when the run is asked to stop before the time is over."""
        return not self._stop.wait(seconds)

    def chance(self) -> float:
        """A random number from 0 up to, not including, 1."""
        return self._random.random()

    def stopping(self) -> bool:
        """Whether the run was asked to stop."""
        return self._stop.is_asked()
