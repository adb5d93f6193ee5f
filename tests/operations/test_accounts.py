"""Accounts side by side: one that can't be read or whose guard refuses, and what that means for the others."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.model.plan import Verdict
from reconciler.model.reading import ErrorKind
from reconciler.model.report import Outcome
from reconciler.model.secret import SecretText
from reconciler.sandbox.faults import Answer, When
from tests.support.builders import account, entry, hook, not_planned
from tests.support.site import Site, calls, outcomes, writes

LIVE, TEST = account("live"), account("other")
UNREADABLE = replace(TEST, token=SecretText.literal("not-a-token-that-anybody-knows"))
BOTH = [entry("a", account="live"), entry("b", account="other")]


def test_accounts_are_done_side_by_side_each_by_itself(site: Site) -> None:
    site.put(hook("1", "/old"), owner=LIVE)
    site.put(hook("2", "/old"), owner=TEST)
    report = site.apply(BOTH, [LIVE, TEST])
    assert [made.account for made in report.accounts] == ["live", "other"]
    assert [outcome for _, outcome in outcomes(report)] == [Outcome.DONE] * 4
    for owner, old in ((LIVE, "1"), (TEST, "2")):
        assert [webhook.url[-2:] for webhook in site.webhooks(owner).values()] == ["/a"]
        assert writes(site.log(owner)) == ["POST /webhooks", f"DELETE /webhooks/{old}"]


def test_account_that_can_not_be_read_gets_no_write_and_the_other_is_done(site: Site) -> None:
    run = site.plan(BOTH, [LIVE, UNREADABLE])
    report = run.apply()
    assert [made.account for made in report.accounts] == ["live"]
    assert outcomes(report) == [("+ a[track_updated]", Outcome.DONE)]
    assert not_planned(run.plan)["other"].error.kind is ErrorKind.DENIED
    assert not report.is_complete
    assert [entry.account for entry in site.sandbox.log()].count("") == 1  # the list that was denied
    assert site.webhooks(UNREADABLE) == {}


def test_account_whose_list_breaks_off_gets_no_write_at_all(site: Site) -> None:
    site.put(hook("1", "/old"), owner=LIVE)
    with site.fault(Answer(status=500), "GET", "/webhooks", When(since=1)):
        run = site.plan(BOTH, [LIVE, TEST])
    report = run.apply()
    assert report.accounts == ()
    assert not report.is_complete
    assert writes(site.log(LIVE)) == writes(site.log(TEST)) == []


def test_account_without_changes_is_not_called_again(site: Site) -> None:
    site.put(hook("1"), owner=LIVE)
    report = site.apply(BOTH, [LIVE, TEST])
    assert [made.account for made in report.accounts] == ["other"]
    assert report.is_complete
    assert calls(site.log(LIVE)) == ["GET /webhooks"]


def test_one_account_that_is_denied_does_not_stop_the_other(site: Site) -> None:
    site.put(hook("1", "/a?token=1"), owner=LIVE)
    run = site.plan([entry("a", "/a?token=2", account="live"), BOTH[1]], [LIVE, TEST])
    with site.fault(Answer(status=401), "PUT"):
        report = run.apply()
    assert outcomes(report) == [("~ a[track_updated]", Outcome.FAILED), ("+ b[track_updated]", Outcome.DONE)]


@pytest.mark.parametrize(
    ("allowed", "verdict"), [(None, Verdict.NOTHING_LEFT), (0, Verdict.TOO_MANY)], ids=["nothing-left", "too-many"]
)
def test_plan_that_a_guard_refuses_is_the_callers_mistake(site: Site, allowed: int | None, verdict: Verdict) -> None:
    site.put(hook("1"), owner=LIVE)
    run = site.plan([BOTH[1]], [LIVE, TEST], allowed_losses=allowed)
    assert [made.verdict for made in run.plan.planned] == [verdict, Verdict.FINE]
    with pytest.raises(ValueError, match="guard"):
        run.apply()
    assert writes(site.log(LIVE)) == writes(site.log(TEST)) == []
