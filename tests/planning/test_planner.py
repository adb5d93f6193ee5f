from __future__ import annotations

import pytest

from reconciler.model.plan import AccountPlan, Action, Claim, Hint, Phase, Reason, Verdict
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.webhook import Desired, Remote
from reconciler.planning.successors import Widening
from reconciler.providers.shippo import SHIPPO
from tests.support.builders import absent, account, entry, hook, not_planned, only, planned, signs

CREATED, UPDATED, ALL = "transaction_created", "transaction_updated", "all"


@pytest.mark.parametrize(
    ("desired", "remotes", "expected"),
    [
        pytest.param([entry("a")], [hook("1")], [], id="same-key-in-step"),
        pytest.param([entry("a")], [], ["+ a[track_updated]"], id="missing-is-created"),
        pytest.param([], [hook("1")], ["- @1"], id="owned-and-not-in-the-file-is-deleted"),
        pytest.param(
            [entry("a", "/a?token=new")], [hook("1", "/a?token=old")], ["~ a[track_updated]"], id="rotated-token"
        ),
        pytest.param([entry("a", "/a?x=1&y=2")], [hook("1", "/a?y=2&x=1")], [], id="order-of-the-query"),
        pytest.param(
            [entry("a", "/s?tenant=acme")],
            [hook("1", "/s?tenant=acme"), hook("2", "/s?tenant=globex")],
            ["- @2"],
            id="another-tenant-is-another-webhook",
        ),
        pytest.param([entry("a")], [hook("1", active=False)], ["~ a[track_updated]"], id="switched-off"),
        pytest.param([entry("a", active=False)], [], [], id="off-and-absent-deliver-the-same"),
        pytest.param([entry("a", active=False)], [hook("1")], ["~ a[track_updated]"], id="switched-on-elsewhere"),
        pytest.param([entry("a", active=False, ignored=["active"])], [hook("1")], [], id="ignores-active"),
        pytest.param(
            [entry("a", "/a?token=new", ignored=["url"])], [hook("1", "/a?token=old")], [], id="ignores-the-token"
        ),
        pytest.param(
            [entry("a")], [hook("1", day=2), hook("2", day=1), hook("3", day=3)], ["- @1", "- @3"], id="duplicates"
        ),
        pytest.param([entry("a")], [hook("1", is_test=True)], ["+ a[track_updated]"], id="the-other-kind-is-not-owned"),
        pytest.param(
            [entry("a", is_test=True)],
            [hook("1", is_test=True), hook("2", "/b", is_test=True)],
            [],
            id="of-the-other-kind-only-named-keys",
        ),
        pytest.param([entry("a")], [hook("1", "https://else.example.com/a")], ["+ a[track_updated]"], id="not-owned"),
        pytest.param([entry("a")], [hook("1", "https://u:p@hooks.example.com/a")], ["+ a[track_updated]"], id="no-url"),
        pytest.param(
            [entry("orders", "/a", CREATED), entry("tracking", "/b", UPDATED)],
            [hook("1", "/b", CREATED), hook("2", "/a", UPDATED)],
            ["+ orders[transaction_created]", "+ tracking[transaction_updated]", "- @1", "- @2"],
            id="swapped-urls-are-creates-then-deletes",
        ),
    ],
)
def test_plan_says_what_must_change(desired: list[Desired], remotes: list[Remote], expected: list[str]) -> None:
    assert signs(planned(desired, remotes)) == expected


@pytest.mark.parametrize(
    ("there", "wanted", "reason"),
    [
        pytest.param(True, True, Reason.DIFFERS, id="on"),
        pytest.param(False, True, Reason.SWITCHED_OFF, id="switched-off-elsewhere"),
        pytest.param(True, False, Reason.DIFFERS, id="switched-off-here"),
        pytest.param(False, False, Reason.DIFFERS, id="off"),
    ],
)
def test_update_says_whether_somebody_switched_it_off(
    there: bool,  # noqa: FBT001 - a table
    wanted: bool,  # noqa: FBT001
    reason: Reason,
) -> None:
    desired, remote = entry("a", "/a?token=new", active=wanted), hook("1", "/a?token=old", active=there)
    (change,) = only(planned([desired], [remote])).changes
    assert (change.action, change.reason) == (Action.UPDATE, reason)


def test_survivor_is_made_right_though_a_duplicate_is() -> None:
    made = only(planned([entry("a")], [hook("1", active=False, day=1), hook("2", day=2)]))
    update, delete = made.changes
    assert (update.action, update.phase, update.reason) == (Action.UPDATE, Phase.WIDEN, Reason.SWITCHED_OFF)
    assert (delete.remote and delete.remote.id, delete.reason, delete.duplicate_of) == (
        "2",
        Reason.DUPLICATE,
        update.address,
    )
    assert Widening(SHIPPO, [update]).holding(delete) == update.address


