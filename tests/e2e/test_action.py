"""The documented workflows, run step by step: a plan as a comment, its apply when merged, drift as an issue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from reconciler.sandbox.faults import Rule, When
from tests.support.faults import HoldAnswer
from tests.support.project import HOOK_TOKEN, ORDERS, RETURNS, TRACKING, Make, makes_projects
from tests.support.sandbox import Sandbox
from tests.support.workflows import ROOT, Ran, Running

NEW_TOKEN = "hook-token-that-is-new"


@pytest.fixture
def make(sandbox: Sandbox, tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:
        yield makes_projects(stack, tmp_path, sandbox)


def _says(ran: Ran) -> str:
    return f"{ran.outcomes}\n{ran.log}\n{ran.summary}"


def test_from_nothing_to_a_repaired_drift(make: Make) -> None:  # noqa: PLR0915 - one story
    team = make()
    team.workflows.secrets["SLACK_WEBHOOK_URL"] = f"{team.hub.base_url}/incoming"
    team.start(team.file(TRACKING))

    # A pull request gets a comment, and keeps it.
    number = team.open(team.file(ORDERS))
    planned = team.plan(number)
    assert planned.status == "success", _says(planned)
    (first,) = team.hub.comments_of(number)
    assert "orders[transaction_created]" in first
    assert team.hub.issues[number].labels == ["webhooks: changes"]
    outputs = ("command", "exitcode", "changes", "to-create", "to-update", "to-delete", "losses", "unmanaged")
    assert [planned.outputs[name] for name in outputs] == ["plan", "0", "1", "1", "0", "0", "0", "0"]
    assert "orders[transaction_created]" in planned.summary
    team.push(number, team.file(ORDERS + TRACKING))
    planned = team.plan(number)
    (second,) = team.hub.comments_of(number)
    assert "tracking[track_updated]" in second
    assert (len(planned.outputs["digest"]), team.there()) == (128, set())

    # The merge applies what was reviewed.
    team.merge(number)
    applied = team.apply()
    assert (applied.status, applied.outputs["exitcode"], applied.outputs["done"]) == ("success", "0", "2"), _says(
        applied
    )
    assert team.there() == {("/tracking", "track_updated"), (f"/orders?token={HOOK_TOKEN}", "transaction_created")}
    plan, report = team.hub.comments_of(number)
    assert (plan, "2 created" in report) == (second, True)

    # A change at the provider opens an issue.
    team.delete("track_updated")
    drifted = team.drift()
    assert (drifted.status, drifted.outputs["exitcode"]) == ("failure", "2"), _says(drifted)
    (issue,) = (one for one in team.hub.issues.values() if one.pull is None)
    assert (issue.title, issue.labels) == ("Webhooks have drifted: webhooks.yaml", ["webhooks: drift"])
    assert "tracking[track_updated]" in issue.body
    (told,) = team.hub.told
    assert told["text"].splitlines()[:2] == [issue.title, "Drift detected: 1 difference."]

    # The next merge's apply is cancelled while a create is under way: the report says what was done.
    number = team.open(team.file(ORDERS + TRACKING + RETURNS))
    assert team.plan(number).status == "success"
    team.merge(number)
    held = team.sandbox.faults.add(Rule(action=HoldAnswer(), method="POST", when=When(nth=1)))

    def cancel(running: Running) -> None:
        held.wait_until_held()
        running.cancel()
        held.release()

    cancelled = team.apply(cancel)
    team.sandbox.faults.remove(held)
    assert (cancelled.status, cancelled.outcomes["Run the tool"]) == ("cancelled", "cancelled"), _says(cancelled)
    assert cancelled.outputs["exitcode"] == "130"
    _, report = team.hub.comments_of(number)
    assert "Stopped: " in report
    assert "To do what is left, run this workflow by hand." in report

    # What is left is not what was reviewed; by hand it is applied, with a secret that was rotated.
    stale = team.apply()
    assert (stale.status, stale.outputs["exitcode"]) == ("failure", "3"), _says(stale)
    *_, report = team.hub.comments_of(number)
    assert "the saved plan is out of date" in report
    team.workflows.secrets["HOOK_TOKEN"] = NEW_TOKEN
    repaired = team.apply(by_hand=True)
    assert repaired.status == "success", _says(repaired)
    assert (f"/orders?token={NEW_TOKEN}", "transaction_created") in team.there()
    backups = [one for one in team.hub.artifacts if one["name"].startswith("webhooks-backup-")]
    kept = {path.name for one in backups for path in (team.workflows.stored / str(one["id"])).iterdir()}
    assert (len(backups), kept) == (3, {"before.yaml"})  # of the applies that changed something

    # And the issue is closed.
    assert (team.drift().status, issue.state) == ("success", "closed")
    assert [message["text"].splitlines()[0] for message in team.hub.told[1:]] == ["Webhooks match again: webhooks.yaml"]
    team.check_secrets(HOOK_TOKEN)


def test_hostile_webhooks_break_out_of_no_comment_output_or_log(make: Make) -> None:
    team = make()
    team.workflows.warm.add("plan.yml")
    team.start(team.file(TRACKING))
    event = "x\n::error::y ##[error]z -->`</details>@octo-org#1|<script>\u202e"
    team.sandbox.store.create(team.token, url="https://hooks.example.com/orders", event=event)
    number = team.open(team.file(TRACKING))
    ran = team.plan(number)
    assert ran.outputs["changes"] == "2", _says(ran)
    assert {*ran.outputs} == {*yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["outputs"]}
    (comment,) = team.hub.comments_of(number)
    tokens = MarkdownIt("gfm-like", {"html": True}).parse(comment)
    markup = [
        token.content for one in tokens for token in (one, *(one.children or ())) if token.type.startswith("html")
    ]
    assert not [one for one in markup if "script" in one or "octo-org" in one]
    assert "script" in comment


def test_pull_request_of_a_fork_is_validated_and_says_so(make: Make) -> None:
    team = make()
    team.workflows.warm.add("plan.yml")
    team.start(team.file(TRACKING))
    number = team.open(team.file(ORDERS), source="stranger/webhooks")
    ran = team.plan(number)
    assert (ran.status, ran.outputs["command"], ran.outputs["exitcode"]) == ("success", "validate", "0"), _says(ran)
    assert "nothing was compared with the provider: this is a pull request of a fork" in ran.summary
    assert (team.hub.writes(), team.hub.artifacts) == ([], [])


def test_before_the_secret_is_set_plans_are_green_with_a_warning_and_nothing_else_is(make: Make) -> None:
    team = make(SHIPPO_LIVE_TOKEN="")
    team.workflows.warm |= {"plan.yml", "apply.yml", "drift.yml"}
    team.start(team.file(TRACKING))
    number = team.open(team.file(TRACKING + RETURNS))
    ran = team.plan(number)
    assert (ran.status, ran.outputs["command"], ran.outputs["exitcode"]) == ("success", "validate", "0"), _says(ran)
    words = "`SHIPPO_LIVE_TOKEN` is not set in this job. Set it as a secret at https://github.example/"
    (comment,) = team.hub.comments_of(number)
    assert "> [!WARNING]\n> Only validated, nothing was compared with the provider: " in comment
    assert [words in text for text in (comment, ran.summary, ran.log)] == [True] * 3
    assert team.hub.artifacts == []
    team.merge(number)
    for ran in (team.apply(), team.apply(by_hand=True), team.drift()):
        assert (ran.status, ran.outputs["exitcode"]) == ("failure", "1"), _says(ran)
        assert ("::error title=Webhooks::" in ran.log, words in ran.log, words in ran.summary) == (True, True, True)
    (issue,) = (one for one in team.hub.issues.values() if one.pull is None)
    assert (issue.title, words in issue.body) == ("Webhooks could not be checked: webhooks.yaml", True)
