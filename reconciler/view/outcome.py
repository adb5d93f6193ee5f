"""The one place that turns what happened into the last words and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.configuration import Configuration
from reconciler.model.diagnostic import SIGNALLED, Diagnostic, ExitCode
from reconciler.view.documents import ListView, PlanView
from reconciler.view.report_view import ReportView
from reconciler.view.rows import AccountRow, Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ends.

    Attributes:
        words: the last line.
        code: the exit code.
    """

    words: str
    code: int


def plan_outcome(view: PlanView, *, detailed: bool) -> Ending:
    """The end of `plan`: refused where `apply` would be, so that a green check never becomes a red deployment."""
    words = plan_words(view)
    if view.not_checked:
        return Ending(words=words, code=ExitCode.ERROR)
    if view.refused:
        return Ending(words=words, code=ExitCode.REFUSED)
    return Ending(words=words, code=ExitCode.CHANGES if detailed and view.summary.changes else ExitCode.DONE)


def show_outcome(view: PlanView) -> Ending:
    """The end of `show`, which refuses nothing: whether `apply` would is in the words."""
    return Ending(words=plan_words(view), code=ExitCode.DONE)


def drift_outcome(view: PlanView) -> Ending:
    """The end of `drift`: what `apply` would do and protected differences count, unmanaged webhooks where they fail."""
    summary = view.summary
    found = [
        *_counted(summary.changes, "difference"),
        *_counted(summary.protected_differences, "protected difference"),
        *_counted(len(view.failing_unmanaged), "unmanaged webhook"),
    ]
    if view.not_checked:
        drifted = f"; drift in other accounts: {', '.join(found)}" if found else ""
        return Ending(words=f"Not checked: {_names(view.not_checked)}{drifted}.", code=ExitCode.ERROR)
    if found:
        return Ending(words=f"Drift detected: {', '.join(found)}.", code=ExitCode.CHANGES)
    seen = count(summary.unchanged + summary.protected, "webhook")
    beside = [*(["filtered"] if view.is_filtered else []), *_unmanaged(summary)]
    return Ending(words="; ".join([f"No drift: {seen}", *beside]) + ".", code=ExitCode.DONE)


def refusal_outcome(view: PlanView) -> Ending:
    """The end of an apply that a guard refuses."""
    unread = f" Not checked: {_names(view.not_checked)}." if view.not_checked else ""
    words = f"Refused for account {_names(view.refused)}.{unread} Nothing was changed."
    return Ending(words=words, code=ExitCode.REFUSED)


def declined_outcome() -> Ending:
    """The end of an apply that was not agreed to."""
    return Ending(words="Cancelled. Nothing was changed.", code=ExitCode.ERROR)


def stale_outcome() -> Ending:
    """The end of an apply whose saved plan isn't the present one."""
    return Ending(words="Refused: the saved plan is out of date. Nothing was changed.", code=ExitCode.REFUSED)


def stopped_outcome(number: int) -> Ending:
    """The end of a command that a signal stopped before it did anything."""
    return Ending(words="Stopped. Nothing was changed.", code=SIGNALLED + number)


def unreadable_outcome(view: PlanView) -> Ending:
    """The end of an apply whose saved plan needs an account that can't be read."""
    return Ending(words=f"Not checked: {_names(view.not_checked)}. Nothing was changed.", code=ExitCode.ERROR)


def nothing_to_do_outcome(view: PlanView) -> Ending:
    """The end of an apply whose plan is empty."""
    return unreadable_outcome(view) if view.not_checked else Ending(words=plan_words(view), code=ExitCode.DONE)


def report_outcome(view: ReportView) -> Ending:
    """The end of an apply that did something."""
    done = view.summary
    words = f"{done.created} created, {done.updated} updated, {done.deleted} deleted"
    words += f"; {done.already} already up to date" if done.already else ""
    left = view.failed
    if view.stopped_by:
        return Ending(words=f"Stopped: {words}; {len(left)} not done.", code=SIGNALLED + view.stopped_by)
    if left or view.errors or view.not_checked:
        parts = [f"{len(left)} not done"] if left else []
        parts += [f"not checked: {', '.join(view.not_checked)}"] if view.not_checked else []
        return Ending(words="; ".join([f"Apply incomplete: {words}", *parts]) + ".", code=ExitCode.ERROR)
    return Ending(words=f"Apply complete: {words}.", code=ExitCode.DONE)


def listing_outcome(listing: ListView) -> Ending:
    """The end of `list`."""
    words = count(len(listing.webhooks), "webhook")
    if listing.not_checked:
        return Ending(words=f"{words}; not checked: {_names(listing.not_checked)}.", code=ExitCode.ERROR)
    return Ending(words=f"{words}.", code=ExitCode.DONE)


def validation_outcome(
    diagnostics: Sequence[Diagnostic], configuration: Configuration | None, *, strict: bool
) -> Ending:
    """The end of `validate`."""
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    warnings = len(diagnostics) - errors
    said = ", ".join([*_counted(errors, "error"), *_counted(warnings, "warning")])
    if errors or configuration is None:
        return Ending(words=f"Not valid: {said}.", code=ExitCode.ERROR)
    found = f"{count(len(configuration.desired), 'webhook')} in {count(len(configuration.accounts), 'account')}"
    if warnings and strict:
        return Ending(words=f"Not valid with --strict: {said}.", code=ExitCode.ERROR)
    return Ending(words=f"Valid: {found}{f'; {said}' if said else ''}.", code=ExitCode.DONE)


def plan_words(view: PlanView) -> str:
    """A plan in one line."""
    summary = view.summary
    beside = [
        *([f"refused: {_names(view.refused)}"] if view.refused else []),
        *(["filtered"] if view.is_filtered else []),
        *_counted(summary.protected_differences, "protected difference"),
        *_unmanaged(summary),
        *([f"not checked: {_names(view.not_checked)}"] if view.not_checked else []),
    ]
    if summary.changes:
        words = f"Plan: {_changes(summary)}"
    elif len(view.not_checked) == len(view.accounts):
        words = "No plan"
    else:
        words = "No changes"
    return "; ".join([words, *beside]) + "."


def _unmanaged(summary: Summary) -> list[str]:
    return [f"{summary.unmanaged} unmanaged"] if summary.unmanaged else []


def _changes(summary: Summary) -> str:
    actions = (("create", summary.create), ("update", summary.update), ("delete", summary.delete))
    return ", ".join(f"{number} to {action}" for action, number in actions)


def _names(accounts: tuple[AccountRow, ...]) -> str:
    return ", ".join(account.name for account in accounts)


def _counted(number: int, noun: str) -> list[str]:
    return [count(number, noun)] if number else []


def count(number: int, noun: str) -> str:
    """A number and its noun: `1 webhook`, `2 webhooks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