def test_entry_that_ignores_active_keeps_the_live_one_of_duplicates() -> None:
    made = planned([entry("a", ignored=["active"])], [hook("1", active=False, day=1), hook("2", day=2)])
    assert signs(made) == ["- @1"]


def test_protected_webhooks_are_never_changed_and_their_differences_shown() -> None:
    remotes = [hook("1", active=False), hook("2", "/b"), hook("3", day=3)]
    made = only(planned([entry("a")], remotes, [account(protect=["/*"])]))
    assert made.changes == ()
    assert [(row.remote and row.remote.id, row.claim, [f.name for f in row.fields]) for row in made.rows] == [
        ("1", Claim.PROTECTED, ["active"]),
        ("2", Claim.PROTECTED, []),
        ("3", Claim.PROTECTED, []),
    ]


def test_what_is_missing_under_protect_is_created() -> None:
    assert signs(planned([entry("a")], [], [account(protect=["/*"])])) == ["+ a[track_updated]"]


def test_absent_deletes_what_is_not_owned_and_counts_no_loss() -> None:
    away = "https://old.example.com/x"
    made = only(
        planned([], [hook("1", away), hook("2", away, ALL)], [account(absents=[absent(away, "track_updated")])])
    )
    assert [(change.address.name, change.reason) for change in made.changes] == [("@1", Reason.NAMED_ABSENT)]
    assert made.losses == ()
    assert [row.address.name for row in made.unmanaged] == ["@2"]


def test_absent_names_only_the_accounts_own_kind() -> None:
    made = planned([], [hook("1", is_test=True)], [account(owns=[], absents=[absent("/a")])])
    assert signs(made) == []


def test_move_is_shown_as_one_loses_nothing_and_the_delete_waits_for_the_create() -> None:
    made = only(planned([entry("a", "/new")], [hook("1", "/old")], [account(max_losses=0)]))
    create, delete = made.changes
    assert (create.action, create.move, delete.move) == (Action.CREATE, delete.address, create.address)
    assert Widening(SHIPPO, [create]).holding(delete) == create.address
    assert (made.losses, made.verdict) == ((), Verdict.FINE)


@pytest.mark.parametrize(
    ("receiving", "limit"),
    [
        pytest.param(*pair, id=f"{pair[0]}-receive")
        for pair in ((1, 1), (2, 1), (5, 1), (6, 2), (8, 2), (9, 3), (40, 3))
    ],
)
def test_default_limit_is_three_and_a_third_of_what_receives_and_one_always(receiving: int, limit: int) -> None:
    remotes = [hook(str(number), f"/{number}", day=number) for number in range(receiving)]
    beside = [hook("off", "/off", active=False), hook("absent", "/absent"), hook("else", "https://else.example.com/")]
    owner = account(max_losses=None, absents=[absent("/absent")])

    def made(gone: int) -> AccountPlan:
        kept = [entry(f"k{number}", f"/{number}") for number in range(gone, receiving)]
        return only(
            planned([*kept, entry("new", "https://hooks.example.com:8443/", ALL)], [*remotes, *beside], [owner])
        )

    assert made(0).max_losses == limit
    assert made(limit).verdict is Verdict.FINE
    assert receiving == limit or made(limit + 1).verdict is Verdict.TOO_MANY


@pytest.mark.parametrize(
    ("number", "max_losses", "allowed", "verdict"),
    [
        pytest.param(3, 3, None, Verdict.FINE, id="as-many-as-allowed"),
        pytest.param(4, 3, None, Verdict.TOO_MANY, id="one-more"),
        pytest.param(4, 3, 4, Verdict.FINE, id="consented"),
        pytest.param(4, 3, 3, Verdict.TOO_MANY, id="consented-to-fewer"),
        pytest.param(1, 0, None, Verdict.TOO_MANY, id="none-allowed"),
    ],
)
def test_guard_counts_endpoints(number: int, max_losses: int, allowed: int | None, verdict: Verdict) -> None:
    remotes = [
        hook("keep", "/keep"),
        *(hook(f"{n}{event}", f"/{n}", event) for n in range(number) for event in (CREATED, ALL)),
    ]
    made = only(planned([entry("keep", "/keep")], remotes, [account(max_losses=max_losses)], allowed_losses=allowed))
    assert (len(made.losses), made.verdict) == (number, verdict)


