"""How many examples a test draws: a few in every run, many in a long one.

`FUZZ_TIMES=100 HYPOTHESIS_PROFILE=default pytest tests/fuzz` draws a hundred times as many, others each time: what the
usual run draws of the slowest tests shows a defect of a whole kind, and that long run the rare ones.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def times() -> int:
    """How many times as much a long run does."""
    return int(os.environ.get("FUZZ_TIMES", "1"))


def draws(count: int, *more: HealthCheck) -> settings:
    """Settings of a test that draws so many in every run, and for which these health checks mean nothing, too."""
    checks = [HealthCheck.too_slow, *more]
    return settings(max_examples=count * times(), deadline=None, suppress_health_check=checks)
