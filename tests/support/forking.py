"""Runs of the command in processes forked from one that has everything loaded: as the installed one, only sooner."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from reconciler.cli import main as command
from tests.support.digests import make_digests_cheap

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", "tests.support.warm"])


def be_the_command(
    folder: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    streams: tuple[int, int],
    first: Callable[[], object] | None,
) -> NoReturn:
    """In the new process: run the command, and leave with its code.

    Args:
        folder: where it runs.
        arguments: without the program's name.
        environment: all of it.
        streams: the descriptors that become standard output and standard error.
        first: is called before the command begins.
    """
    make_digests_cheap()
    os.chdir(folder)
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the process's own streams
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    if first is not None:
        first()
    os._exit(command.main(arguments, environment))  # every line is written out when it is said
