"""A list that fails after the creates: they are read back by id, and nothing is narrowed that wasn't seen carried."""

from __future__ import annotations

import pytest

from reconciler.model.reading import ErrorKind
from reconciler.model.report import Outcome
from reconciler.sandbox.faults import DROP_ANSWER, Action, Answer, When
from tests.support.builders import entry, hook
from tests.support.replay import gaps
from tests.support.site import Site, calls, outcomes

LYING = b'{"next": null, "previous": null, "count": 99, "results": []}'

FAILING = pytest.mark.parametrize(
    ("action", "kind"),
    [
        pytest.param(Answer(status=500), ErrorKind.REFUSED, id="500"),
        pytest.param(Answer(status=200, body=LYING), ErrorKind.GARBLED, id="lying-count"),
        pytest.param(Answer(status=200, body=b"<html>"), ErrorKind.GARBLED, id="html"),
        pytest.param(DROP_ANSWER, ErrorKind.UNREACHABLE, id="dropped"),
    ],
)


@FAILING
def test_creates_are_read_back_by_id_and_the_account_is_not_called_checked(
    site: Site, action: Action, kind: ErrorKind
) -> None:
    site.put(hook("old", "/old"), hook("1", day=1), hook("2", day=2))
    before = site.webhooks()
    run = site.plan([entry("new", "/new"), entry("a")])
    mark = site.mark()
    with site.fault(action, "GET", "/webhooks"):
        report = run.apply()
    assert outcomes(report) == [
        ("+ new[track_updated]", Outcome.DONE),
        ("- @2", Outcome.DONE),  # its survivor was seen by id
        ("- @old", Outcome.DONE),  # its new name was
    ]
    (account_report,) = report.accounts
    assert account_report.error is not None
    assert account_report.error.kind is kind
    assert not report.is_complete
    assert f"GET /webhooks/{report.results[0].object_id}" in calls(site.log(after=mark))
    assert gaps(before, site.log()) == set()


@FAILING
def test_what_was_not_seen_carried_is_held(site: Site, action: Action, kind: ErrorKind) -> None:
    site.put(hook("old", "/old"), hook("1", day=1), hook("2", day=2))
    run = site.plan([entry("new", "/new"), entry("a")])
    site.remove("1")
    with site.fault(action, "GET", "/webhooks"), site.fault(DROP_ANSWER, "POST"):
        report = run.apply()
    assert outcomes(report) == [
        ("+ new[track_updated]", Outcome.UNKNOWN),
        ("- @2", Outcome.HELD),
        ("- @old", Outcome.HELD),
    ]
    assert [made.error.kind for made in report.accounts if made.error] == [kind]
    assert site.apply([entry("new", "/new"), entry("a")]).is_complete
    assert sorted(webhook.url[-4:] for webhook in site.webhooks().values()) == ["/new", "om/a"]


def test_create_that_could_not_be_read_back_either_is_unverified(site: Site) -> None:
    site.put(hook("old", "/old"))
    run = site.plan([entry("new", "/new")])
    with site.fault(Answer(status=500), "GET"):
        report = run.apply()
    assert outcomes(report) == [("+ new[track_updated]", Outcome.UNVERIFIED), ("- @old", Outcome.HELD)]
    assert len(site.webhooks()) == 2


def test_lost_create_is_not_sent_again_where_the_list_fails(site: Site) -> None:
    run = site.plan([entry("a")])
    with site.fault(DROP_ANSWER, "POST", when=When(nth=1)), site.fault(Answer(status=500), "GET", "/webhooks"):
        assert outcomes(run.apply()) == [("+ a[track_updated]", Outcome.UNKNOWN)]
    assert len(site.webhooks()) == 1
