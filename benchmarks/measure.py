"""Runs programs in turn, and takes what each cost from the system's account of the process (`wait4`)."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).parent.parent
PLAIN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
_MIB = 2**20 if sys.platform == "darwin" else 2**10  # what `ru_maxrss` counts in, bytes or kibibytes
_MOST_SAID = 2_000  # bytes of what a program that failed says


class Quantity(Enum):
    """What is compared; its value is the unit."""

    CPU = "s of CPU time"  # user and system; the server's isn't in it, and little of what else the machine does
    TIME = "s"
    MEMORY = "MiB"  # the most that was resident


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one run cost."""

    cpu: float
    time: float
    memory: float = 0.0

    def of(self, quantity: Quantity) -> float:
        return {Quantity.CPU: self.cpu, Quantity.TIME: self.time, Quantity.MEMORY: self.memory}[quantity]


class Program(Protocol):
    """Runs once, and gives what that cost; its results go to a file where one is given."""

    def __call__(self, out: Path | None = None) -> Sample: ...


Samples = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure: what was measured, as a ratio to its baseline in the same run.

    `ratio` is the median of the pairs' ratios; `measured` and `least` are the medians of both sides.
    """

    group: str
    name: str
    baseline: str
    quantity: Quantity
    measured: float
    least: float
    ratio: float
    size: int = 0  # webhooks; 0 where the figure isn't one of a row of sizes
    series: str = ""

    def json(self) -> dict[str, Any]:
        return {**asdict(self), "quantity": self.quantity.value}


class FailedError(Exception):
    """A program that is measured failed, so that its time would say nothing."""


def program(
    *command: str, code: int = 0, folder: Path = ROOT, environment: Callable[[], Mapping[str, str]] = dict
) -> Program:
    """A program in a process of its own.

    Args:
        command: with its arguments.
        code: how it must end.
        folder: where it runs.
        environment: of each run, beside the usual few variables.
    """

    def run(out: Path | None = None) -> Sample:
        with tempfile.TemporaryFile() as errors, (out or Path(os.devnull)).open("wb") as results:
            start = time.perf_counter()
            process = subprocess.Popen(  # noqa: S603 - the programs of this folder
                command,
                cwd=folder,
                env={**PLAIN, **environment()},
                stdin=subprocess.DEVNULL,
                stdout=results,
                stderr=errors,
            )
            _, status, usage = os.wait4(process.pid, 0)
            taken = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != code:
                errors.seek(0)
                said = errors.read(_MOST_SAID).decode(errors="replace")
                raise FailedError(f"`{' '.join(command)}` ended with {process.returncode}:\n{said}")
        return Sample(cpu=usage.ru_utime + usage.ru_stime, time=taken, memory=usage.ru_maxrss / _MIB)

    return run


def python(code: str, *arguments: str, environment: Callable[[], Mapping[str, str]] = dict) -> Program:
    """A program of Python's, whose modules are compiled once, as those of the installed command are."""
    return program(sys.executable, "-c", code, *arguments, environment=environment)


def module(name: str, *arguments: str, environment: Callable[[], Mapping[str, str]] = dict) -> Program:
    """A program of this folder."""
    return python(f"from benchmarks.{name} import main; main()", *arguments, environment=environment)


def tool(*arguments: str, code: int = 0, environment: Callable[[], Mapping[str, str]] = dict) -> Program:
    """The installed command."""
    return program(str(Path(sys.executable).with_name("reconciler")), *arguments, code=code, environment=environment)


def in_turn(programs: Mapping[str, Program], runs: int, *, warm: bool) -> Samples:
    """Run all of them, one after the other, so many times; `warm`: once before, for what only the first run does."""
    rounds = [{name: run() for name, run in programs.items()} for _ in range(runs + warm)]
    return {name: [found[name] for found in rounds[warm:]] for name in programs}


def ratio(measured: Sequence[Sample], least: Sequence[Sample], quantity: Quantity) -> tuple[float, float, float]:
    """The medians of both sides, and of the ratios of their pairs."""
    pairs = [(mine.of(quantity), other.of(quantity)) for mine, other in zip(measured, least, strict=True)]
    return (
        statistics.median(mine for mine, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(mine / other for mine, other in pairs),
    )


@contextmanager
def serving(webhooks: int = 0, latency: float = 0.0) -> Iterator[str]:
    """The URL of a server, in a process of its own, with so many webhooks in each account."""
    arguments = ("--webhooks", str(webhooks), "--latency", str(latency))
    command = (sys.executable, "-m", "benchmarks.server", *arguments)
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout is not None
        try:
            base_url = server.stdout.readline().strip()
            if not base_url:
                raise FailedError("the server that is measured against didn't start")
            yield base_url
        finally:
            server.terminate()
