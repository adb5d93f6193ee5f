"""What must deliver before a webhook may be narrowed: what stands already, and all that is to widen.

Source: contract, section 6, *No gap* and *What failed takes nothing with it*.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.model.plan import Action, Change, Claim, Phase, Successor
from reconciler.model.provider import Provider
from reconciler.model.url import Endpoint
from reconciler.model.webhook import Address, Key, Remote, Scope

_Receiver = tuple[Endpoint, Scope]
"""Where events arrive: an endpoint, and the kind of webhook."""


def with_successors(provider: Provider, changes: Sequence[Change], rows: Iterable[Change]) -> tuple[Change, ...]:
    """Give each narrowing change the webhooks that are to carry its events and that no change of this plan widens.

    Those are in step, or narrowed themselves: an update that drops an event may add another. `Widening` finds the rest.

    Args:
        provider: says which events a webhook carries.
        changes: what is to be done, filters applied.
        rows: every webhook of the account, whether or not a change of it is among the changes.
    Returns:
        The changes in their order. One whose events nothing is to carry has no successors: that is a loss, and the
        guard's matter.
    """
    standing: dict[_Receiver | None, list[Successor]] = defaultdict(list)
    changed = {change.address for change in changes}
    for change in changes:
        if change.action is Action.UPDATE and change.phase is Phase.NARROW and provider.is_live(change.wanted):
            assert change.remote is not None  # an update has both sides  # noqa: S101
            successor = Successor(address=change.address, fields=change.wanted, object_id=change.remote.id)
            standing[_receiver(provider.key_of(change.wanted))].append(successor)
    for row in rows:
        is_entrys = row.desired is not None and row.claim is Claim.OWNED and row.address not in changed
        if is_entrys and row.remote is not None and provider.is_live(row.remote.fields):
            successor = Successor(address=row.address, fields=row.remote.fields, object_id=row.remote.id)
            standing[_receiver(row.remote.key)].append(successor)
    return tuple(
        replace(change, depends_on=_successors(provider, change, standing)) if change.phase is Phase.NARROW else change
        for change in changes
    )


class Widening:
    """Changes that add to what endpoints receive, and which narrowing ones wait for them.

    A narrowing change waits for all that widens at its own endpoint, of whatever event and kind, and for all that is to
    deliver one of its events to webhooks of its kind anywhere in the account: whoever moves or replaces an endpoint, in
    whatever way, loses nothing where its new place can't be made. Waiting loses nothing.

    Args:
        provider: says which events a webhook carries.
        changes: of one account; those that add nothing, or leave a webhook off, hold nothing.
    """

    def __init__(self, provider: Provider, changes: Iterable[Change]) -> None:
        self._provider = provider
        self._addresses: set[Address] = set()
        self._at: dict[Endpoint, Address] = {}
        self._of: dict[tuple[Scope, str | None], Address] = {}
        adding = (change for change in changes if _adds(provider, change))
        for change in sorted(adding, key=lambda change: change.address):
            key = provider.key_of(change.wanted)
            assert key is not None  # what a file wants has a normal form  # noqa: S101
            self._addresses.add(change.address)
            self._at.setdefault(key.endpoint, change.address)
            self._of.setdefault((key.scope, None), change.address)
            for event in provider.events_of(change.wanted):
                self._of.setdefault((key.scope, event), change.address)

    def holding(self, change: Change) -> Address | None:
        """One that a narrowing change waits for, the nearest first; None where it waits for none."""
        remote, provider = change.remote, self._provider
        if remote is None or not may_deliver(provider, remote):
            return None
        endpoint = provider.endpoint_of(remote.fields)
        if endpoint in self._at:
            return self._at[endpoint]
        if change.duplicate_of is not None:
            return None  # what stays delivers the same, there
        if change.move in self._addresses:
            return change.move
        events = narrowed_events(provider, change)
        # A catch-all carries every event, and is carried by whatever comes; so may what can't be read.
        every = not events or provider.catch_all in events
        wanted = {None} if every else {*events, provider.catch_all}
        scope = None if set(remote.unreadable) & set(provider.scope_fields) else provider.scope_of(remote.fields)
        found = (self._of[key] for key in self._of if key[1] in wanted and scope in (None, key[0]))
        return min(found, default=None)


def may_deliver(provider: Provider, remote: Remote) -> bool:
    """Whether a webhook delivers anything, for all that can be read of it."""
    return "active" in remote.unreadable or provider.is_live(remote.fields)


def _adds(provider: Provider, change: Change) -> bool:
    """Whether a change adds to what its endpoint receives; an update that drops one event may add another."""
    if change.action is Action.DELETE or not provider.is_live(change.wanted):
        return False
    if change.phase is Phase.WIDEN or change.remote is None:
        return True
    before = provider.events_of(change.remote.fields)
    return any(not provider.carries(before, event) for event in provider.events_of(change.wanted))


def narrowed_events(provider: Provider, change: Change) -> frozenset[str]:
    """The events that a narrowing change takes from its webhook."""
    assert change.remote is not None  # only changes of remote webhooks narrow  # noqa: S101
    before = provider.events_of(change.remote.fields)
    if change.action is Action.DELETE or not provider.is_live(change.wanted):
        return before
    after = provider.events_of(change.wanted)
    return frozenset(event for event in before if not provider.carries(after, event))


def _successors(
    provider: Provider, change: Change, standing: Mapping[_Receiver | None, Sequence[Successor]]
) -> tuple[Successor, ...]:
    if change.remote is None or not provider.is_live(change.remote.fields):
        return ()
    events = provider.events_of(change.remote.fields)
    found = (
        other
        for other in standing.get(_receiver(change.remote.key), ())
        if other.address != change.address and _takes_over(provider, other, events)
    )
    return tuple(sorted(found, key=lambda other: other.address))


def _takes_over(provider: Provider, successor: Successor, events: frozenset[str]) -> bool:
    """Whether a successor delivers any of these events."""
    named = provider.events_of(successor.fields)
    return provider.catch_all in events or any(provider.carries(named, event) for event in events)


def _receiver(key: Key | None) -> _Receiver | None:
    return None if key is None else (key.endpoint, key.scope)
