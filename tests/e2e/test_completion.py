"""Completion in the real shells: commands, options, values, files, and the names of accounts and webhooks."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte
import pytest

from tests.e2e.tool import COMMAND, WAIT, run_here

FILE = """\
version: 1
accounts:
  live: {provider: shippo, token: "${LIVE}", mode: live}
  services: {provider: github, token: "${GITHUB}", repositories: [acme/web, acme/api]}
owns: ["https://hooks.example.com/*"]
webhooks:
  orders:
    url: https://hooks.example.com/orders?token=${HOOK}
    events: [track_updated, batch_created]
    account: live
  returns:
    url: https://hooks.example.com/returns
    events: [track_updated]
    account: live
  ci: {url: "https://hooks.example.com/ci", events: [push], account: services}
"""
SHELLS = {
    "bash": (
        ["--norc", "--noprofile", "-i"],
        "bind 'set show-all-if-ambiguous on'; source <(reconciler completion bash)",
    ),
    "zsh": (
        ["-f", "-i"],
        "unsetopt list_ambiguous; autoload -Uz compinit; compinit -u -D; source <(reconciler completion zsh)",
    ),
    "fish": (["--no-config", "-i"], "reconciler completion fish | source"),
}


class Shell:
    """A shell on a terminal of its own, as it is looked at."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._screen = pyte.Screen(100, 24)
        self._stream = pyte.ByteStream(self._screen)
        self._main, side = pty.openpty()
        options, setup = SHELLS[name]
        self._process = subprocess.Popen(
            ["setsid", "--ctty", name, *options],
            cwd=folder,
            env={
                "PATH": f"{Path(COMMAND).parent}:/usr/bin:/bin", "HOME": str(folder), "TERM": "xterm",
                "PS1": "$ ", "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder),
            },
            stdin=side,
            stdout=side,
            stderr=side,
        )  # fmt: skip
        os.close(side)
        self.type(f"{setup}; clear; echo re''ady\n")
        self.until(lambda shown: "ready" in shown)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._main)

    def type(self, text: str) -> None:
        os.write(self._main, text.encode())

    def until(self, is_there: Callable[[str], bool]) -> str:
        """Read until the screen is so; what it shows then."""
        end = time.monotonic() + WAIT
        while not is_there("\n".join(self._screen.display)):
            assert time.monotonic() < end, "\n".join(self._screen.display)
            if select.select([self._main], [], [], 1)[0]:
                self._stream.feed(os.read(self._main, 65536))
        return "\n".join(line.rstrip() for line in self._screen.display).strip()


@pytest.fixture(scope="module", params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    if shutil.which(request.param, path="/usr/bin:/bin") is None:
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "webhooks.yaml").write_text(FILE)
    (folder / "other.yaml").write_text(FILE.replace("returns", "elsewhere").replace("mode: live", "mode: false"))
    (folder / "orderst").touch()  # what `orders[track_updated]` would mean if it were a pattern
    with Shell(request.param, folder) as made:
        yield made


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("vali", ["reconciler validate"], id="command"),
        pytest.param("de", ["demo", "destroy"], id="commands"),
        pytest.param("plan --va", ["--var", "--var-file"], id="options"),
        pytest.param("plan --format js", ["--format json"], id="value"),
        pytest.param("plan --format=js", ["--format=json"], id="value-behind-an-equals-sign"),
        pytest.param("plan -f webh", ["-f webhooks.yaml"], id="file"),
        pytest.param("plan --file=webh", ["--file=webhooks.yaml"], id="file-behind-an-equals-sign"),
        pytest.param("apply orders", ["apply orderst"], id="plan-file"),
        pytest.param("plan --account services:", ["acme/web", "acme/api"], id="places"),
        pytest.param("plan --account=services:acme/w", ["--account=services:acme/web"], id="place"),
        pytest.param(r"plan --target orders\[t", [r"--target orders\[track_updated\]"], id="event"),
        pytest.param("drift --exclude 'orders[b", ["--exclude 'orders[batch_created]'"], id="event-in-quotes"),
        pytest.param("list --target live/re", ["live/returns"], id="entry-of-an-account"),
    ],
)
def test_word_is_completed(shell: Shell, typed: str, shown: list[str]) -> None:
    _complete(shell, typed, shown)


