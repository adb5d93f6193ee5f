"""Plan to plan view: what may be said of a plan, counted and in order; `account_mask` masks its webhooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from operator import attrgetter

from reconciler.model.configuration import OnUnmanaged
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import AccountPlan, Action, Filters, NotPlanned, PlacesInStep, Plan, Reason, Verdict
from reconciler.model.webhook import SHORTEST_ID
from reconciler.view.account_mask import AccountMask
from reconciler.view.documents import ListView, PlanView, diagnostic_row
from reconciler.view.rows import AccountRow, Failure, LossRow, PlacesRow, Remedy, Row, Standing, Status, Summary
from reconciler.view.short_ids import id_length_of
from reconciler.view.values import time_text

_DUPLICATE, _KNOWN, _UNMANAGED = Status.DUPLICATE, Status.KNOWN, Status.UNMANAGED
_LEFT_ALONE = (_UNMANAGED, _KNOWN)
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
