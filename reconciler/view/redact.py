"""Plan to plan view: the one place where real values become what may be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from operator import attrgetter

from msgspec.structs import replace

from reconciler.model.configuration import OnUnmanaged
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.endpoint import Endpoint
from reconciler.model.field import FieldType
from reconciler.model.plan import (
    AccountPlan,
    Action,
    Change,
    Claim,
    Filters,
    Loss,
    NotPlanned,
    PlacesInStep,
    Plan,
    Reason,
    Verdict,
)
from reconciler.model.provider import Provider
from reconciler.model.resource_address import resource_address
from reconciler.model.secret import HIDDEN, hides
from reconciler.model.url import Url
from reconciler.model.webhook import SHORTEST_ID, Address, Fields, Value
from reconciler.view.documents import ListView, PlanView, diagnostic_row
from reconciler.view.rows import (
    AbsentLine,
    AccountRow,
    Failure,
    FieldRow,
    LossRow,
    PlacesRow,
    Plain,
    Remedy,
    Row,
    Sides,
    Standing,
    Status,
    Summary,
)
from reconciler.view.short_ids import id_length_of
from reconciler.view.values import plain_change, plain_fields, plain_value, scope_text, sensitive, time_text

_STATUS: Mapping[Reason | None, Status] = {
    Reason.NOT_IN_FILE: Status.NOT_IN_FILE,
    Reason.DUPLICATE: Status.DUPLICATE,
    Reason.REPLACED: Status.NOT_IN_FILE,
    Reason.NAMED_ABSENT: Status.ABSENT,
    Reason.PROTECTED: Status.PROTECTED,
    Reason.NOT_COMPARED: Status.NOT_COMPARED,
}
_NOTHING_SAID = Sides(
    actions=(Action.NONE,), before=None, after=None, after_unknown={}, before_sensitive=False, after_sensitive=False
)
# Asked of every webhook, as those of `model.plan`.
_URL, _CREATE, _DELETE = FieldType.URL, Action.CREATE, Action.DELETE
_MANAGED, _DUPLICATE, _KNOWN, _UNMANAGED = Status.MANAGED, Status.DUPLICATE, Status.KNOWN, Status.UNMANAGED
_LEFT_ALONE = (_UNMANAGED, _KNOWN)
_OTHERS = {Claim.KNOWN: _KNOWN, Claim.UNSET: Status.NOT_COMPARED, Claim.NONE: _UNMANAGED}
_BY_URL = attrgetter("url", "events", "object_id")


def view_plan(plan: Plan, diagnostics: Iterable[Diagnostic] = (), *, brief: bool = False) -> PlanView:
    """Mask a plan: everything that outputs may say of it, counted and in order; no secret in it.

    In brief, without what is in step, which is most of a large plan, and takes most of the time to mask; and without
    endpoints, which no line of text says.
    """
    masks = [AccountMask(plan, account) for account in plan.planned]
    rows = [row for mask in masks for row in mask.rows(brief=brief)]
    changes = tuple([row for row in rows if row.status not in _LEFT_ALONE])
    ignoring = {one.account.name for one in plan.planned if one.on_unmanaged is OnUnmanaged.IGNORE}
    unmanaged = tuple([row for row in rows if row.status is _UNMANAGED and row.account not in ignoring])
    losses = tuple(mask.loss(loss) for mask in masks for loss in mask.account.losses)
    return PlanView(
        timestamp=time_text(plan.created),
        files=plan.configuration.files,
        filters=plan.filters,
        destroy=plan.destroy,
        applyable=plan.has_changes and not plan.is_refused and not plan.configuration.unset,
        complete=not plan.not_planned and plan.filters == Filters(),
        errored=bool(plan.not_planned),
        resource_changes=changes,
        accounts=(*(_account(one, losses) for one in plan.accounts), *map(_counted, plan.in_step)),
        summary=_summary(plan, len(unmanaged)),
        losses=losses,
        unmanaged=unmanaged,
        known=tuple([row for row in rows if row.status is _KNOWN]),
        duplicates=tuple([row for row in changes if row.status is _DUPLICATE]),
        unset_variables=plan.configuration.unset or None,
        diagnostics=tuple(map(diagnostic_row, diagnostics)),
        id_length=id_length_of(plan) if rows or not brief else SHORTEST_ID,
        shard=plan.shard,
    )


def view_listing(plan: Plan, *, brief: bool = False) -> ListView:
    """Every webhook that was listed, in the order of URLs and events; not what the plan's filters leave out.

    In brief, without what a line of each has no room for: its address as a resource, and both sides of its change.
    """
    masks = [AccountMask(plan, account) for account in plan.planned]
    rows: list[Row] = []
    for mask in sorted(masks, key=lambda mask: mask.account.account.name):
        listed = mask.lines() if brief else (mask.row(row) for row in mask.account.rows if row.remote is not None)
        rows += sorted(listed, key=_BY_URL)
    return ListView(
        accounts=tuple(_account(one) for one in plan.accounts),
        unset_variables=plan.configuration.unset or None,
        webhooks=tuple(rows),
        id_length=SHORTEST_ID if brief and all(row.entry for row in rows) else id_length_of(plan),
    )


def _status(claim: Claim, reason: Reason | None) -> Status:
    return _OTHERS.get(claim) or _STATUS.get(reason, _MANAGED)


def _summary(plan: Plan, unmanaged: int) -> Summary:
    counted = plan.in_step
    rows = [row for account in plan.planned for row in account.rows if row.reason is not None and row.is_own]
    actions = Counter(row.action for row in rows)
    reasons = Counter(row.reason for row in rows)
    return Summary(
        create=actions[Action.CREATE],
        update=actions[Action.UPDATE],
        delete=actions[Action.DELETE],
        unchanged=sum(one.unchanged for one in plan.planned) + sum(one.unchanged for one in counted),
        protected=reasons[Reason.PROTECTED] + sum(one.protected for one in counted),
        protected_differences=sum(row.reason is Reason.PROTECTED for row in rows if row.fields),
        unmanaged=unmanaged,
        duplicates=reasons[Reason.DUPLICATE],
        losses=sum(len(account.losses) for account in plan.planned),
        not_checked=len(plan.not_planned),
    )


def _counted(counted: PlacesInStep) -> PlacesRow:
    """The places of an account of which only a count was kept."""
    account = counted.account
    return PlacesRow(
        name=account.group,
        provider=account.provider.name,
        title=account.provider.title,
        mode=account.kind or None,
        catch_all=account.provider.catch_all,
        listed=counted.listed,
        count=counted.count,
        error=None,
        status=Standing.IN_STEP,
        verdict=Verdict.FINE,
        on_unmanaged=counted.on_unmanaged,
        max_losses=counted.max_losses,
        allowed_losses=counted.loss_limit,
        remedy=None,
        places=counted.places,
        all_places=counted.places,
    )


def _account(account: AccountPlan | NotPlanned, losses: Sequence[LossRow] = ()) -> AccountRow:
    named = account.account
    row = partial(
        AccountRow,
        name=named.name,
        provider=named.provider.name,
        title=named.provider.title,
        mode=named.kind or None,
        catch_all=named.provider.catch_all,
    )
    if isinstance(account, NotPlanned):
        error = Failure(summary=account.error.message, detail=account.error.help)
        return row(count=None, error=error, status=Standing.NOT_CHECKED, allowed_losses=None, remedy=None)
    fails = account.on_unmanaged is OnUnmanaged.FAIL and account.unmanaged
    drifted = fails or any(one.fields for one in account.rows)
    unchanged = Standing.DRIFTED if drifted else Standing.IN_STEP
    return row(
        listed=sum(row.remote is not None for row in (*account.rows, *account.left_out)),
        count=account.count,
        error=None,
        status=Standing.CHANGED if account.changes else unchanged,
        verdict=account.verdict,
        on_unmanaged=account.on_unmanaged,
        losses=len(account.losses),
        max_losses=account.max_losses,
        allowed_losses=account.loss_limit,
        remedy=None if account.verdict is Verdict.FINE else _remedy(account, losses),
    )


def _remedy(account: AccountPlan, losses: Iterable[LossRow]) -> Remedy:
    lines = (loss.absent for loss in losses if loss.account == account.account.name and loss.absent is not None)
    return Remedy(
        allow_losses=len(account.losses),
        absent=tuple(dict.fromkeys(lines)),
        absent_place=account.account.absent_place,
    )


class AccountMask:
    """Masks what belongs to one account of a plan."""

    def __init__(self, plan: Plan, account: AccountPlan) -> None:
        self.account = account
        self._provider = account.account.provider
        self._redaction = plan.configuration.redaction
        self._long = plan.configuration.qualifies_addresses

    @cached_property
    def _urls(self) -> Mapping[Endpoint, Url]:
        """The file's own of each endpoint, the first; needed once a webhook is shown."""
        rows = (*self.account.rows, *self.account.left_out)
        desired = sorted((one.desired for one in rows if one.desired is not None), key=lambda one: one.place)
        urls = [url for one in reversed(desired) if isinstance(url := one.fields["url"], Url)]
        return {url.endpoint: url for url in urls}

    def rows(self, *, brief: bool = False) -> Iterator[Row]:
        """Every webhook that the filters let through; in brief, only those of which something is to be said."""
        for row in self.account.rows:
            if row.is_told or not brief:
                yield self.row(row, brief=brief)

    def loss(self, loss: Loss) -> LossRow:
        """An endpoint that loses events, and the line under `absent` that would let it through, if it can be shown."""
        url = loss.remotes[0].fields["url"]
        shown = self._redaction.show_endpoint(url) if isinstance(url, Url) else HIDDEN
        events = frozenset[str]().union(*(self._provider.events_of(remote.fields) for remote in loss.remotes))
        line = AbsentLine(url=shown.partition("?")[0], events=tuple(sorted(events)))
        is_clear = line.url.startswith(loss.endpoint.origin) and not hides(line.url)
        return LossRow(
            account=self.account.account.name,
            url=shown,
            scope=scope_text(loss.scope),
            events=loss.events,
            absent=line if loss.absent_line and is_clear else None,
        )

    def lines(self) -> Iterator[Row]:
        """The webhooks of the provider, without what only JSON says of them."""
        rows = [row for row in self.account.rows if row.remote is not None]
        remotes = [row.remote for row in rows if row.remote is not None]
        kinds = map(
            self._kind,
            [row.claim for row in rows],
            [row.reason for row in rows],
            [remote.unreadable for remote in remotes],
            *([remote.fields[name] for remote in remotes] for name in self._told),
        )
        urls = [plain_value(self._redaction, remote.fields["url"], _URL) for remote in remotes]
        return map(self._line, rows, kinds, urls)

    def _line(self, row: Change, kind: Row, url: Plain) -> Row:
        """What of a webhook goes into a line of a list: what the others of its kind don't have alike."""
        remote = row.remote
        # Few at a time: `Struct` looks for each among all the fields, and of more than 15 Python makes a dictionary.
        return replace(
            kind,
            webhook_address=row.address.text(long=self._long),
            entry=row.address.name if row.address.has_entry else None,
            object_id=None if remote is None else remote.id,
            url=str(url or ""),
            updated=None if remote is None or remote.updated is None else time_text(remote.updated),
        )

    @cached_property
    def _told(self) -> Sequence[str]:
        """The fields of which a line says what they mean, and not what they hold."""
        provider = self._provider
        return (provider.event_field, *provider.scope_fields, *provider.switches)

    @cached_property
    def _kind(self) -> Callable[..., Row]:
        """Gives what all lines of a kind have alike: most webhooks are of few kinds.

        It doesn't hold the mask, or a plan that is let go would stay until the collector comes.
        """
        make = partial(_line_of_kind, self._provider, self.account.account.name, self._told)
        return lru_cache(maxsize=1024, typed=True)(make)

    def row(self, row: Change, *, brief: bool = False) -> Row:
        """A webhook, and all that may be said of it; in brief, without its endpoint."""
        remote, provider = row.remote, self._provider
        before, there = None, {} if row.desired is None else row.desired.fields
        if remote is not None:
            before, there = self._plain(remote.fields), remote.fields
        fields = self._field_changes(row) if row.fields else ()
        after = None
        if row.wanted:
            after = self._plain(row.wanted)
            # Both sides of a URL are shown together, or a changed secret would read the same on both.
            after |= {field.name: field.after for field in fields if field.name in after}
        elif row.action is not _DELETE:
            after = before or self._plain(there)
        url = (before or after or self._plain(there))["url"]
        endpoint = provider.endpoint_of(there)
        host = HIDDEN if endpoint is None else endpoint.origin
        hidden = sensitive(before)
        resource = resource_address(row.address, provider.resource_type, long=self._long)
        told = map(there.__getitem__, self._told)
        kind = self._kind(row.claim, row.reason, () if remote is None else remote.unreadable, *told)
        found = replace(
            self._line(row, kind, url),
            address=str(resource),
            module_address=resource.module,
            type=resource.type,
            name=resource.name,
            index=resource.index,
            host="" if url is None else host,
            endpoint=None if brief else self._endpoint(there["url"]),
            place=None if row.desired is None else str(row.desired.place),
            change=Sides(
                actions=(row.action,),
                before=before,
                after=after,
                after_unknown={},
                before_sensitive=hidden,
                after_sensitive=hidden if after is before else sensitive(after),
            ),
            field_changes=fields,
            secret_to=row.secret_to or None,
        )
        if remote is not None:
            found = replace(found, unknown_fields=remote.unknown, health=remote.health or None)
        partner = row.partner
        if partner is not None or row.hint is not None:
            near = self._text(row.near) if isinstance(row.near, Address) else row.near
            found = replace(
                found,
                partner=None if partner is None else self._text(partner),
                hint=row.hint,
                near=None if near is None else str(near),
            )
        return found

    def _field_changes(self, row: Change) -> tuple[FieldRow, ...]:
        forcing = self._provider.replaced_for if row.action is _CREATE and row.reason is Reason.REPLACES else ()
        shown = ((field.name, *plain_change(self._redaction, field.before, field.after)) for field in row.fields)
        return tuple(
            FieldRow(name=name, before=old, after=new, forces_replacement=name.partition(".")[0] in forcing or None)
            for name, old, new in shown
        )

    def _endpoint(self, url: Value) -> str | None:
        """An endpoint as the file writes it, where it does: a remote URL with another secret may read otherwise."""
        if not isinstance(url, Url):
            return None
        return self._redaction.show_endpoint(self._urls.get(url.endpoint, url))

    def _plain(self, fields: Fields) -> dict[str, Plain]:
        return plain_fields(self._provider, self._redaction, fields)

    def _text(self, address: Address) -> str:
        return address.text(long=self._long)


def _line_of_kind(
    provider: Provider,
    account: str,
    names: Sequence[str],
    claim: Claim,
    reason: Reason | None,
    unreadable: tuple[str, ...],
    *told: Value,
) -> Row:
    """A line with what its webhook's claim, reason and these fields say, and nothing for all else."""
    fields = dict(zip(names, told, strict=True))
    return Row(
        address="",
        type="",
        name="",
        provider_name=provider.name,
        webhook_address="",
        entry=None,
        account=account,
        object_id=None,
        status=_status(claim, reason),
        url="",
        host="",
        events=tuple(sorted(provider.events_of(fields))),
        scope=scope_text(provider.scope_of(fields)),
        delivers=provider.is_live(fields),
        updated=None,
        action_reason=reason,
        partner=None,
        hint=None,
        near=None,
        place=None,
        unknown_fields=(),
        unreadable_fields=unreadable,
        change=_NOTHING_SAID,
        field_changes=(),
    )
