"""Guards against a plain model of sections 3 and 6 of the contract, and filters that only make a plan smaller."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.configuration import Named
from reconciler.model.plan import AccountPlan, NotPlanned, Verdict
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Remote
from reconciler.providers.shippo import SHIPPO
from tests.support.builders import absent, account, entry, hook, only, planned
from tests.support.drawing import World, carried_out, worlds

EVERY_EVENT = frozenset(SHIPPO.events) - {"all"} | {"brand_new", "one that nobody has thought of"}
TARGETS = st.lists(st.sampled_from(["orders*", "tracking*", "*[all]", "*[track_updated]", "@*", "@a*"]), max_size=2)


class Seen(Struct, frozen=True, kw_only=True):
    """A webhook as the contract speaks of it: an endpoint (without its token), an event, on or off, live or test."""

    id: str  # empty for an entry's
    endpoint: str
    event: str
    is_test: bool
    active: bool

    @property
    def key(self) -> tuple[str, str, bool]:
        return (self.endpoint, self.event, self.is_test)


def _seen(webhook: Remote | Desired) -> Seen | None:
    """The webhook; None where its URL can't be normalised, so that it is unmanaged."""
    url, event = webhook.fields["url"], webhook.fields["event"]
    if not isinstance(url, Url):
        return None
    place, _, query = url.reveal().partition("?")
    kept = "&".join(part for part in query.split("&") if not part.startswith("token="))
    return Seen(
        id=webhook.id if isinstance(webhook, Remote) else "",
        endpoint=f"{place}?{kept}" if kept else place,
        event=str(event),
        is_test=webhook.fields["is_test"] is True,
        active=webhook.fields["active"] is True,
    )


def _matches(patterns: Iterable[object], endpoint: str) -> bool:
    """`*` in a path stands for anything, as the leftmost label of a host for whole labels."""
    place = endpoint.partition("?")[0]
    return any(
        re.fullmatch(re.escape(str(pattern)).replace(r"//\*\.", r"//[^/]+\.").replace(r"\*", ".*"), place)
        for pattern in patterns
    )


def _is_meant(targets: Sequence[str], address: str) -> bool:
    names = (address, address.partition("[")[0])
    return not targets or any(
        re.fullmatch(re.escape(target).replace(r"\*", ".*"), name) for target in targets for name in names
    )


class Foreseen(Struct, frozen=True, kw_only=True):
    """What the contract says of a run.

    Attributes:
        owned: owned webhooks before it; those that are named absent don't count as receiving.
        ids: theirs.
        after: owned webhooks after it, created ones too.
        moved: owned webhooks that go, and whose new place is there by then.
        protected: webhooks that are owned and protected.
    """

    owned: list[Seen]
    ids: set[str]
    after: list[Seen]
    protected: list[Seen]
    moved: list[Seen]

    @property
    def losses(self) -> int:
        """Endpoints, of one `is_test`, that receive something now and would not receive it after."""
        now, then = _received(self.owned), _received([*self.after, *self.moved])
        return len({(endpoint, is_test) for endpoint, is_test, _ in now - then})

    @property
    def nothing_is_left(self) -> bool:
        """Whether nothing owned would receive any more."""
        return not _received([*self.after, *self.protected])


