"""Plan to plan view: the one place where real values become what may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.configuration import Configuration, OnUnmanaged
from reconciler.model.plan import AccountPlan, Action, Change, Claim, FieldChange, Hint, Loss, NotPlanned, Plan
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

HINT_WORDS = frozenset(hint.value for hint in Hint)


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
    unmanaged = tuple(view.remote(row) for view in views for row in _counted(view.account))
    duplicates = tuple(view.remote(row) for view in views for row in view.account.rows if row.duplicate_of is not None)
    return PlanView(
        created=time_text(plan.created),
        files=plan.configuration.files,
        filters=plan.filters,
        destroy=plan.destroy,
        accounts=tuple(_account(plan.configuration, account) for account in plan.accounts),
        rows=rows,
        losses=losses,
        unmanaged=unmanaged,
        known=tuple(view.remote(row) for view in views for row in view.account.rows if row.claim is Claim.KNOWN),
        kept=tuple(view.remote(row) for view in views for row in view.account.rows if row.hint in _KEPT),
        duplicates=duplicates,
        summary=_summary(plan, rows, len(losses), len(unmanaged), len(duplicates)),
    )


_KEPT = (Hint.KEPT_FOR_ENTRY, Hint.KEPT_AS_KNOWN)


def _counted(account: AccountPlan) -> tuple[Change, ...]:
    """The unmanaged webhooks that are spoken of."""
    return () if account.on_unmanaged is OnUnmanaged.IGNORE else account.unmanaged


def _standing(account: AccountPlan) -> Standing:
    if account.changes:
        return Standing.CHANGED
    fails = account.on_unmanaged is OnUnmanaged.FAIL and account.unmanaged
    return Standing.DRIFTED if fails or any(row.fields for row in account.rows) else Standing.IN_STEP


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
        verdict=account.verdict.value,
        losses=len(account.losses),
        max_losses=account.max_losses,
        loss_limit=account.loss_limit,
        on_unmanaged=account.on_unmanaged,
        absent_place=configuration.absent_place(named),
        listed=len(account.listed()),
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
        """Every webhook that is in the file, would be changed or is protected."""
        return (self._row(row) for row in self.account.rows if row.claim not in (Claim.KNOWN, Claim.NONE))

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
        unmanaged = (row.remote for row in self.account.unmanaged)
        odd = (remote.fields for remote in unmanaged if remote is not None and remote.key is None)
        return any(
            (endpoint := self._provider.endpoint_of(fields)) is not None
            and (endpoint.origin, endpoint.path) == place
            and self._provider.events_of(fields) <= events
            for fields in odd
        )

    def _row(self, row: Change) -> ChangeRow:
        remote = row.remote
        before = None if remote is None else plain_fields(self._provider, self.showing, remote.fields)
        after = before if row.action is Action.NONE else None
        if row.wanted:
            after = plain_fields(self._provider, self.showing, row.wanted)
        fields = tuple(map(self._field, row.fields))
        # Both sides of a URL are shown together, or a changed secret would read the same on both.
        if row.action is Action.UPDATE and after is not None:
            after |= {field.name: field.after for field in fields if field.name in after}
        return ChangeRow(
            account=row.address.account,
            address=self.text(row.address),
            type=self._provider.resource_type,
            name=row.address.name,
            index=row.address.index,
            provider=self._provider.name,
            action=row.action.value,
            reason="" if row.reason is None else row.reason.value,
            partner="" if row.partner is None else self.text(row.partner),
            object_id="" if remote is None else remote.id,
            updated="" if remote is None else time_text(remote.updated),
            before=before,
            after=after,
            fields=fields,
            unknown=() if remote is None else remote.unknown,
            place="" if row.desired is None else str(row.desired.place),
        )

    def remote(self, row: Change) -> RemoteRow:
        """A webhook by itself."""
        remote = row.remote
        assert remote is not None  # only what is there is asked for  # noqa: S101
        url = remote.fields["url"]
        endpoint = self._provider.endpoint_of(remote.fields)
        near = row.near or row.duplicate_of
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
            hint="" if row.hint is None else row.hint.value,
            near="" if near is None else self.text(near) if isinstance(near, Address) else str(near),
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
