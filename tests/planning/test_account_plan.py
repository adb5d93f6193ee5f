"""An account's plan, whole: what each of its parts holds, in what order, and what targets leave of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.plan import AccountPlan, Claim, Duplicates, Pair, Plan
from reconciler.model.webhook import Address
from tests.support.builders import absent, account, entry, hook, only, planned

ELSEWHERE = "https://else.example.com"
OWNER = account(protect=["/p/*"], absents=[absent(f"{ELSEWHERE}/gone")])

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
        ("u2", f"{ELSEWHERE}/2", 2),
        ("u1", f"{ELSEWHERE}/1", 1),
        ("odd", "https://u:p@h.io/x", 3),
    )
}


def made(*targets: str) -> Plan:
    return planned(DESIRED, list(REMOTES.values()), [OWNER], targets=targets)


def parts(one: AccountPlan) -> dict[str, list[str]]:
    """The parts of a plan by the names of what is in them."""
    return {
        "changes": [f"{change.action.value} {change.address.name}" for change in one.changes],
        "unchanged": [pair.desired.address.name for pair in one.unchanged],
        "protected": [pair.desired.address.name for pair in one.protected],
        "protected_others": [remote.id for remote in one.protected_others],
        "unmanaged": [unmanaged.remote.id for unmanaged in one.unmanaged],
        "duplicates": [found.address.name for found in one.duplicates],
    }


WHOLE = {
    "changes": ["+ new", "- @d2", "- @g", "- @x2"],
    "unchanged": ["b", "d", "x", "z"],
    "protected": ["c", "y"],
    "protected_others": ["pn", "po", "pc2"],
    "unmanaged": ["u1", "u2", "odd"],
    "duplicates": ["d", "x"],
}
NOTHING: dict[str, list[str]] = {key: [] for key in WHOLE}


def test_parts_have_an_order_of_their_own() -> None:
    assert parts(only(made())) == WHOLE
    reordered = planned(DESIRED[::-1], list(REMOTES.values())[::-1], [OWNER])
    assert only(reordered) == only(made())


def test_pairs_and_duplicates_hold_both_sides() -> None:
    one = only(made())
    assert one.unchanged[0] == Pair(desired=KEPT_B, remote=REMOTES["kb"])
    assert one.duplicates == (
        Duplicates(address=TWICE_D.address, survivor=REMOTES["d1"], others=(REMOTES["d2"],)),
        Duplicates(address=TWICE_X.address, survivor=REMOTES["x1"], others=(REMOTES["x2"],)),
    )


def test_claimed_webhooks_are_grouped_by_age_whatever_is_filtered() -> None:
    names = {
        Claim.PROTECTED: ("pn", "py", "pc", "po", "pc2"),
        Claim.ABSENT: ("g",),
        Claim.OWNED: ("d1", "kz", "x1", "d2", "kb", "x2"),
        Claim.KNOWN: (),
        Claim.NONE: ("u1", "u2", "odd"),
    }
    for one in (only(made()), only(made("b"))):
        assert one.claimed == {claim: tuple(REMOTES[name] for name in group) for claim, group in names.items()}
        assert one.count == len(REMOTES)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        pytest.param(["b"], {"unchanged": ["b"]}, id="in-step"),
        pytest.param(["x"], {"unchanged": ["x"], "duplicates": ["x"]}, id="survivor"),
        pytest.param(["@x2"], {"changes": ["- @x2"]}, id="duplicate"),
        pytest.param(["y"], {"protected": ["y"]}, id="protected"),
        pytest.param(["@p*"], {"protected_others": ["pn", "po", "pc2"]}, id="protected-others"),
        pytest.param(["default/@u2"], {"unmanaged": ["u2"]}, id="unmanaged"),
        pytest.param(
            ["@*", "new"],
            {key: WHOLE[key] for key in ("changes", "protected_others", "unmanaged")},
            id="all-without-an-entry-and-one-with",
        ),
        pytest.param(["*"], WHOLE, id="everything"),
        pytest.param(["other/*"], {}, id="another-account"),
    ],
)
def test_targets_leave_what_they_mean_of_every_part(targets: list[str], expected: dict[str, list[str]]) -> None:
    assert parts(only(made(*targets))) == {**NOTHING, **expected}


def test_every_address_may_be_targeted_filtered_out_or_not() -> None:
    entries = {wanted.address for wanted in DESIRED}
    others = {
        Address.of_remote("default", name) for name in ("d2", "g", "x2", "pn", "po", "pc2", "u1", "u2", "odd")
    }  # fmt: skip
    for one in (only(made()), only(made("b"))):
        assert one.addresses == entries | others


def test_targets_that_mean_nothing_are_told_once_all_accounts_are_known() -> None:
    targets = ("b", "@po", "default/@u1", "nobody", "other/b")
    assert made(*targets).unmatched_targets == ("nobody", "other/b")
    stopped = replace(OWNER, name="stopped")
    both = planned(
        DESIRED,
        {"default": list(REMOTES.values()), "stopped": [REMOTES["g"]]},
        [OWNER, stopped],
        targets=targets,
    )
    assert [one.account.name for one in both.not_planned] == ["default", "stopped"]
    assert both.unmatched_targets == ()


def test_plan_says_what_was_asked_for() -> None:
    owner = account()
    asked = planned([KEPT_B], [REMOTES["kb"]], [owner], targets=["b"], destroy=True, allowed_losses=7)
    assert (asked.filters.targets, asked.destroy, asked.allowed_losses) == (("b",), True, 7)
    assert only(asked).loss_limit == 7
    assert only(asked).account is owner
    usual = planned([KEPT_B], [REMOTES["kb"]])
    assert (usual.filters.targets, usual.destroy, usual.allowed_losses) == ((), False, None)


def test_protected_webhook_shows_no_difference_in_what_its_entry_ignores() -> None:
    desired = entry("a", "/p/a?token=new", ignored=["active", "url"])
    there = hook("1", "/p/a?token=old", active=False)
    one = only(planned([desired], [there], [OWNER]))
    assert (one.protected, one.changes) == ((Pair(desired=desired, remote=there),), ())
