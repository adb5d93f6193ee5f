"""Runs at once: of one file in every phase, and of two files that share an account."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import Rule, When
from tests.robustness.case import HOOKS, OLD_SECRET, Account, Case, Entry, Hook, file_text, variables
from tests.robustness.child import Running
from tests.robustness.judge import play
from tests.support.faults import HoldRequest
from tests.support.sandbox import Sandbox

TOKEN = "shippo_live_Q5d83Vn50xH2ycB64kt9LrUm"
EVENTS = ("track_updated", "transaction_created")


def _entry(name: str, path: str, *events: str) -> Entry:
    return Entry(name=name, account="live", url=f"{HOOKS}{path}", events=events or EVENTS)


def _hook(path: str, event: str = "track_updated", day: int = 1) -> Hook:
    return Hook(account="live", url=f"{HOOKS}{path}", event=event, day=day)


EVERYTHING = Case(
    accounts=(Account(name="live", token=TOKEN, owns=(f"{HOOKS}/*",)),),
    entries=(_entry("new", "/new"), _entry("turned", "/a?token=${HOOK_A}"), _entry("twice", "/twice", "all")),
    hooks=(
        _hook("/old"),
        _hook(f"/a?token={OLD_SECRET}"),
        *(_hook("/twice", "all", day) for day in (1, 2, 2)),
        Hook(account="live", url="https://elsewhere.example.org/theirs", event="all"),
    ),
)


@pytest.mark.parametrize("barrier", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("runs", [2, 3, 8])
def test_runs_of_one_file_at_once_end_with_one_webhook_a_key(runs: int, barrier: str) -> None:
    case = Case(
        accounts=EVERYTHING.accounts,
        entries=EVERYTHING.entries,
        hooks=EVERYTHING.hooks,
        runs=runs,
        barrier=barrier,
        parallelism=1,
    )
    played = play(case)
    assert not played.broken, played.text()
    trouble, *_ = played.phases
    assert [told for told in trouble.told if told.code not in (0, 1)] == []
    # Some can't list while the others write: they say so, and what to do.
    assert all(told.code == 0 or "help: " in told.out + told.err for told in trouble.told), played.text()


def test_run_that_lists_after_a_survivor_was_hidden_leaves_nothing_on_that_is_to_be_off(tmp_path: Path) -> None:
    account = EVERYTHING.accounts[0]
    entry = Entry(name="off", account="live", url=f"{HOOKS}/off", events=("all",), active=False)
    case = Case(accounts=(replace(account, owns=(f"{HOOKS}/off",)),), entries=(entry,))
    (tmp_path / "work").mkdir()
    with Sandbox(SandboxOptions(hide_inactive=True)) as sandbox:
        for object_id in ("other", "survivor", "twin"):
            path = "/off" if object_id != "other" else "/other"
            sandbox.store.create(account.token, url=HOOKS + path, event="all", object_id=object_id)
        (tmp_path / "work" / "webhooks.yaml").write_text(file_text(case, sandbox.base_url), encoding="utf-8")
        held = sandbox.faults.add(Rule(action=HoldRequest(), path="/webhooks/twin", when=When(nth=1)))
        arguments = ("apply", "--auto-approve", "--allow-losses", "9", "--parallelism", "1")
        runs = [Running(tmp_path / "work", arguments, variables(case), "")]
        held.wait_until_held(1)
        runs.append(Running(tmp_path / "work", arguments, variables(case), ""))
        assert runs[1].wait(20)
        sandbox.faults.remove(held)
        assert runs[0].wait(20)
        assert [run.told().code for run in runs] == [1, 0]
        there = {one.object_id: one.active for one in sandbox.store.list(account.token)}
        assert there == {"other": True, "survivor": False, "twin": False}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_files_that_own_different_urls_of_one_account_leave_each_other_alone(tmp_path: Path, method: str) -> None:
    account = EVERYTHING.accounts[0]
    cases = [
        Case(
            accounts=(Account(name="live", token=TOKEN, owns=(f"{HOOKS}/{team}/*",)),),
            entries=(_entry(team, f"/{team}/new"),),
        )
        for team in ("red", "blue")
    ]
    (tmp_path / "work").mkdir()
    with Sandbox() as sandbox:
        for path in ("/red/old", "/blue/old", "/nobodys"):
            sandbox.store.create(account.token, url=HOOKS + path, event="all")
        barrier = sandbox.faults.add(Rule(action=HoldRequest(), method=method))
        runs = []
        for number, case in enumerate(cases):
            (tmp_path / "work" / f"{number}.yaml").write_text(file_text(case, sandbox.base_url), encoding="utf-8")
            arguments = ("apply", "-f", f"{number}.yaml", "--auto-approve", "--allow-losses", "1", "--parallelism", "1")
            runs.append(Running(tmp_path / "work", arguments, variables(case), ""))
        barrier.wait_until_held(2)
        sandbox.faults.remove(barrier)
        assert all(run.wait(20) for run in runs)
        told = [run.told() for run in runs]
        assert [one.code for one in told] == [0, 0], told
        there = sorted((one.url.removeprefix(HOOKS), one.event) for one in sandbox.store.list(account.token))
        assert there == [
            *(("/blue/new", event) for event in EVENTS),
            ("/nobodys", "all"),
            *(("/red/new", event) for event in EVENTS),
        ]
