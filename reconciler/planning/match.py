"""Which remote webhook is which wanted one: by key and by nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.plan import Change
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Desired, Fields, Key, Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The remote webhook that stays, those that deliver the same again, and those that deliver more; best first."""

    survivor: Remote
    duplicates: tuple[Remote, ...]
    others: tuple[Remote, ...] = ()


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
    """`choose` as a wanted webhook asks for it.

    One that delivers an event which the survivor will not deliver is no duplicate: nobody could say what it is for.
    """
    choice = choose(candidates, prefer_live=provider if "active" in desired.ignored else None)
    named = provider.events_of(desired.fields)

    def is_carried(remote: Remote) -> bool:
        return not provider.is_live(remote.fields) or all(
            provider.carries(named, event) for event in provider.events_of(remote.fields)
        )

    duplicates = tuple(remote for remote in choice.duplicates if is_carried(remote))
    others = tuple(remote for remote in choice.duplicates if not is_carried(remote))
    return Choice(survivor=choice.survivor, duplicates=duplicates, others=others)


def by_key(remotes: Iterable[Remote]) -> dict[Key, list[Remote]]:
    """Remote webhooks by key, each key's by age; those without one are left out."""
    found: dict[Key, list[Remote]] = defaultdict(list)
    for remote in sorted(remotes, key=lambda remote: remote.age):
        if remote.key is not None:
            found[remote.key].append(remote)
    return dict(found)


def moves(
    provider: Provider, creates: Iterable[Desired], off: Iterable[Desired], deletes: Iterable[Change]
) -> dict[Address, Address]:
    """Wanted webhooks that the provider lacks and deletes that are one move: each is the other's only candidate.

    Candidates have the same events and kind, and the same path or the same host.

    Args:
        provider: says which events a webhook names.
        creates: what is to be made.
        off: what is off and not at the provider: it replaces only what nothing that is made may replace.
        deletes: of webhooks that no entry stands for.
    Returns:
        Each half's address to the other's. A move that could be read two ways is none.
    Source: contract, section 3.
    """
    old = [
        (change.address, change.remote.key, change.remote.fields)
        for change in deletes
        if change.remote is not None and change.remote.key is not None
    ]
    made = _Candidates(provider, [(wanted.address, wanted.key, wanted.fields) for wanted in creates])
    rest = [item for item in old if not made.alike(item)]
    return _only_pairs(made, _Candidates(provider, old)) | _only_pairs(
        _Candidates(provider, [(wanted.address, wanted.key, wanted.fields) for wanted in off]),
        _Candidates(provider, rest),
    )


def _only_pairs(new: _Candidates, old: _Candidates) -> dict[Address, Address]:
    pairs: dict[Address, Address] = {}
    for item in new.items:
        found = old.alike(item)
        if len(found) == 1 and len(new.alike(found[0])) == 1:
            here, there = item[0], found[0][0]
            pairs[here], pairs[there] = there, here
    return pairs


_Item = tuple[Address, Key, Fields]


class _Candidates:
    """One side's halves of moves, by what makes two webhooks alike."""

    def __init__(self, provider: Provider, items: Sequence[_Item]) -> None:
        self.items = items
        self._provider = provider
        self._by_place: dict[tuple[object, ...], list[_Item]] = defaultdict(list)
        for item in items:
            for place in self._places(item):
                self._by_place[place].append(item)

    def alike(self, item: _Item) -> Sequence[_Item]:
        """The halves that are alike; two or three stand for more, so that many take no longer."""
        found = (one for place in self._places(item) for one in self._by_place.get(place, ())[:2])
        return tuple({one[0]: one for one in found}.values())

    def _places(self, item: _Item) -> Iterator[tuple[object, ...]]:
        _, key, fields = item
        # The key's event says nothing where a webhook takes several.
        events = self._provider.events_of(fields)
        yield events, key.scope, "path", key.endpoint.path
        yield events, key.scope, "host", key.endpoint.host
