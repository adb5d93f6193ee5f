"""Which create and which delete are one move. Source: contract, section 3."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from reconciler.model.plan import Action, Change
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Fields


def likenesses(provider: Provider, fields: Fields) -> tuple[tuple[object, ...], ...]:
    """What a webhook and one that it may have become have in common, the best first: path or host, events and kind."""
    # A key's event says nothing where a webhook takes several.
    events, scope, endpoint = provider.events_of(fields), provider.scope_of(fields), provider.endpoint_of(fields)
    if endpoint is None:
        return ()
    return (events, scope, "path", endpoint.path), (events, scope, "host", endpoint.host)


def with_moves(provider: Provider, rows: Sequence[Change], deletes: Sequence[Change]) -> list[Change]:
    """Entries' rows and deletes of what no entry stands for, the two halves of a move told of each other.

    Each is the other's only candidate: a move that could be read two ways is none.
    """
    created = [row for row in rows if row.action is Action.CREATE and row.replacement is None]
    if not created or not deletes:
        return [*rows, *deletes]
    new, old = _by_likeness(provider, created), _by_likeness(provider, deletes)
    halves: dict[Address, Address] = {}
    for row in created:
        found = _alike(provider, row, old)
        if len(found) == 1 and len(_alike(provider, found[0], new)) == 1:
            halves[row.address], halves[found[0].address] = found[0].address, row.address
    return [replace(row, move=halves[row.address]) if row.address in halves else row for row in (*rows, *deletes)]


def _by_likeness(provider: Provider, rows: Iterable[Change]) -> Mapping[tuple[object, ...], Sequence[Change]]:
    found: dict[tuple[object, ...], list[Change]] = defaultdict(list)
    for row in rows:
        for likeness in likenesses(provider, _fields(row)):
            found[likeness].append(row)
    return found


def _alike(
    provider: Provider, row: Change, others: Mapping[tuple[object, ...], Sequence[Change]]
) -> tuple[Change, ...]:
    """The other halves that are alike; two or three stand for more, so that many take no longer."""
    found = (one for likeness in likenesses(provider, _fields(row)) for one in others.get(likeness, ())[:2])
    return tuple({one.address: one for one in found}.values())


def _fields(row: Change) -> Fields:
    there = row.desired or row.remote
    assert there is not None  # a row has a side  # noqa: S101
    return there.fields
