"""Which remote webhook is which wanted one: by key and by nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.model.plan import Change
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Desired, Fields, Key, Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The remote webhook that stays, and those that deliver the same event again, best first."""

    survivor: Remote
    duplicates: tuple[Remote, ...]


def choose(candidates: Iterable[Remote], *, prefer_live: Provider | None = None) -> Choice:
    """Pick the one remote webhook of a key that stays.

    Args:
        candidates: webhooks of one account with one key; one or more, in any order.
        prefer_live: their provider, where a live one comes first (an entry that ignores `active`).
    Returns:
        The oldest, then the lowest id; the rest are duplicates.
    Raises:
        ValueError: no candidates, which is the caller's mistake and never the user's.
    """
    # The file has no other say: runs of different commits must keep the same webhook, or each deletes the other's.
    ranked = sorted(
        candidates,
        key=lambda remote: (prefer_live is not None and not prefer_live.is_live(remote.fields), remote.age),
    )
    if not ranked:
        raise ValueError("choose() needs at least one candidate")
    return Choice(survivor=ranked[0], duplicates=tuple(ranked[1:]))


def choose_for(provider: Provider, desired: Desired, candidates: Iterable[Remote]) -> Choice:
    """`choose` as a wanted webhook asks for it."""
    return choose(candidates, prefer_live=provider if provider.active_field in desired.ignored else None)


def by_key(remotes: Iterable[Remote]) -> dict[Key, list[Remote]]:
    """Remote webhooks by key, each key's by age; those without one are left out."""
    found: dict[Key, list[Remote]] = defaultdict(list)
    for remote in sorted(remotes, key=lambda remote: remote.age):
        if remote.key is not None:
            found[remote.key].append(remote)
    return dict(found)


def moves(provider: Provider, places: Iterable[Desired], deletes: Sequence[Change]) -> dict[Address, Address]:
    """Wanted webhooks that the provider lacks and deletes that are one move: each is the other's only candidate.

    Candidates have the same events and kind, and the same path or the same host.

    Args:
        provider: says which events a webhook names.
        places: what is wanted and not there.
        deletes: of webhooks that no entry stands for.
    Returns:
        Each half's address to the other's. A move that could be read two ways is none.
    Source: contract, section 3.
    """
    there = [
        (change.address, change.remote.key, change.remote.fields) for change in deletes if change.remote is not None
    ]
    old = _Candidates(provider, [(address, key, fields) for address, key, fields in there if key is not None])
    new = _Candidates(provider, [(wanted.address, wanted.key, wanted.fields) for wanted in places])
    pairs: dict[Address, Address] = {}
    for address, key, fields in new.items:
        partner = old.only_one(key, fields)
        if partner is not None and new.only_one(*partner[1:]) is not None:
            pairs[address], pairs[partner[0]] = partner[0], address
    return pairs


_Item = tuple[Address, Key, Fields]


class _Candidates:
    """One side's halves of moves, by what makes two webhooks alike; counted, so that many take no longer."""

    def __init__(self, provider: Provider, items: Sequence[_Item]) -> None:
        self.items = items
        self._provider = provider
        self._by_place: dict[tuple[object, ...], list[_Item]] = defaultdict(list)
        for item in items:
            for place in self._places(*item[1:]):
                self._by_place[place].append(item)

    def only_one(self, key: Key, fields: Fields) -> _Item | None:
        """The one half that is alike; None where there is none, or more than one."""
        path, host, both = (self._by_place.get(place, []) for place in self._places(key, fields))
        if len(path) + len(host) - len(both) != 1:
            return None
        return (path or host)[0]

    def _places(self, key: Key, fields: Fields) -> tuple[tuple[object, ...], ...]:
        # The key's event says nothing where a webhook takes several.
        alike = (self._provider.events_of(fields), key.scope)
        path, host = key.endpoint.path, key.endpoint.host
        return (*alike, "path", path), (*alike, "host", host), (*alike, "both", path, host)
