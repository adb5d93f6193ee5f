"""`reconciler sandbox` as a process: the command that it prints, its log, and the messy account."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest

from reconciler.sandbox.messy import MESSY
from tests.e2e.tool import COMMAND, WAIT, Tool

TOKEN = "shippo_test_sandbox"
TIME = r"\d\d:\d\d:\d\d"


ENTRY = "    url: https://hooks.example.com/a?token=${{HOOK}}\n    events: [track_updated]\n    account: {}\n"
SEVERAL = f"""\
version: 1
accounts:
  live: {{provider: shippo, token: "${{LIVE}}", mode: live}}
  test: {{provider: shippo, token: "${{TEST}}", mode: test}}
owns: [https://hooks.example.com/*]
webhooks:
  one:
{ENTRY.format("live")}  two:
{ENTRY.format("test")}"""
README = next(
    block
    for block in re.findall(r"```yaml\n(.*?)```", Path("README.md").read_text(encoding="utf-8"), re.DOTALL)
    if block.startswith("version: 1\naccounts:\n  live:")
)


class Running:
    """A sandbox of its own process; its messages are read as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._messages: IO[str] = process.stderr
        self.base_url = process.stdout.readline().strip()
        self.greeting = self.line(), self.line()

    def line(self) -> str:
        return self._messages.readline().rstrip("\n")

    def ask(self, method: str, target: str, token: str = TOKEN) -> int:
        """The status of a request as it is written here, which clients would make another one of."""
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=WAIT)
        connection.putrequest(method, target, skip_accept_encoding=True)
        connection.putheader("Authorization", f"ShippoToken {token}")
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        return status

    def end(self) -> str:
        """Stop it; what it has said since."""
        self._process.send_signal(signal.SIGINT)
        said = self._messages.read()
        assert self._process.wait(WAIT) == 130
        return said


@contextmanager
def _running(tool: Tool, *arguments: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [COMMAND, "sandbox", *arguments], cwd=tool.folder, env=tool.env({}), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    with process:
        try:
            yield Running(process)
        finally:
            process.kill()


def _typed(tool: Tool, command: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(COMMAND).parent}:/usr/bin:/bin"
    return subprocess.run(
        ["bash", "-c", command], cwd=tool.folder, env={"PATH": path}, capture_output=True, encoding="utf-8",
        timeout=WAIT, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "arguments", "command", "last"),
    [
        pytest.param("", ("--messy",), "list", "16 webhooks.", id="empty-folder"),
        pytest.param("", ("--seed", "3", "--token", "shippo_live_a'b"), "list", "3 webhooks.", id="other-token"),
        pytest.param("version: 1\nowns: []\nwebhooks: {}\n", (), "plan --allow-unset", "No changes.", id="with-a-file"),
        pytest.param(README, (), "plan --allow-unset", "Plan: 3 to create", id="file-of-the-readme"),
        pytest.param(SEVERAL, (), "plan --allow-unset --account live", "Plan: 1 to create", id="several-accounts"),
        pytest.param("version: 2\n", (), "plan --allow-unset", "", id="file-with-mistakes"),
    ],
)
def test_printed_command_works_as_printed(
    tool: Tool, file: str, arguments: tuple[str, ...], command: str, last: str
) -> None:
    if file:
        (tool.folder / "webhooks.yaml").write_text(file)
    with _running(tool, *arguments) as sandbox:
        first, printed = sandbox.greeting
        assert first == "The sandbox is running; Ctrl-C stops it. Try it in another terminal:"
        assert printed.endswith(f" reconciler {command} --base-url {sandbox.base_url}"), printed
        ended = _typed(tool, printed)
        assert (ended.returncode, ended.stderr == "") == ((0, True) if last else (1, False)), ended.stderr
        assert last in ended.stdout, ended.stdout


