"""Who receives what before and after, what is lost on the way, and what the guard says to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.configuration import Account
from reconciler.model.plan import ANY_OTHER_EVENT, Action, Change, Loss, Verdict
from reconciler.model.provider import Provider
from reconciler.model.url import Endpoint
from reconciler.model.webhook import Desired, Fields, Remote, Scope

Receiver = tuple[Endpoint, Scope]


_MOST = 3
"""How many endpoints may lose events where the file doesn't say, and never more than `_SHARE` of those that receive."""
_SHARE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """What counts for losses in one account.

    Attributes:
        owned: remote webhooks that are owned; those named in `absent` aren't here, as they count as not receiving now.
        protected: remote webhooks that are owned and protected: they stay as they are.
        changes: what would be done.
    """

    owned: tuple[Remote, ...]
    protected: tuple[Remote, ...]
    changes: Sequence[Change]


def losses_of(account: Account, desired: Iterable[Desired], deliveries: Deliveries) -> tuple[Loss, ...]:
    """Every owned endpoint that would stop receiving something, however that comes about, in the order of endpoints.

    What a move takes from an endpoint is no loss: its new half is there before the old one goes.
    """
    provider = account.provider
    before = _received(provider, (remote.fields for remote in deliveries.owned))
    after = _received(provider, (*_fields_after(deliveries), *_moved(provider, deliveries.changes)))
    narrowed: dict[Receiver, list[Change]] = defaultdict(list)
    for change in deliveries.changes:
        if change.remote is not None and change.remote.key is not None and provider.is_live(change.remote.fields):
            narrowed[change.remote.key.endpoint, change.remote.key.scope].append(change)
    named = _named(provider, desired)
    found: list[Loss] = []
    for receiver in sorted(before, key=_order):
        lost = _lost(provider, before[receiver], after.get(receiver, frozenset()))
        if lost:
            found.append(_loss(provider, receiver, lost, narrowed[receiver], named))
    return tuple(found)


def max_losses_of(account: Account, owned: Iterable[Remote]) -> int:
    """How many endpoints may lose events without consent: what the file says, else the default.

    Args:
        account: whose file may say it.
        owned: its owned webhooks: of the endpoints that receive now a third may go, and one always.
    Source: contract, section 6.
    """
    if account.max_losses is not None:
        return account.max_losses
    receiving = len(_received(account.provider, (remote.fields for remote in owned)))
    return max(1, min(_MOST, receiving // _SHARE))


def verdict_on(account: Account, losses: Sequence[Loss], deliveries: Deliveries, limit: int | None) -> Verdict:
    """The guard's word on an account's losses.

    Args:
        account: its `max_losses`, or the default, counts where the command sets no limit.
        losses: as `losses_of` gives them.
        deliveries: what they were computed from.
        limit: how many losses the command lets the account have, which stands for both guards: what `--allow-losses`
            said, or 0 for a `--destroy` without it; None leaves it to the file.
    """
    if limit is not None:
        return Verdict.TOO_MANY if len(losses) > limit else Verdict.FINE
    if len(losses) > max_losses_of(account, deliveries.owned):
        return Verdict.TOO_MANY
    is_live = account.provider.is_live
    staying = any(is_live(fields) for fields in _fields_after(deliveries)) or any(
        is_live(remote.fields) for remote in deliveries.protected
    )
    return Verdict.NOTHING_LEFT if losses and not staying else Verdict.FINE


def _moved(provider: Provider, changes: Iterable[Change]) -> Iterable[Fields]:
    """The fields of webhooks that move to a place which will deliver."""
    new = {change.address for change in changes if change.action is Action.CREATE and provider.is_live(change.wanted)}
    return (change.remote.fields for change in changes if change.remote is not None and change.move in new)


def _fields_after(deliveries: Deliveries) -> Iterable[Fields]:
    """The fields of every owned webhook once the changes are made."""
    changed = {change.remote.id for change in deliveries.changes if change.remote is not None}
    for remote in deliveries.owned:
        if remote.id not in changed:
            yield remote.fields
    for change in deliveries.changes:
        if change.action is not Action.DELETE:
            yield change.wanted


def _received(provider: Provider, webhooks: Iterable[Fields]) -> Mapping[Receiver, frozenset[str]]:
    """The events that live webhooks name, by endpoint and scope."""
    found: dict[Receiver, set[str]] = defaultdict(set)
    for fields in webhooks:
        key = provider.key_of(fields)
        if key is not None and provider.is_live(fields):
            found[key.endpoint, key.scope] |= provider.events_of(fields)
    return {receiver: frozenset(events) for receiver, events in found.items()}


def _lost(provider: Provider, before: frozenset[str], after: frozenset[str]) -> tuple[str, ...]:
    """The events received before and not after; of a catch-all every known event, then any other."""
    if provider.catch_all in after:
        return ()
    if provider.catch_all not in before:
        return tuple(sorted(before - after))
    known = (before | frozenset(provider.events)) - {provider.catch_all}
    return (*sorted(known - after), ANY_OTHER_EVENT)


def _loss(
    provider: Provider,
    receiver: Receiver,
    lost: tuple[str, ...],
    narrowed: Sequence[Change],
    named: Mapping[tuple[object, ...], frozenset[str]],
) -> Loss:
    endpoint, scope = receiver
    causes = [change for change in narrowed if _costs(provider, change, lost)]
    remotes = sorted((change.remote for change in causes if change.remote is not None), key=lambda remote: remote.age)
    events = frozenset().union(*(provider.events_of(remote.fields) for remote in remotes))
    whole = all(change.action is Action.DELETE for change in causes)
    free = not (events & named.get(_place(endpoint), frozenset()))
    return Loss(endpoint=endpoint, scope=scope, events=lost, remotes=tuple(remotes), absent_line=whole and free)


def _costs(provider: Provider, change: Change, lost: tuple[str, ...]) -> bool:
    """Whether a change takes away one of the lost events. What its webhook goes on to deliver would not be lost."""
    assert change.remote is not None  # only changes of remote webhooks are asked  # noqa: S101
    before = provider.events_of(change.remote.fields)
    return any(provider.carries(before, event) for event in lost)


def _named(provider: Provider, desired: Iterable[Desired]) -> Mapping[tuple[object, ...], frozenset[str]]:
    """The events that entries name, by what a pattern can tell apart."""
    found: dict[tuple[object, ...], frozenset[str]] = {}
    for wanted in desired:
        place = _place(wanted.key.endpoint)
        found[place] = found.get(place, frozenset()) | provider.events_of(wanted.fields)
    return found


def _order(receiver: Receiver) -> tuple[object, ...]:
    endpoint, scope = receiver
    return (endpoint.host, endpoint.scheme, endpoint.port or 0, endpoint.path, endpoint.query, scope)


def _place(endpoint: Endpoint) -> tuple[object, ...]:
    return (endpoint.origin, endpoint.path)
