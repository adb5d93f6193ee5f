"""Which remote webhook is which wanted one: by key and by nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.plan import Action, Change, Reason
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Desired, Fields, Key, Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The remote webhook that stays, those that deliver the same again, and those that deliver more; best first."""

    survivor: Remote
    duplicates: tuple[Remote, ...]
    others: tuple[Remote, ...] = ()


def choose(candidates: Iterable[Remote], *, prefer_live: Provider | None = None) -> Choice:
    """Of one key's webhooks the oldest stays, then that with the lowest id; the rest are duplicates.

    Where their provider is given as `prefer_live` a live one comes first, as for an entry that ignores `active`.
    """
    # The file has no other say: runs of different commits must keep the same webhook, or each deletes the other's.
    survivor, *duplicates = sorted(
        candidates,
        key=lambda remote: (prefer_live is not None and not prefer_live.is_live(remote.fields), remote.age),
    )
    return Choice(survivor=survivor, duplicates=tuple(duplicates))


def choose_for(provider: Provider, desired: Desired, candidates: Iterable[Remote]) -> Choice:
    """`choose` as a wanted webhook asks for it.

    One that delivers an event which the survivor will not deliver is no duplicate: nobody could say what it is for.
    """
    choice = choose(candidates, prefer_live=provider if "active" in desired.ignored else None)
    named = provider.events_of(desired.fields)
    groups: dict[bool, list[Remote]] = {False: [], True: []}
    for remote in choice.duplicates:
        delivers_more = provider.is_live(remote.fields) and provider.uncarried(provider.events_of(remote.fields), named)
        groups[bool(delivers_more)].append(remote)
    return Choice(survivor=choice.survivor, duplicates=tuple(groups[False]), others=tuple(groups[True]))


def by_key(remotes: Iterable[Remote]) -> dict[Key, list[Remote]]:
    """Remote webhooks by key, each key's by age; those without one are left out."""
    found: dict[Key, list[Remote]] = defaultdict(list)
    for remote in sorted(remotes, key=lambda remote: remote.age):
        if remote.key is not None:
            found[remote.key].append(remote)
    return dict(found)


def likenesses(provider: Provider, fields: Fields) -> tuple[tuple[object, ...], ...]:
    """What a webhook and one that it may have become have in common, the best first: path or host, events and kind."""
    # A key's event says nothing where a webhook takes several.
    events, scope, endpoint = provider.events_of(fields), provider.scope_of(fields), provider.endpoint_of(fields)
    if endpoint is None:
        return ()
    return (events, scope, "path", endpoint.path), (events, scope, "host", endpoint.host)


def moves(provider: Provider, rows: Sequence[Change], deletes: Sequence[Change]) -> dict[Address, Address]:
    """Entries' rows and deletes of what no entry stands for that are one move, each half's address to the other's.

    Each is the other's only candidate: a move that could be read two ways is none. What is off and not at the provider
    replaces only what nothing that is created may replace. Source: contract, section 3.
    """
    created = [row for row in rows if row.action is Action.CREATE]
    off = [row for row in rows if row.reason is Reason.OFF]
    candidates = _by_likeness(provider, created)
    rest = [change for change in deletes if not _alike(provider, change, candidates)]
    return _only_pairs(provider, created, deletes) | _only_pairs(provider, off, rest)


def _only_pairs(provider: Provider, new: Sequence[Change], old: Sequence[Change]) -> dict[Address, Address]:
    by_new, by_old = _by_likeness(provider, new), _by_likeness(provider, old)
    pairs: dict[Address, Address] = {}
    for row in new:
        found = _alike(provider, row, by_old)
        if len(found) == 1 and len(_alike(provider, found[0], by_new)) == 1:
            pairs[row.address], pairs[found[0].address] = found[0].address, row.address
    return pairs


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
