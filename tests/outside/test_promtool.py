"""Prometheus' own tool (Debian's package `prometheus`) accepts the metrics and the example's alert rules."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.output.telling import plan_told
from tests.support.builders import entry, hook, planned

pytestmark = pytest.mark.outside
RULES = Path(__file__).parents[2] / "examples" / "prometheus"


def _promtool(*arguments: str, stdin: str = "") -> str:
    done = subprocess.run(["promtool", *arguments], cwd=RULES, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_alert_rules_are_valid_and_do_what_their_test_says() -> None:
    assert "4 rules found" in _promtool("check", "rules", "rules.yml")
    assert "SUCCESS" in _promtool("test", "rules", "rules.test.yml")


def test_metrics_have_nothing_that_prometheus_warns_of() -> None:
    plan = planned([entry("a"), entry("b", "/b")], [hook("1", active=False), hook("2", "/c")])
    assert _promtool("check", "metrics", stdin=plan_told("prometheus", plan, is_drift=True)) == ""