@pytest.mark.parametrize(
    ("method", "target", "line"),
    [
        pytest.param("GET", "/webhooks?page=1&results=100", "GET /webhooks?page=1&results=100 200", id="list"),
        pytest.param("GET", "/webhooks/a1b2", "GET /webhooks/a1b2 404", id="one"),
        pytest.param("POST", "/webhooks", "POST /webhooks 400", id="create"),
        pytest.param("DELETE", "/v1/x%20y", "DELETE /v1/x%20y 404", id="another-path"),
        pytest.param("GET", "/webhooks?a=b&page=x1", "GET /webhooks?a=‹hidden›&page=‹hidden› 404", id="query"),
        pytest.param("GET", f"/{TOKEN}/webhooks?{TOKEN}=1", "GET /‹hidden›/webhooks?‹hidden›=‹hidden› 404", id="token"),
        pytest.param("GET", "/shippo%5Flive%5Fabc", "GET /‹hidden› 404", id="encoded-token"),
        pytest.param("GET", "/%1b[31m%0a##[x]%9b", "GET /%1B%5B31m%0A%23%23%5Bx%5D%EF%BF%BD 404", id="hostile"),
        pytest.param("PROPFIND", "/webhooks", "PROPFIND /webhooks 501", id="another-method"),
    ],
)
def test_request_is_a_line_of_the_log(shared_sandbox: Running, method: str, target: str, line: str) -> None:
    shared_sandbox.ask(method, target)
    assert re.fullmatch(f"{TIME} {re.escape(line)}", shared_sandbox.line())


@pytest.fixture(scope="module")
def shared_sandbox(shared: Tool) -> Iterator[Running]:
    with _running(shared) as sandbox:
        yield sandbox


def test_fault_is_said_in_the_log(tool: Tool) -> None:
    with _running(tool, "--fault", "503@1", "--fault", "drop@2") as sandbox:
        sandbox.ask("GET", "/webhooks")
        with pytest.raises(http.client.RemoteDisconnected):
            sandbox.ask("GET", "/webhooks")
        sandbox.ask("GET", "/webhooks", "no-token")
        lines = [sandbox.line().partition(" ")[2] for _ in range(3)]
    assert lines == ["GET /webhooks 503 (fault)", "GET /webhooks no response (fault)", "GET /webhooks 401"]


def test_what_is_no_request_is_logged_without_its_text(tool: Tool) -> None:
    with _running(tool) as sandbox:
        connection = http.client.HTTPConnection(urlsplit(sandbox.base_url).netloc, timeout=WAIT)
        connection.connect()
        connection.sock.sendall(b"a-secret-that-is-no-request\r\n\r\n")
        connection.sock.recv(1024)
        connection.close()
        assert re.fullmatch(f"{TIME} malformed request 400", sandbox.line())


def test_quiet_sandbox_logs_no_request(tool: Tool) -> None:
    with _running(tool, "-q") as sandbox:
        assert sandbox.ask("GET", "/webhooks") == 200
        assert not re.search(TIME, sandbox.end())


def test_messy_account_is_always_the_same(tool: Tool) -> None:
    listed = []
    for _ in range(2):
        with _running(tool, "--messy") as sandbox:
            listed.append(tool.run("list", "--base-url", sandbox.base_url, SHIPPO_API_TOKEN=TOKEN).out)
    assert listed[0] == listed[1]
    assert listed[0].splitlines()[-1] == "16 webhooks."


def test_messy_account_shows_no_secret(tool: Tool) -> None:
    secrets = re.findall(r"[\w-]*[A-Z][\w-]*|(?<=catch/)\d+/\w+|\d{19}|[0-9a-f]{8}(?:-[0-9a-f]+)+", str(MESSY))
    assert len(secrets) > 12
    with _running(tool, "--messy") as sandbox:
        for command in ("list", "export", "export -v", "list --format json"):
            ended = tool.run(*command.split(), "--base-url", sandbox.base_url, SHIPPO_API_TOKEN=TOKEN)
            assert ended.code == 0, ended.all
            assert [secret for secret in secrets if secret in ended.all] == []
        assert not [secret for secret in secrets if secret in sandbox.end()]


def test_messy_and_seed_exclude_each_other(tool: Tool) -> None:
    ended = tool.run("sandbox", "--messy", "--seed", "3")
    assert (ended.code, ended.err.splitlines()[0]) == (1, "error[option]: `--messy` and `--seed` both fill the account")
