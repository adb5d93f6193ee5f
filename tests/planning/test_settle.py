"""What is decided again while a plan is carried out: the duplicate rule for what was created, and the guards."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.model.configuration import Account
from reconciler.model.plan import AccountPlan, Change, Verdict
from reconciler.model.webhook import Desired, Remote
from reconciler.planning.settle import refused_narrowing, settle_created
from tests.contract.hooks import A, B, Hook
from tests.planning.loft import loft_plan
from tests.support.builders import account, entry, hook, only, planned, sign

UPDATE = "~ a[track_updated]"
OWNED, PROTECTED = account(), account(protect=["/a"])
WANTED, WITH_TOKEN = entry("a"), entry("a", "/a?token=new")


@pytest.mark.parametrize(
    ("owner", "wanted", "found", "survivor", "changes"),
    [
        pytest.param(OWNED, WANTED, [hook("ours")], "ours", [], id="alone"),
        pytest.param(OWNED, WANTED, [hook("ours", day=2), hook("theirs")], "theirs", ["- @ours"], id="theirs-older"),
        pytest.param(OWNED, WANTED, [hook("ours"), hook("theirs", day=2)], "ours", ["- @theirs"], id="ours-older"),
        pytest.param(
            OWNED,
            WANTED,
            [hook("ours", day=2), hook("theirs", active=False)],
            "theirs",
            [UPDATE, "- @ours"],
            id="theirs-is-made-right-before-ours-goes",
        ),
        pytest.param(
            OWNED,
            entry("a", ignored=["active"]),
            [hook("ours", day=2), hook("theirs", active=False)],
            "ours",
            ["- @theirs"],
            id="live-one-stays-where-the-file-looks-away",
        ),
        pytest.param(PROTECTED, WANTED, [hook("ours", day=2), hook("theirs")], "theirs", ["- @ours"], id="ours-goes"),
        pytest.param(PROTECTED, WANTED, [hook("ours"), hook("theirs", day=2)], "ours", [], id="protected-stays"),
        pytest.param(
            PROTECTED,
            WANTED,
            [hook("ours", day=2), hook("theirs", active=False)],
            "theirs",
            ["- @ours"],
            id="protected-is-not-made-right",
        ),
        pytest.param(OWNED, WITH_TOKEN, [hook("ours", "/a?token=old")], "ours", [], id="ours-keeps-another-token"),
        pytest.param(
            OWNED, WITH_TOKEN, [hook("theirs", "/a?token=old")], "theirs", [UPDATE], id="theirs-has-another-token"
        ),
        pytest.param(OWNED, WANTED, [hook("ours", active=False)], "ours", [UPDATE], id="ours-is-off"),
        pytest.param(PROTECTED, WANTED, [hook("ours", active=False)], "ours", [UPDATE], id="ours-is-off-and-protected"),
        pytest.param(
            OWNED,
            WITH_TOKEN,
            [hook("ours", "/a?token=old", active=False)],
            "ours",
            [UPDATE],
            id="ours-is-off-and-keeps-another-token",
        ),
    ],
)
def test_created_key_keeps_one_webhook_by_the_rule(
    owner: Account, wanted: Desired, found: Sequence[Remote], survivor: str, changes: list[str]
) -> None:
    for order in (found, found[::-1]):
        stays, made = settle_created(owner, wanted, order, {"ours"})
        assert (stays.id, [sign(change) for change in made]) == (survivor, changes)
        assert {change.duplicate_of for change in made} <= {None, wanted.address}


GONE = [hook("1", "/1"), hook("2", "/2")]
KEPT, STAYS, OFF = hook("k", "/keep"), entry("k", "/keep"), hook("k", "/keep", active=False)
NEW = entry("n", "/n")


def refused(
    made: AccountPlan, changes: Sequence[Change], *, standing: bool | None = True
) -> tuple[dict[str, Verdict], list[str]]:
    """The webhooks that may not be narrowed, and those that it was asked of."""
    asked: list[str] = []

    def stands(remote: Remote) -> bool | None:
        asked.append(remote.id)
        return standing

    return dict(refused_narrowing(made, changes, stands)), asked


@pytest.mark.parametrize(
    ("standing", "verdict"),
    [
        pytest.param(True, None, id="is-there"),
        pytest.param(False, Verdict.NOTHING_LEFT, id="is-gone-or-off"),
        pytest.param(None, Verdict.NOTHING_LEFT, id="nobody-knows"),
    ],
)
@pytest.mark.parametrize("protect", [(), ("/keep",)], ids=["owned", "protected"])
def test_narrowing_is_refused_where_nothing_that_is_to_stay_stands(
    protect: tuple[str, ...],
    standing: bool | None,  # noqa: FBT001 - a column of the table
    verdict: Verdict | None,
) -> None:
    made = only(planned([STAYS], [*GONE, KEPT], [account(protect=protect)]))
    expected = {} if verdict is None else {"1": verdict, "2": verdict}
    assert refused(made, made.changes, standing=standing) == (expected, ["k"])


def test_what_was_widened_stands_and_what_is_narrowed_itself_is_asked_for() -> None:
    created = only(planned([NEW], [*GONE]))
    assert refused(created, created.changes, standing=False) == ({}, [])
    narrowed = [change for change in created.changes if change.remote is not None]
    assert refused(created, narrowed)[0] == {"1": Verdict.NOTHING_LEFT, "2": Verdict.NOTHING_LEFT}
    switched_on = only(planned([STAYS], [*GONE, OFF]))
    assert refused(switched_on, switched_on.changes, standing=False) == ({}, [])
    fewer = loft_plan([("a", Hook(events=(A,)))], [Hook(events=(A, B))])
    assert refused(fewer, fewer.changes, standing=False) == ({"0": Verdict.NOTHING_LEFT}, ["0"])


def test_limit_of_the_command_is_asked_again_too() -> None:
    destroyed = only(planned([], [*GONE, KEPT], destroy=True))
    assert set(refused(destroyed, destroyed.changes)[0].values()) == {Verdict.TOO_MANY}
    allowed = only(planned([STAYS], [*GONE, KEPT], allowed_losses=2))
    assert refused(allowed, allowed.changes, standing=False) == ({}, [])
    fewer = only(planned([STAYS], [*GONE, KEPT], allowed_losses=1))
    assert refused(fewer, fewer.changes)[0] == {"1": Verdict.TOO_MANY, "2": Verdict.TOO_MANY}


def test_only_what_loses_is_refused() -> None:
    # The duplicate delivers nothing that the webhook that stays doesn't.
    made = only(planned([STAYS], [*GONE, KEPT, hook("twice", "/keep", day=2)], [account(max_losses=0)]))
    assert set(refused(made, made.changes)[0]) == {"1", "2"}
