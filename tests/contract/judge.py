"""Judges a run by what its server kept and logged: who received what at every moment, and what is there in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.field import ReadsBack
from reconciler.model.plan import ANY_OTHER_EVENT
from reconciler.model.provider import Provider
from reconciler.model.webhook import Fields, Key
from reconciler.testing.servers import Call, Kept
from tests.contract.hooks import from_kept

Delivery = tuple[str, object, str]
"""An endpoint, its scope, and an event that is delivered there."""


def states(before: Mapping[str, Kept], calls: Iterable[Call]) -> Iterator[Mapping[str, Kept]]:
    """What a server had at the beginning, and after each of the calls; by id."""
    now = dict(before)
    yield dict(now)
    for call in calls:
        if call.object_id and call.kept is None:
            del now[call.object_id]
        elif call.kept is not None:
            now[call.object_id] = call.kept
        yield dict(now)


def received(provider: Provider, webhooks: Mapping[str, Kept]) -> frozenset[Delivery]:
    """What is delivered where; a catch-all delivers every event there is, and those that nobody knows."""
    found: set[Delivery] = set()
    for fields in (from_kept(provider, kept) for kept in webhooks.values()):
        key = provider.key_of(fields)
        if key is None or not provider.is_live(fields):
            continue
        events = set(provider.events_of(fields))
        if provider.catch_all in events:
            events |= {*provider.events, ANY_OTHER_EVENT}
        found |= {(key.endpoint.reveal(), key.scope, event) for event in events - {provider.catch_all}}
    return frozenset(found)


def gaps(provider: Provider, before: Mapping[str, Kept], calls: Iterable[Call]) -> set[Delivery]:
    """What an endpoint received at both ends and did not at some moment in between."""
    moments = [received(provider, state) for state in states(before, calls)]
    return {delivery for moment in moments for delivery in (moments[0] & moments[-1]) - moment}


def silences(provider: Provider, before: Mapping[str, Kept], calls: Iterable[Call]) -> set[str]:
    """The events that somebody received at both ends, whoever it was, and nobody at some moment in between."""
    moments = [{event for _, _, event in received(provider, state)} for state in states(before, calls)]
    return {event for moment in moments for event in (moments[0] & moments[-1]) - moment}


def readable(provider: Provider, fields: Fields) -> Fields:
    """The fields that read back."""
    return {spec.name: fields[spec.name] for spec in provider.fields if spec.reads_back is ReadsBack.CLEAR}


def there(provider: Provider, webhooks: Mapping[str, Kept]) -> Mapping[Key, Fields]:
    """What a server has, by key; the test fails where it has a key twice."""
    found: dict[Key, Fields] = {}
    for fields in (from_kept(provider, kept) for kept in webhooks.values()):
        key = provider.key_of(fields)
        assert key is not None
        assert key not in found, f"twice there: {key}"
        found[key] = readable(provider, fields)
    return found