def test_guard_refuses_when_nothing_owned_would_receive_any_more() -> None:
    assert only(planned([], [hook("1")])).verdict is Verdict.NOTHING_LEFT
    assert only(planned([], [hook("1")], allowed_losses=1)).verdict is Verdict.FINE
    assert only(planned([], [hook("1", active=False)])).verdict is Verdict.FINE
    assert only(planned([entry("a", active=False)], [hook("1")])).verdict is Verdict.NOTHING_LEFT


def test_protected_and_owned_webhook_still_receives() -> None:
    made = only(planned([], [hook("1"), hook("2", "/keep")], [account(protect=["/keep"])]))
    assert (signs(planned([], [hook("1"), hook("2", "/keep")], [account(protect=["/keep"])])), made.verdict) == (
        ["- @1"],
        Verdict.FINE,
    )


def test_narrowing_all_loses_any_other_event() -> None:
    made = only(planned([entry("a", event=CREATED)], [hook("1", event=ALL)]))
    assert [loss.events for loss in made.losses] == [
        ("batch_created", "batch_purchased", "track_updated", "transaction_updated", "any other event")
    ]
    create, delete = made.changes
    assert Widening(SHIPPO, [create]).holding(delete) == create.address


def test_widening_to_all_loses_nothing_and_carries_the_singles() -> None:
    made = only(planned([entry("a", event=ALL)], [hook("1", event=CREATED), hook("2", event=UPDATED)]))
    assert made.losses == ()
    widening = Widening(SHIPPO, made.changes)
    assert [widening.holding(change) for change in made.changes[1:]] == [made.changes[0].address] * 2


def test_delete_whose_replacement_was_filtered_out_is_a_loss() -> None:
    desired, remotes = [entry("a", event=ALL), entry("keep", "/keep")], [hook("1"), hook("2", "/keep")]
    assert only(planned(desired, remotes)).losses == ()
    filtered = only(planned(desired, remotes, targets=["@1"]))
    assert [loss.events for loss in filtered.losses] == [("track_updated",)]
    assert Widening(SHIPPO, filtered.changes).holding(filtered.changes[0]) is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, ["a", "@2", "new", "@3"], id="everything"),
        pytest.param({"excludes": ["a"]}, ["new", "@3"], id="duplicates-of-what-is-excluded-stay"),
        pytest.param({"targets": ["@2", "@3"]}, ["@3"], id="duplicate-of-what-is-switched-on-elsewhere-stays"),
        pytest.param({"targets": ["a", "@2"]}, ["a", "@2"], id="duplicate-goes-with-its-survivors-update"),
        pytest.param({"excludes": ["new"]}, ["a", "@2"], id="what-an-excluded-webhook-replaces-stays"),
        pytest.param({"excludes": ["@3"]}, ["a", "@2", "new"], id="what-replaces-an-excluded-webhook-is-made"),
    ],
)
def test_filters_delete_nothing_whose_place_is_not_taken(asked: dict[str, list[str]], expected: list[str]) -> None:
    desired, remotes = [entry("a"), entry("new", "/new")], [hook("1", active=False), hook("2"), hook("3", "/old")]
    targets, excludes = asked.get("targets", ()), asked.get("excludes", ())
    made = only(planned(desired, remotes, targets=targets, excludes=excludes))
    assert {change.address.name for change in made.changes} == set(expected)


def test_loss_can_be_named_under_absent_unless_an_entry_would_match() -> None:
    keep = entry("keep", "/keep")
    free = only(planned([keep], [hook("k", "/keep"), hook("1")]))
    assert [loss.absent_line for loss in free.losses] == [True]
    named = [entry("a", "/a?tenant=x"), entry("b", "/a?tenant=z")]
    taken = only(planned([keep, *named], [hook("k", "/keep"), hook("1", "/a?tenant=y")]))
    assert [loss.absent_line for loss in taken.losses] == [False]
    narrowed = only(planned([keep, entry("a", active=False)], [hook("k", "/keep"), hook("1")]))
    assert [loss.absent_line for loss in narrowed.losses] == [False]


def test_destroy_deletes_what_is_owned_under_the_entries_addresses() -> None:
    remotes = [hook("1"), hook("2", day=2), hook("3", "/b"), hook("4", "/p")]
    made = planned([entry("a"), entry("p", "/p")], remotes, [account(protect=["/p"])], destroy=True)
    assert signs(made) == ["- @2", "- @3", "- a[track_updated]"]


