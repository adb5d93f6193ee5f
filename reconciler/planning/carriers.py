"""What must deliver before a webhook may be narrowed: the webhooks that are to carry its events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.model.plan import Action, Carrier, Change, Pair, Phase
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Fields, Key


@dataclass(frozen=True, slots=True)
class _Standing:
    """A webhook that delivers once the creates and updates are made."""

    carrier: Carrier
    events: frozenset[str]


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
    standing: dict[object, list[_Standing]] = defaultdict(list)
    created: dict[Address, Carrier] = {}
    changed = {change.address for change in changes}
    for change in changes:
        # Narrowing updates too: one that drops an event may add another, which a duplicate delivers until then.
        if change.action is not Action.DELETE and provider.is_live(change.wanted):
            object_id = change.remote.id if change.remote is not None else ""
            carrier = Carrier(address=change.address, fields=change.wanted, object_id=object_id)
            standing[_receiver(provider.key_of(change.wanted))].append(_stand(provider, carrier, change.wanted))
            if change.action is Action.CREATE:
                created[change.address] = carrier
    for pair in pairs:
        if pair.remote is not None and pair.desired.address not in changed and provider.is_live(pair.remote.fields):
            carrier = Carrier(address=pair.desired.address, fields=pair.remote.fields, object_id=pair.remote.id)
            standing[_receiver(pair.remote.key)].append(_stand(provider, carrier, pair.remote.fields))
    return tuple(
        replace(change, carriers=_carriers(provider, change, standing, created))
        if change.phase is Phase.NARROW
        else change
        for change in changes
    )


def _carriers(
    provider: Provider, change: Change, standing: dict[object, list[_Standing]], created: dict[Address, Carrier]
) -> tuple[Carrier, ...]:
    if change.remote is None or not provider.is_live(change.remote.fields):
        return ()
    events = provider.events_of(change.remote.fields)
    found = [
        other.carrier
        for other in standing.get(_receiver(change.remote.key), ())
        if other.carrier.address != change.address
        and (provider.catch_all in events or any(provider.carries(other.events, event) for event in events))
    ]
    if change.rename in created:
        found.append(created[change.rename])
    return tuple(sorted(found, key=lambda carrier: carrier.address))


def _stand(provider: Provider, carrier: Carrier, fields: Fields) -> _Standing:
    return _Standing(carrier, provider.events_of(fields))


def _receiver(key: Key | None) -> object:
    return None if key is None else (key.endpoint, key.scope)
