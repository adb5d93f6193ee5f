"""Who receives what: each endpoint against the events, now and after."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from reconciler.model.plan import Plan
from reconciler.model.webhook import Desired, Remote
from reconciler.view.deliveries import Deliveries, State, Webhook, deliveries
from reconciler.view.redact import view_plan
from tests.support.builders import HOST, absent, account, entry, hook, planned

OTHER = "https://other.example.com"


def _of(plan: Plan, undone: Collection[Webhook] = (), *, lists_unmanaged: bool = False) -> Deliveries:
    view = view_plan(plan)
    webhooks = (*view.resource_changes, *view.unmanaged, *view.known)
    return deliveries(webhooks, view.accounts, undone=undone, lists_unmanaged=lists_unmanaged)


def _said(found: Deliveries) -> dict[str, dict[str, tuple[State, int, int]]]:
    """By URL (the usual host left out) and event: the state, and the counts before and after."""
    return {
        receiver.url.removeprefix(HOST): {
            event: (one.state, one.before, one.after)
            for event, one in zip(found.events, receiver.deliveries, strict=True)
            if one is not None
        }
        for receiver in found.receivers
    }


@pytest.mark.parametrize(
    ("desired", "remotes", "expected"),
    [
        pytest.param([entry("a")], [hook("1")], (State.IN_STEP, 1, 1), id="in-step"),
        pytest.param([entry("a")], [], (State.CREATE, 0, 1), id="create"),
        pytest.param([entry("b", "/b")], [hook("1")], (State.DELETE, 1, 0), id="delete"),
        pytest.param([entry("a")], [hook("1", active=False)], (State.CREATE, 0, 1), id="switched-on"),
        pytest.param([entry("a", active=False)], [hook("1")], (State.DELETE, 1, 0), id="switched-off"),
        pytest.param([entry("a", active=False)], [hook("1", active=False)], (State.OFF, 0, 0), id="off"),
        pytest.param([entry("a", active=False)], [], (State.OFF, 0, 0), id="off-and-not-there"),
        pytest.param([entry("a", "/a?token=b")], [hook("1", "/a?token=c")], (State.CHANGE, 1, 1), id="change"),
        pytest.param([entry("a")], [hook("1"), hook("2", day=2)], (State.TWICE, 2, 1), id="duplicate"),
        pytest.param([entry("a")], [hook("1"), hook("2", event="all")], (State.TWICE, 2, 1), id="twice-by-all"),
        pytest.param([entry("a")], [hook("2", event="all")], (State.CHANGE, 1, 1), id="from-all-to-single"),
        pytest.param([], [hook("1", "/protected")], (State.PROTECTED, 1, 1), id="protected"),
        pytest.param([], [hook("1", "/known")], (State.KNOWN, 1, 1), id="known"),
        pytest.param([], [hook("1", OTHER)], (State.UNMANAGED, 1, 1), id="unmanaged"),
    ],
)
def test_state(desired: list[Desired], remotes: list[Remote], expected: tuple[State, int, int]) -> None:
    owner = account(protect=["/protected"], owns=["/a", "/b"], known=[absent("/known")])
    said = _said(_of(planned(desired, remotes, [owner]), lists_unmanaged=True))
    assert [events["track_updated"] for url, events in said.items() if url != "/b"] == [expected]


def test_webhook_for_every_event_delivers_each_that_others_name() -> None:
    found = _of(planned([entry("a", event="all"), entry("b", "/b")], [hook("1", event="all"), hook("2", "/b")]))
    assert found.events == ("all", "track_updated")
    assert [
        [None if one is None else (one.state, one.is_by_all) for one in each.deliveries] for each in found.receivers
    ] == [
        [(State.IN_STEP, False), (State.IN_STEP, True)],
        [None, (State.IN_STEP, False)],
    ]


def test_secrets_that_differ_are_one_endpoint_and_kinds_are_two() -> None:
    desired = [entry("a", "/a?token=x"), entry("b", "/a?token=y", "batch_created"), entry("t", is_test=True)]
    found = _of(planned(desired, [hook("1", "/a?token=z")], [account(owns_test=["/*"])]))
    assert [(each.url, each.scope) for each in found.receivers] == [(f"{HOST}/a", ""), (f"{HOST}/a", "is_test")]
    assert _said(found)["/a"] == {"track_updated": (State.CREATE, 0, 1)}


def test_what_others_receive_is_counted_by_host_unless_it_is_asked_for() -> None:
    remotes = [hook("1"), hook("2", f"{OTHER}/x"), hook("3", f"{OTHER}/y"), hook("4", f"{OTHER}/z", "batch_created")]
    plan = planned([entry("a")], remotes)
    found = _of(plan)
    assert [(each.url, each.others) for each in found.receivers] == [(f"{HOST}/a", 0), (OTHER, 3)]
    assert _said(found)[OTHER] == {
        "batch_created": (State.UNMANAGED, 1, 1),
        "track_updated": (State.UNMANAGED, 1, 1),
    }
    shown = [(each.url, each.others) for each in _of(plan, lists_unmanaged=True).receivers]
    assert shown == [(f"{HOST}/a", 0), *((f"{OTHER}/{path}", 0) for path in "xyz")]


def test_unmanaged_webhook_at_an_endpoint_of_the_file_makes_events_arrive_twice() -> None:
    owner = account(owns=["/b"])
    found = _of(planned([entry("a")], [hook("1"), hook("2", event="all")], [owner]))
    assert _said(found)["/a"] == {"all": (State.UNMANAGED, 1, 1), "track_updated": (State.TWICE, 2, 2)}


def test_url_that_cannot_be_read_is_no_endpoint_of_two() -> None:
    found = _of(planned([], [hook("1", "ftp://x"), hook("2", "ftp://x")]), lists_unmanaged=True)
    assert [each.others for each in found.receivers] == [0, 0]


def test_what_an_apply_did_not_do_has_not_changed() -> None:
    plan = planned([entry("a"), entry("b", "/b")], [hook("1", "/c")])
    found = _of(plan, undone={("default", "b[track_updated]"), ("default", "@1")})
    assert {url: said["track_updated"] for url, said in _said(found).items()} == {
        "/a": (State.CREATE, 0, 1),
        "/b": (State.NOT_DONE, 0, 0),
        "/c": (State.NOT_DONE, 1, 1),
    }


def test_what_changes_stands_first_then_what_others_receive_last() -> None:
    plan = planned(
        [entry("a"), entry("b", "/b", account="two"), entry("z", "/z")],
        {"default": [hook("1"), hook("2", OTHER)], "two": [hook("3", "/b")]},
        [account(), account("two")],
    )
    found = _of(plan)
    assert [(each.account, each.url, each.is_changed) for each in found.receivers] == [
        ("default", f"{HOST}/z", True),
        ("default", f"{HOST}/a", False),
        ("two", f"{HOST}/b", False),
        ("default", OTHER, False),
    ]
