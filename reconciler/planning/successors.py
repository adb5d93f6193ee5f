"""What must be seen to deliver before a webhook may be narrowed.

Source: contract, section 6, *No gap* and *What failed takes nothing with it*.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from reconciler.model.endpoint import Endpoint
from reconciler.model.plan import Action, Change, Claim, Phase, Successor
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Scope


def with_successors(provider: Provider, changes: Sequence[Change], rows: Iterable[Change]) -> tuple[Change, ...]:
    """Give each narrowing change the webhooks that are to carry its events and that no change of this plan widens.

    Those are in step, or narrowed themselves: an update that drops an event may add another. `Widening` finds the rest.
    The rows are those of the whole account, whether or not the filters let them be among the changes.
    """
    if not any(change.phase is Phase.NARROW for change in changes):
        return tuple(changes)
    standing: dict[tuple[Endpoint, Scope], list[Successor]] = defaultdict(list)
    changed = {change.address for change in changes}
    for row in rows:
        if row.desired is None or row.remote is None or row.remote.key is None or row.claim is not Claim.OWNED:
            continue
        fields = row.wanted if row.address in changed else row.remote.fields
        widens = row.address in changed and row.phase is Phase.WIDEN
        if provider.is_live(fields) and not widens:
            successor = Successor(address=row.address, fields=fields, object_id=row.remote.id)
            standing[row.remote.key.receiver].append(successor)

    def successors(change: Change) -> Iterator[Successor]:
        remote = change.remote
        if remote is None or remote.key is None or not provider.is_live(remote.fields):
            return
        events = provider.events_of(remote.fields)
        for one in sorted(standing.get(remote.key.receiver, ()), key=lambda one: one.address):
            shares = provider.uncarried(events, provider.events_of(one.fields)) != events
            if one.address != change.address and (provider.catch_all in events or shares):
                yield one

    return tuple(
        replace(change, depends_on=tuple(successors(change))) if change.phase is Phase.NARROW else change
        for change in changes
    )


class Widening:
    """Changes that add to what endpoints receive, and which narrowing ones wait for them.

    A narrowing change waits for all that widens at its own endpoint, of whatever event and kind, and for all that is to
    deliver one of its events to webhooks of its kind anywhere in the account: whoever moves or replaces an endpoint, in
    whatever way, loses nothing where its new place can't be made. `at` has the first at each endpoint.
    """

    def __init__(self, provider: Provider, changes: Iterable[Change]) -> None:
        self._provider = provider
        self._addresses: set[Address] = set()
        self.at: dict[Endpoint, Address] = {}
        self._of: dict[tuple[Scope, str | None], Address] = {}
        adding = (change for change in changes if _adds(provider, change))
        for change in sorted(adding, key=lambda change: change.address):
            key = provider.key_of(change.wanted)
            assert key is not None  # what a file wants has a normal form  # noqa: S101
            self._addresses.add(change.address)
            self.at.setdefault(key.endpoint, change.address)
            for event in (None, *provider.events_of(change.wanted)):
                self._of.setdefault((key.scope, event), change.address)

    def holding(self, change: Change) -> Address | None:
        """One that a narrowing change waits for, the nearest first; None where it waits for none."""
        remote, provider = change.remote, self._provider
        # What can't be read may deliver.
        if remote is None or not (provider.is_live(remote.fields) or "active" in remote.unreadable):
            return None
        endpoint = provider.endpoint_of(remote.fields)
        if endpoint in self.at:
            return self.at[endpoint]
        if change.duplicate_of is not None:
            return None  # what stays delivers the same, there
        if change.move in self._addresses:
            return change.move
        events = provider.events_of(remote.fields)
        if change.action is not Action.DELETE and provider.is_live(change.wanted):
            events = provider.uncarried(events, provider.events_of(change.wanted))
        # A catch-all carries every event, and is carried by whatever comes; so may what can't be read.
        every = not events or provider.catch_all in events
        wanted = {None} if every else {*events, provider.catch_all}
        scope = None if set(remote.unreadable) & set(provider.scope_fields) else provider.scope_of(remote.fields)
        found = (self._of[key] for key in self._of if key[1] in wanted and scope in (None, key[0]))
        return min(found, default=None)


def _adds(provider: Provider, change: Change) -> bool:
    """Whether a change adds to what its endpoint receives; an update that drops one event may add another."""
    if change.action is Action.DELETE or not provider.is_live(change.wanted):
        return False
    if change.phase is Phase.WIDEN or change.remote is None:
        return True
    return bool(provider.uncarried(provider.events_of(change.wanted), provider.events_of(change.remote.fields)))
