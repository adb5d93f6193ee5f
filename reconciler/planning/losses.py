"""Who receives what before and after, what is lost on the way, and what must deliver before a webhook may be narrowed.

Source: contract, section 6, *Losses*, *No gap* and *What failed takes nothing with it*.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.model.configuration import Account
from reconciler.model.plan import ANY_OTHER_EVENT, Action, Change, Claim, Loss, Phase, Successor, Verdict
from reconciler.model.provider import Provider
from reconciler.model.url import Endpoint
from reconciler.model.webhook import Address, Desired, Fields, Remote, Scope

_PLAIN_EVENT = re.compile(r"[A-Za-z0-9_.-]+")
_MOST_LOSSES = 3  # endpoints that may lose events if the file doesn't say
_RECEIVING_PER_LOSS = 3  # endpoints that receive events, for each that may lose them


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
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
    made = {change.address for change in changes if change.action is Action.CREATE and provider.is_live(change.wanted)}
    moved = (change.remote.fields for change in changes if change.remote is not None and change.move in made)
    before = _received(provider, (remote.fields for remote in deliveries.owned))
    after = _received(provider, (*(fields for fields, _ in deliveries.staying(provider)), *moved))
    narrowed: dict[tuple[Endpoint, Scope], list[tuple[Change, Remote]]] = defaultdict(list)
    for change in changes:
        remote = change.remote
        if remote is not None and remote.key is not None and provider.is_live(remote.fields):
            narrowed[remote.key.receiver].append((change, remote))
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for wanted in desired:
        named[wanted.key.endpoint.origin, wanted.key.endpoint.path] |= provider.events_of(wanted.fields)
    found: list[Loss] = []
    for (endpoint, scope), events in sorted(before.items(), key=_order):
        lost = _lost(provider, events, after.get((endpoint, scope), frozenset()))
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
            and not gone & named[endpoint.origin, endpoint.path]
            and not account.place  # a line is about all places of an account: none is for this one alone
            and account.is_own_kind(scope)  # a pattern is about the account's kind
            and not {"*", "$"} & set(endpoint.path)
            and all(map(_PLAIN_EVENT.fullmatch, gone))
            and not _reaches_more(provider, endpoint, gone, deliveries.unmanaged)
        )
        found.append(Loss(endpoint=endpoint, scope=scope, events=lost, remotes=remotes, absent_line=absent_line))
    return tuple(found)


def _reaches_more(provider: Provider, lost: Endpoint, events: frozenset[str], unmanaged: Iterable[Remote]) -> bool:
    """Whether a line under `absent` would delete an unmanaged webhook too: it reaches URLs without a normal form."""
    odd = ((provider.endpoint_of(one.fields), one) for one in unmanaged if one.key is None)
    return any(
        (endpoint.origin, endpoint.path) == (lost.origin, lost.path) and provider.events_of(one.fields) <= events
        for endpoint, one in odd
        if endpoint is not None
    )


def max_losses_of(account: Account, owned: Iterable[Remote]) -> int:
    """How many endpoints may lose events without consent: what the file says, else a third, from one to three."""
    if account.max_losses is not None:
        return account.max_losses
    receiving = len(_received(account.provider, (remote.fields for remote in owned)))
    return max(1, min(_MOST_LOSSES, receiving // _RECEIVING_PER_LOSS))


def verdict_on(
    account: Account,
    losses: Sequence[Loss],
    deliveries: Deliveries,
    limit: int | None,
    stands: Callable[[Remote], bool | None] = lambda _: True,
) -> Verdict:
    """The guard's word on an account's losses.

    A limit stands for both guards: what `--allow-losses` said, or 0 for a `--destroy` without it. None leaves it to the
    file, or to the default. `stands` says whether a webhook that is to stay is there and delivers; None where nobody
    knows, and no other need be asked.
    """
    if limit is not None:
        return Verdict.TOO_MANY if len(losses) > limit else Verdict.FINE
    if len(losses) > max_losses_of(account, deliveries.owned):
        return Verdict.TOO_MANY
    if not losses:
        return Verdict.FINE
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


def _order(received: tuple[tuple[Endpoint, Scope], frozenset[str]]) -> tuple[object, ...]:
    (endpoint, scope), _ = received
    return (endpoint.host, endpoint.scheme, endpoint.port or 0, endpoint.path, endpoint.query, scope)


def with_successors(provider: Provider, changes: Sequence[Change], rows: Iterable[Change]) -> tuple[Change, ...]:
    """Give each narrowing change the webhooks that are to carry its events and that no change of this plan widens.

    Those are in step, or narrowed themselves: an update that drops an event may add another. `Widening` finds the rest.
    A change whose events nothing is to carry has no successors: that is a loss, and the guard's matter. The rows are
    those of the whole account, whether or not the filters let them be among the changes.
    """
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
    whatever way, loses nothing where its new place can't be made. Waiting loses nothing. Changes that add nothing, or
    leave a webhook off, hold nothing. `at` has the first at each endpoint.
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
