"""What happens on ordinary machines is never called a bug: removed folders, limits, no place for temporary files."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from reconciler.cli.main import main
from tests.e2e.forked import Forked
from tests.e2e.tool import COMMAND, WAIT, Ended, Tool, entries
from tests.support.threads import limit_threads


@pytest.fixture
def ready(tool: Tool) -> Tool:
    """A file, an account with something in it, and a saved plan."""
    tool.hook("/a?token=aSecretQWERTZ98")
    tool.write(entries(a="/a?token=${T}", b="/b"))
    tool.environment["T"] = "x"
    assert tool.run("plan", "--out", "saved.plan").code == 0
    return tool


def _shell(tool: Tool, script: str, *arguments: str) -> Ended:
    """Run a script that ends in the command; `$here` is the tool's folder."""
    done = subprocess.run(
        ["bash", "-c", f'here=$PWD; {script}; exec "$0" "$@"', COMMAND, *arguments], cwd=tool.folder, encoding="utf-8",
        env=tool.env({"PYTHONDONTWRITEBYTECODE": "1"}), stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT,
        check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert "this is a bug" not in done.stderr, done.stderr
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def _remove_the_working_directory() -> None:
    gone = Path("gone").absolute()
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param("validate", 1, "the working directory no longer exists", id="validate"),
        pytest.param("plan", 1, "the working directory no longer exists", id="plan"),
        pytest.param("apply --auto-approve", 1, "the working directory no longer exists", id="apply"),
        pytest.param("drift -f sub/hooks.yaml", 1, "the working directory no longer exists", id="a-relative-path"),
        pytest.param("validate -f {folder}/nowhere.yaml", 1, "file not found", id="no-file-elsewhere"),
        pytest.param("validate -f {folder}/webhooks.yaml", 0, "", id="validate-elsewhere"),
        pytest.param("validate -f {folder}", 0, "", id="a-folder-elsewhere"),
        pytest.param("plan -f {folder}/webhooks.yaml", 0, "", id="plan-elsewhere"),
        pytest.param("list -f {folder}/webhooks.yaml", 0, "", id="list"),
        pytest.param("plan -f {folder}/webhooks.yaml --out p", 1, "p can't be written: No such file", id="save"),
        pytest.param("plan -f {folder}/webhooks.yaml --out {folder}/p", 0, "Saved the plan", id="save-elsewhere"),
        pytest.param("apply -f {folder}/webhooks.yaml --auto-approve --backup b", 1, "b.env can't be written: No such",
                     id="backup"),
        pytest.param("export -f {folder}/webhooks.yaml --out o --secrets-to s", 1, "s can't be written: No such",
                     id="export"),
        pytest.param("export -f {folder}/webhooks.yaml --out {folder}/o --secrets-to {folder}/s", 0, "Wrote ",
                     id="export-elsewhere"),
        pytest.param("show {folder}/saved.plan", 0, "", id="show"),
        pytest.param("show saved.plan", 1, "saved.plan can't be read: No such file", id="show-nothing"),
        pytest.param("apply {folder}/saved.plan", 1, "the working directory no longer exists", id="apply-saved"),
        pytest.param("init", 1, "webhooks.yaml can't be written: No such file", id="init"),
        pytest.param("sandbox --data store.db", 1, "the sandbox can't start", id="sandbox"),
        pytest.param("schema", 0, "", id="schema"),
        pytest.param("--version", 0, "", id="version"),
        pytest.param("", 1, "Usage: reconciler", id="nothing"),
    ],
)  # fmt: skip
def test_working_directory_that_was_removed(ready: Tool, arguments: str, code: int, words: str) -> None:
    words_of_it = arguments.format(folder=ready.folder).split()
    variables = ready.environment
    with Forked(ready.folder, *words_of_it, environment=variables, first=_remove_the_working_directory) as command:
        ended = command.end()
    assert (ended.code, words in ended.err) == (code, True), ended.all
    assert ready.writes() == []


@pytest.mark.parametrize(("arguments", "code"), [("plan", 1), ("plan -f {folder}/webhooks.yaml", 0), ("--version", 0)])
def test_installed_command_starts_where_the_working_directory_was_removed(
    ready: Tool, arguments: str, code: int
) -> None:
    ended = _shell(ready, 'mkdir gone; cd gone; rmdir "$here/gone"', *arguments.format(folder=ready.folder).split())
    assert ended.code == code, ended.all


