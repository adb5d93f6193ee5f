"""`reconciler demo`: its story, and its pauses on a terminal."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.e2e.tool import Ended, Tool

PAUSE = "Press Enter to continue (Ctrl-C stops): "
STEPS = ["plan", "apply --auto-approve -q", "drift -q", "apply --auto-approve -q", "destroy --auto-approve"]


@pytest.fixture
def temporary(tool: Tool, tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    tool.environment["TMPDIR"] = str(folder)
    return folder


@pytest.fixture(scope="module")
def told(shared: Tool) -> tuple[Ended, list[Path]]:
    """How it ended, and what it left behind."""
    folder = shared.folder / "temporary"
    folder.mkdir()
    ended = shared.run_installed("demo", TMPDIR=str(folder), RECONCILER_FILE="none.yaml")
    return ended, [*folder.iterdir()]


def test_demo_tells_its_story_and_leaves_nothing_behind(told: tuple[Ended, list[Path]]) -> None:
    ended, left = told
    assert (ended.code, ended.err, left) == (0, "", [])
    commands = re.findall(r"^\$ reconciler (.*) --base-url http://127\.0\.0\.1:\d+$", ended.out, re.MULTILINE)
    assert commands == STEPS
    last_words = [
        "Plan: 1 to create, 1 to update, 0 to delete; 1 unmanaged.",
        "Apply complete: 1 created, 1 updated, 0 deleted.",
        "Drift detected: 1 difference.",
        "Apply complete: 0 created, 1 updated, 0 deleted.",
        "Refused for account default. Nothing was changed.",
    ]
    assert [line for line in ended.out.splitlines() if line in last_words] == last_words
    assert "  If this is intended, add `--allow-losses 1`." in ended.out


def test_demo_is_short_and_begins_and_ends_with_what_is_useful(told: tuple[Ended, list[Path]]) -> None:
    ended, _ = told
    lines = ended.out.splitlines()
    assert len(lines) < 120
    assert lines[:2] == ["# This file says which webhooks an account should have.", "$ cat webhooks.yaml"]
    next_ones = ["reconciler init", "reconciler export --out webhooks.yaml", "reconciler sandbox --messy"]
    assert [re.split(r"   +", line)[1] for line in lines[-3:]] == next_ones
    assert "an-older-secret" not in ended.out


def test_demo_waits_for_enter_on_a_terminal(tool: Tool) -> None:
    with Terminal(tool, "demo") as terminal:
        for step in STEPS:
            terminal.until(f"$ reconciler {step} --base-url ")
            shown = terminal.until(PAUSE)
            assert shown.endswith(PAUSE), shown
            terminal.shown = ""
            terminal.type("\n")
        assert (terminal.end(), PAUSE in terminal.shown) == (0, False)


@pytest.mark.parametrize(
    "shell",
    [
        pytest.param('set -o pipefail; "$@" | cat', id="output-in-a-pipe"),
        pytest.param('"$@" </dev/null', id="no-input"),
    ],
)
def test_demo_does_not_wait(tool: Tool, shell: str) -> None:
    with Terminal(tool, "demo", shell=shell) as terminal:
        assert terminal.end() == 0, terminal.shown
        assert PAUSE not in terminal.shown
        assert "What next?" in terminal.shown


def test_demo_can_be_stopped_at_a_pause(tool: Tool, temporary: Path) -> None:
    with Terminal(tool, "demo") as terminal:
        terminal.until(PAUSE)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130, terminal.shown
    assert list(temporary.iterdir()) == []


def test_demo_that_is_asked_to_neither_waits_nor_has_colors(tool: Tool) -> None:
    with Terminal(tool, "demo", "--no-color", "--no-pause") as terminal:
        assert (terminal.end(), re.findall(r"\x1b\[[0-9;]*m", terminal.shown)) == (0, [])
        assert PAUSE not in terminal.shown
        assert "What next?" in terminal.shown
