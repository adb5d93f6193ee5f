"""A whole run on a test token against the published limits, with a clock that both sides share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.cli.main import main
from reconciler.sandbox.api import SandboxOptions
from tests.e2e.tool import Tool, entries
from tests.support.clock import START, FakeClock
from tests.support.sandbox import Sandbox

TOKEN = "shippo_test_limits"


def test_apply_of_many_on_a_test_token_stays_under_the_published_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = FakeClock()
    options = SandboxOptions(limits=True, clock=lambda: START.timestamp() + clock.monotonic())
    with Sandbox(options) as sandbox:
        tool = Tool(folder=tmp_path, sandbox=sandbox)
        tool.write(entries(**{f"e{number}": f"/{number}" for number in range(130)}))
        monkeypatch.chdir(tmp_path)
        environment = {"SHIPPO_API_TOKEN": TOKEN, "PATH": os.environ["PATH"]}
        code = main(["apply", "--auto-approve"], environment, clock)
        log = sandbox.log()
        there = sandbox.store.list(TOKEN)
    captured = capsys.readouterr()
    assert (code, len(there)) == (0, 130), captured.err
    assert [entry.status for entry in log if entry.status == 429] == []
    writes = [entry.time for entry in log if entry.method == "POST"]
    assert len(writes) == 130
    for start in writes:
        assert sum(start <= time < start + 60 for time in writes) <= 50
    assert "waiting" in captured.err
    # Two windows must pass for 130 writes at 50 a minute: it waited, and for no longer than it had to.
    assert 120 <= clock.monotonic() <= 200