def test_what_no_entry_stands_for_says_why_it_goes_or_stays() -> None:
    whose = account(owns=["/a"], protect=["/b"])
    made = only(planned([], [hook("1"), hook("2", "/b"), hook("3", "/c")], [whose], destroy=True))
    assert [(row.address.name, row.reason) for row in made.rows] == [
        ("@1", Reason.DESTROY),
        ("@2", Reason.PROTECTED),
        ("@3", None),
    ]


@pytest.mark.parametrize("event", [CREATED, UPDATED], ids=["move", "no-move"])
def test_create_is_for_what_is_missing_and_delete_for_what_is_not_in_the_file(event: str) -> None:
    changes = only(planned([entry("a", "/new", CREATED)], [hook("1", "/old", event)])).changes
    assert [(change.action, change.reason) for change in changes] == [
        (Action.CREATE, Reason.MISSING),
        (Action.DELETE, Reason.NOT_IN_FILE),
    ]


def test_hints_name_leftovers_and_double_delivery() -> None:
    desired = [entry("a", "/hook"), entry("t", "/t", is_test=True)]
    remotes = [
        hook("1", "http://hooks.example.com/hook"),
        hook("2", "https://else.example.com/hook", "all"),
        hook("3", "/t", "all", is_test=True),
    ]
    made = only(planned(desired, remotes))
    assert [(row.address.name, row.hint, row.near) for row in made.unmanaged] == [
        ("@1", Hint.LEFTOVER, desired[0].address),
        ("@2", None, None),
        ("@3", Hint.DOUBLE_DELIVERY, desired[1].address),
    ]


def test_account_that_could_not_be_read_hides_nothing_of_the_others() -> None:
    error = ProviderError(kind=ErrorKind.DENIED, message="denied")
    made = planned(
        [entry("a", account="one"), entry("b", account="two")],
        {"one": error, "two": []},
        [account("one", base_url="https://one.example.com"), account("two")],
    )
    assert (not_planned(made)["one"].error, signs(made)) == (error, ["+ b[track_updated]"])


def test_accounts_that_claim_one_webhook_are_both_stopped() -> None:
    made = planned(
        [entry("a", account="one"), entry("b", account="two")],
        {"one": [hook("1")], "two": [hook("1")]},
        [account("one"), account("two")],
    )
    assert sorted(not_planned(made)) == ["one", "two"]
    assert not_planned(made)["one"].error.message == (
        "the webhook 1 matches `owns` or `absent` of this account and of two"
    )


@pytest.mark.parametrize(
    ("days", "stopped"),
    [
        pytest.param((1, 2), [], id="ids-counted-anew-at-each-api"),
        pytest.param((1, 1), ["one", "two"], id="one-api-under-two-names"),
        pytest.param((None, None), [], id="nobody-knows-when"),
    ],
)
def test_same_id_at_another_base_url(days: tuple[int | None, int | None], stopped: list[str]) -> None:
    made = planned(
        [entry("a", account="one"), entry("b", account="two")],
        {"one": [hook("1", day=days[0])], "two": [hook("1", day=days[1])]},
        [account("one"), account("two", base_url="https://other.example.com")],
    )
    assert sorted(not_planned(made)) == stopped


def test_delete_of_what_an_unread_account_names_under_another_name_of_the_api_stops_the_account() -> None:
    accounts = [account("one"), account("two", base_url="https://other.example.com")]
    desired = [entry("b", "/b", account="two"), entry("keep", "/keep", account="one")]
    assert list(not_planned(planned(desired, {"one": [hook("1", "/b"), hook("2", "/keep")]}, accounts))) == ["one"]


def test_delete_of_what_an_unread_account_names_stops_the_account() -> None:
    accounts = [account("one"), account("two")]
    desired = [entry("b", "/b", account="two"), entry("keep", "/keep", account="one")]
    remotes = [hook("1", "/b"), hook("2", "/keep")]
    assert list(not_planned(planned(desired, {"one": remotes}, accounts))) == ["one"]
    assert not_planned(planned(desired, {"one": remotes, "two": []}, accounts)) == {}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param("a", ["+ a[all]", "+ a[track_updated]"], id="name-means-all-its-events"),
        pytest.param("a[all]", ["+ a[all]"], id="brackets-are-literal"),
        pytest.param("*[all]", ["+ a[all]"], id="star"),
        pytest.param("default/b", ["+ b[track_updated]"], id="with-the-account"),
        pytest.param("?", [], id="only-a-star-is-a-wildcard"),
    ],
)
def test_targets(target: str, expected: list[str]) -> None:
    desired = [entry("a"), entry("a", event=ALL), entry("b", "/b")]
    assert signs(planned(desired, [], targets=[target])) == expected
