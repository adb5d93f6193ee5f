"""The suite against a server that is no part of it, through its relay."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.server import Sandbox

SHIPPO_TOKEN = "shippo_test_of_the_suite"


def _pytest(folder: Path, *arguments: str, **variables: str) -> Mapping[str, int]:
    """How many tests of a run ended how."""
    base = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "RECONCILER"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, env=base | variables, capture_output=True, encoding="utf-8", check=False)
    *_, last = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout[-5000:]
    words = last.replace(",", "").split()
    return {word: int(number) for number, word in pairwise(words) if number.isdecimal()}


def test_suite_passes_at_shippos_own_sandbox(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions()) as sandbox:
        counts = _pytest(
            tmp_path, "--pyargs", "reconciler.testing", "--provider", "shippo", "--provider-url", sandbox.base_url,
            RECONCILER_PROVIDER_TOKEN=SHIPPO_TOKEN,
        )  # fmt: skip
        assert sandbox.store.list(SHIPPO_TOKEN) == ()  # it leaves nothing behind
    assert counts["passed"] >= 20
