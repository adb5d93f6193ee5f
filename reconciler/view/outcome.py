"""The one place that turns what happened into the last words and the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.model.configuration import Account, Configuration, OnUnmanaged
from reconciler.model.diagnostic import SIGNALLED, Diagnostic, ExitCode
from reconciler.model.report import Outcome, Report
from reconciler.view.documents import ListView, PlanView
from reconciler.view.rows import AccountRow, Summary


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ends: its last line, and its exit code."""

    words: str
    code: int


DECLINED = Ending("Cancelled. Nothing was changed.", ExitCode.ERROR)
"""The end of an apply that was not agreed to."""
STALE = Ending("Refused: the saved plan is out of date. Nothing was changed.", ExitCode.REFUSED)
"""The end of an apply whose saved plan isn't the present one."""


def plan_outcome(view: PlanView, *, detailed: bool) -> Ending:
    """The end of `plan`: refused where `apply` would be, so that a green check never becomes a red deployment."""
    code = ExitCode.CHANGES if detailed and view.summary.changes else ExitCode.DONE
    if view.not_checked:
        code = ExitCode.ERROR
    elif view.refused:
        code = ExitCode.REFUSED
    return Ending(plan_words(view), code)


def drift_outcome(view: PlanView) -> Ending:
    """The end of `drift`: what `apply` would do and protected differences count, unmanaged webhooks where they fail."""
    summary = view.summary
    failing = {account.name for account in view.accounts if account.on_unmanaged is OnUnmanaged.FAIL}
    found = _listed(
        _counted(summary.changes, "difference"),
        _counted(summary.protected_differences, "protected difference"),
        _counted(sum(row.account in failing for row in view.unmanaged), "unmanaged webhook"),
    )
    if view.not_checked:
        drifted = f"; drift in other accounts: {found}" if found else ""
        return Ending(f"Not checked: {_names(view.not_checked)}{drifted}.", ExitCode.ERROR)
    if found:
        return Ending(f"Drift detected: {found}.", ExitCode.CHANGES)
    return Ending(
        _joined(f"No drift: {_count(summary.unchanged + summary.protected, 'webhook')}", *_notes(view)), ExitCode.DONE
    )


def refusal_outcome(view: PlanView) -> Ending:
    """The end of an apply that a guard refuses."""
    unread = f" Not checked: {_names(view.not_checked)}." if view.not_checked else ""
    return Ending(f"Refused for account {_names(view.refused)}.{unread} Nothing was changed.", ExitCode.REFUSED)


def stopped_outcome(number: int) -> Ending:
    """The end of a command that a signal stopped before it did anything."""
    return Ending("Stopped. Nothing was changed.", SIGNALLED + number)


def nothing_to_do_outcome(view: PlanView) -> Ending:
    """The end of an apply whose plan is empty, or that needs an account that can't be read."""
    if view.not_checked:
        return Ending(f"Not checked: {_names(view.not_checked)}. Nothing was changed.", ExitCode.ERROR)
    return Ending(plan_words(view), ExitCode.DONE)


def report_outcome(report: Report) -> Ending:
    """The end of an apply that did something."""
    created, updated, deleted = report.counts
    words = f"{created} created, {updated} updated, {deleted} deleted"
    already = sum(result.outcome is Outcome.ALREADY for result in report.results)
    words += f"; {already} already up to date" if already else ""
    left = f"{len(report.failed)} not done"
    if report.stopped_by:
        return Ending(f"Stopped: {words}; {left}.", SIGNALLED + report.stopped_by)
    if report.is_complete:
        return Ending(f"Apply complete: {words}.", ExitCode.DONE)
    unread = _not_checked([account.account for account in report.plan.not_planned])
    return Ending(_joined(f"Apply incomplete: {words}", left if report.failed else "", unread), ExitCode.ERROR)


def listing_outcome(listing: ListView) -> Ending:
    """The end of `list`."""
    code = ExitCode.ERROR if listing.not_checked else ExitCode.DONE
    return Ending(_joined(_count(len(listing.webhooks), "webhook"), _not_checked(listing.not_checked)), code)


def validation_outcome(
    diagnostics: Sequence[Diagnostic], configuration: Configuration | None, *, strict: bool
) -> Ending:
    """The end of `validate`."""
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    warnings = len(diagnostics) - errors
    said = _listed(_counted(errors, "error"), _counted(warnings, "warning"))
    if errors or configuration is None:
        return Ending(f"Not valid: {said}.", ExitCode.ERROR)
    if warnings and strict:
        return Ending(f"Not valid with --strict: {said}.", ExitCode.ERROR)
    found = f"{_count(len(configuration.desired), 'webhook')} in {_count(len(configuration.accounts), 'account')}"
    return Ending(_joined(f"Valid: {found}", said), ExitCode.DONE)


def plan_words(view: PlanView) -> str:
    """A plan in one line."""
    summary = view.summary
    if summary.changes:
        words = f"Plan: {change_words(summary)}"
    else:
        words = "No plan" if len(view.not_checked) == len(view.accounts) else "No changes"
    refused = f"refused: {_names(view.refused)}" if view.refused else ""
    return _joined(words, refused, *_notes(view))


def _notes(view: PlanView) -> tuple[str, ...]:
    """What is said behind every plan."""
    return (
        "filtered" if view.is_filtered else "",
        _counted(view.summary.protected_differences, "protected difference"),
        f"{view.summary.unmanaged} unmanaged" if view.summary.unmanaged else "",
        _not_checked(view.not_checked),
    )


def change_words(summary: Summary) -> str:
    """How many changes of each kind an apply would make."""
    return f"{summary.create} to create, {summary.update} to update, {summary.delete} to delete"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _counted(number: int, noun: str) -> str:
    return _count(number, noun) if number else ""


def _not_checked(accounts: Sequence[AccountRow | Account]) -> str:
    return f"not checked: {_names(accounts)}" if accounts else ""


def _names(accounts: Iterable[AccountRow | Account]) -> str:
    return ", ".join(account.name for account in accounts)


def _listed(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts)) + "."
