"""How each command ends: its last words and its exit code, which one piece of code decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from reconciler.model.diagnostic import SIGNALLED, ExitCode, Severity, first_names
from reconciler.model.plan import Verdict
from reconciler.model.report import Outcome

if TYPE_CHECKING:
    from reconciler.model.configuration import Account, Configuration
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.report import Report
    from reconciler.view.documents import DoctorView, ListView, PlanView
    from reconciler.view.rows import AccountRow, Summary

_MOST_NAMES = 5  # of unset variables, in a command's last line
_MOST_ACCOUNTS = 10  # that it names


class CommandResult(Struct, frozen=True):
    """How a command ends: its last line, and its exit code."""

    words: str
    code: int

    @property
    def has_failed(self) -> bool:
        """Whether it could not do what it is for; that it found changes is no failure."""
        return self.code not in (ExitCode.DONE, ExitCode.CHANGES)


class Ending(Enum):
    """How a run ended, at a glance."""

    OK = "OK"
    VALID = "Valid"
    CHANGES = "Changes"
    DIFFERS = "Differs"
    """Nothing is to be changed, but something isn't as in the file."""
    DRIFT = "Drift"
    APPLIED = "Applied"
    REFUSED = "Refused"
    INCOMPLETE = "Incomplete"
    FAILED = "Failed"
    STOPPED = "Stopped"


GUARD_WORDS: Mapping[object, str] = {
    Verdict.TOO_MANY: "more endpoints than allowed would lose events",
    Verdict.NOTHING_LEFT: "no endpoint that this configuration owns would receive events any more",
}
"""Why a guard refuses."""
SINK_OPTIONS = "`--secrets-to` or `--secrets-command`"
NO_SINK = CommandResult(f"Refused: {SINK_OPTIONS} is missing. Nothing was changed.", ExitCode.REFUSED)
"""The end of an apply that nobody told where the secrets go that the provider makes."""
DECLINED = CommandResult("Cancelled. Nothing was changed.", ExitCode.ERROR)
"""The end of an apply that was not agreed to."""
STALE = CommandResult("Refused: the saved plan is out of date. Nothing was changed.", ExitCode.REFUSED)
"""The end of an apply whose saved plan isn't the present one."""


def plan_outcome(view: PlanView, *, detailed: bool) -> CommandResult:
    """The end of `plan`: refused where `apply` would be, so that a green check never becomes a red deployment."""
    code = ExitCode.CHANGES if detailed and view.summary.changes else ExitCode.DONE
    if view.refused:
        code = ExitCode.REFUSED
    elif view.not_checked:
        code = ExitCode.ERROR
    return CommandResult(plan_words(view), code)


def drift_outcome(view: PlanView) -> CommandResult:
    """The end of `drift`: what `apply` would do and protected differences count, unmanaged webhooks where they fail."""
    summary = view.summary
    found = _joined(
        _counted(summary.changes, "difference"),
        _counted(summary.protected_differences, "protected difference"),
        _counted(len(view.failing_unmanaged), "unmanaged webhook"),
        by=", ",
    )
    if view.not_checked:
        drifted = f"; drift in other accounts: {found}" if found else ""
        return CommandResult(f"Not checked: {_names(view.not_checked)}{drifted}.", ExitCode.ERROR)
    if found:
        words = _joined(f"Drift detected: {found}", _not_compared(view.unset_variables))
        return CommandResult(f"{words}.", ExitCode.CHANGES)
    words = f"No drift: {count_text(summary.unchanged + summary.protected, 'webhook')}"
    return CommandResult(_joined(words, *_notes(view)) + ".", ExitCode.DONE)


def ending(result: CommandResult, view: PlanView | None, *, is_drift: bool, has_begun: bool) -> Ending:
    """How a run ended, by its result, the last plan that it made, and whether that has begun to be carried out."""
    is_partial = view is not None and bool(view.not_checked)
    if result.code > SIGNALLED:
        return Ending.STOPPED
    # `show` refuses nothing, but its plan may be refused.
    if result.code == ExitCode.REFUSED or (view is not None and view.refused and not is_drift):
        return Ending.REFUSED
    if result.has_failed or is_partial:
        return Ending.INCOMPLETE if is_partial or has_begun else Ending.FAILED
    if has_begun:
        return Ending.APPLIED
    if view is None:
        return Ending.VALID
    if is_drift and result.code == ExitCode.CHANGES:
        return Ending.DRIFT
    if view.summary.changes:
        return Ending.CHANGES
    from reconciler.view.rows import Standing  # noqa: PLC0415 - `validate` needs none of what is planned

    is_drifted = any(account.status is Standing.DRIFTED for account in view.accounts)
    return Ending.DIFFERS if is_drifted else Ending.OK


def stopped_outcome(number: int) -> CommandResult:
    """The end of a command that a signal stopped before it did anything."""
    return CommandResult("Stopped. Nothing was changed.", SIGNALLED + number)


def unapplied_outcome(view: PlanView) -> CommandResult:
    """The end of an apply that a guard refuses, that needs an account that can't be read, or whose plan is empty."""
    unread = f"Not checked: {_names(view.not_checked)}. " if view.not_checked else ""
    if view.refused:
        words = f"Refused for account {_names(view.refused)}. {unread}Nothing was changed."
        return CommandResult(words, ExitCode.REFUSED)
    if unread:
        return CommandResult(f"{unread}Nothing was changed.", ExitCode.ERROR)
    return CommandResult(plan_words(view), ExitCode.DONE)


