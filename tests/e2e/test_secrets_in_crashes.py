"""A bug, a signal, a debugger's switches: nothing brings a secret out, and a log line says what it may and no more."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from reconciler.sandbox.faults import RESET_REQUEST, Action, Answer, Rule, When
from tests.e2e.secretive import ENVIRONMENT, FED, OPTIONS, THERE, WRITTEN, Secretive, file_text
from tests.e2e.terminal import Terminal
from tests.e2e.tool import COMMAND, HOST, WAIT, Ended
from tests.support.faults import ArmedRule, HoldRequest

YES = ("--auto-approve", "--allow-losses", "9")
SECRETS = " ".join([*FED.values(), *WRITTEN.values(), *THERE.values()])
DEBUG = {
    "PYTHONDEVMODE": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONWARNINGS": "always",
    "PYTHONASYNCIODEBUG": "1",
    "DEBUG": "1",
    "LOGLEVEL": "DEBUG",
    "LOG_LEVEL": "DEBUG",
}
"""What turns debugging on, in Python and by custom. Nothing of it may count."""


# Bugs


class _Unspeakable(Exception):  # noqa: N818 - says what it is
    """An exception that can't even be printed."""

    def __str__(self) -> str:
        raise RuntimeError(SECRETS)

    __repr__ = __str__


def _bug() -> BaseException:
    error = RuntimeError(SECRETS, {"token": SECRETS})
    error.add_note(SECRETS)
    error.__cause__ = ValueError(SECRETS)
    return error


BUGS = {
    "plain": _bug(),
    "key": KeyError(SECRETS),
    "group": ExceptionGroup(SECRETS, [ValueError(SECRETS)]),
    "unicode": UnicodeEncodeError("ascii", SECRETS, 0, 9, SECRETS),
    "unspeakable": _Unspeakable(SECRETS),
    "recursion": RecursionError(SECRETS),
}
PLACES = {
    "interpolation": ("reconciler.config.interpolation.Values.text", ("plan",)),
    "excerpt": ("reconciler.config.load.with_excerpts", ("validate",)),
    "url": ("reconciler.config.entry_urls.read_url", ("validate", "--format", "json")),
    "authorization": ("reconciler.http.transport.requests.PreparedRequest.prepare", ("plan", "-vv")),
    "answer": ("reconciler.providers.rest.page_of", ("list",)),
    "planning": ("reconciler.planning.planner.losses_of", ("plan",)),
    "masking": ("reconciler.model.redaction.Redaction.show", ("plan", "--format", "json")),
    "digest": ("reconciler.operations.saved_plan.digest_of", ("plan", "--out", "saved.plan")),
    "description": ("reconciler.export.names.Names.variable", ("export",)),
    "env file": ("reconciler.cli.commands.export.env_text", ("export", "--secrets-to", "all.env")),
    "backup": ("reconciler.export.write.yaml_text", ("apply", *YES, "--backup", "back.yaml")),
    "body": ("reconciler.providers.rest.create_body", ("apply", *YES)),
    "read back": ("reconciler.operations.account.is_result", ("apply", *YES, "--format", "json")),
    "report": ("reconciler.view.results.ResultMask.words", ("apply", *YES)),
}


def _plant(monkeypatch: pytest.MonkeyPatch, place: str, bug: BaseException) -> None:
    def fail(*arguments: object, **options: object) -> object:
        held = (SECRETS, arguments, options)
        assert held
        raise bug

    monkeypatch.setattr(place, fail)


def _check_bug(ended: Ended, bug: BaseException) -> None:
    assert (ended.code, "Traceback" in ended.all) == (1, False), ended.all
    assert f": {type(bug).__name__}\n" in ended.err, ended.all
    assert "please report it with these lines" in ended.err


@pytest.mark.parametrize(("place", "command"), [pytest.param(*case, id=name) for name, case in PLACES.items()])
def test_bug_anywhere_is_said_to_be_one_and_tells_no_secret(
    world: Secretive, monkeypatch: pytest.MonkeyPatch, place: str, command: tuple[str, ...]
) -> None:
    _plant(monkeypatch, place, BUGS["plain"])
    _check_bug(world.run(*command), BUGS["plain"])


@pytest.mark.parametrize("bug", [pytest.param(bug, id=name) for name, bug in BUGS.items()])
def test_bug_of_any_kind_tells_no_secret(world: Secretive, monkeypatch: pytest.MonkeyPatch, bug: BaseException) -> None:
    _plant(monkeypatch, "reconciler.providers.rest.create_body", bug)
    _check_bug(world.run("apply", *YES, "-vv"), bug)


def test_machine_without_memory_is_no_bug_and_tells_no_secret(
    world: Secretive, monkeypatch: pytest.MonkeyPatch
) -> None:
    _plant(monkeypatch, "reconciler.providers.rest.create_body", MemoryError(SECRETS))
    ended = world.run("apply", *YES, "-vv")
    assert (ended.code, "Traceback" in ended.all, "this is a bug" in ended.all) == (1, False, False), ended.all
    assert "Cannot allocate memory" in ended.err


PLANTED = """
import os, sys
from reconciler.cli import main as cli
from reconciler.providers import rest

def fail(provider, api, fields, place):
    held = [value.reveal() for value in fields.values() if hasattr(value, "reveal")]
    raise RuntimeError(held) from ValueError(dict(os.environ))

rest.create_body = fail
cli.entry_point()
"""


