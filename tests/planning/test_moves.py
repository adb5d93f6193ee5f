"""Which create and which delete are shown as one move: each the other's only candidate."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import Action, Reason
from reconciler.model.webhook import Desired, Remote
from tests.support.builders import account, entry, hook, only, planned

OLD_HOST = "https://old.example.com"
THIRD = "https://third.example.com"
OWNER = account(owns=["/*", f"{OLD_HOST}/*", f"{THIRD}/*"])
PLACES = [f"{host}{path}" for host in ("", OLD_HOST, THIRD) for path in ("/x", "/y", "/z")]


def moves(desired: Sequence[Desired], remotes: Sequence[Remote]) -> dict[str, str]:
    """What became of what: each create's partner, and each delete's, by name."""
    changes = only(planned(desired, remotes, [OWNER], allowed_losses=99)).changes
    return {change.address.name: change.move.name for change in changes if change.move is not None}


@pytest.mark.parametrize(
    ("desired", "remotes", "expected"),
    [
        pytest.param([entry("a", "/new")], [hook("1", "/old")], {"a": "@1", "@1": "a"}, id="same-host"),
        pytest.param([entry("a", "/x")], [hook("1", f"{OLD_HOST}/x")], {"a": "@1", "@1": "a"}, id="same-path"),
        pytest.param([entry("a", "/x?n=1")], [hook("1", "/x?n=2")], {"a": "@1", "@1": "a"}, id="same-host-and-path"),
        pytest.param([entry("a", "/x")], [hook("1", f"{OLD_HOST}/y")], {}, id="neither"),
        pytest.param([entry("a", "/new")], [hook("1", "/old", "all")], {}, id="another-event"),
        pytest.param([entry("a", "/new", is_test=True)], [hook("1", "/old")], {}, id="another-kind"),
        pytest.param(
            [entry("orders", "/v2/orders")],
            [hook("1", "/fraud"), hook("2", "/v1/orders")],
            {},
            id="two-that-may-have-been",
        ),
        pytest.param(
            [entry("a", "/n/1"), entry("b", "/n/2")], [hook("1", "/old")], {}, id="two-that-it-may-have-become"
        ),
        pytest.param(
            [entry("a", "/x")], [hook("1", f"{OLD_HOST}/x"), hook("2", "/old")], {}, id="one-by-path-and-one-by-host"
        ),
        pytest.param(
            [entry("a", "/x"), entry("b", "/y")],
            [hook("1", f"{OLD_HOST}/x"), hook("2", f"{OLD_HOST}/y")],
            {"a": "@1", "@1": "a", "b": "@2", "@2": "b"},
            id="each-path-by-itself-to-another-host",
        ),
        pytest.param(
            [entry("a", "/x"), entry("b", f"{OLD_HOST}/z")],
            [hook("1", f"{OLD_HOST}/x")],
            {},
            id="its-host-is-another-ones-place",
        ),
        pytest.param(
            [entry("a", "/a"), entry("b", "/b?token=new"), entry("n", "/n")],
            [hook("0", "/a", active=False), hook("1", "/b?token=old"), hook("2", "/old")],
            {"n": "@2", "@2": "n"},
            id="updates-are-no-halves",
        ),
    ],
)
def test_move(desired: Sequence[Desired], remotes: Sequence[Remote], expected: dict[str, str]) -> None:
    assert moves(desired, remotes) == expected
    assert moves(desired[::-1], remotes[::-1]) == expected


@given(
    new=st.lists(st.sampled_from(PLACES), unique=True, max_size=5),
    old=st.lists(st.sampled_from(PLACES), unique=True, max_size=5),
)
def test_moves_are_the_pairs_of_which_nobody_else_is_like_either(new: list[str], old: list[str]) -> None:
    come = [place for place in new if place not in old]
    gone = [place for place in old if place not in new]

    def alike(one: str, other: str) -> bool:
        return one[-2:] == other[-2:] or one[:-2] == other[:-2]

    expected = {
        (here, there)
        for here in come
        for there in gone
        if [one for one in gone if alike(here, one)] == [there] and [one for one in come if alike(one, there)] == [here]
    }
    found = moves([entry(f"n{new.index(place)}", place) for place in new], [hook(place, place) for place in old])
    assert {(new[int(name[1:])], partner[1:]) for name, partner in found.items() if name[0] == "n"} == expected


def test_move_of_which_the_targets_leave_one_half_is_none() -> None:
    desired, remotes = [entry("a", "/new")], [hook("1", "/old")]
    for target, name in (("a", "a"), ("@1", "@1")):
        (change,) = only(planned(desired, remotes, targets=[target])).changes
        assert (change.address.name, change.move) == (name, None)
    create, delete = only(planned(desired, remotes, targets=["a", "@1"])).changes
    assert (create.move, delete.move) == (delete.address, create.address)


def test_entry_that_has_long_been_off_makes_no_move_ambiguous() -> None:
    desired = [entry("a", "/new"), entry("off", "/off", active=False)]
    assert moves(desired, [hook("1", "/old")]) == {"a": "@1", "@1": "a"}
    assert moves([*desired, entry("b", "/newer")], [hook("1", "/old")]) == {}


@pytest.mark.parametrize("active", [True, False])
def test_what_an_entry_that_is_off_replaces_is_no_move(active: bool) -> None:  # noqa: FBT001 - a table
    off = entry("a", "/new", active=False)
    made = only(
        planned([off, entry("keep", "/keep", "all")], [hook("1", "/old", active=active), hook("k", "/keep", "all")])
    )
    (delete,) = made.changes
    assert (delete.action, delete.reason, delete.move) == (Action.DELETE, Reason.NOT_IN_FILE, None)
    assert [loss.endpoint.path for loss in made.losses] == (["/old"] if active else [])
