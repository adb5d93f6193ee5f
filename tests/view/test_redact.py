"""A plan as it may be shown: rows, losses and what would let them through, counts, and the order of it all."""

from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.plan import AccountPlan, Action, Hint, Reason, Verdict
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.view.account_mask import AccountMask
from reconciler.view.redact import view_listing, view_plan
from reconciler.view.rows import (
    AbsentLine,
    Failure,
    FieldRow,
    PlainFields,
    Row,
    Sensitive,
    Sides,
    Standing,
    Status,
    Summary,
)
from tests.model.texts import env, written
from tests.support.builders import HOST, absent, account, entry, hook, only, planned
from tests.support.drawing import World, worlds

BEFORE: PlainFields = {"url": f"{HOST}/a?token=‹hidden›", "event": "track_updated", "active": False, "is_test": False}
SEEN = "2026-01-02T00:00:00Z"


def _row(before: PlainFields | None, after: PlainFields | None, action: Action = Action.NONE, **more: object) -> Row:
    shown = before or after or {}
    row = Row(
        address='shippo_webhook.a["track_updated"]',
        type="shippo_webhook",
        name="a",
        index="track_updated",
        provider_name="shippo",
        webhook_address="a[track_updated]",
        entry="a",
        account="default",
        object_id=None,
        status=Status.MANAGED,
        url=str(shown["url"]),
        host=HOST,
        endpoint=str(shown["url"]).partition("?")[0],
        events=(str(shown["event"]),),
        scope="",
        delivers=bool(shown["active"]),
        updated=None,
        action_reason=None,
        partner=None,
        hint=None,
        near=None,
        place=None,
        unknown_fields=(),
        unreadable_fields=(),
        change=Sides(
            actions=(action,),
            before=before,
            after=after,
            after_unknown={},
            before_sensitive=_sensitive(before),
            after_sensitive=_sensitive(after),
        ),
        field_changes=(),
    )
    return replace(row, **more)  # the row's own fields


def _sensitive(fields: PlainFields | None) -> Sensitive:
    return False if fields is None else {"url": True} if "‹" in str(fields["url"]) else {}


def test_update_shows_both_sides_whole_and_what_differs() -> None:
    made = planned([entry("a", "/a?token=new")], [hook("1", "/a?token=old", active=False)])
    after = {**BEFORE, "url": f"{HOST}/a?token=‹changed›", "active": True}
    assert view_plan(made).resource_changes == (
        _row(
            BEFORE,
            after,
            Action.UPDATE,
            action_reason=Reason.SWITCHED_OFF,
            object_id="1",
            updated=SEEN,
            field_changes=(
                FieldRow(name="url", before=BEFORE["url"], after=after["url"]),
                FieldRow(name="active", before=False, after=True),
            ),
            place="webhooks.yaml:1:1",
        ),
    )


def test_create_has_no_before_and_delete_no_after() -> None:
    made = planned([entry("a")], [hook("1", "/b", "all")])
    fields: PlainFields = {"url": f"{HOST}/a", "event": "track_updated", "active": True, "is_test": False}
    create, delete = view_plan(made).resource_changes
    assert create == _row(None, fields, Action.CREATE, action_reason=Reason.MISSING, place="webhooks.yaml:1:1")
    assert delete == _row(
        {**fields, "url": f"{HOST}/b", "event": "all"},
        None,
        Action.DELETE,
        address='shippo_webhook.without_entry["1"]',
        name="without_entry",
        index="1",
        webhook_address="@1",
        entry=None,
        action_reason=Reason.NOT_IN_FILE,
        status=Status.NOT_IN_FILE,
        object_id="1",
        updated=SEEN,
    )


def test_protected_and_in_step_are_no_ops_with_equal_sides() -> None:
    made = planned(
        [entry("a", "/a?token=new"), entry("b", "/b"), entry("off", "/off", active=False)],
        [hook("1", "/a?token=old", active=False), hook("2", "/b"), hook("3", "/a/x")],
        [account(protect=["/a*"])],
    )
    rows = view_plan(made).resource_changes
    assert [(row.webhook_address, row.action, row.action_reason, len(row.field_changes)) for row in rows] == [
        ("b[track_updated]", Action.NONE, None, 0),
        ("off[track_updated]", Action.NONE, Reason.OFF, 0),
        ("a[track_updated]", Action.NONE, Reason.PROTECTED, 2),
        ("@3", Action.NONE, Reason.PROTECTED, 0),
    ]
    off = rows[1].change
    assert (off.before, off.after) == (None, {**BEFORE, "url": f"{HOST}/off"})
    assert all(row.change.before == row.change.after for row in rows if row.change is not off)


