"""Creates that are answered with what was there before: nothing of somebody else's is taken back, nor a sibling's."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.report import Outcome
from reconciler.model.webhook import Remote
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.checks import WebhookFields
from reconciler.sandbox.faults import Answer
from reconciler.sandbox.store import Webhook
from tests.support.builders import HOST, absent, account, entry, hook
from tests.support.lies import Lies
from tests.support.site import Site, Ticks, outcomes, writes

CREATED, UPDATED = "transaction_created", "transaction_updated"


def _same_url(fields: WebhookFields, there: Webhook) -> bool:
    return fields["url"] == there.url


def _same_url_and_event(fields: WebhookFields, there: Webhook) -> bool:
    return (fields["url"], fields["event"]) == (there.url, there.event)


def _site(finds: Callable[[WebhookFields, Webhook], bool]) -> Site:
    return Site(SandboxOptions(clock=Ticks(), hide_inactive=True), Lies(finds=finds))


def test_create_that_is_answered_with_a_siblings_webhook_leaves_it() -> None:
    desired = [entry("a", "/a", CREATED), replace(entry("a", "/a", UPDATED))]
    with _site(_same_url) as site:
        for runs in range(3):
            report = site.plan(desired).apply(1 if runs else 8)
            left = list(site.webhooks().values())
            assert [one.url for one in left] == [f"{HOST}/a"]
            assert "OTHER_KEY_STAYS" in [result.outcome.name for result in report.results]
        assert [entry.method for entry in site.log() if entry.took_effect] == ["POST"]


@pytest.mark.parametrize("day", [1, 3])
def test_hidden_webhook_of_another_event_that_a_create_is_answered_with_is_left_alone(day: int) -> None:
    theirs = hook("theirs", "/a", CREATED, active=False, day=day)
    with _site(_same_url) as site:
        site.put(theirs, hook("newer", "https://elsewhere.example.com/", day=4))
        (result,) = site.apply([entry("a", "/a", UPDATED)]).results
        assert (result.outcome, result.object_id) == (Outcome.OTHER_KEY_STAYS, "theirs")
        assert sorted(site.webhooks()) == ["newer", "theirs"]
        assert site.webhooks()["theirs"].active is False


def test_hidden_webhook_of_its_own_key_is_made_right() -> None:
    with _site(_same_url_and_event) as site:
        site.put(hook("hidden", "/a?token=old", CREATED, active=False), hook("old", "/old", CREATED))
        report = site.apply([entry("a", "/a?token=old", CREATED)])
        assert report.is_complete
        assert {one.object_id: one.active for one in site.webhooks().values()} == {"hidden": True}
        assert writes(site.log()) == ["POST /webhooks", "PUT /webhooks/hidden", "DELETE /webhooks/old"]
        assert not site.plan([entry("a", "/a?token=old", CREATED)]).plan.has_changes


def test_what_a_create_made_under_another_key_is_older_than_nothing_and_taken_back() -> None:
    with Site(lies=Lies(rewrite_url=lambda url: f"{url}/")) as site:
        site.put(hook("before", "https://elsewhere.example.com/", day=4))
        assert outcomes(site.apply([entry("a", "/a")])) == [("+ a[track_updated]", Outcome.OTHER_KEY)]
        assert list(site.webhooks()) == ["before"]


@pytest.mark.parametrize("stale", [1, 2])
def test_read_that_is_stale_right_after_a_write_is_looked_at_again(stale: int) -> None:
    with Site(lies=Lies(stale=stale)) as site:
        there: list[Remote] = [hook("1", "/a?token=old"), hook("2", "/b"), hook("3", "/gone", CREATED)]
        site.put(*there)
        run = site.plan([entry("a", "/a?token=new"), entry("b", "/b", active=False)])
        report = run.apply(1)
        assert report.is_complete, outcomes(report)
        assert sorted({*run.clock.sleeps}) == [0.5, 1.0][:stale]


def test_read_that_stays_different_counts_after_the_third_look() -> None:
    with Site(lies=Lies(stale=3)) as site:
        site.put(hook("1", "/a?token=old"))
        run = site.plan([entry("a", "/a?token=new")])
        assert outcomes(run.apply()) == [("~ a[track_updated]", Outcome.NOT_AS_WANTED)]
        assert run.clock.sleeps == [0.5, 1.0]


def _dateless(url: str) -> Answer:
    """A webhook that doesn't say when it was made."""
    there = {"object_id": "theirs", "event": "track_updated", "url": url, "active": False, "is_test": False}
    return Answer(status=201, body=json.dumps(there).encode())


def test_webhook_that_does_not_say_how_old_it_is_is_not_taken_back(site: Site) -> None:
    run = site.plan([entry("a", "/a")])
    with site.fault(_dateless(f"{HOST}/a/"), "POST"):
        (result,) = run.apply().results
    assert (result.outcome, writes(site.log())) == (Outcome.OTHER_KEY_STAYS, [])


@pytest.mark.parametrize(
    "owner",
    [
        pytest.param(account(protect=["/a/"]), id="protected"),
        pytest.param(account(known=[absent("/a/")]), id="known"),
    ],
)
def test_webhook_that_is_protected_or_known_is_not_taken_back(owner: Account) -> None:
    with Site(lies=Lies(rewrite_url=lambda url: f"{url}/")) as site:
        (result,) = site.apply([entry("a", "/a")], [owner]).results
        assert (result.outcome, len(site.webhooks())) == (Outcome.OTHER_KEY_STAYS, 1)
