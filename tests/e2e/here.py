"""Runs the command in this process: as the installed one, only sooner, for tests that need hundreds of runs."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

from reconciler.cli.main import main
from tests.e2e.tool import TOKEN, Ended


def run_here(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run it to its end in a folder.

    Args:
        folder: where.
        arguments: without the program's name.
        environment: beside the token.
    """
    out, err = io.StringIO(), io.StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = main(arguments, {"SHIPPO_API_TOKEN": TOKEN, **(environment or {})})
    assert "this is a bug" not in err.getvalue(), err.getvalue()
    return Ended(code=code, out=out.getvalue(), err=err.getvalue())
