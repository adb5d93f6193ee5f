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


def renames(provider: Provider, creates: Sequence[Change], deletes: Sequence[Change]) -> dict[Address, Address]:
    """Creates and deletes that are shown together: same events and scope, and the same path or the same host.

    Args:
        provider: says which events a webhook names.
        creates: in the order in which they are to be paired.
        deletes: likewise.
    Returns:
        Each half's address to the other's. The same path counts before the same host.
    """
    pairs: dict[Address, Address] = {}
    for place in ("path", "host"):
        waiting: dict[tuple[object, ...], list[Change]] = defaultdict(list)
        for create in reversed(creates):
            if create.desired is not None and create.address not in pairs:
                waiting[_likeness(provider, create.desired.key, create.desired.fields, place)].append(create)
        for delete in deletes:
            if delete.remote is None or delete.remote.key is None or delete.address in pairs:
                continue
            partners = waiting.get(_likeness(provider, delete.remote.key, delete.remote.fields, place))
            if partners:
                partner = partners.pop().address
                pairs[delete.address], pairs[partner] = partner, delete.address
    return pairs


def _likeness(provider: Provider, key: Key, fields: Fields, place: str) -> tuple[object, ...]:
    # The key's event says nothing where a webhook takes several.
    return (provider.events_of(fields), key.scope, getattr(key.endpoint, place))
