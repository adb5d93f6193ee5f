"""Losses, whole: which endpoints stop receiving what, which webhooks go with it, and in what order that is told."""

from __future__ import annotations

import pytest

from reconciler.model.plan import AccountPlan, Loss, Phase, Verdict
from reconciler.model.webhook import Remote
from tests.contract.hooks import A, B, Hook
from tests.planning.loft import loft_plan
from tests.support.builders import HOST, account, entry, hook, only, planned, url

CREATED, UPDATED, ALL = "transaction_created", "transaction_updated", "all"
KEEP, KEPT = entry("keep", "/keep"), hook("keep", "/keep")


def lost(made: AccountPlan) -> list[tuple[str, tuple[str, ...], list[str], bool]]:
    """Each loss in short: endpoint, events, the webhooks that cause it, and whether a line under `absent` helps."""
    return [
        (
            loss.endpoint.reveal().removeprefix(HOST),
            loss.events,
            [remote.id for remote in loss.remotes],
            loss.absent_line,
        )
        for loss in made.losses
    ]


def test_loss_says_all_there_is_to_say() -> None:
    remotes = [hook("2", event=CREATED, day=3), hook("1", event=UPDATED, day=2), KEPT]
    assert only(planned([KEEP], remotes)).losses == (
        Loss(
            endpoint=url("/a").endpoint,
            scope=(("is_test", False),),
            events=(CREATED, UPDATED),
            remotes=(remotes[1], remotes[0]),
            absent_line=True,
        ),
    )


def test_losses_stand_in_the_order_of_hosts_schemes_ports_and_paths() -> None:
    places = [
        "https://a.example.com/",
        "https://a.example.com/z",
        "https://a.example.com:1/",
        "https://a.example.com:444/",
        "https://a.example.com:8443/",
        "http://b.localhost/",
        "https://b.localhost/",
        "https://b.localhost/?tenant=a",
        "https://b.localhost/?tenant=b",
    ]
    owns = [
        "/*",
        "https://*.example.com/*",
        "https://a.example.com:1/*",
        "https://a.example.com:444/*",
        "https://a.example.com:8443/*",
    ]
    owner = account(owns=[*owns, "http://b.localhost/*", "https://b.localhost/*"])
    remotes = [hook(str(number), place) for number, place in enumerate(places)]
    for order in (remotes, remotes[::-1]):
        assert [there for there, *_ in lost(only(planned([KEEP], [*order, KEPT], [owner])))] == places


def test_kinds_of_one_endpoint_are_losses_of_their_own() -> None:
    # Webhooks of the other kind are owned where an entry names them.
    desired = [KEEP, entry("a", active=False), entry("t", is_test=True, active=False)]
    made = only(planned(desired, [KEPT, hook("1"), hook("2", is_test=True)]))
    assert [(loss.scope, loss.remotes[0].id) for loss in made.losses] == [
        ((("is_test", False),), "1"),
        ((("is_test", True),), "2"),
    ]


def test_only_webhooks_that_deliver_what_is_lost_cause_the_loss() -> None:
    desired = [KEEP, entry("a", event=UPDATED)]
    remotes = [KEPT, hook("1", event=CREATED), hook("2", event=UPDATED, day=2), hook("3", event=UPDATED, day=3)]
    off = hook("4", event=CREATED, active=False)
    assert lost(only(planned(desired, [*remotes, off]))) == [("/a", (CREATED,), ["1"], True)]


def test_webhook_that_is_switched_off_needs_another_way_out_than_absent() -> None:
    desired = [KEEP, entry("a", event=CREATED, active=False)]
    remotes = [KEPT, hook("1", event=CREATED), hook("2", event=UPDATED)]
    assert lost(only(planned(desired, remotes))) == [("/a", (CREATED, UPDATED), ["1", "2"], False)]


@pytest.mark.parametrize(
    ("odd", "line"),
    [
        pytest.param(hook("2", "https://u:p@hooks.example.com/a"), False, id="same-place-and-event"),
        pytest.param(hook("2", "https://u:p@hooks.example.com/a", "batch_created"), True, id="another-event"),
        pytest.param(hook("2", "https://u:p@hooks.example.com/b"), True, id="another-path"),
        pytest.param(hook("2", "https://u:p@else.example.com/a"), True, id="another-host"),
    ],
)
def test_line_under_absent_must_reach_nobodys_webhook(odd: Remote, line: bool) -> None:  # noqa: FBT001 - a table
    assert [loss.absent_line for loss in only(planned([], [hook("1"), odd])).losses] == [line]


def test_line_under_absent_must_match_no_entry_of_that_place() -> None:
    desired = [KEEP, entry("b", "/a?tenant=y", CREATED), entry("c", "/a?tenant=y", UPDATED)]
    there = [hook("b", "/a?tenant=y", CREATED), hook("c", "/a?tenant=y", UPDATED), KEPT]
    for event, free in ((CREATED, False), (UPDATED, False), ("batch_created", True)):
        made = only(planned(desired, [*there, hook("1", "/a?tenant=x", event)]))
        assert lost(made) == [("/a?tenant=x", (event,), ["1"], free)]


@pytest.mark.parametrize(
    ("path", "line"),
    [("/a", True), ("/a*", False), ("/$A", False), ("/a?x=*", True)],
    ids=["plain", "star", "dollar", "star-in-the-query"],
)
def test_line_under_absent_must_mean_the_path_as_it_stands(path: str, line: bool) -> None:  # noqa: FBT001 - a table
    assert [loss.absent_line for loss in only(planned([KEEP], [KEPT, hook("1", path)])).losses] == [line]


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        pytest.param("/p", Verdict.FINE, id="owned-too"),
        pytest.param("https://else.example.com/p", Verdict.NOTHING_LEFT, id="not-owned"),
    ],
)
def test_protected_webhook_counts_as_receiving_where_it_is_owned_too(path: str, verdict: Verdict) -> None:
    made = only(planned([], [hook("1"), hook("2", path)], [account(protect=["/p", "https://else.example.com/p"])]))
    assert (lost(made), made.verdict) == ([("/a", ("track_updated",), ["1"], True)], verdict)


def test_protected_webhook_that_is_off_receives_nothing() -> None:
    made = only(planned([], [hook("1"), hook("2", "/p", active=False)], [account(protect=["/p"])]))
    assert made.verdict is Verdict.NOTHING_LEFT


def test_update_that_drops_an_event_causes_its_loss() -> None:
    made = loft_plan(
        [("a", Hook(events=(A,))), ("b", Hook(path="/b", events=(B,)))],
        [Hook(events=(A, B)), Hook(path="/b", events=(B,), others={"note": "old"})],
    )
    assert [(change.address.name, change.phase) for change in made.changes] == [("b", Phase.WIDEN), ("a", Phase.NARROW)]
    assert lost(made) == [("/a", ("bird.arrived",), ["0"], False)]


def test_update_that_keeps_an_event_is_no_cause_of_its_loss() -> None:
    made = loft_plan([("a", Hook(events=(A,)))], [Hook(events=(A, B)), Hook(events=(A,))])
    assert lost(made) == [("/a", ("bird.arrived",), ["0"], False)]
    kept = loft_plan([("a", Hook(events=(A, B)))], [Hook(events=(A,)), Hook(events=(B,))])
    assert [change.phase for change in kept.changes] == [Phase.WIDEN, Phase.NARROW]
    assert lost(kept) == []