@pytest.mark.parametrize(
    ("script", "code"),
    [
        pytest.param("unset HOME", 0, id="no-home"),
        pytest.param("export HOME=/nonexistent", 0, id="home-nowhere"),
        pytest.param("export TMPDIR=/nonexistent TEMP=/dev/null TMP=/proc", 0, id="odd-temporary-folders"),
        pytest.param("exec <&-", 0, id="input-closed"),
        pytest.param("exec <&- >&- 2>&-", 0, id="all-closed"),
        pytest.param("exec </dev/full", 0, id="input-full"),
        pytest.param("export LC_ALL=xx_YY.none LANG=none", 0, id="odd-locale"),
        pytest.param("export TZ=Nowhere/Land", 0, id="odd-time-zone"),
        pytest.param("export TERM= COLUMNS=many LINES=-1", 0, id="odd-terminal"),
        pytest.param("export PYTHONIOENCODING=ascii", 0, id="ascii"),
        pytest.param("ulimit -n 8", 0, id="few-open-files"),
        pytest.param("ulimit -f 0", 0, id="no-file-can-grow"),
        pytest.param("ulimit -c 0; umask 0777", 0, id="strict-mask"),
    ],
)
@pytest.mark.parametrize("arguments", ["plan", "apply --auto-approve"])
def test_odd_surroundings_stop_nothing(ready: Tool, script: str, code: int, arguments: str) -> None:
    ended = _shell(ready, script, *arguments.split())
    assert (ended.code, len(ready.there())) == (code, 2 if arguments != "plan" else 1), ended.all


def test_demo_says_where_there_is_no_place_for_temporary_files(tool: Tool) -> None:
    ended = _shell(tool, "ulimit -f 0", "demo")
    assert (ended.code, ended.err.splitlines()[0].partition(" found")[0]) == (
        1,
        "error[option]: the demo can't run: No usable temporary directory",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("sandbox",), "the sandbox can't start: the system allows no more threads", id="sandbox"),
        pytest.param(("demo",), "the demo can't run: the system allows no more threads", id="demo"),
    ],
)
def test_sandbox_without_threads_says_so(tool: Tool, arguments: tuple[str, ...], words: str) -> None:
    with Forked(tool.folder, *arguments, first=partial(limit_threads, 0)) as command:
        ended = command.end()
    assert (ended.code, words in ended.err) == (1, True), ended.all


def _out_of_memory(_: str) -> NoReturn:
    raise MemoryError


def _out_of(number: int) -> Callable[[str], NoReturn]:
    def fail(_: str) -> NoReturn:
        raise OSError(number, "a reason that may say anything", "/a/path/that/may/be/secret")

    return fail


@pytest.mark.parametrize(
    ("fail", "reason"),
    [
        pytest.param(_out_of_memory, "Cannot allocate memory", id="memory"),
        pytest.param(_out_of(24), "Too many open files", id="open-files"),
        pytest.param(_out_of(23), "Too many open files in system", id="open-files-of-all"),
        pytest.param(_out_of(28), "No space left on device", id="disk"),
        pytest.param(_out_of(122), "Disk quota exceeded", id="quota"),
        pytest.param(_out_of(30), "Read-only file system", id="read-only"),
        pytest.param(_out_of(11), "Resource temporarily unavailable", id="processes"),
    ],
)
def test_what_the_system_has_no_more_of_is_told_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fail: Callable[[str], NoReturn], reason: str
) -> None:
    monkeypatch.setattr("reconciler.cli.commands.packaged.files", fail)
    assert main(["schema", "plan"], {}) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == (
        "",
        (
            f"error: the system ran out of a resource: {reason}\n"
            "help: Free some of it, or raise the limit. `reconciler plan` shows what is left to do.\n"
        ),
    )


def _limit_open_files() -> None:
    """No more files can be opened than there are, so that no call can be made."""
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def test_no_more_open_files_are_told_and_nothing_is_applied(ready: Tool) -> None:
    with Forked(ready.folder, "apply", "--auto-approve", environment={"T": "x"}, first=_limit_open_files) as command:
        ended = command.end()
    assert (ended.code, "Too many open files" in ended.err, ready.writes()) == (1, True, []), ended.all
