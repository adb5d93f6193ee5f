from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import ANY_OTHER_EVENT, AccountPlan, Action, Claim, Phase, Plan, Reason, Verdict
from reconciler.model.webhook import Remote
from reconciler.planning.claim import Claims
from reconciler.providers.shippo import SHIPPO
from tests.support.builders import only, planned
from tests.support.drawing import World, carried_out, worlds


def _plan(world: World, remotes: tuple[Remote, ...] | None = None, **options: object) -> Plan:
    there = world.remotes if remotes is None else remotes
    return planned(world.desired, there, [world.account], **options)  # type: ignore[arg-type]  # passed through


@given(world=worlds())
def test_plan_after_apply_is_empty(world: World) -> None:
    made = only(_plan(world))
    again = only(_plan(world, carried_out(made, world.remotes)))
    assert (again.changes, again.losses) == ((), ())


@given(world=worlds(), destroy=st.booleans())
def test_destroy_leaves_nothing_owned_and_everything_else(world: World, destroy: bool) -> None:  # noqa: FBT001
    made = only(_plan(world, destroy=destroy))
    kept = {remote.id for remote in carried_out(made, world.remotes)}
    claims = Claims(world.account, world.desired)
    for remote in world.remotes:
        claim = claims.of(remote)
        if claim in (Claim.NONE, Claim.KNOWN, Claim.PROTECTED):
            assert remote.id in kept
        elif claim is Claim.ABSENT or destroy:
            assert remote.id not in kept


@given(world=worlds(), data=st.data())
def test_order_of_the_list_and_of_the_file_never_matters(world: World, data: st.DataObject) -> None:
    shuffled = World(
        account=world.account,
        desired=tuple(data.draw(st.permutations(world.desired))),
        remotes=tuple(data.draw(st.permutations(world.remotes))),
    )
    one, other = _plan(world), _plan(shuffled)
    assert one.essence() == other.essence()
    assert only(one) == only(other)


@given(world=worlds(), data=st.data())
def test_filter_only_makes_a_plan_smaller(world: World, data: st.DataObject) -> None:
    whole = only(_plan(world))
    addresses = [change.address.text(long=False) for change in whole.changes]
    targets = data.draw(st.lists(st.sampled_from([*addresses, "orders*", "*[all]", "@*"]), min_size=1, max_size=3))
    part = only(_plan(world, targets=targets))
    wanted = Counter((change.action, change.address, str(change.fields)) for change in whole.changes)
    assert not Counter((change.action, change.address, str(change.fields)) for change in part.changes) - wanted


@given(world=worlds(), data=st.data())
def test_what_is_excluded_is_what_no_target_means(world: World, data: st.DataObject) -> None:
    whole = only(_plan(world))
    addresses = sorted(row.address.text(long=False) for row in whole.rows)
    targets = data.draw(st.lists(st.sampled_from(addresses or ["*"]), unique=True))
    excludes = data.draw(st.lists(st.sampled_from(addresses or ["*"]), unique=True, min_size=1))
    # An excluded webhook keeps what it would replace.
    kept = {
        row.address.text(long=False)
        for row in whole.rows
        for instead in (row.move, row.duplicate_of)
        if row.action is Action.DELETE and instead is not None and instead.text(long=False) in excludes
    }
    left = [address for address in targets or addresses if address not in {*excludes, *kept}]
    part, same = only(_plan(world, targets=targets, excludes=excludes)), only(_plan(world, targets=left or ["none"]))
    assert (part.rows, part.losses, part.verdict) == (same.rows, same.losses, same.verdict)


@given(world=worlds(), data=st.data())
def test_losses_are_what_endpoints_receive_before_and_not_after(world: World, data: st.DataObject) -> None:
    targets = data.draw(st.one_of(st.just([]), st.just(["orders*"]), st.just(["@*"])))
    made = only(_plan(world, targets=targets))
    claims = Claims(world.account, world.desired)
    before = _received(remote for remote in world.remotes if claims.of(remote) is Claim.OWNED)
    stay = [remote for remote in carried_out(made, world.remotes) if remote.key is not None and _counts(claims, remote)]
    # What moves is received at its new place before it goes.
    created = {change.address for change in made.changes if change.remote is None and change.wanted["active"]}
    moved = [change.remote for change in made.changes if change.remote is not None and change.move in created]
    after = _received([*stay, *moved])
    expected = {
        receiver: gone
        for receiver, events in before.items()
        if (gone := events - after.get(receiver, set())) and ANY_OTHER_EVENT not in after.get(receiver, set())
    }
    assert {(loss.endpoint, loss.scope): set(loss.events) for loss in made.losses} == expected
    assert (made.verdict is Verdict.TOO_MANY) == (len(made.losses) > made.max_losses)


def _counts(claims: Claims, remote: Remote) -> bool:
    return claims.of(remote) is Claim.OWNED


def _received(remotes: Iterable[Remote]) -> dict[object, set[str]]:
    """A second, plainer account of who receives what."""
    found: dict[object, set[str]] = {}
    for remote in remotes:
        if remote.fields["active"] and remote.key is not None:
            events = {str(remote.fields["event"])}
            if "all" in events:
                events = {event for event in SHIPPO.events if event != "all"} | {ANY_OTHER_EVENT}
            found.setdefault((remote.key.endpoint, remote.key.scope), set()).update(events)
    return found


@given(world=worlds())
def test_everything_that_narrows_comes_after_everything_that_widens(world: World) -> None:
    made: AccountPlan = only(_plan(world))
    phases = [change.phase for change in made.changes]
    assert phases == sorted(phases, key=[Phase.WIDEN, Phase.NARROW, None].index)
    for change in made.changes:
        live_after = change.action is not Action.DELETE and SHIPPO.is_live(change.wanted)
        live_before = change.remote is not None and SHIPPO.is_live(change.remote.fields)
        if live_before and not live_after:
            assert change.phase is Phase.NARROW


@given(world=worlds(), destroy=st.booleans())
def test_what_is_protected_known_or_an_entrys_is_never_deleted_for_absent_or_as_leftover(
    world: World,
    destroy: bool,  # noqa: FBT001
) -> None:
    made = only(_plan(world, destroy=destroy))
    gone = {change.remote.id for change in made.changes if change.action is Action.DELETE and change.remote is not None}
    assert not gone & {remote.id for remote in made.listed(Claim.KNOWN, Claim.PROTECTED)}
    entries = {wanted.key for wanted in world.desired}
    named = {change.remote.id for change in made.changes if change.remote and change.reason is Reason.NAMED_ABSENT}
    assert not {remote.id for remote in world.remotes if remote.key in entries} & named


@given(world=worlds())
def test_every_remote_webhook_is_somewhere_in_the_plan_exactly_once(world: World) -> None:
    made = only(_plan(world))
    assert sorted(row.remote.id for row in made.rows if row.remote) == sorted(remote.id for remote in world.remotes)
