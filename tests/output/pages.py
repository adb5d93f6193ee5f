"""Pages of every kind, for tests that read them."""

from __future__ import annotations

import io
from collections.abc import Callable

from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.plan import Plan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import AccountReport, Outcome, Report, Result
from reconciler.output.formats import reporter
from reconciler.view.outcome import plan_words, report_outcome, validation_outcome
from reconciler.view.redact import view_plan
from reconciler.view.results import view_report
from tests.output.telling import context_of, plan_told
from tests.support.builders import absent, account, entry, hook, planned

OTHER = "https://other.example.com"
UNKNOWN = ProviderError(kind=ErrorKind.DENIED, message="the provider refused the token (401)", help="Check `TOKEN`.")


def mixed_plan(*targets: str) -> Plan:
    """A plan in which there is something of everything."""
    desired = [
        entry("orders", "/orders?token=new"), entry("new", "/new"), entry("off", "/off", active=False),
        entry("twice", "/twice"), entry("moved", "/moved/here"), entry("kept", "/protected"),
        entry("dead", "/dead", account="dead"),
    ]  # fmt: skip
    remotes = [
        hook("orders1", "/orders?token=old"), hook("orders2", "/orders?token=older", day=2), hook("off1", "/off"),
        hook("twice1", "/twice"), hook("twice2", "/twice", "all"), hook("moved1", "/moved/there"),
        hook("kept1", "/protected", active=False), hook("known1", "https://known.example.com/x"),
        hook("other1", f"{OTHER}/their-path"), hook("other2", f"{OTHER}/their-path", "all"), hook("gone1", "/gone"),
    ]  # fmt: skip
    accounts = [
        account(protect=["/protected"], known=[absent("https://known.example.com/*")], max_losses=0),
        account("dead", base_url="https://dead.example.com"),
    ]
    return planned(desired, {"default": remotes, "dead": UNKNOWN}, accounts, targets=targets)


def apply_page(plan: Plan, *outcomes: Outcome, stopped_by: int = 0) -> str:
    """The page of an apply."""
    changes = [change for one in plan.planned for change in one.changes]
    results = [
        Result(change=change, outcome=outcome, error=UNKNOWN if outcome is Outcome.FAILED else None)
        for change, outcome in zip(changes, [*outcomes, *[Outcome.DONE] * len(changes)], strict=False)
    ]
    report = Report(
        plan=plan, accounts=(AccountReport(account="default", results=tuple(results)),), stopped_by=stopped_by
    )
    out = io.StringIO()
    story, view = reporter("html", context_of(out)), view_plan(plan)
    story.saved("0123456789abcdef" * 8)
    story.heading(plan_words(view))
    story.plan(view)
    story.end(report_outcome(report), view_report(report))
    return out.getvalue()


ERROR = Diagnostic(
    severity=Severity.ERROR,
    code="event-unknown",
    message="`track_update` is not an event",
    help="Did you mean `track_updated`?",
    place=Place(file="webhooks.yaml", line=12, column=14),
    source="    events: [track_update]",
    width=12,
)
WARNING = Diagnostic(severity=Severity.WARNING, code="pattern-unused", message="matches nothing", help="Remove it.")


def validation_page(*diagnostics: Diagnostic) -> str:
    out = io.StringIO()
    story = reporter("html", context_of(out))
    story.validation(diagnostics)
    story.end(validation_outcome(diagnostics, None if diagnostics else mixed_plan().configuration, strict=False))
    return out.getvalue()


PAGES: dict[str, Callable[[], str]] = {
    "plan": lambda: plan_told("html", mixed_plan()),
    "filtered": lambda: plan_told("html", mixed_plan("*")),
    "drift": lambda: plan_told("html", mixed_plan(), is_drift=True, shows_unmanaged=True),
    "in-step": lambda: plan_told("html", planned([entry("a")], [hook("1")])),
    "nothing": lambda: plan_told("html", planned()),
    "apply": lambda: apply_page(mixed_plan(), Outcome.FAILED, Outcome.NOT_STARTED),
    "validate": lambda: validation_page(ERROR, WARNING),
    "valid": validation_page,
}