def test_events_are_listed(shell: Shell) -> None:
    events = ["orders[track_updated]", "orders[batch_created]"]
    if shell.name != "fish":  # the others list what they would insert
        events = [re.sub(r"[][]", r"\\\g<0>", event) for event in events]
    _complete(shell, "plan --target orders", events)


@pytest.mark.parametrize("shell_name", SHELLS)
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        pytest.param("plan --detailed", ["--detailed-exitcode"], id="option"),
        pytest.param("help exit", ["exit-codes"], id="topic"),
        pytest.param("help e", ["environment", "exit-codes", "export"], id="command-or-topic"),
        pytest.param("completion fi", ["fish"], id="shell"),
        pytest.param("plan --account li", ["live"], id="account"),
        pytest.param("plan --target re", ["returns"], id="entry"),
    ],
)
def test_word_is_offered_to_each_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell_name: str, typed: str, offered: list[str]
) -> None:
    (tmp_path / "webhooks.yaml").write_text(FILE)
    words = ["reconciler", *typed.split()]
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1) if shell_name == "zsh" else words[-1])
    ended = run_here(tmp_path, environment={"_RECONCILER_COMPLETE": f"{shell_name}_complete"})
    found = [word for word in re.split(r"[,\t\n]", ended.out) if word.startswith(words[-1])]
    assert (ended.code, sorted(found), ended.err) == (0, offered, "")


def _complete(shell: Shell, typed: str, shown: list[str]) -> None:
    shell.type(f"reconciler {typed}\t")
    try:
        shell.until(lambda screen: all(one in screen for one in shown))
    finally:
        shell.type("\x15\x15clear; echo an''other\n")
        shell.until(lambda screen: screen.startswith("another"))


@pytest.mark.parametrize(
    ("file", "words", "offered"),
    [
        pytest.param(
            FILE, "plan --target ", ["ci", "live/orders", "orders", "returns", "services:acme/web/ci"], id="names"
        ),
        pytest.param(FILE + "  x: [", "plan --target ", [], id="broken-file"),
        pytest.param(FILE.replace("version: 1", "version: 2"), "plan --account ", [], id="wrong-file"),
        pytest.param(FILE, "plan -f nowhere.yaml --account ", [], id="no-such-file"),
        pytest.param(FILE, "plan -f - --account ", [], id="standard-input"),
        pytest.param(FILE, "plan --nonsense --account ", ["live", "services"], id="beside-a-wrong-option"),
        pytest.param(FILE, "plan --var x --format x --account l", ["live"], id="beside-wrong-values"),
    ],
)
def test_names_are_read_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, words: str, offered: list[str]
) -> None:
    (tmp_path / "webhooks.yaml").write_text(file)
    # An env file and a mounted secret are never waited for.
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setenv("COMP_WORDS", f"reconciler {words}")
    monkeypatch.setenv("COMP_CWORD", words.rpartition(" ")[2])
    asked = {"_RECONCILER_COMPLETE": "fish_complete", "LIVE_FILE": "fifo"}
    ended = run_here(tmp_path, environment=asked)
    found = [line.removeprefix("plain,") for line in ended.out.splitlines() if line]
    assert (ended.code, ended.err) == (0, "")
    assert found == [] if not offered else set(offered) <= set(found)
    with_fifo = words.replace("--", "--env-file fifo --", 1)
    monkeypatch.setenv("COMP_WORDS", f"reconciler {with_fifo}")
    assert run_here(tmp_path, environment=asked).out == ended.out


@pytest.mark.parametrize("shell_name", [*SHELLS, "powershell", "tcsh"])
def test_script_is_printed_only_for_shells_that_were_tried(tmp_path: Path, shell_name: str) -> None:
    ended = run_here(tmp_path, "completion", shell_name)
    assert (ended.code, "_RECONCILER_COMPLETE" in ended.out) == ((0, True) if shell_name in SHELLS else (1, False))
    if shell_name in SHELLS and shutil.which(shell_name):
        checked = subprocess.run([shell_name, "-n"], input=ended.out.encode(), capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, b"")