def _allowed(world: World, foreseen: Foreseen) -> int:
    """How many losses need no consent."""
    receiving = {(endpoint, is_test) for endpoint, is_test, _ in _received(foreseen.owned)}
    said = world.account.max_losses
    return max(1, min(3, len(receiving) // 3)) if said is None else said


def _received(webhooks: Iterable[Seen]) -> set[tuple[str, bool, str]]:
    return {
        (webhook.endpoint, webhook.is_test, event)
        for webhook in webhooks
        if webhook.active
        for event in (EVERY_EVENT if webhook.event == "all" else [webhook.event])
    }


def foresee(world: World, targets: Sequence[str] = (), *, destroy: bool = False) -> Foreseen:
    """Go through a world as the contract tells it."""
    account = world.account
    sources = {name: [p.source for p in getattr(account, name).patterns] for name in ("owns", "protect")}
    entries = {seen.key: (seen, wanted) for wanted in world.desired if (seen := _seen(wanted)) is not None}
    owned: dict[tuple[str, str, bool], list[tuple[Seen, Remote]]] = {}
    protected: list[Seen] = []
    for remote in world.remotes:
        seen = _seen(remote)
        if seen is None:
            continue
        own_kind = seen.is_test == (account.kind == "test")
        kinds = [p.source for p, scope in account.owned_patterns if scope == (("is_test", seen.is_test),)]
        is_owned = seen.key in entries or (own_kind and _matches(sources["owns"], seen.endpoint))
        is_owned = is_owned or _matches(kinds, seen.endpoint)
        if _matches(sources["protect"], seen.endpoint):
            protected += [seen] if is_owned else []
        elif seen.key not in entries and _is_named(account.known, seen, remote):
            pass  # other people's
        elif seen.key not in entries and _is_named(account.absent, seen, remote, by_url=own_kind):
            pass  # named absent: it doesn't count as receiving, and goes
        elif is_owned:
            owned.setdefault(seen.key, []).append((seen, remote))
    after: list[Seen] = []
    for key, found in owned.items():
        _, wanted = entries.get(key, (None, None))
        after += _after(found, wanted, targets, destroy=destroy)
    missing = [
        (seen, wanted.address.text(long=False))
        for key, (seen, wanted) in entries.items()
        if key not in owned and not any(other.key == key for other in protected) and not destroy
    ]
    after += [seen for seen, address in missing if seen.active and _is_meant(targets, address)]
    left = [(seen, f"@{remote.id}") for key, found in owned.items() if key not in entries for seen, remote in found]
    return Foreseen(
        owned=[seen for found in owned.values() for seen, _ in found],
        ids={remote.id for found in owned.values() for _, remote in found},
        after=after,
        protected=protected,
        moved=[
            old
            for new, there in missing
            for old, here in left
            if new.active and _is_meant(targets, there) and _is_meant(targets, here)
            if [one for one, _ in left if _is_alike(one, new)] == [old]
            and [one for one, _ in missing if one.active and _is_alike(one, old)] == [new]  # off, it isn't created
        ],
    )


def _is_alike(one: Seen, other: Seen) -> bool:
    """Whether one may have moved to the other: same event and kind, and the same path or the same host."""
    places = [urlsplit(seen.endpoint) for seen in (one, other)]
    near = places[0].path == places[1].path or places[0].hostname == places[1].hostname
    return near and (one.event, one.is_test) == (other.event, other.is_test)


def _is_named(items: Iterable[Named], seen: Seen, remote: Remote, *, by_url: bool = True) -> bool:
    """Whether one of these items names a webhook: by its id, or by its URL and event."""
    return any(
        item.object_id == remote.id
        if item.pattern is None
        else by_url
        and _matches([item.pattern.source], seen.endpoint)
        and (item.events is None or seen.event in item.events)
        for item in items
    )


def _differs(wanted: Desired, remote: Remote) -> bool:
    return any(value != remote.fields[name] for name, value in wanted.fields.items() if name not in wanted.ignored)


def _after(
    found: list[tuple[Seen, Remote]], wanted: Desired | None, targets: Sequence[str], *, destroy: bool
) -> list[Seen]:
    """What becomes of the owned webhooks of one key: the survivor is made as wanted, the others go."""
    ignores_active = wanted is not None and "active" in wanted.ignored

    def rank(pair: tuple[Seen, Remote]) -> tuple[object, ...]:
        seen, remote = pair
        return (ignores_active and not seen.active, remote.created is None, str(remote.created), remote.id)

    survivor, *others = sorted(found, key=rank)
    kept = [seen for seen, remote in others if not _is_meant(targets, f"@{remote.id}")]
    seen, remote = survivor
    address = f"@{remote.id}" if wanted is None else wanted.address.text(long=False)
    if not _is_meant(targets, address):
        # Until it is right, others may deliver in its place.
        is_right = wanted is None or destroy or not _differs(wanted, remote)
        return [*kept, seen] if is_right else [seen for seen, _ in found]
    if destroy or wanted is None:
        return kept
    return [*kept, seen if ignores_active else replace(seen, active=wanted.fields["active"] is True)]


@given(world=worlds(), targets=TARGETS, destroy=st.booleans(), allowed=st.one_of(st.none(), st.integers(0, 4)))
def test_guard_refuses_exactly_when_the_contract_says_so(
    world: World,
    targets: list[str],
    destroy: bool,  # noqa: FBT001 - drawn
    allowed: int | None,
) -> None:
    made = only(
        planned(world.desired, world.remotes, [world.account], targets=targets, destroy=destroy, allowed_losses=allowed)
    )
    foreseen = foresee(world, targets, destroy=destroy)
    assert len(made.losses) == foreseen.losses
    # `--allow-losses` lifts both guards, up to its number; without it, `--destroy` always asks for it.
    most = allowed if allowed is not None else 0 if destroy else _allowed(world, foreseen)
    if foreseen.losses > most:
        assert made.verdict is Verdict.TOO_MANY
    elif foreseen.losses and foreseen.nothing_is_left and allowed is None:
        assert made.verdict is Verdict.NOTHING_LEFT
    else:
        assert made.verdict is Verdict.FINE


@given(world=worlds(), targets=TARGETS, destroy=st.booleans())
def test_plan_does_what_the_contract_says(world: World, targets: list[str], destroy: bool) -> None:  # noqa: FBT001 - drawn
    made = only(planned(world.desired, world.remotes, [world.account], targets=targets, destroy=destroy))
    owned = foresee(world).ids
    touched = [change for change in made.changes if change.remote is None or change.remote.id in owned]
    there = [remote for remote in world.remotes if remote.id in owned]
    after = carried_out(replace(made, rows=tuple(touched)), tuple(there))
    # The same ones stay, not only as many that look alike; those that are made have no id yet.
    found = Counter(
        replace(remote, id="") if remote.id not in owned else remote for remote in map(_seen, after) if remote
    )
    assert found == Counter(foresee(world, targets, destroy=destroy).after)


def _done(made: AccountPlan) -> Counter[tuple[object, ...]]:
    """The changes of an account's plan, each with everything that would be sent for it."""
    return Counter(
        (change.action, change.address, change.remote and change.remote.id, str(change.wanted), str(change.fields))
        for change in made.changes
    )


@given(world=worlds(), targets=TARGETS, more=TARGETS, destroy=st.booleans())
def test_targets_only_make_a_plan_smaller_and_more_targets_bigger_again(
    world: World,
    targets: list[str],
    more: list[str],
    destroy: bool,  # noqa: FBT001 - drawn
) -> None:
    def filtered(by: Sequence[str]) -> Counter[tuple[object, ...]]:
        return _done(only(planned(world.desired, world.remotes, [world.account], targets=by, destroy=destroy)))

    whole = filtered(())
    assert filtered(targets) <= whole
    if targets:
        assert filtered(targets) <= filtered([*targets, *more]) <= whole
        # What one target lets through doesn't depend on another.
        assert set(filtered(targets)) == set().union(*(filtered([target]) for target in targets))


def _in_account(world: World, name: str) -> World:
    """The same world in an account of another name, its webhooks with ids of their own."""
    return World(
        account=replace(world.account, name=name),
        desired=tuple(
            replace(wanted, address=replace(wanted.address, account=name, name=f"{name}-{wanted.address.name}"))
            for wanted in world.desired
        ),
        remotes=tuple(replace(remote, id=f"{name}-{remote.id}") for remote in world.remotes),
    )


@given(first=worlds(), second=worlds(), targets=TARGETS)
@settings(max_examples=50)
def test_account_filter_only_makes_a_plan_smaller(first: World, second: World, targets: list[str]) -> None:
    both = {"one": _in_account(first, "one"), "two": _in_account(second, "two")}
    desired = [wanted for world in both.values() for wanted in world.desired]
    accounts = [world.account for world in both.values()]
    there = {name: world.remotes for name, world in both.items()}
    whole = {made.account.name: made for made in planned(desired, there, accounts, targets=targets).planned}
    for name, remotes in there.items():
        (made,) = planned(desired, {name: remotes}, accounts, targets=targets).accounts
        assert made.account.name == name
        # Smaller, too, is an account that is stopped: it would delete what an entry of the unread one may name.
        if not isinstance(made, NotPlanned):
            assert _done(made) == _done(whole[name])
            assert (made.losses, made.verdict) == (whole[name].losses, whole[name].verdict)


@pytest.mark.parametrize("destroy", [False, True])
def test_delete_whose_replacement_is_filtered_out_is_a_loss(destroy: bool) -> None:  # noqa: FBT001 - a table
    # A single of what `all` delivered: with its create no event of it is lost, without it that one is.
    remotes = [hook("all", event="all"), hook("keep", "/keep")]
    desired = [entry("a"), entry("keep", "/keep")]
    whole = only(planned(desired, remotes, destroy=destroy))
    part = only(planned(desired, remotes, targets=["@*"], destroy=destroy))
    lost = [set(loss.events) for made in (whole, part) for loss in made.losses if loss.endpoint.path == "/a"]
    assert lost[1] - lost[0] == (set() if destroy else {"track_updated"})


def test_model_tells_what_is_absent_protected_owned_and_nobodys_apart() -> None:
    # A judge that is wrong about these would be wrong in the same way whatever is drawn.
    world = World(
        account=account(owns=["/*"], absents=[absent("/absent")], protect=["/protected"]),
        desired=(entry("a"), entry("new", "/new"), entry("t", "/t", is_test=True)),
        remotes=(
            hook("1", day=2),
            hook("2", active=False, day=1),
            hook("3", "/absent"),
            hook("4", "/protected"),
            hook("5", "/gone", "all"),
            hook("6", "https://other.example.com/x"),
            hook("7", "/gone", is_test=True),
            hook("8", "/t", is_test=True),
        ),
    )
    foreseen = foresee(world)
    assert sorted(seen.endpoint.rpartition("/")[2] for seen in foreseen.owned) == ["a", "a", "gone", "t"]
    assert sorted(seen.endpoint.rpartition("/")[2] for seen in foreseen.after) == ["a", "new", "t"]
    assert [seen.active for seen in foreseen.after] == [True, True, True]
    assert (len(foreseen.protected), foreseen.losses, foreseen.nothing_is_left) == (1, 1, False)
    assert (foresee(world, ["a"]).losses, foresee(world, destroy=True).losses) == (0, 3)
