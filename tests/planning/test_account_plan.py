"""An account's plan, whole: what each of its parts holds, in what order, and what targets leave of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.model.configuration import OnUnmanaged
from reconciler.model.plan import AccountPlan, Action, Claim, Filters, Plan, Reason
from reconciler.model.reading import ErrorKind
from reconciler.model.url import Url
from tests.support.builders import DAY, absent, account, entry, hook, not_planned, only, planned

ELSEWHERE = "https://else.example.com"
OWNER = account(protect=["/p/*"], absents=[absent(f"{ELSEWHERE}/gone")], known=[absent(f"{ELSEWHERE}/known")])

KEPT_Z, KEPT_B = entry("z", "/z"), entry("b", "/b")
PROTECTED_Y, PROTECTED_C = entry("y", "/p/y"), entry("c", "/p/c")
TWICE_X, TWICE_D = entry("x", "/x"), entry("d", "/d")
NEW = entry("new", "/new")
DESIRED = [KEPT_Z, KEPT_B, PROTECTED_Y, PROTECTED_C, TWICE_X, TWICE_D, NEW]

REMOTES = {
    name: hook(name, path, day=day)
    for name, path, day in (
        ("kz", "/z", 1),
        ("kb", "/b", 2),
        ("py", "/p/y", 1),
        ("pc", "/p/c", 2),
        ("pc2", "/p/c", 3),
        ("po", "/p/o", 2),
        ("pn", "/p/n", 1),
        ("x1", "/x", 1),
        ("x2", "/x", 2),
        ("d1", "/d", 1),
        ("d2", "/d", 2),
        ("g", f"{ELSEWHERE}/gone", 1),
        ("k", f"{ELSEWHERE}/known", 2),
        ("u2", f"{ELSEWHERE}/2", 2),
        ("u1", f"{ELSEWHERE}/1", 1),
        ("odd", "https://u:p@h.io/x", 3),
    )
}


def made(*targets: str) -> Plan:
    return planned(DESIRED, list(REMOTES.values()), [OWNER], targets=targets)


def parts(one: AccountPlan) -> dict[str, list[str]]:
    """The rows of a plan by what becomes of them: the names of what is changed, and of the others by whose they are."""
    found: dict[str, list[str]] = {key: [] for key in WHOLE}
    for row in one.rows:
        found["changes" if row.action is not Action.NONE else row.claim.value].append(row.address.name)
    return found


WHOLE = {
    "changes": ["new", "@d2", "@g", "@x2"],
    "owned": ["b", "d", "x", "z"],
    "protected": ["c", "y", "@pn", "@po", "@pc2"],
    "known": ["@k"],
    "none": ["@u1", "@u2", "@odd"],
}
NOTHING: dict[str, list[str]] = {key: [] for key in WHOLE}


def test_rows_have_an_order_of_their_own() -> None:
    one = only(made())
    assert parts(one) == WHOLE
    assert [row.address.name for row in one.rows] == [name for names in WHOLE.values() for name in names]
    reordered = planned(DESIRED[::-1], list(REMOTES.values())[::-1], [OWNER])
    assert only(reordered) == one


def test_row_holds_both_sides() -> None:
    rows = {row.address.name: row for row in only(made()).rows}
    assert (rows["b"].desired, rows["b"].remote) == (KEPT_B, REMOTES["kb"])
    assert (rows["c"].desired, rows["c"].remote, rows["c"].reason) == (PROTECTED_C, REMOTES["pc"], Reason.PROTECTED)
    assert (rows["x"].remote, rows["@x2"].remote) == (REMOTES["x1"], REMOTES["x2"])
    assert (rows["@x2"].duplicate_of, rows["@d2"].duplicate_of) == (TWICE_X.address, TWICE_D.address)
    assert (rows["new"].desired, rows["new"].remote) == (NEW, None)


def test_listed_webhooks_are_there_by_claim_and_age_whatever_is_filtered() -> None:
    names = {
        Claim.PROTECTED: ("pn", "py", "pc", "po", "pc2"),
        Claim.ABSENT: ("g",),
        Claim.OWNED: ("d1", "kz", "x1", "d2", "kb", "x2"),
        Claim.KNOWN: ("k",),
        Claim.NONE: ("u1", "u2", "odd"),
    }
    for one in (only(made()), only(made("b"))):
        for claim, group in names.items():
            assert one.listed(claim) == tuple(REMOTES[name] for name in group)
        assert one.listed() == tuple(sorted(REMOTES.values(), key=lambda remote: remote.age))
        assert one.count == len(REMOTES)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        pytest.param(["b"], {"owned": ["b"]}, id="in-step"),
        pytest.param(["x"], {"owned": ["x"]}, id="survivor"),
        pytest.param(["@x2"], {"changes": ["@x2"]}, id="duplicate"),
        pytest.param(["y"], {"protected": ["y"]}, id="protected"),
        pytest.param(["@p*"], {"protected": ["@pn", "@po", "@pc2"]}, id="protected-others"),
        pytest.param(["@k"], {"known": ["@k"]}, id="known"),
        pytest.param(["default/@u2"], {"none": ["@u2"]}, id="unmanaged"),
        pytest.param(
            ["@*", "new"],
            {
                "changes": WHOLE["changes"],
                "protected": ["@pn", "@po", "@pc2"],
                "known": WHOLE["known"],
                "none": WHOLE["none"],
            },
            id="all-without-an-entry-and-one-with",
        ),
        pytest.param(["*"], WHOLE, id="everything"),
        pytest.param(["other/*"], {}, id="another-account"),
    ],
)
def test_targets_leave_what_they_mean_of_every_part(targets: list[str], expected: dict[str, list[str]]) -> None:
    one = only(made(*targets))
    assert parts(one) == {**NOTHING, **expected}
    every = {row.address for row in (*one.rows, *one.left_out)}
    assert (len(one.rows) + len(one.left_out), every) == (len(every), {row.address for row in only(made()).rows})


def test_targets_that_mean_nothing_are_told_once_all_accounts_are_known() -> None:
    targets = ("b", "@po", "default/@u1", "nobody", "other/b")
    assert made(*targets).unmatched == Filters(targets=("nobody", "other/b"))
    excluding = planned(DESIRED, list(REMOTES.values()), [OWNER], targets=["b"], excludes=targets)
    assert excluding.unmatched == Filters(excludes=("nobody", "other/b"))
    stopped = replace(OWNER, name="stopped")
    both = planned(
        DESIRED,
        {"default": list(REMOTES.values()), "stopped": [REMOTES["g"]]},
        [OWNER, stopped],
        targets=targets,
    )
    assert [one.account.name for one in both.not_planned] == ["default", "stopped"]
    assert both.unmatched == Filters()


def test_plan_says_what_was_asked_for() -> None:
    owner = account()
    asked = planned([KEPT_B], [REMOTES["kb"]], [owner], targets=["b"], destroy=True, allowed_losses=7)
    assert (asked.filters.targets, asked.destroy, asked.allowed_losses) == (("b",), True, 7)
    assert only(asked).loss_limit == 7
    assert only(asked).account is owner
    assert asked.created == DAY
    asked = planned([], [], [account(unmanaged=OnUnmanaged.IGNORE)], fail_on_unmanaged=True)
    assert only(asked).on_unmanaged is OnUnmanaged.FAIL
    assert only(planned([], [], [account(unmanaged=OnUnmanaged.IGNORE)])).on_unmanaged is OnUnmanaged.IGNORE
    usual = planned([KEPT_B], [REMOTES["kb"]])
    assert (usual.filters.targets, usual.destroy, usual.allowed_losses) == ((), False, None)


def test_plan_holds_whole_the_ids_whose_beginnings_it_was_asked_for() -> None:
    mine, other = hook("0a1b2c3d4e", "/1"), hook("0a1b2c4d5e", "/2")
    two = replace(account("two"), owns=account(owns=[f"{ELSEWHERE}/*"]).owns)
    accounts, there = [account("one"), two], {"one": [mine], "two": [other]}
    asked = planned([], there, accounts, targets=["@0a1b2c3", "two/@0a1b2c4"], excludes=["@0a1b2c4", "@0a1b2c5"])
    assert asked.filters == Filters(targets=("@0a1b2c3d4e", "two/@0a1b2c4d5e"), excludes=("@0a1b2c4d5e", "@0a1b2c5"))
    assert asked.unmatched == Filters(excludes=("@0a1b2c5",))
    assert [[row.address.name for row in one.rows] for one in asked.planned] == [["@0a1b2c3d4e"], []]


def test_protected_webhook_shows_no_difference_in_what_its_entry_ignores() -> None:
    desired = entry("a", "/p/a?token=new", ignored=["active", "url"])
    there = hook("1", "/p/a?token=old", active=False)
    (row,) = only(planned([desired], [there], [OWNER])).rows
    assert (row.action, row.claim, row.desired, row.remote, row.fields) == (
        Action.NONE,
        Claim.PROTECTED,
        desired,
        there,
        (),
    )


def test_plan_numbers_the_hidden_values_of_accounts_in_their_order_and_by_age() -> None:
    first, second, third = hook("3", "/x?id=a"), hook("2", "/x?id=b", day=2), hook("1", "/x?id=c")
    there = {"two": [third], "one": [second, first, hook("4", "not a URL")]}
    redaction = planned([], there, [account("two", owns=[]), account("one", owns=[])]).configuration.redaction
    urls = [one.fields["url"] for one in (first, second, third)]
    assert [redaction.show(found).partition("?")[2] for found in urls if isinstance(found, Url)] == [
        f"id=‹hidden {number}›" for number in (1, 2, 3)
    ]


@pytest.mark.parametrize(("path", "stopped"), [("/a", True), ("https://else.example.com/a", False)])
def test_owned_webhook_that_cannot_be_read_stops_its_account(path: str, stopped: bool) -> None:  # noqa: FBT001 - a table
    whole = hook("2", path)
    unclear = replace(whole, key=None, fields={**whole.fields, "event": None}, unreadable=("event", "active"))
    found = [one.error for one in not_planned(planned([], [hook("1", "/b"), unclear])).values()]
    message = "the webhook @2 is at a URL that this configuration owns, but its `event` and `active` can't be read"
    helps = "Nothing is changed in this account until you fix or delete that webhook at the provider."
    expected = [(ErrorKind.GARBLED, message, helps)] if stopped else []
    assert [(error.kind, error.message, error.help) for error in found] == expected


def test_what_is_protected_and_owned_too_is_named() -> None:
    both, foreign, odd = hook("1", "/p/a"), hook("2", f"{ELSEWHERE}/p"), hook("3", "https://u:p@hooks.example.com/p/a")
    owner = account(protect=["/p/*", f"{ELSEWHERE}/p"])
    assert only(planned([], [both, foreign, odd], [owner])).protected_owned == (both,)


@pytest.mark.parametrize("targets", [(), ("b",)], ids=["all", "some"])
def test_create_made_nothing_that_was_listed_under_its_key(targets: tuple[str, ...]) -> None:
    new, moved_here = hook("n1", "/new"), hook("x2", "/new", day=2)  # somebody changed the URL of that one meanwhile
    there = [*(one for one in REMOTES.values() if one.id != "x2"), new, moved_here]
    assert only(made(*targets)).unlisted(there) == [new, moved_here]
