"""A step of the action in a process forked from one with its modules loaded: as `python action STEP`, only sooner."""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from reconciler.cli import main as command
from tests.support.forking import CONTEXT

ACTION = Path(__file__).parents[2] / "action"
WAIT = 30

if str(ACTION) not in sys.path:  # in the process that steps are forked from
    sys.path.append(str(ACTION))
for name in ("start", "reviewed", "run", "report"):
    importlib.import_module(f"steps.{name}")


def warm_step(folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Take a step in a folder; its exit code, and what it said on both streams."""
    said, out = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_take, args=(folder, arguments, dict(environment), out), daemon=True)
    process.start()
    out.close()
    log = b""
    while said.poll(WAIT) and (read := os.read(said.fileno(), 65536)):
        log += read
    said.close()
    process.join(WAIT)
    assert process.exitcode is not None, log
    return process.exitcode, log.decode()


def _take(folder: Path, arguments: Sequence[str], environment: Mapping[str, str], out: Connection) -> None:
    """Be the step: in the new process."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number in (1, 2):
        os.dup2(out.fileno(), number)
    out.close()
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115 - the process's own streams
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    os.execv = _become  # type: ignore[assignment] # the tool, which is all that a step becomes
    os._exit(runpy.run_path(str(ACTION / "__main__.py"))["main"](*arguments))


def _become(program: Path, arguments: Sequence[str]) -> NoReturn:
    assert program.name == "reconciler"
    assert os.access(program, os.X_OK)
    os._exit(command.main(arguments[1:], dict(os.environ)))
