"""A whole run on a test token against the published limits, with a clock that both sides share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.cli.main import main
from reconciler.sandbox.api import SandboxOptions
from tests.e2e.tool import HOST, Tool, entries
from tests.support.clock import START, FakeClock, FastClock
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
    said = "default: making the changes takes at least 2 min 0 s: the provider allows 50 writes a minute"
    assert captured.err.count("takes at least") == 1
    assert said in captured.err
    # Two windows must pass for 130 writes at 50 a minute: it waited, and for no longer than it had to.
    assert 120 <= clock.monotonic() <= 200


def test_long_run_of_many_workers_and_readers_is_never_refused_and_uses_its_bursts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = FastClock(speed=50)
    options = SandboxOptions(limits=True, clock=lambda: START.timestamp() + clock.monotonic())
    environment = {"SHIPPO_API_TOKEN": TOKEN, "PATH": os.environ["PATH"]}
    with Sandbox(options) as sandbox:
        url = f"{HOST}/e{{}}"
        for number in range(1_100):
            is_off = number % 20 == 0
            sandbox.store.create(TOKEN, url=url.format(number), event="track_updated", active=not is_off, is_test=True)
        tool = Tool(folder=tmp_path, sandbox=sandbox)
        tool.write(entries(**{f"e{number}": f"/e{number}" for number in range(30, 1_130)}))
        monkeypatch.chdir(tmp_path)
        code = main(["apply", "--auto-approve", "--parallelism", "16", "--allow-losses", "30"], environment, clock)
        log = sandbox.log()
    captured = capsys.readouterr()
    assert code == 0, captured.err
    assert {entry.status for entry in log} == {200, 201, 204, 404}  # what was deleted is looked for
    said = "default: listing the webhooks takes at least 1 min 0 s: the provider allows 10 lists a minute"
    assert said in captured.err
    lists = sorted(entry.time for entry in log if (entry.method, entry.path) == ("GET", "/webhooks"))
    assert lists[9] - lists[0] < 60 < lists[10] - lists[0]  # ten at once, and one a window later
