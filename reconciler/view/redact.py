"""Plan to plan view: the one place where real values become what may be shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.model.configuration import Configuration, OnUnmanaged
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import (
    AccountPlan,
    Action,
    Change,
    Claim,
    FieldChange,
    Filters,
    Loss,
    NotPlanned,
    Plan,
    Reason,
)
from reconciler.model.provider import Provider
from reconciler.model.redaction import Redaction
from reconciler.model.secret import HIDDEN, hides
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Remote
from reconciler.view.documents import ListView, PlanView, diagnostic_row
from reconciler.view.rows import (
    AbsentLine,
    AccountRow,
    Failure,
    FieldRow,
    LossRow,
    PlainFields,
    Row,
    Sensitive,
    Sides,
    Standing,
    Status,
    Summary,
)
from reconciler.view.values import is_masked, plain_change, plain_fields, scope_text, time_text

_PLAIN_EVENT = re.compile(r"[A-Za-z0-9_.-]+")


def view_plan(plan: Plan, diagnostics: Iterable[Diagnostic] = ()) -> PlanView:
    """Mask a plan.

    Args:
        plan: with real values.
        diagnostics: what was said of its files.
    Returns:
        Everything that outputs may say of it, counted and in order; no secret in it.
    """
    masks = [AccountMask.of(plan, account) for account in plan.planned]
    rows = [row for mask in masks for row in mask.rows()]
    ignoring = {one.account.name for one in plan.planned if one.on_unmanaged is OnUnmanaged.IGNORE}
    unmanaged = tuple(row for row in rows if row.status is Status.UNMANAGED and row.account not in ignoring)
    changes = tuple(row for row in rows if row.status not in (Status.UNMANAGED, Status.KNOWN))
    losses = tuple(mask.loss(loss) for mask in masks for loss in mask.account.losses)
    duplicates = tuple(row for row in changes if row.status is Status.DUPLICATE)
    return PlanView(
        timestamp=time_text(plan.created),
        files=plan.configuration.files,
        filters=plan.filters,
        destroy=plan.destroy,
        applyable=plan.has_changes and not plan.is_refused,
        complete=not plan.not_planned and plan.filters == Filters(),
        errored=bool(plan.not_planned),
        resource_changes=changes,
        accounts=tuple(_account(plan.configuration, account) for account in plan.accounts),
        summary=_summary(plan, changes, len(losses), len(unmanaged), len(duplicates)),
        losses=losses,
        unmanaged=unmanaged,
        known=tuple(row for row in rows if row.status is Status.KNOWN),
        duplicates=duplicates,
        diagnostics=tuple(map(diagnostic_row, diagnostics)),
    )


def view_listing(plan: Plan) -> ListView:
    """Every webhook that was listed, in the order of URLs and events; not what the plan's filters leave out."""
    rows = [
        row for account in plan.planned for row in AccountMask.of(plan, account).rows() if row.object_id is not None
    ]
    return ListView(
        accounts=tuple(_account(plan.configuration, account) for account in plan.accounts),
        webhooks=tuple(sorted(rows, key=lambda row: (row.account, row.url, row.events, row.object_id))),
    )


def _standing(account: AccountPlan) -> Standing:
    if account.changes:
        return Standing.CHANGED
    fails = account.on_unmanaged is OnUnmanaged.FAIL and account.unmanaged
    return Standing.DRIFTED if fails or any(row.fields for row in account.rows) else Standing.IN_STEP


def _summary(plan: Plan, rows: Iterable[Row], losses: int, unmanaged: int, duplicates: int) -> Summary:
    actions = Counter(row.action for row in rows)
    protected = [row for row in rows if row.action_reason is Reason.PROTECTED]
    return Summary(
        create=actions[Action.CREATE],
        update=actions[Action.UPDATE],
        delete=actions[Action.DELETE],
        unchanged=sum(row.action is Action.NONE and row.action_reason is None for row in rows),
        protected=len(protected),
        protected_differences=sum(bool(row.field_changes) for row in protected),
        unmanaged=unmanaged,
        duplicates=duplicates,
        losses=losses,
        not_checked=len(plan.not_planned),
    )


def _account(configuration: Configuration, account: AccountPlan | NotPlanned) -> AccountRow:
    named = account.account
    row = AccountRow(
        name=named.name,
        provider=named.provider.name,
        title=named.provider.title,
        mode=named.kind or None,
        count=None,
        error=None,
        status=Standing.NOT_CHECKED,
        allowed_losses=None,
        absent_place=configuration.absent_place(named),
    )
    if isinstance(account, NotPlanned):
        return replace(row, error=Failure(summary=account.error.message, detail=account.error.help))
    return replace(
        row,
        listed=len(account.listed()),
        count=account.count,
        status=_standing(account),
        verdict=account.verdict,
        on_unmanaged=account.on_unmanaged,
        losses=len(account.losses),
        max_losses=account.max_losses,
        allowed_losses=account.loss_limit,
    )


