"""What every test run shares: the same examples at every run, and how expected scenarios are rewritten."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests.support.digests import make_digests_cheap

# Derandomised, so that nothing fails by chance; a long run sets `default`. Neither looks at the clock, so that a busy
# machine fails nothing.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

make_digests_cheap()

# Many hundred processes import the tool, and each would compile it anew where nothing is kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Under `nohup`, or in the background of a script, these are ignored, and a process that is started inherits that. What
# takes a signal is not inherited.
for name in ("SIGINT", "SIGHUP"):
    number = getattr(signal, name, None)
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda _number, _frame: None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`, two more than there are cores: tests that wait for processes would leave them idle."""
    return (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) + 2


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option."""
    parser.addoption("--rewrite-scenarios", action="store_true", help="write what scenarios say now as expected")
