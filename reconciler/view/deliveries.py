"""Who receives what: each endpoint of a plan against the events, now and after an apply."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.plan import Action
from reconciler.view.documents import ListView
from reconciler.view.rows import AccountRow, PlainFields, Row, Status

Webhook = tuple[str, str]
"""A webhook's account and address."""


class State(Enum):
    """How an endpoint stands to an event."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    NOT_DONE = "not-done"
    TWICE = "twice"
    IN_STEP = "in-step"
    PROTECTED = "protected"
    UNMANAGED = "unmanaged"
    KNOWN = "known"
    NOT_COMPARED = "not-compared"
    OFF = "off"


_OF_STATUS = {
    Status.PROTECTED: State.PROTECTED,
    **dict.fromkeys((Status.UNMANAGED, Status.NOT_IN_FILE, Status.DUPLICATE, Status.ABSENT), State.UNMANAGED),
    Status.KNOWN: State.KNOWN,
    Status.NOT_COMPARED: State.NOT_COMPARED,
}
_OTHERS = (Status.UNMANAGED, Status.KNOWN)


class Delivery(Struct, frozen=True, kw_only=True):
    """How an endpoint receives an event."""

    state: State
    before: int  #: How many times it receives each event now.
    after: int  #: How many times it would after an apply, or does after one.
    is_by_all: bool  #: Whether it receives the event only by webhooks for every event.

    @property
    def is_changed(self) -> bool:
        return self.before != self.after or self.state in (State.CHANGE, State.NOT_DONE)


class Receiver(Struct, frozen=True, kw_only=True):
    """An endpoint; or a host, with the webhooks of nobody here that deliver to it."""

    account: str
    url: str
    scope: str
    others: int  #: Of a host, how many webhooks; 0 for an endpoint.
    deliveries: tuple[Delivery | None, ...]  #: For each event; None where it isn't received.

    @property
    def is_changed(self) -> bool:
        return any(one is not None and one.is_changed for one in self.deliveries)


class Deliveries(Struct, frozen=True, kw_only=True):
    """The events that webhooks name, and each endpoint: those that change first."""

    events: tuple[str, ...]
    receivers: tuple[Receiver, ...]


class _Webhook(Struct, frozen=True):
    """A webhook with the events that it names now and after; none where it doesn't exist, or is off."""

    row: Row
    catch_all: str | None
    before: frozenset[str]
    after: frozenset[str]
    is_undone: bool

    @classmethod
    def of(cls, row: Row, catch_all: str | None, *, is_undone: bool) -> _Webhook:
        before = frozenset(row.events if row.object_id is not None and row.delivers else ())
        is_kept = is_undone or row.action is Action.NONE
        after = before if is_kept else _delivered(row.change.after or {})
        return cls(row, catch_all, before, after, is_undone)

    def is_for(self, event: str) -> bool:
        """Whether it is meant to deliver the event, though it may be off."""
        return self._names(event, frozenset(self.row.events)) or self._names(event, self.after)

    def names(self, event: str) -> bool:
        return event in self.row.events or event in self.after

    def counts(self, event: str) -> tuple[bool, bool]:
        """Whether it delivers the event now, and after."""
        return self._names(event, self.before), self._names(event, self.after)

    def _names(self, event: str, events: Collection[str]) -> bool:
        return event in events or self.catch_all in events


def _delivered(fields: PlainFields) -> frozenset[str]:
    """The events that a webhook with these fields delivers; every provider names those fields alike."""
    if fields.get("active", True) is not True:
        return frozenset()
    events = fields.get("events", fields.get("event"))
    return frozenset(events if isinstance(events, tuple) else () if events is None else (str(events),))


def deliveries_now(listing: ListView) -> Deliveries:
    """Who receives what now, whatever an apply would change."""
    rows = (replace(row, change=replace(row.change, actions=(Action.NONE,))) for row in listing.webhooks)
    return deliveries(rows, listing.accounts, lists_unmanaged=True)


def deliveries(
    webhooks: Iterable[Row],
    accounts: Sequence[AccountRow],
    *,
    undone: Collection[Webhook] = (),
    lists_unmanaged: bool = False,
) -> Deliveries:
    """Who receives what now and after.

    Args:
        webhooks: all of them, also those in step.
        accounts: theirs, in order.
        undone: the changes that an apply did not make, or could not confirm: of them nothing is said to have changed.
        lists_unmanaged: whether endpoints that only unmanaged and known webhooks deliver to are named. Otherwise they
            are counted by host; those of endpoints that others deliver to, too, are always shown there.
    """
    catch_all = {account.name: account.catch_all for account in accounts}
    order = {account.name: number for number, account in enumerate(accounts)}
    rows = [*webhooks]
    named = {_endpoint_key(row) for row in rows if row.status not in _OTHERS}
    found: dict[tuple[str, ...], list[_Webhook]] = {}
    for row in rows:
        key = _endpoint_key(row)
        if row.status in _OTHERS and not lists_unmanaged and key not in named:
            key = (row.account, row.host, "", row.status.value)
        webhook = _Webhook.of(row, catch_all.get(row.account), is_undone=(row.account, row.webhook_address) in undone)
        found.setdefault(key, []).append(webhook)
    meant = {event for webhooks in found.values() for one in webhooks for event in (*one.row.events, *one.after)}
    events = tuple(sorted(meant))
    receivers = [_receiver(key, webhooks, events) for key, webhooks in found.items()]
    receivers.sort(key=lambda one: (not one.is_changed, one.others > 0, order[one.account], one.url, one.scope))
    return Deliveries(events=events, receivers=tuple(receivers))


def _endpoint_key(row: Row) -> tuple[str, ...]:
    """Account, URL and scope; of a URL that can't be read, the webhook too, since it may be any."""
    if row.endpoint is None:
        return (row.account, row.url or "(no URL)", row.scope, row.webhook_address)
    return (row.account, row.endpoint, row.scope)


def _receiver(key: Sequence[str], webhooks: Sequence[_Webhook], events: Sequence[str]) -> Receiver:
    account, url, scope = key[:3]
    is_host = key[3:] in ((Status.UNMANAGED.value,), (Status.KNOWN.value,))
    return Receiver(
        account=account,
        url=url,
        scope=scope,
        others=len(webhooks) if is_host else 0,
        deliveries=tuple(_delivery(webhooks, event, is_host=is_host) for event in events),
    )


def _delivery(webhooks: Sequence[_Webhook], event: str, *, is_host: bool) -> Delivery | None:
    meant = [one for one in webhooks if one.is_for(event)]
    if not meant:
        return None
    counted = [one.counts(event) for one in meant]
    before, after = sum(now for now, _ in counted), sum(then for _, then in counted)
    if is_host:  # at several of its endpoints: nobody receives it twice
        before, after = min(before, 1), min(after, 1)
    is_by_all = not any(one.names(event) for one in meant)
    return Delivery(state=_state(meant, before, after), before=before, after=after, is_by_all=is_by_all)


def _state(webhooks: Sequence[_Webhook], before: int, after: int) -> State:
    """What is most worth saying of an event: an apply that fell short, then a repeat, then what changes."""
    if any(one.is_undone for one in webhooks):
        return State.NOT_DONE
    if max(before, after) > 1:
        return State.TWICE
    if before != after:
        return State.CREATE if after else State.DELETE
    if not after:
        return State.OFF
    if any(one.row.action is not Action.NONE for one in webhooks):
        return State.CHANGE
    delivering: Iterator[_Webhook] = (one for one in webhooks if one.after)
    return _OF_STATUS.get(next(delivering).row.status, State.IN_STEP)
