"""Signals to the installed command as shells, scripts and terminals send them."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest

from reconciler.sandbox.faults import Rule
from tests.e2e.test_signals import STOPPING
from tests.e2e.tool import COMMAND, WAIT, Tool, entries
from tests.support.faults import ArmedRule, HoldAnswer

APPLY = (COMMAND, "apply", "--auto-approve", "--parallelism", "1")
STOPPED = "Stopped: 1 created, 0 updated, 0 deleted; 2 not done."


@pytest.mark.parametrize("arguments", [("validate",), ("apply", "--auto-approve")], ids=["validate", "apply"])
def test_signal_while_the_file_is_read_ends_it_without_a_word(tool: Tool, arguments: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [COMMAND, *arguments, "-f", "-"], cwd=tool.folder, env=tool.env({}), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(b"#" * 200_000)  # more than a pipe holds: it is read by now
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, out, err.strip(), tool.writes()) == (130, b"", b"", [])


def _background(tool: Tool, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=tool.folder, env=tool.env({}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True,
    )  # fmt: skip


@pytest.fixture
def held(tool: Tool) -> Iterator[ArmedRule]:
    """A file with three webhooks to create; every create's answer is held."""
    tool.write(entries(a="/a", b="/b", c="/c"))
    held = tool.sandbox.faults.add(Rule(action=HoldAnswer(), method="POST"))
    yield held
    tool.sandbox.faults.remove(held)


def test_interrupt_from_the_keyboard_reaches_it_beside_its_shell(tool: Tool, held: ArmedRule) -> None:
    process = _background(tool, "/bin/sh", "-c", '"$@"; exit $?', "sh", *APPLY)
    held.wait_until_held()
    os.killpg(process.pid, signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline() + process.stderr.readline() == f"\n{STOPPING}\n"
    held.release()
    out, err = process.communicate(timeout=WAIT)
    assert (out.splitlines()[-1], len(tool.there())) == (STOPPED, 1), out + err


def test_command_in_the_background_of_a_script_is_stopped_as_any(tool: Tool, held: ArmedRule) -> None:
    # Such a shell lets its background commands ignore SIGINT. Who sends it to this one means it, as with Terraform.
    process = _background(tool, "/bin/sh", "-c", '"$@" & echo $!; wait $!', "sh", *APPLY)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    held.wait_until_held()
    os.kill(pid, signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline() + process.stderr.readline() == f"\n{STOPPING}\n"
    held.release()
    out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, out.splitlines()[-1]) == (130, STOPPED), out + err


def test_nohup_keeps_it_running_when_the_terminal_is_gone(tool: Tool, held: ArmedRule) -> None:
    process = _background(tool, "nohup", *APPLY)
    held.wait_until_held()
    process.send_signal(signal.SIGHUP)
    tool.sandbox.faults.remove(held)
    out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, len(tool.there()), STOPPING in err) == (0, 3, False), out + err


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_terminal_that_is_lost_stops_it_and_the_next_apply_finishes(tool: Tool, held: ArmedRule) -> None:
    terminal, side = pty.openpty()
    process = subprocess.Popen(
        APPLY, cwd=tool.folder, env=tool.env({"TERM": "xterm-256color"}), stdin=side, stdout=side, stderr=side,
        start_new_session=True, preexec_fn=_take_terminal,  # noqa: PLW1509 - one call of the system
    )  # fmt: skip
    os.close(side)
    held.wait_until_held()
    os.close(terminal)  # hangs up: SIGHUP, and no output can be written any more
    tool.sandbox.faults.remove(held)
    assert process.wait(WAIT) == 128 + signal.SIGHUP
    assert tool.run("apply", "--auto-approve").code == 0
    assert len(tool.there()) == 3


def test_signal_of_a_broken_pipe_and_a_pause_change_nothing(tool: Tool, held: ArmedRule) -> None:
    process = _background(tool, *APPLY)
    held.wait_until_held()
    for number in (signal.SIGPIPE, signal.SIGSTOP, signal.SIGCONT):
        process.send_signal(number)
    tool.sandbox.faults.remove(held)
    out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, len(tool.there())) == (0, 3), out + err


def test_interrupt_before_anything_is_loaded_ends_it_without_a_traceback(tool: Tool) -> None:
    loading = tool.folder / "loading"
    loading.mkdir()
    (loading / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    ended = subprocess.run(
        [sys.executable, "-m", "reconciler", "--help"], cwd=tool.folder, env=tool.env({"PYTHONPATH": str(loading)}),
        stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=WAIT, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")
