"""Runs the command in this process, on streams that take bytes only, as those of a process do."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

from reconciler.cli.main import main
from reconciler.providers.clock import Clock


def main_here(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str], clock: Clock | None = None
) -> tuple[int, str, str]:
    """Run it to its end in a folder.

    Args:
        folder: where.
        arguments: without the program's name.
        environment: all of it.
        clock: the run's; the machine's own where none is given.
    Returns:
        The exit code, and what it said on standard output and on standard error.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = main(arguments, environment, clock)
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return code, said[0], said[1]
