"""Standard output and error that are full, closed, or read by nobody: no work is stopped midway, nothing is a bug."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest

from reconciler.cli.main import main
from reconciler.sandbox.faults import Rule
from tests.e2e.forked import Forked
from tests.e2e.tool import COMMAND, HOST, WAIT, Ended, Tool, entries, run_here
from tests.support.faults import HoldAnswer

COMMANDS = [
    pytest.param(("plan",), 0, id="plan"),
    pytest.param(("plan", "--format", "json", "--detailed-exitcode"), 2, id="plan-json"),
    pytest.param(("drift",), 2, id="drift"),
    pytest.param(("list",), 0, id="list"),
    pytest.param(("export",), 0, id="export"),
    pytest.param(("validate",), 0, id="validate"),
    pytest.param(("show", "saved.plan"), 0, id="show"),
    pytest.param(("schema",), 0, id="schema"),
    pytest.param(("validate", "-f", "nowhere.yaml"), 1, id="error"),
    pytest.param((), 1, id="nothing"),
    pytest.param(("apply", "--auto-approve"), 0, id="apply"),
    pytest.param(("apply", "--auto-approve", "--format", "json"), 0, id="apply-json"),
    pytest.param(("apply", "saved.plan"), 0, id="apply-saved"),
]
_NUMBERS = count()


@pytest.fixture
def ready(tool: Tool) -> Tool:
    """A file about which there is something to say on standard error, too, and a saved plan."""
    tool.write(
        entries(**{f"e{n}": f"/{n}?token=${{T}}" for n in range(3)}), owns=f"[{HOST}/*, https://unused.example.com/*]"
    )
    assert run_here(tool.folder, "plan", "--out", "saved.plan", environment={"T": "x"}).code == 0
    return tool


def _full(number: int) -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), number)


def _unread(number: int) -> None:
    read, write = os.pipe()
    os.dup2(write, number)
    os.close(read)


def _closed(number: int) -> None:
    """As the interpreter does where it finds the stream closed at the start."""
    os.close(number)
    setattr(sys, {1: "stdout", 2: "stderr"}[number], None)


def _both(change: Callable[[int], None]) -> None:
    change(2)
    change(1)


def _run(tool: Tool, first: Callable[[], None] | None, arguments: tuple[str, ...]) -> tuple[Ended, int]:
    """Run a command on an account of its own: how it ended, and how many webhooks the account has then."""
    token = f"shippo_live_streams-{next(_NUMBERS)}"
    with Forked(tool.folder, *arguments, environment={"SHIPPO_API_TOKEN": token, "T": "x"}, first=first) as command:
        ended = command.end()
    return ended, len(tool.sandbox.store.list(token))


@pytest.mark.parametrize(("arguments", "code"), COMMANDS)
def test_stream_that_takes_nothing_changes_no_more_than_what_is_read_there(
    ready: Tool, arguments: tuple[str, ...], code: int
) -> None:
    usual, made = _run(ready, None, arguments)
    assert (usual.code, made) == (code, 3 if arguments[:1] == ("apply",) else 0), usual.all
    for change in (_unread, _closed):
        assert _run(ready, partial(_both, change), arguments) == (Ended(code=code, out="", err=""), made)
    ended, there = _run(ready, partial(_full, 2), arguments)
    assert (ended.code, there, ended.out.count("\n")) == (code, made, usual.out.count("\n"))
    ended, there = _run(ready, partial(_full, 1), arguments)
    if usual.out:
        # Results that can't be read are an error, and what can't be shown is not begun.
        assert (ended.code, there) == (1, 0)
        assert "error: the output can't be written: No space left on device" in ended.err
    else:
        assert ended == usual


@pytest.mark.parametrize("arguments", ["--version", "--help", "plan --help", "help plan", "schema", "providers"])
def test_reader_who_has_gone_away_is_no_error(ready: Tool, arguments: str) -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [COMMAND, *arguments.split()], cwd=ready.folder, env=ready.env({}), stdin=subprocess.DEVNULL, stdout=write,
        stderr=subprocess.PIPE, timeout=WAIT, check=False,
    )  # fmt: skip
    os.close(write)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", ["--help", "apply --help", "--version", "list", "sandbox"])
@pytest.mark.parametrize("other", ["", "2>&1"])
def test_full_disk_under_the_output_of_the_installed_command_is_no_bug(ready: Tool, arguments: str, other: str) -> None:
    ended = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" {arguments} >/dev/full {other}', COMMAND], cwd=ready.folder,
        env=ready.env({"T": "x"}), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=WAIT,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert other or ended.stderr.splitlines()[-2:] == [
        "error: the output can't be written: No space left on device",
        "help: if changes were being applied, `reconciler plan` shows what is left to do.",
    ]


def test_full_disk_under_anything_else_is_not_said_to_be_the_outputs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: str) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("reconciler.cli.commands.packaged.files", full)
    assert main(["schema", "plan"], {}) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()[0]) == (
        "",
        "error: the system ran out of a resource: No space left on device",
    )


def test_reader_of_the_first_line_only_ends_nothing_early(ready: Tool) -> None:
    for number in range(900):  # more than a pipe holds, and no more pages than a minute allows
        ready.hook(f"https://other.example.com/{number}")
    ended = subprocess.run(
        ["/bin/sh", "-c", '{ "$0" plan -v; echo "code $?" >&2; } | head -1', COMMAND], cwd=ready.folder,
        env=ready.env({"T": "x"}), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=WAIT,
        check=False,
    )  # fmt: skip
    assert ended.stdout.splitlines() == ["Account default (Shippo, live mode): 900 of 900 webhooks listed"]
    assert ended.stderr.splitlines()[-1] == "code 0"


@pytest.mark.parametrize("more", [(), ("--format", "json"), ("-vv",)], ids=["text", "json", "verbose"])
def test_streams_that_nobody_reads_any_more_midway_stop_no_apply(tool: Tool, more: tuple[str, ...]) -> None:
    tool.write(entries(**{f"e{n}": f"/{n}" for n in range(6)}))
    held = tool.sandbox.faults.add(Rule(action=HoldAnswer(), method="POST"))
    with Forked(tool.folder, "apply", "--auto-approve", "--parallelism", "2", *more) as command:
        held.wait_until_held(2)
        command.stop_reading(out=True, err=True)
        tool.sandbox.faults.remove(held)
        assert command.end().code == 0
    assert len(tool.there()) == 6


def _into_a_file(path: Path, size: int) -> None:
    """Standard output becomes a file, and no file can grow beyond so many bytes."""
    os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), 1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("more", [(), ("--format", "json")], ids=["text", "json"])
def test_disk_that_is_full_midway_under_the_output_stops_no_apply(tool: Tool, more: tuple[str, ...]) -> None:
    tool.write(entries(**{f"e{n}": f"/{n}" for n in range(6)}))
    measured, _ = _run(tool, None, ("apply", "--auto-approve", *more))
    begun = measured.out.index(": create: done" if not more else '"type":"apply_start"')
    output = tool.folder / "output.txt"
    with Forked(tool.folder, "apply", "--auto-approve", *more, first=partial(_into_a_file, output, begun)) as command:
        ended = command.end()
    assert (ended.code, len(tool.there()), output.stat().st_size) == (0, 6, begun), ended.all
