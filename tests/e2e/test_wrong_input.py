"""Every wrong input ends with a diagnostic, the right exit code, no traceback, and nothing changed."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from reconciler.sandbox.faults import Answer, Rule
from tests.e2e.tool import HOST, TOKEN, Tool, entries

GOOD = entries(a="/a")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("version: 1\nowns: [\n", "yaml-syntax", id="broken-yaml"),
        pytest.param("version: 1\nowns: x\nwebhooks: 7\n", "wrong-type", id="wrong-types"),
        pytest.param("version: 1\nowns: []\nwebhook: {}\n", "unknown-key", id="unknown-key"),
        pytest.param(
            "version: 1\naccounts:\n  a:\n    provider: shippo\n    token: shippo_live_0123456789abcdef\n"
            "owns: []\nwebhooks: {}\n",
            "token-literal",
            id="token-in-the-file",
        ),
    ],
)
def test_wrong_file_is_refused_with_its_code(tool: Tool, text: str, code: str) -> None:
    (tool.folder / "webhooks.yaml").write_text(text, encoding="utf-8")
    for command in ("validate", "plan"):
        ended = tool.run(command)
        assert (ended.code, "webhooks.yaml:" in ended.err) == (1, True), ended.all
        assert code in ended.err
        assert "0123456789abcdef" not in ended.all
    assert tool.sandbox.log() == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["plan", "--nonsense"], "No such option", id="unknown-option"),
        pytest.param(["plan", "--format", "xml"], "'xml'", id="unknown-format"),
        pytest.param(["frobnicate"], "No such command", id="unknown-command"),
        pytest.param(["apply", "--parallelism", "0"], "parallelism", id="out-of-range"),
        pytest.param(["plan", "--var", "x"], "NAME=VALUE", id="var-without-a-value"),
        pytest.param(["plan", "--allow-losses", "-1"], "allow-losses", id="negative-losses"),
        pytest.param(["plan", "-f", "nowhere.yaml"], "nowhere.yaml", id="no-such-file"),
        pytest.param(["plan", "--account", "nobody"], "account not found", id="no-such-account"),
        pytest.param(["apply"], "--auto-approve", id="no-terminal-to-ask-on"),
        pytest.param(["sandbox", "--fault", "x"], "503", id="wrong-fault"),
        pytest.param(["sandbox", "--token", "mine"], "shippo_test_", id="token-of-no-sandbox"),
        pytest.param([], "Usage", id="nothing"),
    ],
)
def test_wrong_option_exits_with_1_and_says_why(tool: Tool, arguments: list[str], words: str) -> None:
    tool.write(GOOD)
    ended = tool.run(*arguments)
    assert (ended.code, ended.out) == (1, "")
    assert words in ended.err
    assert tool.writes() == []


def test_unset_variable_is_named_with_its_place(tool: Tool) -> None:
    tool.write("webhooks:\n  a:\n    url: " + HOST + "/a?token=${NOWHERE}\n    events: [track_updated]\n")
    ended = tool.run("plan")
    assert (ended.code, "NOWHERE" in ended.err, "webhooks.yaml:10:" in ended.err) == (1, True, True), ended.err
    assert tool.run("validate").code == 0


@pytest.mark.parametrize(
    ("owns", "webhooks", "code"),
    [
        pytest.param(f"[{HOST}/shippo/*]", GOOD, "not-owned", id="entry-that-is-not-owned"),
        pytest.param("['https://*']", GOOD, "pattern-host", id="star-that-crosses-from-host-to-path"),
        pytest.param(f"['{HOST}*']", GOOD, "pattern-host", id="star-in-the-host"),
        pytest.param("['https://*.com/*']", GOOD, "pattern-host", id="star-before-one-label"),
        pytest.param("['https://team-b.example.com/*']", GOOD, "not-owned", id="another-teams-host"),
    ],
)
def test_wrong_ownership_is_refused(tool: Tool, owns: str, webhooks: str, code: str) -> None:
    tool.write(webhooks, owns=owns)
    ended = tool.run("validate")
    assert (ended.code, code in ended.err) == (1, True), ended.err


def test_unreachable_host_is_one_account_not_checked(tool: Tool) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        tool.write(GOOD)
        file = tool.folder / "webhooks.yaml"
        file.write_text(file.read_text().replace(tool.sandbox.base_url, f"http://127.0.0.1:{port}"))
        ended = tool.run("plan")
    assert (ended.code, "not checked" in ended.out) == (1, True), ended.all
    assert tool.run("apply", "--auto-approve").code == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refused_token_is_final_and_says_what_to_check(tool: Tool, status: int) -> None:
    armed = tool.sandbox.faults.add(Rule(action=Answer(status=status)))
    tool.write(GOOD)
    ended = tool.run("apply", "--auto-approve")
    assert (ended.code, armed.applied, tool.writes()) == (1, 1, [])
    assert "token" in ended.out


def test_html_for_a_list_is_survived(tool: Tool) -> None:
    tool.sandbox.faults.add(Rule(action=Answer(status=200, body=b"<html>maintenance</html>", content_type="text/html")))
    tool.write(GOOD)
    ended = tool.run("apply", "--auto-approve")
    assert (ended.code, tool.writes()) == (1, [])
    assert "maintenance" not in ended.all


def test_token_goes_to_no_host_that_was_not_allowed_outside_the_file(tool: Tool) -> None:
    tool.write(GOOD)
    file = tool.folder / "webhooks.yaml"
    file.write_text(file.read_text().replace(tool.sandbox.base_url, "https://evil.example.net"))
    for command in (["validate"], ["plan"], ["list"], ["apply", "--auto-approve"]):
        ended = tool.run(*command)
        assert (ended.code, "--allow-host evil.example.net" in ended.err) == (1, True), ended.all


@pytest.fixture
def elsewhere() -> Iterator[HTTPServer]:
    """Another server, which must receive nothing."""
    with HTTPServer(host="127.0.0.1", port=0) as server:
        yield server
        assert server.log == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(tool: Tool, elsewhere: HTTPServer, status: int) -> None:
    tool.write(GOOD)
    with HTTPServer(host="127.0.0.1", port=0) as server:
        server.expect_request("/webhooks").respond_with_data(
            status=status, headers={"Location": elsewhere.url_for("/webhooks")}
        )
        file = tool.folder / "webhooks.yaml"
        file.write_text(file.read_text().replace(tool.sandbox.base_url, server.url_for("").rstrip("/")))
        ended = tool.run("plan")
    assert ended.code == 1
    assert "redirect" in ended.out


def test_proxy_and_netrc_of_the_machine_do_not_get_the_token(tool: Tool, elsewhere: HTTPServer) -> None:
    (tool.folder / ".netrc").write_text("default login someone password else\n")
    proxy = elsewhere.url_for("").rstrip("/")
    tool.write(GOOD)
    assert tool.run_installed("plan", http_proxy=proxy, HTTP_PROXY=proxy, ALL_PROXY=proxy).code == 0


def test_token_variable_in_a_url_is_refused(tool: Tool) -> None:
    tool.write("webhooks:\n  a:\n    url: " + HOST + "/a?token=${SHIPPO_API_TOKEN}\n    events: [track_updated]\n")
    ended = tool.run("plan")
    assert (ended.code, TOKEN in ended.all) == (1, False)
    assert "SHIPPO_API_TOKEN" in ended.err


def test_init_never_overwrites_and_what_it_writes_is_valid(tool: Tool) -> None:
    assert tool.run("init").code == 0
    first = (tool.folder / "webhooks.yaml").read_bytes()
    assert tool.run("validate", "--strict").code == 0
    again = tool.run("init")
    assert (again.code, (tool.folder / "webhooks.yaml").read_bytes()) == (1, first)


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        pytest.param(["--help"], {"requests", "deepdiff", "rich", "jsonschema", "fastjsonschema", "yaml"}, id="help"),
        pytest.param(
            ["--version"],
            {"requests", "deepdiff", "rich", "jsonschema", "fastjsonschema", "yaml", "msgspec"},
            id="version",
        ),
        pytest.param(["validate"], {"requests", "deepdiff", "rich"}, id="validate"),
    ],
)
def test_heavy_libraries_are_not_loaded_for_it(tool: Tool, arguments: list[str], never: set[str]) -> None:
    tool.write(GOOD)
    ended = tool.run_installed(*arguments, PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rpartition("|")[2].strip() for line in ended.err.splitlines() if line.startswith("import time:")}
    assert ended.code == 0
    assert ("click" in loaded) is (arguments != ["--version"])
    assert not loaded & never
