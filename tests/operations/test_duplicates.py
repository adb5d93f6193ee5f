"""Runs at once: applies of one configuration end with one webhook a key, and who goes is the rule's to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.model.configuration import Account
from reconciler.model.report import Outcome, Report
from reconciler.model.webhook import Desired, Remote
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import LATE_BAD_GATEWAY, RESET_REQUEST, Action, Answer, When
from reconciler.sandbox.store import Webhook
from tests.support.builders import HOST, account, entry, hook
from tests.support.faults import HoldRequest
from tests.support.lies import HONEST, Lies
from tests.support.replay import gaps
from tests.support.site import Run, Site, Ticks, outcomes, writes

ENTRIES = [entry("a", "/a"), entry("b", "/b", "all")]
PROTECTED = account(protect=["/*"])


def _together(site: Site, runs: Sequence[Run], method: str, path: str, calls: int) -> list[Report]:
    """Apply at once; the calls named wait until so many have come, and go on together."""
    with (
        ThreadPoolExecutor(len(runs)) as pool,
        site.fault(HoldRequest(), method, path) as barrier,
    ):
        endings = [pool.submit(run.apply) for run in runs]
        barrier.wait_until_held(calls)
        site.faults.remove(barrier)
        return [ending.result() for ending in endings]


@pytest.mark.parametrize("step", [0.0, 1.0], ids=["all-of-one-age", "one-after-the-other"])
@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize(
    ("method", "path", "calls"),
    [
        pytest.param("POST", "/webhooks", 2, id="creates-released-together"),
        pytest.param("GET", "/webhooks", 1, id="lists-released-together"),
        pytest.param("DELETE", "/webhooks/*", 1, id="deletes-released-together"),
    ],
)
def test_runs_at_once_end_with_one_webhook_a_key(step: float, number: int, method: str, path: str, calls: int) -> None:
    with Site(SandboxOptions(clock=Ticks(step))) as site:
        site.put(hook("old", "/old"))
        before = site.webhooks()
        runs = [site.plan(ENTRIES) for _ in range(number)]
        # Each run creates both and deletes the old one, so that every barrier is reached by all of them.
        reports = _together(site, runs, method, path, calls * number)
        keys = Counter((webhook.url, webhook.event) for webhook in site.webhooks().values())
        assert sorted(keys.values()) == [1, 1]
        assert [report.is_complete for report in reports] == [True] * number
        assert gaps(before, site.log()) == set()
        assert not site.plan(ENTRIES).plan.has_changes


def test_runs_at_once_that_both_see_the_duplicates_agree_on_who_stays(site: Site) -> None:
    runs = [site.plan([entry("a")]), site.plan([entry("a")])]
    reports = _together(site, runs, "GET", "/webhooks", 2)
    first, second = [entry.object_id for entry in site.log() if entry.method == "POST"]
    assert list(site.webhooks()) == [first]
    assert [[result.object_id for result in report.results] for report in reports] == [[first, second]] * 2
    deletes = [entry for entry in site.log() if entry.method == "DELETE"]
    assert {entry.object_id for entry in deletes} == {second}
    assert [entry.took_effect for entry in deletes].count(True) == 1


THEIRS_YOUNGER = hook("theirs", day=300_000)
THEIRS_OLDER = hook("theirs", day=1)


@pytest.mark.parametrize(
    ("owner", "theirs", "stay"),
    [
        pytest.param(account(), THEIRS_OLDER, ["theirs"], id="owned-theirs-is-older"),
        pytest.param(account(), THEIRS_YOUNGER, ["ours"], id="owned-theirs-is-younger"),
        pytest.param(PROTECTED, THEIRS_OLDER, ["theirs"], id="protected-theirs-is-older"),
        pytest.param(PROTECTED, THEIRS_YOUNGER, ["ours", "theirs"], id="protected-theirs-is-younger"),
    ],
)
def test_webhook_of_another_run_goes_only_by_the_rule_and_never_under_protect(
    site: Site, owner: Account, theirs: Remote, stay: list[str]
) -> None:
    run = site.plan([entry("a")], [owner])
    site.put(theirs)
    before = site.webhooks()
    assert run.apply().is_complete
    (ours,) = [entry.object_id for entry in site.log() if entry.method == "POST"]
    after = site.webhooks()
    assert sorted("ours" if object_id == ours else object_id for object_id in after) == stay
    if "theirs" in after:
        assert after["theirs"] == before["theirs"]


@pytest.mark.parametrize(
    ("wanted", "theirs"),
    [
        pytest.param(entry("a", "/a?token=2"), hook("theirs", "/a?token=1"), id="other-token"),
        pytest.param(entry("a"), hook("theirs", active=False), id="switched-off"),
        pytest.param(
            entry("a", ignored=["active"]), hook("theirs", active=False), id="switched-off-where-the-file-looks-away"
        ),
    ],
)
@pytest.mark.parametrize(
    "action",
    [
        pytest.param(Answer(status=409), id="refused"),
        pytest.param(Answer(status=502), id="lost-on-the-way-there"),
        pytest.param(LATE_BAD_GATEWAY, id="lost-on-the-way-back"),
    ],
)
def test_webhook_under_protect_that_a_run_did_not_surely_create_is_never_written(
    site: Site, wanted: Desired, theirs: Remote, action: Action
) -> None:
    # It was made by somebody else after the plan, and found when our own create was looked for.
    run = site.plan([wanted], [PROTECTED])
    site.put(theirs)
    before = site.webhooks()
    with site.fault(action, "POST", when=When(nth=1)):
        run.apply()
    assert [call for call in writes(site.log()) if call.endswith("/theirs")] == []
    assert site.webhooks()["theirs"] == before["theirs"]


def test_survivor_is_made_right_before_our_duplicate_goes(site: Site) -> None:
    run = site.plan([entry("a", "/a?token=2")])
    site.put(hook("theirs", "/a?token=1", active=False))
    report = run.apply()
    assert outcomes(report)[:2] == [("+ a[track_updated]", Outcome.DONE), ("~ a[track_updated]", Outcome.DONE)]
    (ours,) = [entry.object_id for entry in site.log() if entry.method == "POST"]
    assert writes(site.log()) == ["POST /webhooks", "PUT /webhooks/theirs", f"DELETE /webhooks/{ours}"]
    assert list(site.webhooks()) == ["theirs"]


def test_duplicate_stays_where_the_survivor_could_not_be_made_right(site: Site) -> None:
    run = site.plan([entry("a", "/a?token=2")])
    site.put(hook("theirs", "/a?token=1", active=False))
    with site.fault(Answer(status=400), "PUT"):
        report = run.apply()
    assert [outcome for _, outcome in outcomes(report)] == [Outcome.NOT_AS_WANTED, Outcome.HELD]
    assert [result.error and result.error.status for result in report.results] == [400, None]
    assert len(site.webhooks()) == 2


def _ghost(site: Site, url: str) -> Webhook:
    """A webhook that an account had, and that is deleted."""
    site.put(hook("ghost", url, day=1))
    ghost = site.webhooks()["ghost"]
    site.remove("ghost")
    return ghost


@pytest.mark.parametrize("owner", [pytest.param(account(), id="owned"), pytest.param(PROTECTED, id="protected")])
def test_duplicate_stays_where_only_a_lagging_list_knows_the_older_one(site: Site, owner: Account) -> None:
    ghost = _ghost(site, f"{HOST}/a")
    run = site.plan([entry("a", "/a")], [owner])
    site.sandbox.lie(Lies(ghosts=(ghost,)))
    report = run.apply()
    assert [webhook.url for webhook in site.webhooks().values()] == [f"{HOST}/a"]
    assert not report.is_complete
    site.sandbox.lie(HONEST)
    assert site.apply([entry("a", "/a")], [owner]).is_complete
    assert writes(site.log()) == ["POST /webhooks"]


@pytest.mark.parametrize(
    "action", [pytest.param(RESET_REQUEST, id="lost"), pytest.param(Answer(status=409), id="refused")]
)
def test_old_webhook_stays_where_only_a_lagging_list_knows_the_new_one(site: Site, action: Action) -> None:
    ghost = _ghost(site, f"{HOST}/a")
    site.put(hook("old", "/old"))
    run = site.plan([entry("a", "/a")])
    site.sandbox.lie(Lies(ghosts=(ghost,)))
    with site.fault(action, "POST"):
        report = run.apply()
    assert list(site.webhooks()) == ["old"]
    assert not report.is_complete