def report_outcome(report: Report) -> CommandResult:
    """The end of an apply that did something."""
    created, updated, deleted = report.counts
    words = f"{created} created, {updated} updated, {deleted} deleted"
    already = sum(result.outcome is Outcome.ALREADY for result in report.results)
    words += f"; {already} already up to date" if already else ""
    left = f"{len(report.failed)} not done"
    if report.stopped_by:
        return CommandResult(f"Stopped: {words}; {left}.", SIGNALLED + report.stopped_by)
    if report.is_complete:
        return CommandResult(f"Apply complete: {words}.", ExitCode.DONE)
    unread = _not_checked([account.account for account in report.plan.not_planned])
    words = _joined(f"Apply incomplete: {words}", left if report.failed else "", unread)
    return CommandResult(f"{words}.", ExitCode.ERROR)


def listing_outcome(listing: ListView) -> CommandResult:
    """The end of `list`."""
    unread = [account for account in listing.accounts if account.error is not None]
    webhooks = count_text(len(listing.webhooks), "webhook")
    found = _joined(webhooks, _not_checked(unread), _not_compared(listing.unset_variables))
    return CommandResult(f"{found}.", ExitCode.ERROR if unread else ExitCode.DONE)


def doctor_outcome(view: DoctorView) -> CommandResult:
    """The end of `doctor`."""
    from reconciler.view.documents import EndpointStatus  # noqa: PLC0415 - as above

    counted = Counter(endpoint.status for endpoint in view.endpoints)
    found = _joined(*(f"{counted[status]} {status.value}" for status in EndpointStatus if counted[status]), by=", ")
    checked = f"{count_text(len(view.endpoints), 'endpoint')} checked"
    words = f"{checked}: {found}." if found else "No active webhooks to check."
    return CommandResult(words, ExitCode.ERROR if counted[EndpointStatus.FAILED] else ExitCode.DONE)


def validation_outcome(
    diagnostics: Sequence[Diagnostic], configuration: Configuration | None, *, strict: bool
) -> CommandResult:
    """The end of `validate`."""
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    warnings = sum(diagnostic.severity is Severity.WARNING for diagnostic in diagnostics)
    said = _joined(_counted(errors, "error"), _counted(warnings, "warning"), by=", ")
    if errors or configuration is None:
        return CommandResult(f"Not valid: {said}.", ExitCode.ERROR)
    if warnings and strict:
        return CommandResult(f"Not valid with --strict: {said}.", ExitCode.ERROR)
    webhooks, accounts = len(configuration.desired), len(configuration.accounts)
    found = f"{count_text(webhooks, 'webhook')} in {count_text(accounts, 'account')}"
    return CommandResult(_joined(f"Valid: {found}", said) + ".", ExitCode.DONE)


def plan_words(view: PlanView) -> str:
    """A plan in one line."""
    words = "No plan" if view.accounts and len(view.not_checked) == len(view.accounts) else "No changes"
    if view.summary.changes:
        words = f"Plan: {change_words(view.summary)}"
    refused = f"refused: {_names(view.refused)}" if view.refused else ""
    return _joined(words, refused, *_notes(view)) + "."


def _notes(view: PlanView) -> tuple[str, ...]:
    """What is said behind every plan."""
    return (
        "filtered" if view.is_filtered else "",
        _counted(view.summary.protected_differences, "protected difference"),
        f"{view.summary.unmanaged} unmanaged" if view.summary.unmanaged else "",
        _not_checked(view.not_checked),
        _not_compared(view.unset_variables),
        _to_take(view.made_secrets),
    )


def _to_take(names: Sequence[str]) -> str:
    """That `apply` must be told where the secrets go that the provider will make."""
    return f"`apply` needs {SINK_OPTIONS} for {first_names(names, len(names), _MOST_NAMES)}" if names else ""


def change_words(summary: Summary) -> str:
    """How many changes of each kind an apply would make."""
    return f"{summary.create} to create, {summary.update} to update, {summary.delete} to delete"


def count_text(number: int, noun: str, plural: str = "") -> str:
    """So many of something; its plural where that isn't the noun with an `s`."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or f'{noun}s'}"


def _counted(number: int, noun: str) -> str:
    return count_text(number, noun) if number else ""


def _not_checked(accounts: Sequence[AccountRow | Account]) -> str:
    return f"not checked: {_names(accounts)}" if accounts else ""


def _not_compared(variables: Sequence[str] | None) -> str:
    """What `--allow-unset` left out, by the variables' names."""
    if not variables:
        return ""
    names = first_names((f"${{{name}}}" for name in variables), len(variables), _MOST_NAMES)
    return f"not compared, since not set: {names}"


def _names(accounts: Iterable[AccountRow | Account]) -> str:
    names = [account.name for account in accounts]
    return first_names(names, len(names), _MOST_ACCOUNTS)


def _joined(*parts: str, by: str = "; ") -> str:
    return by.join(filter(None, parts))
