"""Runs the command in this process, on streams that take bytes only, as those of a process do."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from reconciler.cli.main import main
from reconciler.http.pacing import Clock
from reconciler.testing.clock import HurriedClock


def main_here(
    folder: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    clock: Clock | None = None,
    stdin: bytes = b"",
) -> tuple[int, str, str]:
    """Run it to its end in a folder.

    Args:
        folder: where.
        arguments: without the program's name.
        environment: all of it.
        clock: the run's; the machine's without its waits where none is given.
        stdin: what stands on standard input.
    Returns:
        The exit code, and what it said on standard output and on standard error.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    given = io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    with chdir(folder), redirect_stdout(out), redirect_stderr(err), patch.object(sys, "stdin", given):
        code = main(arguments, environment, clock or HurriedClock())
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return code, said[0], said[1]
