"""A run's clock, and how it is asked to stop."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import FrameType

STOP_SIGNALS = tuple(  # a lost terminal hangs up
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if name in signal.Signals.__members__
)
_FIRST_WORDS = b"\nStopping: running requests finish first, and no new ones start. A second signal stops immediately.\n"
CUT_OFF = "Stopped immediately: running requests were cut off."
_LAST_WORDS = f"\n{CUT_OFF} `reconciler plan` shows what is left to do.\n".encode()
_LAST_SECONDS = 0.5
"""How long a process that is told to end at once takes to write its reports, at most."""
_SHOW_CURSOR = b"\x1b[?25h"


class Interrupted(KeyboardInterrupt):
    """A signal came while there was nothing to finish: the run ends here."""


class Stop:
    """Whether the run was asked to stop, and by which signal; 0 while it wasn't."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._finishing = False
        self._ending = False
        self.signal = 0
        self.last_words: Callable[[int], None] | None = None
        """What writes the reports of a run that is cut off by this signal; in a thread of its own."""

    def ask(self, number: int) -> None:
        """Ask the run to stop: running calls end, no new one starts, waits end at once."""
        self.signal = self.signal or number
        self._asked.set()

    def is_asked(self) -> bool:
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is asked; whether it was."""
        return self._asked.wait(seconds)

    def _say_last_words(self, number: int) -> None:
        """Let the reports be written, as far as that takes no time that anybody notices.

        The thread that took the signal may hold any lock, and waits here for another that may need it: only so long.
        `threading` has locks of its own, so the thread is made without it.
        """
        if self.last_words is None or self._ending:
            return
        self._ending = True
        say, is_said = self.last_words, threading.Lock()
        is_said.acquire()

        def said() -> None:
            with suppress(Exception):
                say(number)
            is_said.release()

        with suppress(RuntimeError):  # no more threads
            start_new_thread(said, ())
            is_said.acquire(timeout=_LAST_SECONDS)

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
        was asked to stop all the same. With `nohup` a lost terminal must not stop it; SIGINT is taken even where it is
        ignored, as scripts let their background commands do: who sends it means it.
        """

        def handle(number: int, _frame: FrameType | None) -> None:
            # Looked at and set first of all: the next signal may come while this one is being taken.
            if self.signal:
                _tell((_SHOW_CURSOR if os.isatty(2) else b"") + _LAST_WORDS)
                self._say_last_words(number)
                os._exit(128 + number)  # joining the threads would wait for the calls they hold
            self.signal = number
            self.ask(number)
            if not self._finishing:
                raise Interrupted
            _tell(_FIRST_WORDS)

        def is_disregarded(number: signal.Signals) -> bool:
            return number.name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN

        before = {number: signal.signal(number, handle) for number in STOP_SIGNALS if not is_disregarded(number)}
        told = sys.unraisablehook
        sys.unraisablehook = lambda lost: None if isinstance(lost.exc_value, Interrupted) else told(lost)
        try:
            yield
        finally:
            sys.unraisablehook = told
            for number, handler in before.items():
                signal.signal(number, handler)


def _tell(words: bytes) -> None:
    """Say something on standard error from a signal's handler, where a stream may be in the middle of a line.

    Whoever read it may be gone, with the terminal that hung up, say, or read no more, so that a pipe is full: that must
    not keep the process from ending. A pipe that can be written to has room for more than these few words; it isn't
    made non-blocking, since others share it.
    """
    try:
        is_ready = bool(select.select((), (2,), (), 0)[1])
    except OSError:
        is_ready = True  # closed, which writing finds out; or Windows, where only sockets can be asked
    if is_ready:
        with suppress(OSError):
            os.write(2, words)


class SystemClock:
    """The machine's time and chance, as `http.pacing.Clock` wants them; sleeps end when the run is asked to stop."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> bool:
        return not self._stop.wait(seconds)

    def chance(self) -> float:
        import random  # only where a call is repeated  # noqa: PLC0415

        return random.SystemRandom().random()

    def stopping(self) -> bool:
        return self._stop.is_asked()
