"""What is to be said of places in files: diagnostics, and what differs. For what marks lines of a repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.output.document import Found
from reconciler.output.losses_text import events_text, remedy_text
from reconciler.output.plan_text import difference_texts
from reconciler.output.reasons import NOT_CHECKED_AFTER_CREATES, drift_text, endpoint_text, reason_text
from reconciler.view.documents import PlanView
from reconciler.view.outcome import GUARD_WORDS
from reconciler.view.results import ReportView, ResultRow
from reconciler.view.rows import Row, hosts_of

_PLACE = re.compile(r"(.*):(\d+):(\d+)", re.DOTALL)


class Remark(Struct, frozen=True, kw_only=True):
    """One thing that is to be said, and where."""

    severity: Severity
    kind: str  #: A diagnostic's code, or what happens: `create`, `drift`, `loss`.
    subject: str  #: What it is about: an address, an account.
    message: str
    help: str = ""
    place: Place | None = None
    width: int = 0  #: How many characters from the place's column on are meant; 0 where it is the line.


def remarks_of(found: Found) -> Iterator[Remark]:
    """All that is to be said, in the order of a run; at least an error where the run ended in one."""
    said = [*map(_of_diagnostic, found.diagnostics)]
    if found.plan is not None:
        said += _of_accounts(found.plan)
        said += _of_health(found.plan)
    if found.report is not None:
        said += _of_report(found, found.report)
    elif found.plan is not None:
        said += _of_drift(found, found.plan) if found.is_drift else _of_plan(found.plan)
    if found.result.has_failed and not any(one.severity is Severity.ERROR for one in said):
        said.append(Remark(severity=Severity.ERROR, kind="failed", subject=found.name, message=found.result.words))
    yield from said


def _of_diagnostic(diagnostic: Diagnostic) -> Remark:
    return Remark(
        severity=diagnostic.severity,
        kind=diagnostic.code,
        subject=diagnostic.message,
        message=diagnostic.message,
        help=diagnostic.help,
        place=diagnostic.place,
        width=diagnostic.width,
    )


def _of_accounts(plan: PlanView) -> Iterator[Remark]:
    for account in plan.accounts:
        what = f"account {account.name}"
        if account.error is not None:
            words, help_ = f"{what} not checked: {account.error.summary}", account.error.detail
            yield Remark(severity=Severity.ERROR, kind="not-checked", subject=account.name, message=words, help=help_)
        if account.remedy is not None:
            words, help_ = f"{what} is refused: {GUARD_WORDS[account.verdict]}", remedy_text(account.remedy)
            yield Remark(severity=Severity.ERROR, kind="refused", subject=account.name, message=words, help=help_)


def _of_health(plan: PlanView) -> Iterator[Remark]:
    for row in plan.unhealthy:
        words = f"switched off by the provider after failed deliveries ({row.health})"
        yield _of_row(row, Severity.WARNING, "unhealthy", words)


def _of_plan(plan: PlanView) -> Iterator[Remark]:
    for loss in plan.losses:
        words = f"{loss.url} would stop receiving {events_text(loss.events)}"
        yield Remark(severity=Severity.WARNING, kind="loss", subject=f"{loss.account} {loss.url}", message=words)
    for row in plan.changes:
        yield _of_row(row, Severity.NOTICE, row.action.value, reason_text(row))


def _of_drift(found: Found, plan: PlanView) -> Iterator[Remark]:
    for row in plan.differing:
        yield _of_row(row, Severity.WARNING, "drift", drift_text(row, plan))
    rows = plan.failing_unmanaged
    yield from map(_of_unmanaged, rows) if found.shows_unmanaged else _of_hosts(rows)


def _of_unmanaged(row: Row) -> Remark:
    return _of_row(row, Severity.WARNING, "unmanaged", "unmanaged")


def _of_hosts(rows: Iterable[Row]) -> Iterator[Remark]:
    for host, number in hosts_of(rows):
        yield Remark(severity=Severity.WARNING, kind="unmanaged", subject=host, message=f"{number} unmanaged at {host}")


def _of_report(found: Found, report: ReportView) -> Iterator[Remark]:
    rows = found.rows
    for result in report.failed:
        row = rows.get((result.account, result.webhook_address))
        words = f"{_named(result)}: {result.action.value}: {result.words}"
        yield Remark(
            severity=Severity.ERROR,
            kind="not-done",
            subject=result.webhook_address,
            message=": ".join(filter(None, (words, result.error))),
            help=result.help,
            place=None if row is None else _place(row),
        )
    for name, error in report.errors.items():
        words = f"account {name} {NOT_CHECKED_AFTER_CREATES}: {error.summary}"
        yield Remark(severity=Severity.ERROR, kind="not-checked", subject=name, message=words, help=error.detail)


def _of_row(row: Row, severity: Severity, kind: str, words: str) -> Remark:
    return Remark(
        severity=severity,
        kind=kind,
        subject=row.webhook_address,
        message=f"{_named(row)}: {words}",
        help="; ".join(difference_texts(row)),
        place=_place(row),
    )


def _named(row: Row | ResultRow) -> str:
    return f"{row.webhook_address} ({endpoint_text(row)})"


def _place(row: Row) -> Place | None:
    """Where a webhook's entry stands."""
    found = _PLACE.fullmatch(row.place or "")
    return None if found is None else Place(file=found[1], line=int(found[2]), column=int(found[3]))