_STATUS = {
    Reason.NOT_IN_FILE: Status.NOT_IN_FILE,
    Reason.DUPLICATE: Status.DUPLICATE,
    Reason.NAMED_ABSENT: Status.ABSENT,
    Reason.PROTECTED: Status.PROTECTED,
}
_OTHERS = {Claim.KNOWN: Status.KNOWN, Claim.NONE: Status.UNMANAGED}


def _status(row: Change) -> Status:
    ours = Status.MANAGED if row.reason is None else _STATUS.get(row.reason, Status.MANAGED)
    return _OTHERS.get(row.claim, ours)


def _is_pattern(shown: str, loss: Loss) -> bool:
    """Whether an endpoint, as it is shown, is a pattern that means it when it is put into the file."""
    whole = shown.startswith(loss.endpoint.origin) and not hides(shown)
    return whole and "*" not in loss.endpoint.path and "$" not in loss.endpoint.path


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMask:
    """Masks what belongs to one account."""

    account: AccountPlan
    redaction: Redaction
    long: bool

    @classmethod
    def of(cls, plan: Plan, account: AccountPlan) -> AccountMask:
        """The mask of one account of a plan."""
        return cls(account=account, redaction=plan.configuration.redaction, long=plan.configuration.qualifies_addresses)

    def rows(self) -> Iterator[Row]:
        """Every webhook that the filters let through."""
        return map(self._row, self.account.rows)

    def loss(self, loss: Loss) -> LossRow:
        """An endpoint that loses events, and the line under `absent` that would let it through."""
        url = self._endpoint(loss.remotes[0])
        events = frozenset[str]().union(*(self._provider.events_of(remote.fields) for remote in loss.remotes))
        bare, _, _ = url.partition("?")
        speakable = _is_pattern(bare, loss) and all(map(_PLAIN_EVENT.fullmatch, events))
        # A line under `absent` is about all places of an account: none would be for this one alone.
        speakable = speakable and not self.account.account.place
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

    def _row(self, row: Change) -> Row:
        remote, provider = row.remote, self._provider
        before = None if remote is None else plain_fields(provider, self.redaction, remote.fields)
        fields = tuple(map(self._field, row.fields))
        after = before if row.action is Action.NONE else None
        if row.wanted:
            after = plain_fields(provider, self.redaction, row.wanted)
            # Both sides of a URL are shown together, or a changed secret would read the same on both.
            after |= {field.name: field.after for field in fields if field.name in after}
        wanted = {} if row.desired is None else row.desired.fields
        there = wanted if remote is None else remote.fields
        endpoint = provider.endpoint_of(there)
        url = (before or after or plain_fields(provider, self.redaction, there))["url"]
        sensitive = _sensitive(before)
        return Row(
            address=self.text(row.address),
            type=provider.resource_type,
            name=row.address.name,
            index=row.address.index or None,
            provider_name=provider.name,
            account=row.address.account,
            object_id=None if remote is None else remote.id,
            status=_status(row),
            url=str(url or ""),
            host="" if url is None else HIDDEN if endpoint is None else endpoint.origin,
            events=tuple(sorted(provider.events_of(there))),
            scope=scope_text(provider.scope_of(there)),
            delivers=provider.is_live(there),
            updated=None if remote is None else time_text(remote.updated) or None,
            action_reason=row.reason,
            partner=None if row.partner is None else self.text(row.partner),
            hint=row.hint,
            near=self.text(row.near) if isinstance(row.near, Address) else None if row.near is None else str(row.near),
            place=None if row.desired is None else str(row.desired.place),
            unknown_fields=() if remote is None else remote.unknown,
            unreadable_fields=() if remote is None else remote.unreadable,
            change=Sides(
                actions=(row.action,),
                before=before,
                after=after,
                after_unknown={},
                before_sensitive=sensitive,
                after_sensitive=sensitive if after is before else _sensitive(after),
            ),
            field_changes=fields,
        )

    def _field(self, change: FieldChange) -> FieldRow:
        before, after = plain_change(self.redaction, change.before, change.after)
        return FieldRow(name=change.name, before=before, after=after)

    def _endpoint(self, remote: Remote) -> str:
        url = remote.fields["url"]
        return self.redaction.show_endpoint(url) if isinstance(url, Url) else HIDDEN

    def text(self, address: Address) -> str:
        """An address as this run writes it."""
        return address.text(long=self.long)

    @property
    def _provider(self) -> Provider:
        return self.account.account.provider


def _sensitive(fields: PlainFields | None) -> Sensitive:
    """Which fields hide something, as Terraform says it: an object of trues, or false where there is no object."""
    return False if fields is None else {name: True for name, value in fields.items() if is_masked(value)}
