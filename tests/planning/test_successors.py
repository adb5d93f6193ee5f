"""What must deliver before a webhook is narrowed: what stands already, and all that is to widen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.model.configuration import Named
from reconciler.model.plan import AccountPlan, Action, Phase, Successor
from reconciler.model.webhook import Desired, Remote
from reconciler.planning.successors import Widening
from reconciler.providers.shippo import SHIPPO
from tests.contract.hooks import A, B, C, Hook
from tests.contract.pigeonry import PIGEONRY
from tests.planning.loft import loft_plan
from tests.support.builders import absent, account, entry, hook, only, planned

CREATED, UPDATED, ALL = "transaction_created", "transaction_updated", "all"
ELSEWHERE = "https://new.example.com"
OWNER = account(owns=["/*", f"{ELSEWHERE}/*"], absents=[absent("/absent")])


def standing(made: AccountPlan) -> dict[str, list[str]]:
    """The addresses that each narrowing change depends on, by its own."""
    return {
        change.address.text(long=False): [one.address.text(long=False) for one in change.depends_on]
        for change in made.changes
        if change.phase is Phase.NARROW
    }


def waits(made: AccountPlan) -> dict[str, str]:
    """What each narrowing change waits for first of all that widens, by its address; empty: for nothing."""
    widening = Widening(made.account.provider, made.changes)
    found = {change.address: widening.holding(change) for change in made.changes if change.phase is Phase.NARROW}
    return {address.text(long=False): "" if one is None else one.text(long=False) for address, one in found.items()}


def test_webhooks_in_step_stand_and_what_widens_is_waited_for() -> None:
    created, kept = entry("z", event="batch_created"), entry("k", event=CREATED)
    updated = entry("a", "/a?token=new", event=UPDATED)
    remotes = [hook("all", event=ALL), hook("k", event=CREATED), hook("u", "/a?token=old", UPDATED)]
    made = only(planned([created, kept, updated], remotes))
    (delete,) = [change for change in made.changes if change.action is Action.DELETE]
    assert delete.depends_on == (Successor(address=kept.address, fields=remotes[1].fields, object_id="k"),)
    assert waits(made) == {"@all": "a[transaction_updated]"}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(entry("b", event=CREATED), id="another-event"),
        pytest.param(entry("b", "/b"), id="another-path"),
        pytest.param(entry("b", is_test=True), id="another-kind"),
        pytest.param(entry("b", "https://hooks.example.com:8443/a"), id="another-port"),
    ],
)
def test_what_is_in_step_and_delivers_something_else_is_no_successor(other: Desired) -> None:
    there = Remote(id="b", key=other.key, fields=other.fields)
    made = only(planned([other], [hook("1"), there], [account(owns=["/*"])]))
    assert (standing(made), waits(made)) == ({"@1": []}, {"@1": ""})


@pytest.mark.parametrize(
    ("wanted", "there", "waiting"),
    [
        pytest.param(entry("a", event=CREATED), [], True, id="another-event-there"),
        pytest.param(entry("a", is_test=True), [], True, id="another-kind-there"),
        pytest.param(entry("a", event=ALL), [hook("2", event=ALL, active=False)], True, id="switched-on-there"),
        pytest.param(entry("a", "/a?token=n", CREATED), [hook("2", "/a?token=o", CREATED)], True, id="rotated-there"),
        pytest.param(entry("a", "/b"), [], True, id="its-event-at-another-path"),
        pytest.param(entry("a", f"{ELSEWHERE}/b"), [], True, id="its-event-at-another-host-and-path"),
        pytest.param(entry("a", "/b", ALL), [], True, id="every-event-elsewhere"),
        pytest.param(entry("a", "/b"), [hook("2", "/b", active=False)], True, id="switched-on-elsewhere"),
        pytest.param(entry("a", "/b", CREATED), [], False, id="another-event-elsewhere"),
        pytest.param(entry("a", "/b", is_test=True), [], False, id="another-kind-elsewhere"),
        pytest.param(entry("a", "/b", active=False), [], False, id="off"),
        pytest.param(entry("a", "/b"), [hook("2", "/b")], False, id="in-step"),
    ],
)
def test_delete_waits_for_what_widens_there_and_for_its_events_anywhere(
    wanted: Desired,
    there: list[Remote],
    waiting: bool,  # noqa: FBT001 - of the table
) -> None:
    # What an entry names is never absent.
    for path in ("/a", "/absent") if wanted.key.endpoint.path == "/b" else ("/a",):
        made = only(planned([wanted], [hook("1", path), *there], [OWNER]))
        assert waits(made) == {"@1": wanted.address.text(long=False) if waiting else ""}


@pytest.mark.parametrize("green", [[], [hook("2", "/green", active=False)]], ids=["made", "switched-on"])
def test_switch_off_waits_for_what_takes_its_place(green: list[Remote]) -> None:
    made = only(planned([entry("blue", "/blue", active=False), entry("green", "/green")], [hook("1", "/blue"), *green]))
    assert waits(made) == {"blue[track_updated]": "green[track_updated]"}


def test_all_waits_for_whatever_widens_and_singles_for_all() -> None:
    made = only(planned([entry("a", "/new", CREATED)], [hook("1", "/one", ALL), hook("2", "/two", UPDATED)]))
    assert waits(made) == {"@1": "a[transaction_created]", "@2": ""}
    made = only(planned([entry("a", "/new", ALL)], [hook("1", "/one", ALL), hook("2", "/two", UPDATED)]))
    assert waits(made) == {"@1": "a[all]", "@2": "a[all]"}


def test_the_nearest_is_named_first() -> None:
    desired = [entry("a", f"{ELSEWHERE}/a"), entry("b", f"{ELSEWHERE}/old"), entry("c", "/other", CREATED)]
    made = only(planned(desired, [hook("1", "/old"), hook("2", "/other", CREATED, is_test=True)], [OWNER]))
    assert waits(made) == {"@1": "b[track_updated]"}
    own = only(planned([*desired, entry("z", "/old", ALL)], [hook("1", "/old")], [OWNER]))
    assert waits(own) == {"@1": "z[all]"}


def test_webhook_that_delivers_nothing_waits_for_nothing() -> None:
    made = only(planned([entry("a", event=ALL)], [hook("1", active=False), hook("2", event=CREATED)]))
    assert waits(made) == {"@1": "", "@2": "a[all]"}


def test_duplicate_waits_for_its_own_endpoint_alone() -> None:
    twins = [hook("1", "/a?token=old", day=1), hook("2", "/a?token=old", day=2)]
    made = only(planned([entry("a"), entry("b", "/b")], [hook("1", day=1), hook("2", day=2)]))
    assert (standing(made), waits(made)) == ({"@2": ["a[track_updated]"]}, {"@2": ""})
    rotated = only(planned([entry("a", "/a?token=new"), entry("b", "/b")], twins))
    assert waits(rotated) == {"@2": "a[track_updated]"}


def test_filtered_out_create_holds_nothing_and_a_webhook_in_step_still_stands() -> None:
    desired = [entry("new", event=ALL), entry("kept", event=ALL, is_test=True)]
    remotes = [hook("1"), hook("2", is_test=True), hook("3", event=ALL, is_test=True)]
    made = only(planned(desired, remotes, targets=["@*"]))
    assert (standing(made), waits(made)) == ({"@1": []}, {"@1": ""})


def test_update_that_drops_an_event_narrows_and_a_duplicate_depends_on_it() -> None:
    made = loft_plan([("a", Hook(events=(A, B)))], [Hook(events=(A, B, C)), Hook(events=(B,))])
    assert [(change.action, change.phase) for change in made.changes] == [
        (Action.UPDATE, Phase.NARROW),
        (Action.DELETE, Phase.NARROW),
    ]
    assert (standing(made), waits(made)) == ({"a": [], "@1": ["a"]}, {"a": "", "@1": ""})


def test_dropped_event_waits_for_who_takes_it_over_and_a_kept_one_for_nobody() -> None:
    there = [Hook(path="/x", events=(A, B))]
    drops = ("a", Hook(path="/x", events=(A,)))
    assert waits(loft_plan([drops, ("b", Hook(path="/y", events=(B,)))], there)) == {"a": "b"}
    assert waits(loft_plan([drops, ("b", Hook(path="/y", events=(A,)))], there)) == {"a": ""}


def test_move_to_a_webhook_that_is_off_waits_for_nothing() -> None:
    made = loft_plan([("a", Hook(path="/new", active=False))], [Hook(path="/old")])
    assert [change.move and change.move.name for change in made.changes] == ["@0", "a"]
    assert waits(made) == {"@0": ""}
    assert [loss.endpoint.path for loss in made.losses] == ["/old"]


def test_nothing_holds_where_nothing_widens() -> None:
    made = only(planned([], [hook("1")]))
    assert Widening(SHIPPO, ()).holding(made.changes[0]) is None
    assert Widening(PIGEONRY, loft_plan([], [Hook()]).changes).holding(loft_plan([], [Hook()]).changes[0]) is None


@pytest.mark.parametrize("unreadable", [("active",), ("event",), ("is_test",), ("active", "event")], ids=" and ".join)
@pytest.mark.parametrize("path", ["/a", "/elsewhere"])
def test_what_can_not_be_read_whole_waits_as_if_it_delivered_everything(path: str, unreadable: tuple[str, ...]) -> None:
    whole = hook("1", path)
    fields = {**whole.fields, **dict.fromkeys(unreadable)}
    remote = replace(whole, key=None, fields=fields, unreadable=unreadable)
    owner = account(absents=[Named(object_id="1")])
    made = only(planned([entry("a")], [remote], [owner]))
    assert waits(made) == {"@1": "a[track_updated]"}


def test_event_that_only_a_failed_update_adds_elsewhere_is_waited_for() -> None:
    made = loft_plan(
        [("a", Hook(path="/x", events=(A, B)))], [Hook(path="/x", events=(A, C)), Hook(path="/y", events=(B,))]
    )
    update, delete = made.changes
    assert (update.phase, delete.action) == (Phase.NARROW, Action.DELETE)
    assert Widening(PIGEONRY, [update]).holding(delete) == update.address