def test_a_move_is_two_rows_that_name_each_other() -> None:
    rows = view_plan(planned([entry("a", "/new")], [hook("1", "/old")])).resource_changes
    assert [(row.webhook_address, row.partner) for row in rows] == [
        ("a[track_updated]", "@1"),
        ("@1", "a[track_updated]"),
    ]


def test_everything_is_counted_once() -> None:
    made = planned(
        [entry("a"), entry("b", "/b"), entry("c", "/c", active=False), entry("p", "/p"), entry("n", "/n")],
        [
            hook("1", active=False),
            hook("2", "/b"),
            hook("3", "/b", day=2),
            hook("4", "/p", active=False),
            hook("5", "/gone"),
            hook("6", "https://h.io/x"),
            hook("7", "https://u:p@h.io/"),
        ],
        [account(protect=["/p"]), account("dead", base_url="https://dead.example.com")],
    )
    assert view_plan(made).summary == Summary(
        create=1,
        update=1,
        delete=2,
        unchanged=2,
        protected=1,
        protected_differences=1,
        unmanaged=2,
        duplicates=1,
        losses=0,
        not_checked=0,
    )


def test_an_entry_that_is_off_and_not_at_the_provider_is_unchanged() -> None:
    assert view_plan(planned([entry("a", active=False)], [])).summary.unchanged == 1


def test_accounts_stand_as_they_do_and_one_that_is_unread_hides_no_other() -> None:
    error = ProviderError(kind=ErrorKind.DENIED, message="denied", help="Check it.")
    made = planned(
        [entry("a", account="one"), entry("b", "/b", account="two")],
        {"one": [hook("1")], "two": [], "three": error},
        [account(name, base_url=f"https://{name}.example.com") for name in ("one", "two", "three")],
    )
    view = view_plan(made)
    assert [(row.name, row.status, row.listed, row.error) for row in view.accounts] == [
        ("one", Standing.IN_STEP, 1, None),
        ("two", Standing.CHANGED, 0, None),
        ("three", Standing.NOT_CHECKED, 0, Failure(summary="denied", detail="Check it.")),
    ]
    assert [row.webhook_address for row in view.resource_changes] == ["two/b[track_updated]", "one/a[track_updated]"][
        ::-1
    ]
    assert [row.name for row in view.not_checked] == ["three"]


def test_url_without_a_normal_form_shows_its_host_alone() -> None:
    made = planned([], [hook("1", "https://user:swordfish@h.io/a")], [account(owns=[])])
    (row,) = view_plan(made).unmanaged
    assert (row.url, row.host, row.change.before_sensitive) == ("https://h.io/‹hidden›", "https://h.io", {"url": True})
    assert (row.events, row.delivers, row.status) == (("track_updated",), True, Status.UNMANAGED)


def test_duplicates_name_their_survivor_and_hints_their_entry() -> None:
    made = planned(
        [entry("a", "/x", "track_updated", is_test=True)],
        [
            hook("1", "/x", is_test=True),
            hook("2", "/x", day=2, is_test=True),
            hook("3", "https://h.io/x", is_test=True),
            hook("4", "/x", "all", is_test=True),
        ],
    )
    view = view_plan(made)
    assert [(row.object_id, row.partner, row.scope) for row in view.duplicates] == [
        ("2", "a[track_updated]", "is_test")
    ]
    assert [(row.object_id, row.hint, row.near) for row in view.unmanaged] == [
        ("3", Hint.LEFTOVER, "a[track_updated]"),
        ("4", Hint.DOUBLE_DELIVERY, "a[track_updated]"),
    ]


