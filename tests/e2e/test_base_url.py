"""`--base-url`: a file is tried somewhere else without an edit, under the rules of the file's own `base_url`."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.e2e.tool import HOST, TOKEN, Tool, entries, run_here
from tests.support.github import TOKEN as GITHUB_TOKEN
from tests.support.github import github_server

OTHER = "shippo_test_other"
DEAD = "http://127.0.0.1:9"
TOP = "version: 1\naccounts:\n"
LIVE = "  live: {provider: shippo, token: '${SHIPPO_API_TOKEN}', mode: live}\n"
TEST = "  test: {provider: shippo, token: '${OTHER}', mode: test}\n"
ACCOUNTS = {"one": LIVE, "several": LIVE + TEST, "elsewhere": LIVE.replace("}\n", f", base_url: '{DEAD}'}}\n")}
READS = ["validate", "plan", "drift", "list", "export", "apply --auto-approve", "destroy --auto-approve"]


def _write(tool: Tool, accounts: str = LIVE, webhooks: str = "webhooks: {}\n") -> None:
    owns = "[]" if webhooks == "webhooks: {}\n" else f"[{HOST}/*]"
    (tool.folder / "webhooks.yaml").write_text(f"{TOP}{accounts}owns: {owns}\n{webhooks}")


@pytest.mark.parametrize("arguments", READS)
@pytest.mark.parametrize("accounts", ["one", "elsewhere"])
def test_every_command_that_loads_a_file_takes_it(tool: Tool, arguments: str, accounts: str) -> None:
    _write(tool, ACCOUNTS[accounts])
    ended = tool.run(*arguments.split(), "--base-url", tool.sandbox.base_url)
    assert (ended.code, bool(tool.sandbox.log())) == (0, arguments != "validate"), ended.all


@pytest.mark.parametrize("command", ["list", "export"])
def test_what_works_without_a_file_takes_it_too(tool: Tool, command: str) -> None:
    tool.hook("/a")
    ended = tool.run(command, "--base-url", tool.sandbox.base_url)
    assert (ended.code, f"{HOST}/a" in ended.out) == (0, True), ended.all


@pytest.mark.parametrize("arguments", READS)
def test_of_several_accounts_one_must_be_chosen(tool: Tool, arguments: str) -> None:
    _write(tool, ACCOUNTS["several"], entries(a="/a").replace("    events", "    account: test\n    events"))
    given = (*arguments.split(), "--base-url", tool.sandbox.base_url)
    refused = tool.run(*given, OTHER=OTHER)
    assert (refused.code, refused.err.splitlines()) == (
        1,
        [
            "error[option]: `--base-url` is for one account, but there are several: live, test",
            "  help: Choose one with `--account NAME`.",
        ],
    )
    assert not tool.sandbox.log()
    chosen = tool.run(*given, "--account", "te*", OTHER=OTHER)
    assert chosen.code == (2 if arguments == "drift" else 0), chosen.all
    assert {entry.account for entry in tool.sandbox.log()} == (set() if arguments == "validate" else {OTHER})


def test_account_that_is_none_is_said(tool: Tool) -> None:
    _write(tool, ACCOUNTS["several"])
    ended = tool.run("validate", "--base-url", DEAD, "--account", "prod")
    assert (ended.code, ended.err.splitlines()[0]) == (1, "error[option]: `--account prod`: account not found")


@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        pytest.param("", "url-host", "the URL has no host", id="empty"),
        pytest.param("127.0.0.1:8080", "url-host", "the URL has no host", id="no-scheme"),
        pytest.param("http://proxy.example", "base-url", "the base URL is http", id="http"),
        pytest.param("https://proxy.example", "base-url-host", "the base URL's host is neither", id="host"),
        pytest.param(f"{DEAD}/?a=b", "base-url", "the base URL has a query", id="query"),
        pytest.param("http://user:pa55word@127.0.0.1", "url-userinfo", "the URL has user info", id="user-info"),
        pytest.param("http://127.0.0.1/\u200b", "url-character", "the URL has", id="invisible"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "plan", "list"])
def test_rules_are_those_of_the_file(tool: Tool, command: str, url: str, code: str, message: str) -> None:
    _write(tool)
    ended = tool.run(command, "--base-url", url)
    assert (ended.code, ended.err.startswith(f"error[{code}]: `--base-url`: {message}")) == (1, True), ended.err
    assert "pa55word" not in ended.all


def test_other_hosts_are_allowed_as_in_the_file(tool: Tool) -> None:
    _write(tool)
    allowed = tool.run("validate", "--base-url", "https://proxy.example/v1", "--allow-host", "proxy.example")
    assert allowed.code == 0, allowed.err


def test_saved_plan_records_it(tool: Tool) -> None:
    _write(tool, webhooks=entries(a="/a"))
    there = tool.sandbox.base_url
    assert tool.run("plan", "--base-url", there, "--out", "saved.plan").code == 0
    assert json.loads((tool.folder / "saved.plan").read_text())["saved"]["sources"]["base_url"] == there
    assert f"webhooks.yaml; --base-url {there}\n" in tool.run("show", "saved.plan").out
    elsewhere = tool.run("apply", "saved.plan", "--base-url", DEAD)
    assert (elsewhere.code, tool.writes()) == (1, []), elsewhere.all
    done = tool.run("apply", "saved.plan")
    assert (done.code, [webhook.url for webhook in tool.there()]) == (0, [f"{HOST}/a"]), done.all


def test_plan_of_another_place_is_out_of_date(tool: Tool) -> None:
    _write(tool, webhooks=entries(a="/a"))
    there = tool.sandbox.base_url
    assert tool.run("plan", "--base-url", f"{there}/", "--out", "saved.plan").code == 0
    elsewhere = tool.run("apply", "saved.plan", "--base-url", there.replace("127.0.0.1", "localhost"))
    assert (elsewhere.code, tool.writes()) == (3, []), elsewhere.all


@pytest.mark.parametrize(
    ("accounts", "token", "code", "command"),
    [
        pytest.param("", None, "variable-unset", "SHIPPO_API_TOKEN=shippo_test_sandbox", id="no-file"),
        pytest.param(LIVE, None, "variable-unset", "SHIPPO_API_TOKEN=shippo_live_sandbox", id="live"),
        pytest.param(LIVE, "shippo_test_x", "mode-token", "SHIPPO_API_TOKEN=shippo_live_sandbox", id="other-mode"),
        pytest.param("", "whatever", "token-kind", "SHIPPO_API_TOKEN=shippo_test_sandbox", id="of-no-kind"),
    ],
)
def test_hint_says_how_to_set_a_token_for_a_sandbox(
    tool: Tool, accounts: str, token: str | None, code: str, command: str
) -> None:
    if accounts:
        _write(tool, accounts)
    given = ("list", "--base-url", tool.sandbox.base_url)
    ended = tool.run(*given, SHIPPO_API_TOKEN=token or "")
    assert (ended.code, ended.err.startswith(f"error[{code}]: ")) == (1, True), ended.err
    assert ended.err.endswith(f" For a sandbox, run `export {command}`.\n"), ended.err
    name, _, value = command.partition("=")
    assert tool.run(*given, **{name: value}).code == 0


def test_no_sandbox_is_mentioned_elsewhere(tool: Tool) -> None:
    ended = tool.run("list", "--base-url", "https://api.goshippo.com/v2", SHIPPO_API_TOKEN="")
    assert (ended.code, "sandbox" in ended.all) == (1, False), ended.all


def test_github_takes_it_for_all_places_of_the_account(tmp_path: Path) -> None:
    places = ("/repos/acme/web", "/repos/acme/api")
    (tmp_path / "webhooks.yaml").write_text(
        "version: 1\naccounts:\n  code:\n    provider: github\n    repositories: [acme/web, acme/api]\n"
        "owns: []\nwebhooks: {}\n"
    )
    with github_server(*places) as server:
        given = ("list", "--base-url", server.base_url)
        ended = run_here(tmp_path, *given, environment={"GITHUB_TOKEN": GITHUB_TOKEN})
        unset = run_here(tmp_path, *given)
    assert (ended.code, [method for method, _, _ in server.calls]) == (0, ["GET", "GET"]), ended.all
    assert (unset.code, "sandbox" in unset.err) == (1, False), unset.err


def test_token_goes_where_the_option_says_and_nowhere_else(tool: Tool) -> None:
    _write(tool, ACCOUNTS["elsewhere"], entries(a="/a"))
    assert tool.run("plan", "--base-url", tool.sandbox.base_url).code == 0
    assert {entry.account for entry in tool.sandbox.log()} == {TOKEN}


PROXY = LIVE.replace("}\n", ", base_url: 'BASE'}\n")


def _printed_commands(text: str) -> list[list[str]]:
    return [shlex.split(found) for found in re.findall(r"(?<=reconciler )(?:plan|drift|apply) .*", text)]


@pytest.mark.parametrize("base", ["https://proxy.example.com/shippo", "https://${SUB}.example.com/$$"])
def test_exported_file_says_what_the_file_says(tool: Tool, base: str) -> None:
    _write(tool, PROXY.replace("BASE", base))
    tool.hook("/a")
    exported = tool.run("export", "--base-url", tool.sandbox.base_url, "--out", "new.yaml")
    assert exported.code == 0, exported.all
    text = (tool.folder / "new.yaml").read_text()
    assert f"base_url: {base}\n" in text
    assert tool.sandbox.base_url not in text
    plan, drift = _printed_commands(exported.err)
    assert (tool.run(*plan).code, tool.run(*drift).code) == (0, 0)


def test_backup_says_what_the_file_says(tool: Tool) -> None:
    _write(tool, PROXY.replace("BASE", "https://proxy.example.com/shippo"), entries(a="/a"))
    tool.hook("/a", active=False)
    given = ("--base-url", tool.sandbox.base_url, "--allow-host", "proxy.example.com")
    done = tool.run("apply", "--auto-approve", "--backup", "way back.yaml", *given)
    assert done.code == 0, done.all
    text = (tool.folder / "way back.yaml").read_text()
    assert "base_url: https://proxy.example.com/shippo\n" in text
    (command,) = _printed_commands(text)
    back = tool.run(*command, "--auto-approve", "--allow-losses", "1")
    assert (back.code, [webhook.active for webhook in tool.there()]) == (0, [False]), back.all
    assert tool.run("validate", "-f", "way back.yaml", "--allow-host", "proxy.example.com").code == 0
