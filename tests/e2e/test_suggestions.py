"""Words of other tools, and mistyped ones, are pointed at ours; nothing is done."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS
from tests.e2e.tool import Tool, entries, run_here


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        pytest.param("diff", "No such command 'diff'.", "Did you mean `reconciler plan`?", id="diff"),
        pytest.param("import", "No such command 'import'.", "Did you mean `reconciler export`?", id="import"),
        pytest.param("status", "No such command 'status'.", "Did you mean `reconciler drift`?", id="status"),
        pytest.param("aply", "No such command 'aply'.", "Did you mean `reconciler apply`?", id="mistyped-command"),
        pytest.param("help plam", "No such command 'plam'.", "Did you mean `reconciler help plan`?", id="help-of-none"),
        pytest.param(
            "help forms", "No such command 'forms'.", "Did you mean `reconciler help formats`?", id="help-of-a-topic"
        ),
        pytest.param(
            "help nope",
            "No such command 'nope'.",
            "`reconciler help` lists the commands and topics.",
            id="help-of-nothing-known",
        ),
        pytest.param("frobnicate", "No such command 'frobnicate'.", "", id="unknown-command"),
        pytest.param("dryrun", "No such command 'dryrun'.", "Did you mean `reconciler plan`?", id="without-its-dash"),
        pytest.param("Dry_Run", "No such command 'Dry_Run'.", "Did you mean `reconciler plan`?", id="underscore"),
        pytest.param("help dryrun", "No such command 'dryrun'.", "Did you mean `reconciler help plan`?", id="its-help"),
        pytest.param("PLAN", "No such command 'PLAN'.", "Did you mean `reconciler plan`?", id="in-capitals"),
        *(
            pytest.param(
                f"{name} help",
                "Got unexpected extra argument (help).",
                f"Did you mean `reconciler help {name}`?",
                id=f"{name}-help",
            )
            for name in COMMANDS
            if name != "help"
        ),
        pytest.param(
            "state list",
            "No such command 'state'.",
            "There is no state: every run reads what the provider has, so there is nothing to refresh, lock or store.",
            id="state",
        ),
        pytest.param(
            "apply --dry-run",
            "No such option '--dry-run'.",
            "`reconciler plan` shows what apply would do, and changes nothing.",
            id="dry-run",
        ),
        pytest.param(
            "apply --dryrun",
            "No such option '--dryrun'.",
            "`reconciler plan` shows what apply would do, and changes nothing.",
            id="option-without-its-dash",
        ),
        pytest.param("apply --yes", "No such option '--yes'.", "Did you mean `--auto-approve`?", id="yes"),
        pytest.param("apply -y", "No such option '-y'.", "Did you mean `--auto-approve`?", id="y"),
        pytest.param(
            "apply -auto-approve", "No such option '-auto-approve'.", "Did you mean `--auto-approve`?", id="t"
        ),
        pytest.param("plan -out=p", "No such option '-out'.", "Did you mean `--out`?", id="one-dash-and-value"),
        pytest.param("plan -var A=b", "No such option '-var'.", "Did you mean `--var`?", id="one-dash-like-v"),
        pytest.param("plan -format json", "No such option '-format'.", "Did you mean `--format`?", id="like-f"),
        pytest.param("plan -json", "No such option '-json'.", "Did you mean `--format`?", id="another-tools-one-dash"),
        pytest.param("plan -help", "No such option '-help'.", "Did you mean `--help`?", id="help-with-one-dash"),
        pytest.param("-version", "No such option '-version'.", "Did you mean `--version`?", id="version"),
        pytest.param("plan --formt json", "No such option '--formt'.", "Did you mean `--format`?", id="mistyped"),
        pytest.param("plan --nonsense", "No such option '--nonsense'.", "", id="unknown-option"),
        pytest.param("plan --strict", "No such option '--strict'.", "", id="option-of-another-command"),
        pytest.param("--strict validate", "No such option '--strict'.", "", id="option-before-the-command"),
        pytest.param("-strict validate", "No such option '-s'.", "", id="one-dash-before-the-command"),
        pytest.param(
            "plan a/webhooks.yaml",
            "Got unexpected extra argument (a/webhooks.yaml).",
            "Give each file with its own `-f`: `reconciler plan -f a/webhooks.yaml`. `-f` also takes a folder.",
            id="file-without-an-option",
        ),
        pytest.param(
            "plan -f a.yaml 'b c.yaml' d.yaml",
            "Got unexpected extra arguments (b c.yaml d.yaml).",
            "Give each file with its own `-f`: `reconciler plan -f a.yaml -f 'b c.yaml' -f d.yaml`. "
            "`-f` also takes a folder.",
            id="what-a-shell-makes-of-a-star",
        ),
        pytest.param("version now", "Got unexpected extra argument (now).", "", id="extra-where-no-files-are-taken"),
    ],
)
def test_wrong_word_is_pointed_at_ours(tmp_path: Path, line: str, message: str, hint: str) -> None:
    ended = run_here(tmp_path, *shlex.split(line))
    assert (ended.code, ended.out) == (1, "")
    first, help_ = ended.err.splitlines()
    assert first == f"error: {message}"
    assert help_.startswith(f"help: {hint} See `reconciler".replace("  ", " ")), help_
    for suggested in re.findall(r"`reconciler( [a-z-]+(?: [a-z-]+)?(?: --help)?)`", help_):
        words = suggested.split()
        there = run_here(tmp_path, *words, *(["--help"] if words[0] != "help" and "--help" not in words else []))
        assert (there.code, there.err) == (0, ""), suggested


def test_file_that_is_called_help_is_a_file(tool: Tool) -> None:
    tool.write(entries(orders="/orders"), name="help")
    assert tool.run("validate", "help").code == 0


def test_second_file_of_an_apply_is_not_taken_for_a_plan(tool: Tool) -> None:
    for name in "abc":
        tool.write(entries(**{name: f"/{name}"}), name=f"{name}.yaml")
    two = tool.run("apply", "--auto-approve", "-f", "a.yaml", "b.yaml")
    assert (two.code, "b.yaml is not a saved plan" in two.err) == (1, True)
    assert "`reconciler apply -f a.yaml -f b.yaml`" in two.err
    three = tool.run("apply", "--auto-approve", "-f", "a.yaml", "b.yaml", "c.yaml")
    assert (three.code, "`reconciler apply -f a.yaml -f b.yaml -f c.yaml`" in three.err) == (1, True)
    assert tool.sandbox.log() == ()


def test_value_of_a_wrong_option_is_not_repeated(tmp_path: Path) -> None:
    for line in ("plan -tokn=abcdefgh", "plan --tokn=abcdefgh", "plan -out=abcdefgh"):
        assert "abcdefgh" not in run_here(tmp_path, *line.split()).all
