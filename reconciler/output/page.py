"""What the HTML page of a run says, for its template: verdict, who receives what, changes, what it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import groupby
from typing import Any

from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.plan import Action
from reconciler.model.report import Outcome
from reconciler.output.document import Found
from reconciler.output.escaping import shown_time
from reconciler.output.losses_text import loss_groups
from reconciler.output.reasons import change_text
from reconciler.view.deliveries import State, deliveries
from reconciler.view.documents import PlanView, Position, Seal, Tool
from reconciler.view.outcome import Ending
from reconciler.view.places import of_one_place, places_together
from reconciler.view.results import ReportView
from reconciler.view.rows import AccountRow, PlacesRow, Row, Standing, hosts_of
from reconciler.view.short_ids import short_address, with_short_ids
from reconciler.view.values import time_text

_MOST_OPEN = 50
"""Up to how many changes are unfolded."""
_STANDING = {
    Standing.IN_STEP: "in step",
    Standing.CHANGED: "to change",
    Standing.DRIFTED: "drifted",
    Standing.NOT_CHECKED: "not checked",
}
_TITLES = (
    {Action.DELETE: "To delete", Action.UPDATE: "To update", Action.CREATE: "To create"},
    {Action.DELETE: "Deleted", Action.UPDATE: "Updated", Action.CREATE: "Created"},
)
"""Of changes that are planned, and of those that are done."""
_PLANNED = {
    State.CREATE: "to create",
    State.CHANGE: "to change",
    State.DELETE: "to delete",
    State.NOT_DONE: "not done",
    State.TWICE: "twice",
    State.IN_STEP: "in step",
    State.PROTECTED: "protected",
    State.UNMANAGED: "unmanaged",
    State.KNOWN: "known",
    State.NOT_COMPARED: "not compared",
    State.OFF: "switched off",
}
"""What is said of an endpoint and an event."""
_DONE = {**_PLANNED, State.CREATE: "created", State.CHANGE: "changed", State.DELETE: "deleted"}
"""The same after an apply."""
_MEANINGS_DONE = {
    State.CREATE: "didn't receive the event before, but does now: a webhook was created or switched on",
    State.CHANGE: "received it before, and still does; the webhook was changed",
    State.DELETE: "received it before, but doesn't any more: a webhook was deleted or switched off",
}
_MEANINGS = {
    State.CREATE: "doesn't receive the event before, but after: a webhook is created or switched on",
    State.CHANGE: "receives it before and after; the webhook changes",
    State.DELETE: "receives it before, but not after: a webhook is deleted or switched off",
    State.NOT_DONE: "a change that was not made, or could not be confirmed",
    State.TWICE: "several webhooks deliver it, so each event arrives as often (before→after)",
    State.IN_STEP: "receives it, as the file says",
    State.PROTECTED: "receives it, by a webhook that is left as it is",
    State.UNMANAGED: "receives it, by a webhook that is not in the file",
    State.KNOWN: "receives it, by a webhook that the file lists as known: somebody else's",
    State.NOT_COMPARED: "a variable was not set, so nothing is compared",
    State.OFF: "its webhook is switched off",
}


_KINDS = {
    **dict.fromkeys((Ending.OK, Ending.VALID, Ending.APPLIED), "good"),
    **dict.fromkeys((Ending.CHANGES, Ending.DIFFERS, Ending.DRIFT), "attention"),
    **dict.fromkeys((Ending.REFUSED, Ending.INCOMPLETE, Ending.FAILED, Ending.STOPPED), "bad"),
}
"""The colour and sign of how a run ended, which is never said by them alone."""


def page_parts(found: Found) -> dict[str, Any]:
    """What the template is filled in with."""
    parts = {
        "found": found,
        "label": found.ending.value,
        "kind": _KINDS[found.ending],
        "subject": _subject(found),
        "lead": _lead(found),
        "time": shown_time(time_text(found.now)),
        # What says no more than the verdict is not said again.
        "errors": [one for one in found.errors if one.place or one.help],
        "warnings": [*found.warnings, *_saved_warnings(found.plan)],
        "about": [*_about(found)],
        "standing": partial(_standing, found.report),
        "meanings": _MEANINGS if found.report is None else _MEANINGS | _MEANINGS_DONE,
        "plan": None,
    }
    return parts if found.plan is None else parts | _plan_parts(found, found.plan)


def _plan_parts(found: Found, plan: PlanView) -> dict[str, Any]:
    several = len(plan.accounts) > 1
    plan = places_together(plan)
    report, short = found.report, with_short_ids(plan)
    fallen_short = [row for row in (report.failed if report else ()) if row.words != Outcome.NOT_STARTED.value]
    results = {short_address(row.webhook_address, plan.id_length): row for row in (report.results if report else ())}
    undone = {(row.account, row.webhook_address) for row in (report.failed if report else ())}
    webhooks = [*of_one_place((*plan.resource_changes, *plan.unmanaged, *plan.known), plan.accounts)]
    scopes = {row.account: row.scope for row in webhooks}
    matrix = deliveries(webhooks, plan.accounts, undone=undone, lists_unmanaged=found.shows_unmanaged)
    states = {one.state for receiver in matrix.receivers for one in receiver.deliveries if one is not None}
    changes = short.changes

    def is_undone(row: Row) -> bool:
        return row.webhook_address in results and not results[row.webhook_address].is_done

    return {
        "plan": short,
        "several": several,
        # Where all webhooks of an account are of one kind, it says nothing of any of them.
        "several_scopes": {one.account for one in webhooks if scopes[one.account] != one.scope},
        "filters": plan.filters.options(),
        "matrix": matrix,
        "legend": [state for state in State if state in states],
        "words": _PLANNED if report is None else _DONE,
        "groups": [
            (f"to-{action.value}", title, action.value, rows)
            for action, title in _TITLES[report is not None].items()
            if (rows := [row for row in changes if row.action is action and not is_undone(row)])
        ],
        "undone": [row for row in changes if is_undone(row)],
        "losses": [
            ("losses-not-done" if number else "losses", *group)
            for number, group in enumerate(loss_groups(plan.losses, report))
            if group[2]
        ],
        "is_open": len(changes) <= _MOST_OPEN,
        "results": results,
        "fallen_short": fallen_short,
        "not_started": len(undone) - len(fallen_short),
        "extra": [results[address] for address in sorted(results.keys() - {row.webhook_address for row in changes})],
        "why": partial(_why, found, short),
        "protected": short.protected_differences,
        "kept": short.kept,
        "unhealthy": short.unhealthy,
        "by_host": [
            (account, host, number)
            for account, its in groupby(plan.unmanaged, lambda row: row.account)
            for host, number in hosts_of(its)
        ],
        "failing": [account.name for account in plan.accounts if account.fails_on_unmanaged],
    }


def _standing(report: ReportView | None, account: AccountRow) -> str:
    """How an account stands, after an apply."""
    if isinstance(account, PlacesRow):
        return f"{account.places} of {account.all_places} places in step"
    if report is None or account.status is not Standing.CHANGED:
        return _STANDING[account.status]
    results = [row for row in report.results if row.account == account.name]
    if undone := sum(not row.is_done for row in results):
        return f"{undone} not done"
    if account.name in report.errors:
        return "not checked to the end"
    return "changed" if results else "not changed"


def _subject(found: Found) -> str:
    """What the page is of."""
    if found.plan is None:
        return "Check"
    if found.report is not None:
        return "Apply"
    return "Drift check" if found.is_drift else "Saved plan" if found.plan.saved is not None else "Plan"


def _lead(found: Found) -> str:
    """What the verdict means to somebody who has never seen one."""
    if found.report is not None:
        is_whole = found.ending is Ending.APPLIED
        return "The provider now has what is shown below." if is_whole else "Not everything was done: see below."
    if found.plan is None:
        checked = "The file was checked, without asking the provider. " if found.ending is Ending.VALID else ""
        return f"{checked}Nothing was changed."
    if found.ending is Ending.REFUSED:
        return "`reconciler apply` refuses this plan. Nothing was changed."
    if found.is_drift:
        return "The webhooks at the provider were compared with the file. Nothing was changed."
    if not found.plan.summary.changes:
        return "Nothing is to be changed at the provider."
    return "This is what `reconciler apply` would change at the provider, so that it matches the file."


def _why(found: Found, plan: PlanView, row: Row) -> str:
    """What is said of a webhook that differs."""
    if row.action is Action.NONE:
        return "differs, left as it is"
    return change_text(row, plan, is_drift=found.is_drift)


def _saved_warnings(plan: PlanView | None) -> Iterator[Diagnostic]:
    """What was said of the files when a saved plan was made."""
    for row in () if plan is None or plan.saved is None else plan.diagnostics:
        place = None
        if row.range is not None:
            start = row.range.start or Position(line=0, column=0)
            place = Place(file=row.range.filename, line=start.line, column=start.column)
        yield Diagnostic(severity=row.severity, code=row.code, message=row.summary, help=row.detail, place=place)


def _about(found: Found) -> Iterator[tuple[str, list[str]]]:
    """When and from what the page was made."""
    plan = found.plan
    yield "Configuration", [found.name] if plan is None else [*plan.files]
    if plan is not None:
        yield "Plan made", [shown_time(plan.timestamp)]
        if plan.is_filtered:
            yield "Filters", [*plan.filters.options()]
        if plan.destroy:
            yield "Mode", ["--destroy: everything that the file owns is deleted"]
        if plan.unset_variables:
            yield "Not compared", [f"${{{name}}} is not set" for name in plan.unset_variables]
        if plan.saved is not None:
            yield from _sources(plan.saved)
    if found.digest:
        yield "Plan digest", [found.digest]
    tool = Tool() if plan is None else plan.tool
    yield "Tool", [f"{tool.name} {tool.version}"]


def _sources(seal: Seal) -> Iterator[tuple[str, list[str]]]:
    """What a saved plan was made from, beside its files."""
    said = [*seal.sources.options()]
    said += [f"--allow-losses {seal.allowed_losses}"] if seal.allowed_losses is not None else []
    if said:
        yield "Made with", said
