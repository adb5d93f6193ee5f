"""Runs the command in this process: as the installed one, only sooner, for tests that need hundreds of runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.providers.clock import Clock
from tests.e2e.tool import TOKEN, Ended
from tests.support.here import main_here


def run_here(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, clock: Clock | None = None
) -> Ended:
    """Run it to its end in a folder.

    Args:
        folder: where.
        arguments: without the program's name.
        environment: beside the token.
        clock: the run's; the machine's own where none is given.
    """
    code, out, err = main_here(folder, arguments, {"SHIPPO_API_TOKEN": TOKEN, **(environment or {})}, clock)
    assert "this is a bug" not in err, err
    return Ended(code=code, out=out, err=err)
