"""A person at a terminal, signals, pipes that close: apply asks, stops, and says what was done."""

from __future__ import annotations

import os
import re
import signal
import subprocess

import pytest

from reconciler.sandbox.faults import Rule, When
from tests.e2e.terminal import Terminal
from tests.e2e.tool import COMMAND, HOST, WAIT, Tool, entries
from tests.support.faults import ArmedRule, HoldAnswer

ASKED = "Only `yes` is accepted: "


@pytest.mark.parametrize(
    ("answer", "code", "made"),
    [
        pytest.param("yes\n", 0, 1, id="yes"),
        pytest.param("  yes \n", 0, 1, id="yes-with-blanks"),
        pytest.param("y\n", 1, 0, id="only-the-whole-word"),
        pytest.param("YES\n", 1, 0, id="capitals"),
        pytest.param("yes, do\n", 1, 0, id="more-than-the-word"),
        pytest.param("no\n", 1, 0, id="no"),
        pytest.param("\n", 1, 0, id="nothing"),
        pytest.param(b"\xff\xfe\n", 1, 0, id="no-text"),
        pytest.param("\x04", 1, 0, id="end-of-input"),
    ],
)
def test_apply_asks_and_only_yes_is_a_yes(tool: Tool, answer: str | bytes, code: int, made: int) -> None:
    tool.write(entries(a="/a"))
    with Terminal(tool, "apply") as terminal:
        terminal.until(ASKED)
        assert tool.writes() == []
        terminal.type(answer)
        assert (terminal.end(), len(tool.there())) == (code, made), terminal.shown
        last = "Cancelled. Nothing was changed.\x1b[0m\r\n"
        assert terminal.shown.endswith(last) is (code == 1), terminal.shown


@pytest.mark.parametrize(
    ("ahead", "answer", "code"),
    [
        pytest.param("yes\n", "no\n", 1, id="a-yes-is-no-answer-yet"),
        pytest.param("yes\nyes\nyes\n", "no\n", 1, id="many"),
        pytest.param("no\n", "yes\n", 0, id="nor-is-a-no"),
        pytest.param("ye", "s\n", 1, id="half-a-line"),
        pytest.param("no", "yes\n", 0, id="half-a-line-before-the-answer"),
        pytest.param("\x04", "yes\n", 0, id="end-of-input"),
    ],
)
def test_what_is_typed_before_the_question_is_no_answer(tool: Tool, ahead: str, answer: str, code: int) -> None:
    tool.write(entries(a="/a"))
    held = tool.sandbox.faults.add(Rule(action=HoldAnswer(), when=When(nth=1)))
    with Terminal(tool, "apply") as terminal:
        held.wait_until_held()
        terminal.type(ahead)
        _release(tool, held)
        terminal.until(ASKED)
        assert tool.writes() == []
        terminal.type(answer)
        assert (terminal.end(), len(tool.there())) == (code, 0 if code else 1), terminal.shown


def test_answer_to_one_question_answers_no_other(tool: Tool) -> None:
    tool.write(entries(a="/a", b="/b"))
    with Terminal(tool, "apply") as terminal:
        terminal.until(ASKED)
        tool.hook("/a")
        terminal.type("yes\nyes\n")
        terminal.until("changed in the meantime")
        terminal.shown = terminal.shown.partition("changed in the meantime")[2]
        terminal.until(ASKED)
        terminal.type("no\n")
        assert (terminal.end(), tool.writes()) == (1, [])


@pytest.mark.parametrize(("answer", "made"), [("yes", 1), ("no", 0)])
def test_what_is_pasted_with_the_answer_is_not_left_to_the_shell(tool: Tool, answer: str, made: int) -> None:
    tool.write(entries(a="/a"))
    shell = '"$@"; IFS= read -r -t 0.5 rest; echo "left to the shell: [$rest]"'
    with Terminal(tool, "apply", shell=shell) as terminal:
        terminal.until(ASKED)
        terminal.type(f"{answer}\ntouch pasted\nls\n")
        terminal.until("left to the shell: []")
        assert (terminal.end(), len(tool.there())) == (0, made)


def test_another_plan_after_the_yes_is_shown_and_asked_for_again(tool: Tool) -> None:
    tool.write(entries(a="/a", b="/b"))
    with Terminal(tool, "apply") as terminal:
        terminal.until(ASKED)
        tool.hook("/a")
        terminal.type("yes\n")
        terminal.until("changed in the meantime")
        terminal.shown = terminal.shown.partition("changed in the meantime")[2]
        terminal.until(ASKED)
        assert "Plan: 1 to create" in terminal.shown
        assert tool.writes() == []
        terminal.type("yes\n")
        assert terminal.end() == 0
    assert sorted(webhook.url for webhook in tool.there()) == [f"{HOST}/a", f"{HOST}/b"]


