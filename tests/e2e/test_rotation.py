"""A new value of a secret that nobody can read back reaches the provider, without a state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler import load, plan
from tests.support.github import TOKEN, GitHub, _Handler, github_server
from tests.support.here import main_here

WEB = "/repos/acme/web"
TOP = """\
version: 1
accounts:
  services:
    provider: github
    token: ${GITHUB_TOKEN}
    base_url: BASE
    repositories: [acme/web]
owns: [https://ci.example.com/*]
webhooks:
"""
ENTRY = """\
  NAME:
    url: https://ci.example.com/NAME
    events: [push]
    secret: ${CI_SECRET}
"""
OLD, NEW = "correct-horse-battery", "staple-horse-correct"


@pytest.fixture
def github() -> Iterator[GitHub]:
    with github_server(WEB) as server:
        yield server


class Work:
    def __init__(self, folder: Path, github: GitHub) -> None:
        self.folder, self.github = folder, github
        self.environment = {"GITHUB_TOKEN": TOKEN, "CI_SECRET": OLD}

    def write(self, *names: str, more: str = "") -> None:
        entries = "".join(ENTRY.replace("NAME", name) + more for name in names)
        (self.folder / "webhooks.yaml").write_text(TOP.replace("BASE", self.github.base_url) + entries)

    def run(self, *arguments: str) -> tuple[int, str]:
        code, out, err = main_here(self.folder, arguments, self.environment)
        assert OLD not in out + err
        assert NEW not in out + err
        return code, out + err

    def secrets(self) -> dict[str, str]:
        return {hook["config"]["url"].rpartition("/")[2]: hook["config"].get("secret") for hook in self.github.of(WEB)}

    def rows(self, *arguments: str) -> list[Any]:
        rows: list[Any] = json.loads(self.run("plan", "--format", "json", *arguments)[1])["resource_changes"]
        return [row for row in rows if row["change"]["actions"] != ["no-op"]]


@pytest.fixture
def work(tmp_path: Path, github: GitHub) -> Work:
    """Two webhooks with the old secret; the environment has a new one by now."""
    work = Work(tmp_path, github)
    work.write("ci", "cd")
    assert work.run("apply", "--auto-approve")[0] == 0
    assert work.secrets() == {"ci": OLD, "cd": OLD}
    work.environment["CI_SECRET"] = NEW
    work.github.calls.clear()
    return work


def test_new_value_alone_is_no_difference(work: Work) -> None:
    assert work.run("drift")[0] == 0


def test_resend_is_shown_and_sent_and_the_next_plan_is_empty(work: Work) -> None:
    code, said = work.run("plan", "--resend-secrets")
    assert code == 0
    assert "update in place: its secret is sent again" in said
    assert "secret  ‹hidden› → ‹changed›" in said
    assert {row["action_reason"] for row in work.rows("--resend-secrets")} == {"resend"}
    code, said = work.run("apply", "--auto-approve", "--resend-secrets")
    assert code == 0, said
    assert "2 updated" in said
    assert work.secrets() == {"ci": NEW, "cd": NEW}
    assert work.run("drift")[0] == 0


def test_target_says_which(work: Work) -> None:
    assert work.run("apply", "--auto-approve", "--resend-secrets", "--target", "ci")[0] == 0
    assert work.secrets() == {"ci": NEW, "cd": OLD}


def test_it_is_sent_with_an_update_that_has_another_reason(work: Work) -> None:
    for hook in work.github.of(WEB):
        hook["active"] = False
    rows = work.rows("--resend-secrets")
    assert [[one["name"] for one in row["field_changes"]] for row in rows] == [["active", "secret"]] * 2
    assert work.run("apply", "--auto-approve", "--resend-secrets")[0] == 0
    assert work.secrets() == {"ci": NEW, "cd": NEW}


def test_saved_plan_keeps_it(work: Work) -> None:
    assert work.run("plan", "--resend-secrets", "--out", "saved.plan")[0] == 0
    assert "its secret is sent again" in work.run("show", "saved.plan")[1]
    assert work.run("apply", "saved.plan", "--resend-secrets")[0] == 1
    assert work.run("apply", "saved.plan")[0] == 0
    assert work.secrets() == {"ci": NEW, "cd": NEW}


@pytest.mark.parametrize("active", [True, False], ids=["nothing-else-differs", "switched-on-too"])
@pytest.mark.parametrize("is_taken", [True, False], ids=["taken", "not-taken"])
def test_nobody_says_that_a_secret_was_sent_whose_answer_was_lost(
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
    active: bool,  # noqa: FBT001 - columns of a table
    is_taken: bool,  # noqa: FBT001
) -> None:
    for hook in work.github.of(WEB):
        hook["active"] = active
    usual = _Handler._answer

    def answer(self: _Handler, sent: object) -> object:
        if self.command != "PATCH":
            return usual(self, sent)
        if is_taken:
            usual(self, sent)
        return 500, {"message": "no"}, {}

    monkeypatch.setattr(_Handler, "_answer", answer)
    code, said = work.run("apply", "--auto-approve", "--resend-secrets")
    assert (code, "0 updated" in said) == (1, True), said
    assert "`reconciler apply --resend-secrets --target 'ci'` sends it again" in said
    monkeypatch.undo()
    for name in ("ci", "cd"):
        assert work.run("apply", "--auto-approve", "--resend-secrets", "--target", name)[0] == 0
    assert work.secrets() == {"ci": NEW, "cd": NEW}


@pytest.mark.parametrize("more", ["    ignore_changes: [secret]\n", ""], ids=["ignored", "unsaid"])
def test_what_the_file_leaves_alone_is_not_sent(work: Work, more: str) -> None:
    work.write("ci", "cd", more=more)
    if not more:
        path = work.folder / "webhooks.yaml"
        path.write_text(path.read_text().replace("    secret: ${CI_SECRET}\n", ""))
    assert work.rows("--resend-secrets") == []


def _day(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def test_since_sends_it_where_the_provider_s_last_change_is_older(work: Work) -> None:
    older = f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    for hook in work.github.of(WEB):
        hook["updated_at"] = older if hook["config"]["url"].endswith("/ci") else now
    work.write("ci", "cd", more=f"    secret_since: {_day(-1)}\n")
    code, said = work.run("drift")
    assert code == 2
    assert "its secret is older than `secret_since`" in said
    assert [row["entry"] for row in work.rows()] == ["ci"]
    assert work.run("apply", "--auto-approve")[0] == 0
    assert work.secrets() == {"ci": NEW, "cd": OLD}
    assert work.run("drift")[0] == 0


def test_day_that_is_still_to_come_is_not_due(work: Work) -> None:
    work.write("ci", "cd", more=f"    secret_since: {_day(2)}\n")
    assert work.run("drift")[0] == 0


@pytest.mark.parametrize("text", ["2026-13-01", "2026-11-01T25:00:00Z", "soon", "[2026-11-01]", "20261101"])
def test_what_is_no_day(work: Work, text: str) -> None:
    work.write("ci", more=f"    secret_since: {text}\n")
    code, said = work.run("validate")
    assert code == 1
    assert "secret_since" in said


def test_since_in_defaults_is_for_all(work: Work) -> None:
    for hook in work.github.of(WEB):
        hook["updated_at"] = "2026-01-01T00:00:00Z"
    path = work.folder / "webhooks.yaml"
    path.write_text(path.read_text().replace("webhooks:", "defaults:\n  secret_since: 2026-11-01\nwebhooks:"))
    assert len(work.rows()) == 2


def test_a_program_asks_for_it(work: Work) -> None:
    files = load(work.folder / "webhooks.yaml", environment=work.environment)
    assert len(plan(files, resend_secrets=True).changes) == 2
    assert plan(files).changes == ()
