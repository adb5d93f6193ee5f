"""What several events on one webhook mean for a plan: its key, moves, losses, and the lines that name them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account, Configuration
from reconciler.model.plan import AccountPlan, Action, Change, Hint, Reason
from reconciler.model.reading import Reading
from reconciler.model.webhook import Remote
from reconciler.planning.planner import PlanOptions, plan
from reconciler.planning.successors import Widening
from reconciler.view.redact import view_plan
from reconciler.view.rows import AbsentLine, LossRow
from tests.contract.bench import Bench, Wanted
from tests.contract.hooks import ALL, ELSEWHERE, A, B, C, Hook, entries_of, event_of, fields_of
from tests.contract.pigeonry import PIGEONRY
from tests.support.builders import DAY, HOST, absent, account, sign


def _planned(loft: Bench, wanted: Wanted, account: Account | None = None) -> AccountPlan:
    (planned,) = loft.plan(wanted, account).plan.planned
    return planned


def _signs(planned: AccountPlan) -> list[str]:
    return list(map(sign, planned.changes))


def _events(*events: str) -> tuple[str, ...]:
    return tuple(sorted(event_of(PIGEONRY, event) for event in events))


def test_entry_is_one_webhook_under_its_bare_name(loft: Bench) -> None:
    assert _signs(_planned(loft, {"a": Hook(events=(A, B))})) == ["+ a"]


def test_added_and_dropped_events_are_one_field_that_differs(loft: Bench) -> None:
    loft.put(Hook(events=(A, B)))
    (row,) = view_plan(loft.plan({"a": Hook(events=(B, C))}).plan).changes
    assert (row.action, row.webhook_address, row.index) == (Action.UPDATE, "a", None)
    assert [(field.name, field.before, field.after) for field in row.field_changes] == [
        ("events", _events(A, B), _events(B, C))
    ]


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        pytest.param((ALL, A), (ALL,), id="in-the-file"),
        pytest.param((ALL,), (ALL, A), id="at-the-provider"),
        pytest.param((ALL, A), (ALL, B), id="on-both-sides"),
    ],
)
def test_events_beside_a_catch_all_are_no_difference(
    loft: Bench, wanted: tuple[str, ...], there: tuple[str, ...]
) -> None:
    loft.put(Hook(events=there))
    assert _signs(_planned(loft, {"a": Hook(events=wanted)})) == []


@pytest.mark.parametrize(
    ("old", "new", "moved", "carried"),
    [
        pytest.param((A, B), (B, A), True, True, id="same-events"),
        pytest.param((A, B), (C,), False, False, id="other-events"),
        pytest.param((A, B), (A, B, C), False, True, id="more-events"),
        pytest.param((A,), (ALL,), False, True, id="every-event"),
    ],
)
def test_move_needs_the_same_events(
    loft: Bench,
    old: tuple[str, ...],
    new: tuple[str, ...],
    moved: bool,  # noqa: FBT001 - of the table
    carried: bool,  # noqa: FBT001 - of the table
) -> None:
    loft.put(Hook(path="/old", events=old))
    create, delete = _planned(loft, {"a": Hook(path="/new", events=new)}).changes
    assert (create.move is not None, delete.move is not None) == (moved, moved)
    assert Widening(PIGEONRY, [create]).holding(delete) == (create.address if carried else None)


def test_each_move_finds_the_one_with_its_events(loft: Bench) -> None:
    first, second = loft.put(Hook(path="/old/1", events=(A,)), Hook(path="/old/2", events=(B, C)))
    wanted = {"a": Hook(path="/new/1", events=(B, C)), "b": Hook(path="/new/2", events=(A,))}
    partners = {
        str(change.address): str(change.move or change.duplicate_of) for change in _planned(loft, wanted).changes
    }
    assert partners == {
        "default/a": f"default/@{second}",
        "default/b": f"default/@{first}",
        f"default/@{first}": "default/b",
        f"default/@{second}": "default/a",
    }


def test_duplicate_is_carried_by_its_survivor_also_where_that_loses_an_event(loft: Bench) -> None:
    loft.put(Hook(events=(A, C)), Hook(events=(B,)))
    update, delete = _planned(loft, {"a": Hook(events=(A, B))}).changes
    assert (update.action, delete.action, delete.reason) == (Action.UPDATE, Action.DELETE, Reason.DUPLICATE)
    assert [(one.address, one.fields) for one in delete.depends_on] == [(update.address, update.wanted)]
    assert update.depends_on == ()


def _losing(change: Change) -> tuple[Action, tuple[str, ...]]:
    assert change.remote is not None
    return change.action, tuple(sorted(PIGEONRY.events_of(change.remote.fields)))


def test_dropped_events_are_losses_and_those_of_a_duplicate_that_stay_are_not(loft: Bench) -> None:
    loft.put(Hook(path="/a", events=(A, B)), Hook(path="/twice", events=(A,)), Hook(path="/twice", events=(B,)))
    planned = _planned(loft, {"a": Hook(path="/a", events=(A,)), "twice": Hook(path="/twice", events=(A, B))})
    assert [_losing(change) for change in planned.changes] == [
        (Action.UPDATE, _events(A)),
        (Action.UPDATE, _events(A, B)),
        (Action.DELETE, _events(B)),
    ]
    assert [(loss.endpoint.path, loss.events, loss.absent_line) for loss in planned.losses] == [
        ("/a", _events(B), False)
    ]


def test_webhook_of_an_entrys_url_that_delivers_more_is_no_duplicate_and_stops_its_account(loft: Bench) -> None:
    loft.put(Hook(events=(A,)), Hook(events=(B, C)))
    (account,) = loft.plan({"a": Hook(events=(A, B))}).plan.not_planned
    assert account.error.message == (
        "the webhook default/@2 has the same URL as default/a, but other events (bird.lost)"
    )
    loft.server.remove("2")
    loft.put(Hook(events=(B, C), active=False))
    assert [change.action for change in _planned(loft, {"a": Hook(events=(A, B))}).changes] == [
        Action.UPDATE,
        Action.DELETE,
    ]


def test_lines_that_a_refusal_prints_let_it_through(loft: Bench) -> None:
    loft.put(Hook(path="/gone", events=(A, B)), Hook(path="/gone/too", events=(C,)))
    owner = replace(loft.account(), max_losses=1)
    run = loft.plan({"a": Hook()}, owner)
    lines = [loss.absent for loss in view_plan(run.plan).losses]
    assert view_plan(run.plan).losses == tuple(
        LossRow(
            account="default",
            url=HOST + path,
            scope="",
            events=events,
            absent=AbsentLine(url=HOST + path, events=events),
        )
        for path, events in (("/gone", _events(A, B)), ("/gone/too", _events(C)))
    )
    named = replace(owner, absent=tuple(absent(line.url, *line.events) for line in lines if line is not None))
    planned = _planned(loft, {"a": Hook()}, named)
    assert planned.losses == ()
    assert [change.reason for change in planned.changes] == [Reason.MISSING, Reason.NAMED_ABSENT, Reason.NAMED_ABSENT]


def test_absent_with_fewer_events_does_not_name_a_webhook_with_more(loft: Bench) -> None:
    loft.put(Hook(path=f"{ELSEWHERE}/a", events=(A, B)))
    named = replace(loft.account(), absent=(absent(f"{ELSEWHERE}/a", event_of(PIGEONRY, A)),))
    planned = _planned(loft, {}, named)
    assert (planned.changes, len(planned.unmanaged)) == ((), 1)


def test_webhook_elsewhere_that_shares_an_event_is_named_as_a_leftover(loft: Bench) -> None:
    loft.put(Hook(path=f"{ELSEWHERE}/a", events=(B, C)), Hook(path=f"{ELSEWHERE}/a", events=(C,)))
    planned = _planned(loft, {"a": Hook(events=(A, B))})
    assert [row.hint for row in planned.unmanaged] == [Hint.LEFTOVER, None]


def test_webhooks_of_a_provider_without_a_switch_always_deliver() -> None:
    # Neither of the providers here is so; the engine must not rely on that.
    fields = tuple(spec for spec in PIGEONRY.fields if spec.name != "active")
    always_on = replace(PIGEONRY, fields=fields)
    owner = replace(account(), provider=always_on, scope=())
    remotes = tuple(
        Remote(id=str(number), key=always_on.key_of(there), fields=there)
        for number, hook in enumerate((Hook(events=(A, C)), Hook(events=(B,)), Hook(path="/b")))
        for _, there in fields_of(always_on, hook, ())
    )
    desired = tuple(entries_of(always_on, "default", "a", Hook(events=(A, B)), ()))
    configuration = Configuration(accounts=Accounts((owner,)), desired=desired)
    made = plan(configuration, {"default": Reading(account="default", remotes=remotes)}, PlanOptions(), DAY)
    (planned_account,) = made.planned
    assert _signs(planned_account) == ["~ a", "- @1", "- @2"]
    assert [(loss.endpoint.path, loss.events) for loss in planned_account.losses] == [
        ("/a", _events(C)),
        ("/b", _events(A)),
    ]
    assert [row.delivers for row in view_plan(made).duplicates] == [True]