def test_signal_at_the_question_ends_it_with_nothing_done(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    with Terminal(tool, "apply") as terminal:
        terminal.until(ASKED)
        terminal.process.send_signal(signal.SIGINT)
        assert (terminal.end(), tool.writes()) == (130, [])


def _held_posts(tool: Tool) -> ArmedRule:
    return tool.sandbox.faults.add(Rule(action=HoldAnswer(), method="POST"))


def _release(tool: Tool, held: ArmedRule) -> None:
    tool.sandbox.faults.remove(held)
    held.release()


def _start(tool: Tool, *arguments: str, command: tuple[str, ...] = (COMMAND,)) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*command, *arguments], cwd=tool.folder, env=tool.env({}), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


@pytest.mark.parametrize(
    "command", [(COMMAND,), ("/bin/sh", "-c", f'exec "{COMMAND}" "$@"', "sh")], ids=["plain", "exec"]
)
def test_first_signal_lets_running_calls_finish_and_reports(tool: Tool, command: tuple[str, ...]) -> None:
    tool.write(entries(**{f"e{n}": f"/{n}" for n in range(6)}))
    held = _held_posts(tool)
    process = _start(tool, "apply", "--auto-approve", "--parallelism", "2", command=command)
    held.wait_until_held(2)
    process.send_signal(signal.SIGINT)
    _release(tool, held)
    out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 130, out + err
    done = len(re.findall(r"create: done$", out, re.MULTILINE))
    assert done == len(tool.there()) == len(tool.writes())
    assert f"Stopped: {done} created" in out
    assert len(re.findall(r"not started$", out, re.MULTILINE)) == 6 - done
    assert tool.run("apply", "--auto-approve").code == 0
    assert len(tool.there()) == 6


def test_second_signal_stops_at_once_though_calls_are_held(tool: Tool) -> None:
    tool.write(entries(**{f"e{n}": f"/{n}" for n in range(4)}))
    held = _held_posts(tool)
    process = _start(tool, "apply", "--auto-approve")
    held.wait_until_held(4)
    process.send_signal(signal.SIGINT)
    # Two that come before the first is taken are one: the second is sent until it is taken.
    while True:
        try:
            process.wait(0.1)
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, "Stopped immediately" in err) == (130, True), out + err
    _release(tool, held)
    assert tool.run("apply", "--auto-approve").code == 0
    assert len(tool.there()) == 4


def test_closed_standard_output_stops_no_apply_midway(tool: Tool) -> None:
    tool.write(entries(**{f"e{n}": f"/{n}" for n in range(6)}))
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [COMMAND, "apply", "--auto-approve"], cwd=tool.folder, env=tool.env({}), stdin=subprocess.DEVNULL,
        stdout=write, stderr=subprocess.PIPE, encoding="utf-8", timeout=WAIT, check=False,
    )  # fmt: skip
    os.close(write)
    assert (process.returncode, process.stderr, len(tool.there())) == (0, "", 6)


def test_output_is_plain_where_the_encoding_can_do_no_more(tool: Tool) -> None:
    tool.hook("/a?token=old")
    tool.write(entries(a="/a?token=${T}"))
    ended = tool.run_installed("plan", PYTHONIOENCODING="ascii", T="new")
    assert f"{HOST}/a?token=<hidden> -> {HOST}/a?token=${{T}}" in ended.out
    assert ended.all.isascii()


def test_colour_only_on_a_terminal_and_not_where_it_is_unwanted(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    assert "\x1b" not in tool.run("plan").all
    with Terminal(tool, "plan") as terminal:
        assert terminal.end() == 0
        assert "\x1b[" in terminal.shown
    with Terminal(tool, "plan", "--no-color", "-q") as terminal:
        assert terminal.end() == 0
        assert "\x1b" not in terminal.shown


def test_sandbox_serves_until_it_is_stopped(tool: Tool) -> None:
    process = _start(tool, "sandbox", "--seed", "3")
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    tool.write(entries())
    file = tool.folder / "webhooks.yaml"
    file.write_text(file.read_text().replace(tool.sandbox.base_url, address))
    listed = tool.run("list", SHIPPO_API_TOKEN="shippo_test_sandbox")
    assert (listed.code, listed.out.splitlines()[-1]) == (0, "3 webhooks.")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, out, "--base-url" in err, "Traceback" in err) == (130, "", True, False)
