"""Runs a command in a process of its own with hard limits of memory and work, and says how much memory it took."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from msgspec import Struct

from tests.e2e.tool import TOKEN
from tests.support.draws import times

LIMIT = 4 * 2**30
"""Bytes of address space, far above what any command may take in memory: so that the machine lives, too."""
SECONDS = 20 + 2 * times()
"""Of the processor's time, which others' work on the machine doesn't count in."""
WAIT = 600
ROOT = Path(__file__).parents[2]

_CHILD = f"""
import os, resource, sys
from tests.support.clock import FakeClock  # waiting for a provider's limits takes no time
resource.setrlimit(resource.RLIMIT_AS, ({LIMIT}, {LIMIT}))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
from reconciler.cli.main import main
code = main(sys.argv[2:], dict(os.environ), FakeClock())
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
with open(sys.argv[1], "w") as file:
    file.write(peak)
sys.stdout.flush()
os._exit(code)
"""


class Measured(Struct, frozen=True, kw_only=True):
    """How a command ended.

    Attributes:
        code: its exit code.
        out: its results.
        err: everything else.
        peak: MiB of memory at most.
    """

    code: int
    out: str
    err: str
    peak: int


def measured(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, stdin: IO[bytes] | None = None
) -> Measured:
    """Run a command to its end in a folder."""
    peak = folder / "peak"
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(peak), *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "SHIPPO_API_TOKEN": TOKEN, **(environment or {})},
        stdin=stdin or subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT,
        check=False,
    )
    assert "this is a bug" not in done.stderr, done.stderr[-2000:]
    assert peak.exists(), (done.returncode, done.stderr[-2000:])
    return Measured(code=done.returncode, out=done.stdout, err=done.stderr, peak=int(peak.read_text()) // 1024)
