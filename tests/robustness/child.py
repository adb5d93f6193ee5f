"""The command in a process of its own, forked from one that has everything loaded: as the installed one, only sooner.

Only time differs: waits pass at once, as if the clock had jumped, so that a run may wait for as long as it is told.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from reconciler.cli import main as command
from reconciler.testing.clock import HurriedClock
from tests.robustness import defects
from tests.robustness.case import Told
from tests.support.forking import CONTEXT, be_the_command
from tests.support.here import main_here


class Running:
    """A command that runs.

    Args:
        folder: where it runs.
        arguments: without the program's name.
        environment: all of it.
        defect: the planted defect it has; empty for none.
    """

    _started = 0

    def __init__(self, folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str], defect: str) -> None:
        Running._started += 1
        self.arguments = arguments
        self._out = folder.parent / f"out-{Running._started}"
        self._err = folder.parent / f"err-{Running._started}"
        self._process = CONTEXT.Process(
            target=_run,
            args=(folder, arguments, dict(environment), str(self._out), str(self._err), defect),
            daemon=True,  # a test that fails leaves no process behind
        )
        self._process.start()

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait so long at most; whether it has ended."""
        self._process.join(seconds)
        return not self._process.is_alive()

    def told(self) -> Told:
        """What it said, after its end; a command that was killed has the negative signal as its code."""
        code = self._process.exitcode
        assert code is not None
        texts = [
            path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
            for path in (self._out, self._err)
        ]
        self._process.close()
        return Told(arguments=self.arguments, code=code, out=texts[0], err=texts[1])


def run_here(folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Told:
    """Run it in this process, to its end: for calm runs, which need no signals and no others beside them."""
    code, out, err = main_here(folder, arguments, environment, HurriedClock())
    return Told(arguments=arguments, code=code, out=out, err=err)


def _run(
    folder: Path, arguments: tuple[str, ...], environment: dict[str, str], out: str, err: str, defect: str
) -> None:
    """In the new process: run the command, and leave with its code."""
    streams = [os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600) for path in (out, err)]
    be_the_command(folder, arguments, environment, (streams[0], streams[1]), partial(_prepare, defect))


def _prepare(defect: str) -> None:
    setattr(command, "SystemClock", HurriedClock)  # noqa: B010 - the one thing that is not as installed
    if defect:
        defects.plant(defect)
