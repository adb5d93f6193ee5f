"""What must deliver before a webhook may be narrowed: the webhooks that are to carry its events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.model.plan import Action, Carrier, Change, Pair, Phase, Reason
from reconciler.model.provider import Provider
from reconciler.model.url import Endpoint
from reconciler.model.webhook import Key, Scope

_Receiver = tuple[Endpoint, Scope]
"""Where events arrive: an endpoint, and the kind of webhook."""


def with_carriers(provider: Provider, changes: Sequence[Change], pairs: Iterable[Pair]) -> tuple[Change, ...]:
    """Give each narrowing change its carriers.

    Args:
        provider: says which events a webhook carries.
        changes: what is to be done, filters applied.
        pairs: every entry and the webhook that it is, whether or not a change of it is among the changes.
    Returns:
        The changes in their order. One whose events nothing is to carry has no carriers: that is a loss, and the
        guard's matter.
    """
    standing: dict[_Receiver | None, list[Carrier]] = defaultdict(list)
    created: dict[Scope, list[Carrier]] = defaultdict(list)
    changed = {change.address for change in changes}
    for change in changes:
        # Narrowing updates too: one that drops an event may add another, which a duplicate delivers until then.
        if change.action is not Action.DELETE and provider.is_live(change.wanted):
            object_id = change.remote.id if change.remote is not None else ""
            carrier = Carrier(address=change.address, fields=change.wanted, object_id=object_id)
            standing[_receiver(provider.key_of(change.wanted))].append(carrier)
            if change.action is Action.CREATE:
                created[provider.scope_of(change.wanted)].append(carrier)
    for pair in pairs:
        if pair.remote is not None and pair.desired.address not in changed and provider.is_live(pair.remote.fields):
            carrier = Carrier(address=pair.desired.address, fields=pair.remote.fields, object_id=pair.remote.id)
            standing[_receiver(pair.remote.key)].append(carrier)
    return tuple(
        replace(change, carriers=_carriers(provider, change, standing, created))
        if change.phase is Phase.NARROW
        else change
        for change in changes
    )


def _carriers(
    provider: Provider,
    change: Change,
    standing: Mapping[_Receiver | None, Sequence[Carrier]],
    created: Mapping[Scope, Sequence[Carrier]],
) -> tuple[Carrier, ...]:
    if change.remote is None or not provider.is_live(change.remote.fields):
        return ()
    events = provider.events_of(change.remote.fields)
    others = [*standing.get(_receiver(change.remote.key), ())]
    if change.reason is Reason.NOT_IN_FILE:
        # Whoever moves an endpoint, to another path, host or both, loses nothing where its new place can't be made.
        others += created.get(provider.scope_of(change.remote.fields), ())
    found = {
        other.address: other
        for other in others
        if other.address != change.address and _takes_over(provider, other, events)
    }
    return tuple(found[address] for address in sorted(found))


def _takes_over(provider: Provider, carrier: Carrier, events: frozenset[str]) -> bool:
    """Whether a carrier delivers any of these events."""
    named = provider.events_of(carrier.fields)
    return provider.catch_all in events or any(provider.carries(named, event) for event in events)


def _receiver(key: Key | None) -> _Receiver | None:
    return None if key is None else (key.endpoint, key.scope)
