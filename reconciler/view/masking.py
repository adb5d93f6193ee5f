"""Plan to plan view: the one place where real values become what may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.model.configuration import Configuration, OnUnmanaged
from reconciler.model.plan import (
    AccountPlan,
    Change,
    Duplicates,
    FieldChange,
    Hint,
    Kept,
    Loss,
    NotPlanned,
    Pair,
    Plan,
    Reason,
    Unmanaged,
    Verdict,
)
from reconciler.model.provider import Provider
from reconciler.model.secret import HIDDEN, hides
from reconciler.model.showing import Showing
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Remote
from reconciler.view.plan_view import (
    AbsentLine,
    AccountRow,
    ChangeRow,
    FieldRow,
    LossRow,
    PlanView,
    RemoteRow,
    Standing,
    Summary,
)
from reconciler.view.values import hidden_url, plain_change, plain_fields, scope_text, time_text

_REASONS = {
    Reason.MISSING: "missing",
    Reason.DIFFERS: "differs",
    Reason.SWITCHED_OFF: "switched_off",
    Reason.NOT_IN_FILE: "not_in_file",
    Reason.REPLACED_BY_OFF: "replaced_by_off",
    Reason.DUPLICATE: "duplicate",
    Reason.NAMED_ABSENT: "absent",
    Reason.DESTROY: "destroy",
}
HINTS = {
    Hint.LEFTOVER: "leftover",
    Hint.DOUBLE_DELIVERY: "double_delivery",
    Hint.RETARGETED: "retargeted",
    Hint.OTHER_KIND: "other_kind",
    Hint.ABSENT_OTHER_KIND: "absent_other_kind",
}
"""The stable word of each hint."""
KEPT_BY_ENTRY, KEPT_AS_KNOWN = "entry", "known"
HINT_WORDS = frozenset({*HINTS.values(), KEPT_BY_ENTRY, KEPT_AS_KNOWN})
_VERDICTS = {Verdict.FINE: "fine", Verdict.TOO_MANY: "too_many_losses", Verdict.NOTHING_LEFT: "nothing_left"}


_PLAIN_EVENT = re.compile(r"[A-Za-z0-9_.-]+")


def view_plan(plan: Plan) -> PlanView:
    """Mask a plan.

    Args:
        plan: with real values.
    Returns:
        Everything that outputs may say of it, counted and in order; no secret in it.
    """
    views = [AccountMask.of(plan, account) for account in plan.planned]
    rows = tuple(row for view in views for row in view.rows())
    losses = tuple(view.loss(loss) for view in views for loss in view.account.losses)
    unmanaged = tuple(view.unmanaged(remote) for view in views for remote in _counted(view.account))
    duplicates = tuple(row for view in views for found in view.account.duplicates for row in view.duplicates(found))
    return PlanView(
        created=time_text(plan.created),
        files=plan.configuration.files,
        filters=plan.filters,
        destroy=plan.destroy,
        accounts=tuple(_account(plan.configuration, account) for account in plan.accounts),
        rows=rows,
        losses=losses,
        unmanaged=unmanaged,
        known=tuple(view.remote(remote) for view in views for remote in view.account.known),
        kept=tuple(view.kept(kept) for view in views for kept in view.account.kept),
        duplicates=duplicates,
        summary=_summary(plan, rows, len(losses), len(unmanaged), len(duplicates)),
    )


def _counted(account: AccountPlan) -> tuple[Unmanaged, ...]:
    """The unmanaged webhooks that are spoken of."""
    return () if account.on_unmanaged is OnUnmanaged.IGNORE else account.unmanaged


def _standing(account: AccountPlan) -> Standing:
    if account.changes:
        return Standing.CHANGED
    fails = account.on_unmanaged is OnUnmanaged.FAIL and account.unmanaged
    return Standing.DRIFTED if fails or any(pair.fields for pair in account.protected) else Standing.IN_STEP


def _summary(plan: Plan, rows: Sequence[ChangeRow], losses: int, unmanaged: int, duplicates: int) -> Summary:
    actions = [row.action for row in rows]
    protected = [row for row in rows if row.reason == "protected"]
    return Summary(
        create=actions.count("create"),
        update=actions.count("update"),
        delete=actions.count("delete"),
        unchanged=sum(row.action == "no-op" and not row.reason for row in rows),
        protected=len(protected),
        protected_differences=sum(bool(row.fields) for row in protected),
        unmanaged=unmanaged,
        duplicates=duplicates,
        losses=losses,
        not_checked=len(plan.not_planned),
    )


def _account(configuration: Configuration, account: AccountPlan | NotPlanned) -> AccountRow:
    named = account.account
    if isinstance(account, NotPlanned):
        return AccountRow(
            name=named.name,
            provider=named.provider.name,
            title=named.provider.title,
            mode=named.kind,
            standing=Standing.NOT_CHECKED,
            verdict="not_checked",
            error=account.error.message,
            help=account.error.help,
            absent_place=configuration.absent_place(named),
        )
    return AccountRow(
        name=named.name,
        provider=named.provider.name,
        title=named.provider.title,
        mode=named.kind,
        standing=_standing(account),
        verdict=_VERDICTS[account.verdict],
        losses=len(account.losses),
        max_losses=account.max_losses,
        loss_limit=account.loss_limit,
        on_unmanaged=account.on_unmanaged,
        absent_place=configuration.absent_place(named),
        listed=len(account.remotes),
        count=account.count,
    )


def _is_pattern(shown: str, loss: Loss) -> bool:
    """Whether an endpoint, as it is shown, is a pattern that means it when it is put into the file."""
    whole = shown.startswith(loss.endpoint.origin) and not hides(shown)
    return whole and "*" not in loss.endpoint.path and "$" not in loss.endpoint.path


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMask:
    """Masks what belongs to one account."""

    account: AccountPlan
    showing: Showing
    long: bool

    @classmethod
    def of(cls, plan: Plan, account: AccountPlan) -> AccountMask:
        """The mask of one account of a plan."""
        return cls(account=account, showing=plan.configuration.showing, long=plan.configuration.long_addresses)

    def rows(self) -> Iterator[ChangeRow]:
        """Every webhook that is in the file or would be changed."""
        yield from map(self._change, self.account.changes)
        yield from (self._no_op(pair, "" if pair.remote is not None else "off") for pair in self.account.unchanged)
        yield from (self._no_op(pair, "protected") for pair in self.account.protected)
        for remote in self.account.protected_others:
            row = self._row(Address.of_remote(self.account.account.name, remote.id), remote)
            yield replace(row, reason="protected", after=row.before)

    def loss(self, loss: Loss) -> LossRow:
        """An endpoint that loses events, and the line under `absent` that would let it through."""
        url = self._endpoint(loss.remotes[0])
        events = frozenset[str]().union(*(self._provider.events_of(remote.fields) for remote in loss.remotes))
        bare, _, _ = url.partition("?")
        speakable = _is_pattern(bare, loss) and all(map(_PLAIN_EVENT.fullmatch, events))
        # A pattern under `absent` is about the account's kind.
        speakable = speakable and self.account.account.is_own_kind(loss.scope) and not self._reaches_more(loss, events)
        return LossRow(
            account=self.account.account.name,
            url=url,
            scope=scope_text(loss.scope),
            events=loss.events,
            absent=AbsentLine(url=bare, events=tuple(sorted(events))) if loss.absent_line and speakable else None,
        )

    def _reaches_more(self, loss: Loss, events: frozenset[str]) -> bool:
        """Whether a line would delete an unmanaged webhook too: `absent` reaches URLs without a normal form."""
        place = (loss.endpoint.origin, loss.endpoint.path)
        odd = (one.remote.fields for one in self.account.unmanaged if one.remote.key is None)
        return any(
            (endpoint := self._provider.endpoint_of(fields)) is not None
            and (endpoint.origin, endpoint.path) == place
            and self._provider.events_of(fields) <= events
            for fields in odd
        )

    def unmanaged(self, unmanaged: Unmanaged) -> RemoteRow:
        """A webhook that nothing here is responsible for."""
        row = self.remote(unmanaged.remote)
        if unmanaged.hint is None:
            return row
        near = self.text(unmanaged.near) if unmanaged.near is not None else str(unmanaged.pattern)
        return replace(row, hint=HINTS[unmanaged.hint], near=near)

    def kept(self, kept: Kept) -> RemoteRow:
        """A webhook that `absent` names in vain."""
        row = self.remote(kept.remote)
        if kept.near is None:
            return replace(row, hint=KEPT_AS_KNOWN)
        return replace(row, hint=KEPT_BY_ENTRY, near=self.text(kept.near))

    def duplicates(self, found: Duplicates) -> Iterator[RemoteRow]:
        """The webhooks that deliver again what their survivor delivers."""
        return (replace(self.remote(other), near=self.text(found.address)) for other in found.others)

    def _change(self, change: Change) -> ChangeRow:
        after = plain_fields(self._provider, self.showing, change.wanted) if change.wanted else None
        partner = change.move or change.duplicate_of
        fields = tuple(map(self._field, change.fields))
        # Both sides of a URL are shown together, or a changed secret would read the same on both.
        if after is not None:
            after |= {row.name: row.after for row in fields if row.name in after}
        return replace(
            self._row(change.address, change.remote),
            action=change.action.word,
            reason=_REASONS[change.reason],
            partner="" if partner is None else self.text(partner),
            after=after,
            fields=fields,
            place="" if change.desired is None else str(change.desired.place),
        )

    def _no_op(self, pair: Pair, reason: str) -> ChangeRow:
        row = self._row(pair.desired.address, pair.remote)
        fields = tuple(map(self._field, pair.fields))
        return replace(row, reason=reason, after=row.before, fields=fields, place=str(pair.desired.place))

    def _row(self, address: Address, remote: Remote | None) -> ChangeRow:
        """What a row says of its webhook whatever is done to it."""
        return ChangeRow(
            account=address.account,
            address=self.text(address),
            type=self._provider.resource_type,
            name=address.name,
            index=address.index,
            provider=self._provider.name,
            action="no-op",
            object_id="" if remote is None else remote.id,
            updated="" if remote is None else time_text(remote.updated),
            before=None if remote is None else plain_fields(self._provider, self.showing, remote.fields),
            unknown=() if remote is None else remote.unknown,
        )

    def remote(self, remote: Remote) -> RemoteRow:
        """A webhook by itself."""
        url = remote.fields["url"]
        endpoint = self._provider.endpoint_of(remote.fields)
        return RemoteRow(
            account=self.account.account.name,
            address=self.text(Address.of_remote(self.account.account.name, remote.id)),
            object_id=remote.id,
            url="" if url is None else self.showing.show(url) if isinstance(url, Url) else hidden_url(url),
            host="" if url is None else HIDDEN if endpoint is None else endpoint.origin,
            events=tuple(sorted(self._provider.events_of(remote.fields))),
            scope=scope_text(self._provider.scope_of(remote.fields)),
            live=self._provider.is_live(remote.fields),
            updated=time_text(remote.updated),
            unknown=remote.unknown,
            unreadable=remote.unreadable,
        )

    def _field(self, change: FieldChange) -> FieldRow:
        before, after = plain_change(self.showing, change.before, change.after)
        return FieldRow(name=change.name, before=before, after=after)

    def _endpoint(self, remote: Remote) -> str:
        url = remote.fields["url"]
        return self.showing.show_endpoint(url) if isinstance(url, Url) else HIDDEN

    def text(self, address: Address) -> str:
        """An address as this run writes it."""
        return address.text(long=self.long)

    @property
    def _provider(self) -> Provider:
        return self.account.account.provider
