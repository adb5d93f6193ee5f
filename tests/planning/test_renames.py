"""Which create and which delete are shown as one rename."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.model.webhook import Desired, Remote
from tests.support.builders import account, entry, hook, only, planned

OLD_HOST = "https://old.example.com"
OWNER = account(owns=["/*", f"{OLD_HOST}/*"])


def renames(desired: Sequence[Desired], remotes: Sequence[Remote]) -> dict[str, str]:
    """What became of what: each create's partner, and each delete's, by name."""
    changes = only(planned(desired, remotes, [OWNER])).changes
    return {change.address.name: change.rename.name for change in changes if change.rename is not None}


@pytest.mark.parametrize(
    ("desired", "remotes", "expected"),
    [
        pytest.param([entry("a", "/new")], [hook("1", "/old")], {"a": "@1", "@1": "a"}, id="same-host"),
        pytest.param([entry("a", "/x")], [hook("1", f"{OLD_HOST}/x")], {"a": "@1", "@1": "a"}, id="same-path"),
        pytest.param([entry("a", "/x")], [hook("1", f"{OLD_HOST}/y")], {}, id="neither"),
        pytest.param([entry("a", "/new")], [hook("1", "/old", "all")], {}, id="another-event"),
        pytest.param([entry("a", "/new", is_test=True)], [hook("1", "/old")], {}, id="another-kind"),
        pytest.param(
            [entry("a", "/x"), entry("b", f"{OLD_HOST}/z")],
            [hook("1", f"{OLD_HOST}/x")],
            {"a": "@1", "@1": "a"},
            id="path-counts-before-host-and-each-half-once",
        ),
        pytest.param(
            [entry("a", "/x")],
            [hook("1", f"{OLD_HOST}/x"), hook("2", "/old")],
            {"a": "@1", "@1": "a"},
            id="create-that-has-its-partner-takes-no-other",
        ),
        pytest.param(
            [entry("b", "/new2"), entry("a", "/new1")],
            [hook("2", "/old2", day=1), hook("1", "/old1", day=2)],
            {"a": "@2", "@2": "a", "b": "@1", "@1": "b"},
            id="creates-by-address-and-deletes-by-age",
        ),
        pytest.param(
            [entry("a", "/a"), entry("b", "/b?token=new"), entry("n", "/n")],
            [hook("0", "/a", active=False), hook("1", "/b?token=old"), hook("2", "/old")],
            {"n": "@2", "@2": "n"},
            id="updates-are-no-halves",
        ),
    ],
)
def test_rename(desired: Sequence[Desired], remotes: Sequence[Remote], expected: dict[str, str]) -> None:
    assert renames(desired, remotes) == expected


def test_rename_of_which_the_targets_leave_one_half_is_none() -> None:
    desired, remotes = [entry("a", "/new")], [hook("1", "/old")]
    for target, name in (("a", "a"), ("@1", "@1")):
        (change,) = only(planned(desired, remotes, targets=[target])).changes
        assert (change.address.name, change.rename) == (name, None)
    create, delete = only(planned(desired, remotes, targets=["a", "@1"])).changes
    assert (create.rename, delete.rename) == (delete.address, create.address)
