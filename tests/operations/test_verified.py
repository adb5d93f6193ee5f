"""Verified: what was written is read back, what came out otherwise named, a create under another key taken back."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from reconciler.model.report import Outcome, Result
from reconciler.model.url import Url
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import Answer, When
from tests.support.builders import HOST, account, entry, hook, url
from tests.support.lies import Lies
from tests.support.site import Site, Ticks, outcomes, writes


def _slash(text: str) -> str:
    """A provider that wants a slash at the end of every path."""
    base, mark, query = text.partition("?")
    return f"{base.rstrip('/')}/{mark}{query}"


def _rotate(text: str) -> str:
    """A provider that keeps a secret of its own."""
    return text.partition("?")[0] + "?token=theirs"


def _stores(rewrite: Callable[[str], str]) -> Site:
    return Site(lies=Lies(rewrite_url=rewrite))


def _answer(status: int, object_id: str, path: str = "/a", *, active: bool = True) -> Answer:
    """What the provider says though it did nothing."""
    document = {
        "object_id": object_id,
        "object_created": "2026-01-02T03:04:05.678Z",
        "object_updated": "2026-01-02T03:04:05.678Z",
        "object_owner": "owner@shop.example",
        "url": HOST + path,
        "event": "track_updated",
        "active": active,
        "is_test": False,
    }
    return Answer(status=status, body=json.dumps(document).encode())


def _made(result: Result) -> str:
    assert result.made is not None
    made = result.made.fields["url"]
    assert isinstance(made, Url)
    return made.reveal()


@pytest.mark.parametrize("owns", ["/*", "/a"], ids=["other-form-is-owned", "other-form-is-not-owned"])
def test_create_that_comes_back_under_another_key_is_taken_back(owns: str) -> None:
    with _stores(_slash) as site:
        report = site.apply([entry("a")], [account(owns=[owns])])
        (result,) = report.results
        assert result.outcome is Outcome.OTHER_KEY
        assert _made(result) == HOST + "/a/"
        assert not report.is_complete
        assert site.webhooks() == {}
        assert writes(site.log()) == ["POST /webhooks", f"DELETE /webhooks/{result.object_id}"]


def test_form_that_the_provider_keeps_put_into_the_file_is_in_step() -> None:
    with _stores(_slash) as site:
        (result,) = site.apply([entry("a")]).results
        assert site.apply([entry("a", _made(result))]).is_complete
        assert not site.plan([entry("a", _made(result))]).plan.has_changes


def test_rename_to_a_url_that_the_provider_keeps_in_another_form_leaves_the_old_one() -> None:
    with _stores(_slash) as site:
        site.put(hook("old", "/old"))
        report = site.apply([entry("a", "/new")])
        assert outcomes(report) == [("+ a[track_updated]", Outcome.OTHER_KEY), ("- @old", Outcome.HELD)]
        assert list(site.webhooks()) == ["old"]


def test_create_that_comes_back_as_a_webhook_listed_before_is_not_taken_back(site: Site) -> None:
    site.put(hook("theirs", "/a/"))
    run = site.plan([entry("a")], [account(owns=["/a"])])
    with site.fault(_answer(201, "theirs", "/a/"), "POST"):
        (result,) = run.apply().results
    assert (result.outcome, _made(result)) == (Outcome.OTHER_KEY_STAYS, HOST + "/a/")
    assert writes(site.log()) == []
    assert list(site.webhooks()) == ["theirs"]


def test_create_that_could_not_be_taken_back_says_why() -> None:
    with _stores(_slash) as site:
        run = site.plan([entry("a")])
        with site.fault(Answer(status=422), "DELETE"):
            (result,) = run.apply().results
        assert result.outcome is Outcome.OTHER_KEY_STAYS
        assert result.error is not None
        assert result.error.status == 422
        assert list(site.webhooks()) == [result.object_id]


def test_create_with_other_fields_than_wanted_is_not_as_wanted() -> None:
    with _stores(_rotate) as site:
        site.put(hook("old", "/old"))
        report = site.apply([entry("a", "/a?token=ours")])
        assert outcomes(report) == [
            ("+ a[track_updated]", Outcome.NOT_AS_WANTED),
            ("- @old", Outcome.HELD),
        ]
        assert not report.is_complete


def test_update_that_does_not_stick_is_not_as_wanted(site: Site) -> None:
    site.put(hook("1", "/a?token=1"), hook("2", "/a?token=1", day=2))
    run = site.plan([entry("a", "/a?token=2")])
    with site.fault(_answer(200, "1", "/a?token=2"), "PUT"):
        report = run.apply()
    assert outcomes(report) == [("~ a[track_updated]", Outcome.NOT_AS_WANTED), ("- @2", Outcome.HELD)]
    assert url(site.webhooks()["1"].url) == url("/a?token=1")


def test_switch_off_that_is_answered_with_404_is_not_taken_for_done(site: Site) -> None:
    site.put(hook("1"))
    run = site.plan([entry("a", active=False)])
    with site.fault(Answer(status=404), "PUT"):
        (result,) = run.apply().results
    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert result.error.message.startswith("the webhook still exists, but Shippo responded with 404 (not found)")


def test_switch_off_that_does_not_stick_is_not_as_wanted(site: Site) -> None:
    site.put(hook("1"))
    run = site.plan([entry("a", active=False)])
    with site.fault(_answer(200, "1", active=False), "PUT"):
        assert outcomes(run.apply()) == [("~ a[track_updated]", Outcome.NOT_AS_WANTED)]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(Answer(status=204, body=b""), Outcome.NOT_AS_WANTED), (Answer(status=404), Outcome.FAILED)],
    ids=["204", "404"],
)
def test_delete_that_does_not_stick_is_not_done(site: Site, answer: Answer, outcome: Outcome) -> None:
    site.put(hook("1"))
    run = site.plan()
    with site.fault(answer, "DELETE"):
        assert outcomes(run.apply()) == [("- @1", outcome)]


@pytest.mark.parametrize("since", [1, 2], ids=["before-the-delete", "after-it"])
def test_delete_of_what_a_404_says_is_gone_is_not_done_while_a_list_shows_it(site: Site, since: int) -> None:
    site.put(hook("1"))
    run = site.plan()
    hidden = Answer(status=404)
    with site.fault(hidden, "GET", "/webhooks/1", When(since=since)), site.fault(hidden, "DELETE", optional=True):
        (result,) = run.apply().results
    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert result.error.message.startswith("the webhook still exists, but Shippo responded with 404 (not found)")


def test_create_that_was_answered_and_is_nowhere_is_not_as_wanted(site: Site) -> None:
    site.put(hook("old", "/old"))
    run = site.plan([entry("a")])
    with site.fault(_answer(201, "nowhere"), "POST"):
        report = run.apply()
    assert outcomes(report) == [("+ a[track_updated]", Outcome.NOT_AS_WANTED), ("- @old", Outcome.HELD)]


def test_what_can_not_be_read_back_is_unverified(site: Site) -> None:
    site.put(hook("1", "/a?token=1"))
    run = site.plan([entry("a", "/a?token=2")])
    with site.fault(Answer(status=500), "GET", "/webhooks/1", When(since=2)):
        (result,) = run.apply().results
    assert result.outcome is Outcome.UNVERIFIED
    assert result.error is not None
    assert result.error.status == 500
    assert url(site.webhooks()["1"].url) == url("/a?token=2")


@pytest.mark.parametrize(
    "answer",
    [pytest.param(Answer(status=502), id="bad-gateway"), pytest.param(Answer(status=200), id="somebody-else")],
)
def test_update_that_nobody_knows_of_is_unknown_unless_it_reads_back_as_wanted(site: Site, answer: Answer) -> None:
    site.put(hook("1", "/a?token=1"))
    run = site.plan([entry("a", "/a?token=2")])
    with site.fault(answer, "PUT"):
        assert outcomes(run.apply()) == [("~ a[track_updated]", Outcome.UNKNOWN)]
    with site.fault(replace(answer, acts=True), "PUT"):
        assert outcomes(run.apply()) == [("~ a[track_updated]", Outcome.DONE)]


def test_hidden_webhook_that_was_switched_off_is_done() -> None:
    with Site(SandboxOptions(clock=Ticks(), hide_inactive=True)) as site:
        site.put(hook("1"))
        assert outcomes(site.apply([entry("a", active=False)])) == [("~ a[track_updated]", Outcome.DONE)]
