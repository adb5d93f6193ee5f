"""`plan --out` prints a next command that works as typed: the saved plan keeps what it was made from."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.e2e.tool import HOST, WAIT, Ended, Tool, entries, run_here

SECRETS = {"HOOK": "hookSecretQAYWSX71", "PLACE": "PL4CESECRETedcrfv82"}


@pytest.fixture
def made(tool: Tool) -> Tool:
    """Files that need every kind of source, none of them where it is looked for on its own."""
    (tool.folder / "conf").mkdir()
    tool.write(entries(a="/${REGION}/a?token=${HOOK}", b="/b/${PLACE}"), name="conf/hooks.yaml")
    (tool.folder / "first.env").write_text(f"HOOK={SECRETS['HOOK']}\n")
    (tool.folder / "second.env").write_text(f"HOOK=never\nPLACE={SECRETS['PLACE']}\n")
    tool.write(entries(wrong="/wrong"))
    return tool


OPTIONS = ("--env-file", "first.env", "--env-file", "second.env", "--var", "REGION=eu")


def _line(ended: Ended) -> str:
    """The last line that it said."""
    return ended.err.splitlines()[-1]


def _printed(ended: Ended) -> str:
    """The command that it printed last."""
    return _line(ended).split("`")[1]


def _typed(tool: Tool, command: str, stdin: Path | None = None) -> Ended:
    """Type a command into a shell, and run it with the arguments that the shell makes of it."""
    shell = f'reconciler() {{ printf "%s\\0" "$@"; }}\n{command}'
    done = subprocess.run(
        ["bash", "-c", shell], cwd=tool.folder, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        env=tool.env({}), timeout=WAIT, check=True,
    )  # fmt: skip
    *arguments, end = done.stdout.split("\0")
    assert (end, done.stderr) == ("", "")
    return tool.run(*arguments, stdin=stdin.read_text() if stdin is not None else "")


@pytest.mark.parametrize("path", ["conf", "conf/hooks.yaml", "./conf//hooks.yaml", "{folder}/conf"])
@pytest.mark.parametrize("by", ["option", "environment"])
def test_command_that_plan_prints_does_what_was_planned(made: Tool, path: str, by: str) -> None:
    path = path.format(folder=made.folder)
    chosen, variables = (("-f", path), {}) if by == "option" else ((), {"RECONCILER_FILE": path})
    saved = made.run("plan", *chosen, *OPTIONS, "--out", "saved.plan", **variables)
    assert (saved.code, _line(saved)) == (
        0,
        "Saved the plan. To apply exactly this plan, run `reconciler apply saved.plan`.",
    )
    done = _typed(made, _printed(saved))
    assert (done.code, done.out.splitlines()[-1]) == (0, "Apply complete: 2 created, 0 updated, 0 deleted."), done.all
    urls = sorted(webhook.url for webhook in made.there())
    assert urls == [f"{HOST}/b/{SECRETS['PLACE']}", f"{HOST}/eu/a?token={SECRETS['HOOK']}"]


def test_saved_plan_says_its_sources_and_holds_no_value_of_them_that_is_secret(made: Tool) -> None:
    saved = made.run("plan", "-f", "conf", *OPTIONS, "--allow-host", "proxy.example.com", "--out", "saved.plan")
    text = (made.folder / "saved.plan").read_text()
    assert json.loads(text)["saved"]["sources"] == {
        "files": ["conf"],
        "variables": {"REGION": "eu"},
        "var_files": [],
        "env_files": ["first.env", "second.env"],
    }
    assert [secret for secret in SECRETS.values() if secret in text + saved.all] == []
    assert "proxy.example.com" not in text
    shown = made.run("show", "saved.plan")
    assert shown.out.splitlines()[0].endswith(
        " UTC, made from conf/hooks.yaml; --var REGION=eu; --env-file first.env; --env-file second.env"
    )


def test_hosts_that_may_get_a_token_are_printed_and_not_kept(made: Tool) -> None:
    hosts = ("--allow-host", "proxy.example.com:8443", "--allow-host", "[2001:db8::1]")
    saved = made.run("plan", "-f", "conf", *OPTIONS, *hosts, "--out", "saved.plan")
    assert _printed(saved) == (
        "reconciler apply saved.plan --allow-host '[2001:db8::1]' --allow-host proxy.example.com:8443"
    )
    assert "2001:db8" not in (made.folder / "saved.plan").read_text()
    assert _typed(made, _printed(saved)).code == 0


def test_host_is_allowed_by_no_plan(made: Tool) -> None:
    text = (made.folder / "conf/hooks.yaml").read_text()
    (made.folder / "conf/hooks.yaml").write_text(text.replace(made.sandbox.base_url, "https://proxy.example.com"))
    made.run("plan", "-f", "conf", *OPTIONS, "--allow-host", "proxy.example.com", "--out", "saved.plan")
    assert not (made.folder / "saved.plan").exists()  # nobody answers there
    (made.folder / "conf/hooks.yaml").write_text(text)
    made.run("plan", "-f", "conf", *OPTIONS, "--allow-host", "proxy.example.com", "--out", "saved.plan")
    (made.folder / "conf/hooks.yaml").write_text(text.replace(made.sandbox.base_url, "https://proxy.example.com"))
    refused = made.run("apply", "saved.plan")
    assert (refused.code, "base-url-host" in refused.err, made.writes()) == (1, True, [])


@pytest.mark.parametrize(
    "name",
    [
        "with blank.plan",
        "it's.plan",
        "--destroy",
        "-f",
        "$(touch x);`touch y`.plan",
        "line\nbreak.plan",
        "colour\x1b[31m.plan",
        "back\\slash\t.plan",
        "soft\xadhyphen.plan",
        "turned\u202eround.plan",
        "##[error].plan",
        "häuser.plan",
        "sub folder/new.plan",
    ],
    ids=ascii,
)
def test_name_of_the_plan_is_printed_as_it_is_typed(made: Tool, name: str) -> None:
    (made.folder / "sub folder").mkdir()
    saved = made.run("plan", "-f", "conf", *OPTIONS, f"--out={name}")
    assert saved.code == 0, saved.err
    line = _line(saved)
    assert line.isprintable()
    assert "##[" not in line
    command = line.removeprefix("Saved the plan. To apply exactly this plan, run `").removesuffix("`.")
    assert len(made.there()) == 0
    done = _typed(made, command)
    assert (done.code, len(made.there())) == (0, 2), (command, done.all)
    assert not {"x", "y"} & {path.name for path in made.folder.iterdir()}


def test_refused_plan_says_so_and_how_to_allow_it(made: Tool) -> None:
    made.hook("/gone/one")
    made.hook("/gone/two")
    made.write("webhooks: {}\n", name="conf/hooks.yaml")
    saved = made.run("plan", "-f", "conf", "--out", "saved.plan")
    assert _line(saved) == (
        "Saved the plan, but `reconciler apply saved.plan` would refuse it. To allow it, plan again with "
        "`--allow-losses 2`."
    )
    assert (_typed(made, _printed(saved)).code, made.writes()) == (3, [])
    allowed = made.run("plan", "-f", "conf", "--allow-losses", "2", "--out", "saved.plan")
    assert (_typed(made, _printed(allowed)).code, made.there()) == (0, ())


def test_empty_plan_has_a_next_command_too(made: Tool) -> None:
    made.write("webhooks: {}\n", name="conf/hooks.yaml")
    saved = made.run("plan", "-f", "conf", "--out", "saved.plan")
    assert (_typed(made, _printed(saved)).code, made.writes()) == (0, [])


@pytest.mark.parametrize("name", ["-", ""])
def test_plan_is_never_saved_to_standard_output(made: Tool, name: str) -> None:
    before = sorted(path.name for path in made.folder.iterdir())
    mark = made.sandbox.mark()
    refused = made.run("plan", "-f", "conf", *OPTIONS, "--out", name)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.splitlines()[0] == (
        "error: Invalid value for '--out': give a file name: standard output can't be used here"
    )
    assert sorted(path.name for path in made.folder.iterdir()) == before
    assert made.sandbox.log(after=mark) == ()


def test_plan_of_standard_input_is_made_of_it_again(made: Tool) -> None:
    hooks = made.folder / "conf/hooks.yaml"
    saved = made.run("plan", "-f", "-", *OPTIONS, "--out", "saved.plan", stdin=hooks.read_text())
    assert _line(saved) == (
        "Saved the plan. To apply exactly this plan, run `reconciler apply saved.plan` with the same file on "
        "standard input."
    )
    with Terminal(made, "apply", "saved.plan") as terminal:
        terminal.until("the plan was made from standard input, which is now a terminal")
        assert terminal.end() == 1
    assert _typed(made, _printed(saved)).code == 1  # standard input is empty
    assert made.writes() == []
    assert _typed(made, _printed(saved), hooks).code == 0
    assert len(made.there()) == 2


@pytest.mark.parametrize(
    ("options", "variables", "code"),
    [
        pytest.param(("--var", "REGION=eu"), {}, 0, id="the-same-variable"),
        pytest.param(("--var", "REGION=us"), {}, 3, id="another-value"),
        pytest.param(("--env-file", "second.env"), {}, 3, id="other-env-files"),
        pytest.param(("--env-file", "copy.env"), {}, 0, id="an-env-file-of-another-name"),
        pytest.param(("-f", "copy.yaml"), {}, 0, id="the-same-file-elsewhere"),
        pytest.param(("-f", "webhooks.yaml"), {}, 1, id="another-file-without-the-variable"),
        pytest.param((), {"RECONCILER_FILE": "webhooks.yaml"}, 0, id="the-environments-file-does-not-count"),
        pytest.param((), {"HOOK": "another"}, 3, id="the-environment-before-the-env-file"),
        pytest.param(("-f", "nowhere.yaml"), {}, 1, id="no-file"),
    ],
)
def test_options_that_are_given_take_the_place_of_the_plans(
    made: Tool, options: tuple[str, ...], variables: dict[str, str], code: int
) -> None:
    (made.folder / "copy.yaml").write_text((made.folder / "conf/hooks.yaml").read_text())
    (made.folder / "copy.env").write_text(f"HOOK={SECRETS['HOOK']}\nPLACE={SECRETS['PLACE']}\n")
    assert made.run("plan", "-f", "conf", *OPTIONS, "--out", "saved.plan").code == 0
    done = made.run("apply", "saved.plan", *options, **variables)
    assert (done.code, len(made.there())) == (code, 0 if code else 2), done.all


def test_relative_paths_are_relative_to_the_working_directory(made: Tool) -> None:
    assert made.run("plan", "-f", "conf", *OPTIONS, "--out", "saved.plan").code == 0
    elsewhere = run_here(made.folder / "conf", "apply", "../saved.plan")
    assert (elsewhere.code, "error[file-missing]: file not found\n  --> conf" in elsewhere.err) == (1, True), (
        elsewhere.err
    )
    assert made.writes() == []


ACCOUNTS = ("live", "east", "west")


def _account(tool: Tool, name: str) -> str:
    return (
        f"  {name}:\n    provider: shippo\n    token: ${{{name.upper()}}}\n    base_url: {tool.sandbox.base_url}\n"
        f"    account_id: ${{ID_{name.upper()}}}\n"
    )


def _entry(name: str, path: str) -> str:
    return f"  {name}-{path}:\n    account: {name}\n    url: {HOST}/{name}/{path}\n    events: [all, track_updated]\n"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_accounts_entries_and_files_in_another_order_are_the_same_plan(tool: Tool, order: tuple[int, ...]) -> None:
    tokens = {name.upper(): f"shippo_live_order-{name}" for name in ACCOUNTS}
    environment = {**tokens, **{f"ID_{name.upper()}": name for name in ACCOUNTS}}

    def write(names: list[str], paths: str) -> None:
        accounts = "".join(_account(tool, name) for name in names)
        head = f"version: 1\naccounts:\n{accounts}owns: ['{HOST}/*']\nlimits:\n  max_losses: 99\nwebhooks:\n"
        (tool.folder / "one.yaml").write_text(head + "".join(_entry(name, "a") for name in names))
        (tool.folder / "two.yaml").write_text(
            "version: 1\nwebhooks:\n" + "".join(_entry(name, path) for name in names for path in paths)
        )

    for token in tokens.values():
        for path in ("/gone", "/x", "/live/a?token=old"):
            tool.sandbox.store.create(token, url=HOST + path, event="track_updated")
    write(list(ACCOUNTS), "bc")
    saved = run_here(tool.folder, "plan", "-f", "one.yaml", "-f", "two.yaml", "--out", "p", environment=environment)
    assert saved.code == 0, saved.all
    write([ACCOUNTS[place] for place in order], "cb")
    done = run_here(tool.folder, "apply", "p", "-f", "two.yaml", "-f", "one.yaml", environment=environment)
    assert (done.code, "Apply complete" in done.out) == (0, True), done.all