@pytest.mark.parametrize(
    ("path", "event", "line"),
    [
        pytest.param(
            "/gone?tenant=x&token=t", "all", AbsentLine(url=f"{HOST}/gone", events=("all",)), id="without-its-query"
        ),
        pytest.param("/in/q7X2kPz9LmW4", "all", None, id="hidden-path"),
        pytest.param("/a*b", "all", None, id="star-in-the-path"),
        pytest.param("/a/$b", "all", None, id="dollar-in-the-path"),
        pytest.param("/gone", "x], url: [y", None, id="event-that-yaml-would-take-apart"),
        pytest.param("/gone", "new_event.v2", AbsentLine(url=f"{HOST}/gone", events=("new_event.v2",)), id="new-event"),
    ],
)
def test_line_under_absent(path: str, event: str, line: AbsentLine | None) -> None:
    (loss,) = view_plan(planned([entry("keep", "/keep")], [hook("1", "/keep"), hook("2", path, event)])).losses
    assert loss.absent == line


def test_a_whole_variable_is_no_line_under_absent() -> None:
    plain = entry("a")
    url = written(env("HOOK_URL", f"{HOST}/a"))
    wanted = replace(plain, fields={**plain.fields, "url": url})
    (loss,) = view_plan(planned([wanted], [hook("1"), hook("2", event="all")])).losses or [None]
    assert loss is not None
    assert (loss.url, loss.absent) == ("${HOOK_URL}", None)


def test_webhooks_of_one_endpoint_name_it_alike() -> None:
    plain = entry("a", event="all")
    wanted = replace(plain, fields={**plain.fields, "url": written(env("HOOK_URL", f"{HOST}/a?token=new"))})
    remotes = [hook("1", "/a?token=old", "all"), hook("2", "/a?token=third"), hook("3", "ftp://nowhere")]
    view = view_plan(planned([wanted], remotes))
    assert [(row.object_id, row.endpoint) for row in (*view.resource_changes, *view.unmanaged)] == [
        ("1", "${HOOK_URL}"),
        ("2", "${HOOK_URL}"),
        ("3", None),
    ]
    assert view.resource_changes[0].url == f"{HOST}/‹hidden 1›"


@settings(max_examples=50)
@given(world=worlds())
def test_lines_under_absent_let_their_losses_through_and_change_nothing_else(world: World) -> None:
    made = only(planned(world.desired, world.remotes, [world.account]))
    losses = view_plan(planned(world.desired, world.remotes, [world.account])).losses
    lines = [loss.absent for loss in losses if loss.absent is not None]
    items = tuple(absent(line.url, *line.events) for line in lines)
    again = only(
        planned(world.desired, world.remotes, [replace(world.account, absent=(*world.account.absent, *items))])
    )
    left = [loss.endpoint for loss, row in zip(made.losses, losses, strict=True) if row.absent is None]
    assert [loss.endpoint for loss in again.losses] == left
    assert _done(again) == _done(made)
    if not left:
        assert again.verdict is Verdict.FINE


def _done(made: AccountPlan) -> set[tuple[Action, str]]:
    return {(change.action, change.remote.id if change.remote else str(change.address)) for change in made.changes}


@settings(max_examples=50)
@given(world=worlds(), data=st.data())
def test_view_is_the_same_for_any_order_of_the_list(world: World, data: st.DataObject) -> None:
    shuffled = planned(world.desired, data.draw(st.permutations(world.remotes)), [world.account])
    made = planned(world.desired, world.remotes, [world.account])
    one, other = view_plan(made), view_plan(shuffled)
    assert one == other
    assert view_listing(made) == view_listing(shuffled)


@settings(max_examples=50)
@given(world=worlds())
def test_listing_names_every_remote_webhook_once(world: World) -> None:
    made = planned(world.desired, world.remotes, [world.account])
    listing = view_listing(made)
    assert sorted(str(row.object_id) for row in listing.webhooks) == sorted(remote.id for remote in world.remotes)


def test_masks_go_with_their_plan() -> None:
    mask = AccountMask(made := planned([entry("a")], [hook("1")]), only(made))
    assert [*mask.rows(), *mask.lines()]
    gone = weakref.ref(mask)
    gc.disable()
    try:
        del mask
        assert gone() is None
    finally:
        gc.enable()
