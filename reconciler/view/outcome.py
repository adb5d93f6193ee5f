"""The one place that turns what happened into words: of each change, and of the end with its exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.configuration import Account, Configuration, OnUnmanaged
from reconciler.model.diagnostic import SIGNALLED, Diagnostic, ExitCode
from reconciler.model.plan import Action, Plan, Verdict
from reconciler.model.provider_form import Kept, KeptParam, kept_otherwise, provider_form, why_unwritable
from reconciler.model.reading import ErrorKind
from reconciler.model.report import Outcome, Report, Result
from reconciler.model.secret import SecretText
from reconciler.model.url import Url
from reconciler.model.webhook import Address
from reconciler.view.documents import DoctorView, EndpointStatus, ListView, PlanView
from reconciler.view.rows import AccountRow, Summary

_FORBIDDEN = 403
_VERDICTS = {
    Verdict.TOO_MANY: "because other changes failed, more endpoints than allowed would lose events",
    Verdict.NOTHING_LEFT: (
        "because other changes failed, no endpoint that this configuration owns would receive events any more"
    ),
}
_PLAN_AGAIN = "Run `reconciler plan` to see what is left to do; the next apply does it."
_MEANWHILE = "Somebody changed it in the meantime: run `reconciler plan` and review the changes."
_OTHER_KEY = "The provider created it with another event or kind than was requested. Report this to the provider."
_HELP = {
    Outcome.CHANGED_MEANWHILE: _MEANWHILE,
    Outcome.GONE_MEANWHILE: _MEANWHILE,
    Outcome.HELD: "Nothing is lost. Fix what failed above, then apply again.",
    Outcome.UNKNOWN: _PLAN_AGAIN,
    Outcome.UNVERIFIED: _PLAN_AGAIN,
    Outcome.NOT_AS_WANTED: _PLAN_AGAIN,
    Outcome.OTHER_KEY: _OTHER_KEY,
    Outcome.OTHER_KEY_STAYS: _OTHER_KEY,
}
_INSTEAD = {
    Kept.IN_LOWER_CASE: "the lower-case value",
    Kept.IN_UPPER_CASE: "the upper-case value",
    Kept.RECODED: "a value of only letters, digits, `-`, `.`, `_` and `~`",
    Kept.SHORTENED: "a shorter value",
}
"""What to send, where something can be: the provider keeps it as it is."""
_IGNORE = (
    "It will differ in every plan. If the webhook works, add `ignore_changes: [url]` to its entry, so that secret "
    "parameters are left as they are at the provider."
)


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
    unread = [account for account in listing.accounts if account.error is not None]
    found = _joined(_count(len(listing.webhooks), "webhook"), _not_checked(unread))
    return Ending(found, ExitCode.ERROR if unread else ExitCode.DONE)


def doctor_outcome(view: DoctorView) -> Ending:
    """The end of `doctor`."""
    counted = Counter(endpoint.status for endpoint in view.endpoints)
    found = _listed(*(f"{counted[status]} {status.value}" for status in EndpointStatus if counted[status]))
    words = f"{_count(len(view.endpoints), 'endpoint')} checked: {found}." if found else "No active webhooks to check."
    return Ending(words, ExitCode.ERROR if counted[EndpointStatus.FAILED] else ExitCode.DONE)


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


class ResultMask:
    """What may be said of results and changes, in the light of their plan."""

    def __init__(self, plan: Plan) -> None:
        self._long = plan.configuration.qualifies_addresses
        planned = [change.address for account in plan.planned for change in account.changes]
        self.changes = len(planned)
        self._planned = frozenset(planned)
        self._providers = {account.name: account.provider for account in plan.configuration.accounts}

    def address(self, address: Address) -> str:
        """An address as this run writes it."""
        return address.text(long=self._long)

    def resource_type(self, address: Address) -> str:
        return self._providers[address.account].resource_type

    def words(self, result: Result) -> str:
        """The outcome; of what was held back, and of a delete that no plan showed, also why."""
        if result.waits_for is not None:
            return f"{result.outcome.value}: it depends on {self.address(result.waits_for)}, which isn't done"
        if result.verdict is not Verdict.FINE:
            return f"{result.outcome.value}: {_VERDICTS[result.verdict]}"
        if result.outcome is Outcome.NOT_AS_WANTED and result.has_created:
            return "created, but different when read back"
        survivor = result.change.duplicate_of
        if survivor is None or result.change.address in self._planned:
            return result.outcome.value
        return f"{result.outcome.value} (a duplicate of {self.address(survivor)}, found after the creates)"

    def help(self, result: Result) -> str:
        """What to do about a change that is not as wanted."""
        usual = _HELP.get(result.outcome)
        if usual is None:
            return " ".join(filter(None, self._failure_help(result)))
        if result.made is None and usual == _OTHER_KEY:
            return "`reconciler list` shows how the provider stores it."
        return _form_help(result) or usual

    def _failure_help(self, result: Result) -> Iterator[str]:
        if result.error is None:
            return
        yield result.error.help
        change, status = result.change, result.error.status
        if change.action is not Action.CREATE:
            return
        provider, refused = self._providers[change.address.account], result.error.kind is ErrorKind.INVALID
        if refused and not provider.lists_inactive:
            yield (
                "If the provider's list hides a switched-off webhook with this URL and event, delete it in "
                f"{provider.portal}."
            )
        if change.move is not None and (refused or status == _FORBIDDEN):
            yield (
                "If the provider's limit of webhooks is reached, make room first: apply once with "
                f"`--target '{self.address(change.move)}'`, which deletes the webhook that this one replaces, then "
                "apply again."
            )


def _form_help(result: Result) -> str:
    """What to write into the file, or into its variables, so that the next plan is empty.

    Nothing where the provider has the URL in the form in which it was sent.
    """
    sent = result.change.wanted.get("url")
    made = result.made and result.made.fields["url"]
    if not isinstance(sent, Url) or not isinstance(made, Url | SecretText) or sent == made:
        return ""
    said = [] if isinstance(made, Url) and made.endpoint == sent.endpoint else [_endpoint_help(sent, made)]
    if isinstance(made, Url) and made.secrets != sent.secrets:
        said += _secrets_help(sent, made)
    return " ".join(said)


def _endpoint_help(sent: Url, made: Url | SecretText) -> str:
    form = provider_form(sent, made)
    if not isinstance(made, Url):
        why = why_unwritable(made)
        stored = f"The provider stores the URL as {form}, which a file can't contain: {why}."
        return f"{stored} Use a URL that it stores unchanged."
    if sent.whole_variable:
        return f"If this is the same URL, set {sent.whole_variable} to it as the provider stores it."
    return f"If this is the same URL, write it in the file as the provider stores it: {form}"


def _secrets_help(sent: Url, made: Url) -> Iterator[str]:
    params = kept_otherwise(sent, made)
    yield from map(_param_help, params)
    if not params:
        yield "The provider returns other secret parameters than those that were sent."
    if not params or not all(param.kept in _INSTEAD for param in params):
        yield _IGNORE


def _param_help(param: KeptParam) -> str:
    name = f"`{param.name}`" if param.name else "a secret parameter"
    if param.kept is Kept.NOT_AT_ALL:
        return f"The provider returns the URL without {name}."
    instead = _INSTEAD.get(param.kept)
    if instead is None:
        return f"The provider returns {name} {param.kept.value}."
    how = f"set {', '.join(param.variables)} to {instead}" if param.variables else f"write {instead}"
    return f"The provider stores {name} {param.kept.value}: {how}."
