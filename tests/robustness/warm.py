"""Imported once by the process that runs are forked from: runs the command, so that all its libraries are loaded."""

from __future__ import annotations

import io
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

from reconciler.cli.main import main
from tests.robustness import child, defects
from tests.robustness.case import HOOKS, Account, Case, Entry, file_text, variables

__all__ = ["child", "defects"]  # what a forked process imports

_CASE = Case(
    accounts=(Account(name="live", token="shippo_live_of-nobody", owns=(f"{HOOKS}/*",)),),
    entries=(Entry(name="entry", account="live", url=f"{HOOKS}/a?token=${{HOOK_A}}", events=("all",)),),
)

with tempfile.TemporaryDirectory() as folder, chdir(folder):
    Path("webhooks.yaml").write_text(file_text(_CASE, "http://127.0.0.1:9"), encoding="utf-8")  # nobody is there
    for arguments in (("drift",), ("export",), ("apply", "--auto-approve", "--format", "json", "-vv")):
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            main(arguments, variables(_CASE))
