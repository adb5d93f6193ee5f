"""Who receives what before and after, what is lost on the way, and what the guards say to it.

Source: contract, section 6, *Losses need consent*.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from reconciler.model.configuration import Account
from reconciler.model.endpoint import Endpoint
from reconciler.model.plan import ANY_OTHER_EVENT, Action, Change, Loss, Phase, Verdict
from reconciler.model.provider import Provider
from reconciler.model.webhook import Desired, Fields, Remote, Scope

_PLAIN_EVENT = re.compile(r"[A-Za-z0-9_.-]+")
_MOST_LOSSES = 3  # endpoints that may lose events if the file doesn't say
_RECEIVING_PER_LOSS = 3  # endpoints that receive events, for each that may lose them


class Deliveries(Struct, frozen=True, kw_only=True):
    """What counts for losses in one account."""

    owned: tuple[Remote, ...]  # without those named in `absent`, which count as not receiving now
    protected: tuple[Remote, ...]  # owned, and to stay as they are
    changes: Sequence[Change]
    unmanaged: Sequence[Remote] = ()

    def staying(self, provider: Provider) -> Iterator[tuple[Fields, Remote | None]]:
        """What delivers once the changes are made, and as what it was listed; None where the changes widen it."""
        changed = {change.remote.id for change in self.changes if change.remote is not None}
        for change in self.changes:
            if change.action is not Action.DELETE and provider.is_live(change.wanted):
                yield change.wanted, None if change.phase is Phase.WIDEN else change.remote
        for remote in (*self.owned, *self.protected):
            if remote.id not in changed and provider.is_live(remote.fields):
                yield remote.fields, remote


def losses_of(account: Account, desired: Iterable[Desired], deliveries: Deliveries) -> tuple[Loss, ...]:
    """Every owned endpoint that would stop receiving something, however that comes about, in the order of endpoints.

    What a move takes from an endpoint is no loss: its new half is there before the old one goes.
    """
    provider, changes = account.provider, deliveries.changes
    if not any(change.phase is Phase.NARROW for change in changes):
        return ()
    made = {change.address for change in changes if change.action is Action.CREATE and provider.is_live(change.wanted)}
    moved = (change.remote.fields for change in changes if change.remote is not None and change.move in made)
    before = _received(provider, (remote.fields for remote in deliveries.owned))
    after = _received(provider, (*(fields for fields, _ in deliveries.staying(provider)), *moved))
    narrowed: dict[tuple[Endpoint, Scope], list[tuple[Change, Remote]]] = defaultdict(list)
    for change in changes:
        remote = change.remote
        if remote is not None and remote.key is not None and provider.is_live(remote.fields):
            narrowed[remote.key.receiver].append((change, remote))
    # What a line under `absent` must not name: entries', and what has no normal form and is nobody's.
    spared: dict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    named = [wanted.fields for wanted in desired]
    for fields in named + [remote.fields for remote in deliveries.unmanaged if remote.key is None]:
        if (place := provider.endpoint_of(fields)) is not None:
            spared[place.origin, place.path] |= provider.events_of(fields)
    found: list[Loss] = []
    for endpoint, scope in sorted(before, key=_order):
        lost = _lost(provider, before[endpoint, scope], after.get((endpoint, scope), frozenset()))
        if not lost:
            continue
        # What a webhook goes on to deliver would not be lost.
        causes = [
            (change, remote)
            for change, remote in narrowed[endpoint, scope]
            if provider.uncarried(lost, provider.events_of(remote.fields)) != frozenset(lost)
        ]
        remotes = tuple(sorted((remote for _, remote in causes), key=lambda remote: remote.age))
        gone = frozenset[str]().union(*(provider.events_of(remote.fields) for remote in remotes))
        absent_line = (
            all(change.action is Action.DELETE for change, _ in causes)
            and not gone & spared[endpoint.origin, endpoint.path]
            and not account.place_name  # a line is about all places of an account: none is for this one alone
            and account.is_own_kind(scope)  # a pattern is about the account's kind
            and not {"*", "$"} & set(endpoint.path)
            and all(map(_PLAIN_EVENT.fullmatch, gone))
        )
        found.append(Loss(endpoint=endpoint, scope=scope, events=lost, remotes=remotes, absent_line=absent_line))
    return tuple(found)


def max_losses_of(account: Account, owned: Iterable[Remote]) -> int:
    """How many endpoints may lose events without consent: what the file says, else a third, from one to three."""
    if account.max_losses is not None:
        return account.max_losses
    receiving: set[tuple[Endpoint, Scope]] = set()
    for remote in owned:
        key = account.provider.key_of(remote.fields)
        if key is not None and account.provider.is_live(remote.fields):
            receiving.add(key.receiver)
        if len(receiving) == _MOST_LOSSES * _RECEIVING_PER_LOSS:  # more allow no more
            break
    return max(1, min(_MOST_LOSSES, len(receiving) // _RECEIVING_PER_LOSS))


def verdict_on(
    account: Account,
    losses: Sequence[Loss],
    deliveries: Deliveries,
    limit: int | None,
    stands: Callable[[Remote], bool | None] = lambda _: True,
) -> Verdict:
    """The guard's word on an account's losses; a limit (of `PlanOptions`) stands for both guards.

    `stands` says whether a webhook that is to stay is there and delivers; None where nobody knows, and no other need be
    asked.
    """
    if not losses:
        return Verdict.FINE
    if limit is not None:
        return Verdict.TOO_MANY if len(losses) > limit else Verdict.FINE
    if len(losses) > max_losses_of(account, deliveries.owned):
        return Verdict.TOO_MANY
    staying = (remote is None or stands(remote) for _, remote in deliveries.staying(account.provider))
    first = next((one for one in staying if one is not False), None)
    return Verdict.FINE if first else Verdict.NOTHING_LEFT


def _received(provider: Provider, webhooks: Iterable[Fields]) -> Mapping[tuple[Endpoint, Scope], frozenset[str]]:
    """The events that live webhooks name, by endpoint and scope."""
    found: dict[tuple[Endpoint, Scope], frozenset[str]] = defaultdict(frozenset)
    for fields in webhooks:
        key = provider.key_of(fields)
        if key is not None and provider.is_live(fields):
            found[key.receiver] |= provider.events_of(fields)
    return found


def _lost(provider: Provider, before: frozenset[str], after: frozenset[str]) -> tuple[str, ...]:
    """The events received before and not after; of a catch-all every known event, then any other."""
    if provider.catch_all in after:
        return ()
    if provider.catch_all not in before:
        return tuple(sorted(before - after))
    known = (before | frozenset(provider.events)) - {provider.catch_all}
    return (*sorted(known - after), ANY_OTHER_EVENT)


def _order(receiver: tuple[Endpoint, Scope]) -> tuple[object, ...]:
    endpoint, scope = receiver
    return (endpoint.host, endpoint.origin, endpoint.path, endpoint.query, scope)