def test_bug_in_a_process_with_all_of_pythons_debugging_tells_no_secret(world: Secretive) -> None:
    command = [sys.executable, "-X", "dev", "-X", "faulthandler", "-c", PLANTED, "apply", *YES, *OPTIONS]
    done = subprocess.run(
        command, cwd=world.folder, env=world.tool.env(DEBUG), capture_output=True, encoding="utf-8", timeout=WAIT,
        check=False,
    )  # fmt: skip
    _check_bug(world.checked(Ended(code=done.returncode, out=done.stdout, err=done.stderr)), RuntimeError())


# Processes


@contextmanager
def _held_apply(
    world: Secretive, *arguments: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[str], ArmedRule]]:
    """An apply of the installed command, after its backup, whose creates are held."""
    held = world.sandbox.faults.add(Rule(action=HoldRequest(), method="POST"))
    world.allowed.add("back.yaml.env")
    process = subprocess.Popen(
        [COMMAND, "apply", *YES, "--backup", "back.yaml", *arguments, *OPTIONS],
        cwd=world.folder, env=world.tool.env(variables),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    try:
        held.wait_until_held(timeout=WAIT)
        yield process, held
    finally:
        world.sandbox.faults.remove(held)
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def _ended(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=WAIT)
    return Ended(code=process.returncode, out=out, err=err)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_process_list_tells_no_secret_and_an_interrupted_apply_neither(world: Secretive) -> None:
    with _held_apply(world, "-vv", "--parallelism", "2", **DEBUG) as (process, held):
        listed = Path(f"/proc/{process.pid}")
        threads = list((listed / "task").iterdir())
        said = [(listed / "cmdline").read_text(), *((thread / "comm").read_text() for thread in threads)]
        children = [(thread / "children").read_text() for thread in threads]
        world.checked(Ended(code=0, out="\n".join(said), err=""))
        assert (COMMAND in said[0], "".join(children)) == (True, "")
        process.send_signal(signal.SIGINT)
        held.release()
        world.sandbox.faults.remove(held)
        ended = world.checked(_ended(process))
        assert (ended.code, "Stopped: " in ended.out) == (130, True), ended.all


def test_dump_of_a_process_that_is_aborted_tells_no_secret(world: Secretive) -> None:
    with _held_apply(world, **DEBUG) as (process, _):
        process.send_signal(signal.SIGABRT)
        ended = world.checked(_ended(process))
        assert "Fatal Python error: Aborted" in ended.err
        assert ended.code in (-signal.SIGABRT, -signal.SIGSEGV)  # Python's dump reads threads that go on meanwhile
    left = {path.name for path in world.folder.rglob("*") if path.is_file()}
    assert left == {"webhooks.yaml", "secrets.env", "token", "hook", "back.yaml", "back.yaml.env"}


def test_second_signal_tells_no_secret(world: Secretive) -> None:
    with _held_apply(world) as (process, _):
        for _ in range(WAIT * 20):  # two that come before the first is taken are one
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                break
        assert world.checked(_ended(process)).code == 130


def test_terminal_shows_no_secret(world: Secretive) -> None:
    with Terminal(world.tool, "apply", *YES[1:], "-vv", *OPTIONS) as terminal:
        terminal.until("Only `yes` is accepted: ")
        terminal.type("yes\n")
        assert terminal.end() == 0
        world.checked(Ended(code=0, out=terminal.shown, err=""))
        assert "Apply complete: 6 created" in terminal.shown


def test_proxy_of_the_environment_tells_none_of_its_password(world: Secretive) -> None:
    # Nothing listens at port 1, so nothing leaves this machine.
    file = world.folder / "webhooks.yaml"
    world.write(file.read_text().replace(world.sandbox.base_url, "https://api.example.invalid"))
    proxy = f"http://user:{THERE['user info']}@127.0.0.1:1"
    ended = world.checked(
        world.tool.run_installed(
            "plan", "-vv", "--allow-host", "api.example.invalid", *OPTIONS, HTTPS_PROXY=proxy, https_proxy=proxy
        )
    )
    assert (ended.code, "through the proxy set in the environment" in ended.out) == (1, True), ended.all


# The log

_LINE = re.compile(
    r"(?:main|other): (?:GET|POST|PUT|DELETE) /webhooks(?:\?…|/[A-Za-z0-9_.~%-]+)? "
    r"(?:[1-5][0-9]{2}|no response) in [0-9]+ ms, attempt [1-3]"
    r"|(?:main|other): waiting [0-9]+ s: [a-z0-9 ]+"
)


def test_log_line_names_method_masked_path_status_time_and_attempt_only(world: Secretive) -> None:
    urls = {"query": f"{HOST}/query?token=${{QUERY}}", "words": f"{HOST}/in/${{WORDS}}", "whole": "${WHOLE}"}
    owns = f"owns: [{HOST}/*, https://whole.example.com/*]"
    world.write(re.sub("owns: .*", owns, file_text(world.sandbox.base_url, urls)))  # without anything to warn of
    faults = [
        Rule(action=Answer(status=503), method="GET", path="/webhooks", when=When(nth=2)),
        Rule(action=Answer(status=429, retry_after="3"), method="PUT", when=When(nth=1)),
        Rule(action=Action(cut=9), path="/webhooks/*", method="GET", when=When(nth=2)),
        Rule(action=RESET_REQUEST, method="POST", when=When(nth=1)),
        Rule(action=Answer(status=422), method="DELETE", when=When(nth=2)),
    ]
    with world.fault(*faults):
        ended = world.run("apply", "--auto-approve", "--allow-losses", "99", "-vv")
    lines = ended.err.splitlines()
    assert [line for line in lines if not _LINE.fullmatch(line)] == []
    said = "\n".join(lines)
    for words in ("no response in", " 503 in", " 429 in", " 422 in", ", attempt 2", "waiting 3 s", "/webhooks?… 200"):
        assert words in said, said
    assert ENVIRONMENT["MAIN_ID"] not in said
