"""JSON, for programs: one document, or of a command that applies one object a line.

Source of the shape of lines: https://developer.hashicorp.com/terraform/internals/machine-readable-ui; ours is described
by `schemas/apply-stream.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from threading import Lock

from reconciler import __version__
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.report import Answered, Event, Finished, Started, Waiting
from reconciler.output.formats import Context, Reporter
from reconciler.output.progress import Progress, display_for
from reconciler.view.codec import to_json
from reconciler.view.documents import ListView, PlanView, ValidationView, diagnostic_row, validation_view
from reconciler.view.json_text import Json, json_text
from reconciler.view.outcome import Ending
from reconciler.view.report_view import ReportView, ResourceRow, ResultMask, ResultRow
from reconciler.view.rows import AccountRow, Row
from reconciler.view.values import time_text

UI_VERSION = "1.0"


def reporter(context: Context) -> Reporter:
    """One that writes a document at the end, or lines meanwhile."""
    return JsonLines(context.streams.print_result, context.now) if context.applies else JsonDocument(context)


class JsonDocument(Progress):
    """Writes one document: what was found, or why nothing could be. Progress goes to standard error, for people."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.streams, context.verbosity, display_for(context.streams, context.verbosity))
        self._found: PlanView | ListView | ValidationView | None = None
        self._is_written = False

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        """The document is the diagnostics."""
        self._found = validation_view(diagnostics)

    def plan(self, view: PlanView) -> None:
        """The document is the plan."""
        self._found = view

    def listing(self, view: ListView) -> None:
        """The document is the list."""
        self._found = view

    def end(self, outcome: Ending, report: ReportView | None = None) -> int:
        """Write what was found."""
        del report
        self._write(self._found)
        return outcome.code

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        """Write why nothing could be found, as `validate` writes what is wrong; nothing where there is a document."""
        if not self._is_written:
            self._write(validation_view(diagnostics))
        return code

    def _write(self, document: PlanView | ListView | ValidationView | None) -> None:
        self._is_written = True
        self._streams.print_result(json_text(to_json(document)))


class JsonLines(Reporter):
    """Writes what happens, one object a line.

    Args:
        write: takes a line without its end; may be called from several threads.
        now: the time of day (UTC).
    """

    def __init__(self, write: Callable[[str], None], now: Callable[[], datetime]) -> None:
        self._write = write
        self._now = now
        self._lock = Lock()
        self._mask: ResultMask | None = None
        self._has_begun = False

    def __call__(self, event: Event) -> None:
        """Something happened. A stream that can't be written to stops no change that is under way."""
        with suppress(OSError):
            self._tell(event)

    def _tell(self, event: Event) -> None:
        match event:
            case Started() if self._mask is not None:
                resource, action = self._mask.resource(event.change), event.change.action.value
                hook: Json = {"resource": _resource(resource), "action": action}
                self._say("apply_start", f"{resource.address}: {action} started", hook=hook)
            case Answered() if self._mask is not None:
                self._progress(self._mask.row(event.result))
            case Finished() if self._mask is not None:
                self._finished(self._mask.row(event.result))
            case Waiting():
                text = f"{event.account}: waiting {event.seconds:.0f} s: {event.reason}"
                wait: Json = {
                    "account": event.account,
                    "seconds": round(event.seconds, 3),
                    "reason": event.reason,
                }
                self._say("wait", text, wait=wait)

    def _progress(self, row: ResultRow) -> None:
        hook: Json = {"resource": _resource(row.resource), "action": row.action, "outcome": row.outcome}
        self._say("apply_progress", f"{row.address}: {row.action}: so far {row.words}", hook=hook)

    def _finished(self, row: ResultRow) -> None:
        hook: Json = {
            "resource": _resource(row.resource),
            "action": row.action,
            "object_id": row.object_id or None,
            "outcome": row.outcome,
            "error": row.error or None,
            "help": row.help or None,
        }
        kind, level = ("apply_complete", "info") if row.done else ("apply_errored", "error")
        self._say(kind, f"{row.address}: {row.action}: {row.words}", level=level, hook=hook)

    def live(self, mask: ResultMask | None = None, changes: int = 0) -> AbstractContextManager[None]:
        """From now on changes are written as this mask does."""
        del changes
        self._mask = mask
        return nullcontext()

    def begin(self, diagnostics: Iterable[Diagnostic]) -> None:
        """The version, and what was said of the files."""
        if not self._has_begun:
            self._has_begun = True
            self._say("version", f"reconciler {__version__}", reconciler=__version__, ui=UI_VERSION)
        self.validation([*diagnostics])

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        """A line each."""
        for diagnostic in diagnostics:
            level = "error" if diagnostic.is_error else "warn"
            document = to_json(diagnostic_row(diagnostic))
            self._say("diagnostic", diagnostic.message, level=level, diagnostic=document)

    def plan(self, view: PlanView) -> None:
        """The accounts that could not be checked, the changes, and how many."""
        self.not_checked(view.not_checked)
        for row in view.changes:
            change: Json = {
                "resource": _resource(row),
                "action": row.action.value,
                "reason": to_json(row.action_reason),
                "object_id": row.object_id,
            }
            self._say("planned_change", f"{row.address}: plan to {row.action.value}", change=change)
        counts = (view.summary.create, view.summary.update, view.summary.delete)
        create, update, delete = counts
        text = f"Plan: {create} to create, {update} to update, {delete} to delete"
        self._say("change_summary", text, changes=_changes(counts, "plan"))

    def not_checked(self, accounts: Iterable[AccountRow]) -> None:
        """A line each."""
        for account in accounts:
            if account.error is not None:
                self._error(account.name, account.error.summary, account.error.detail)

    def stale(self, differences: Iterable[str]) -> None:
        """What tells the plans apart, one diagnostic each."""
        for line in differences:
            message = f"the saved plan is out of date: {line}"
            error = Diagnostic(severity=Severity.ERROR, code="plan-stale", message=message, help="Save a new plan.")
            self.validation([error])

    def end(self, outcome: Ending, report: ReportView | None = None) -> int:
        """The last line: how much was done, or that nothing was."""
        level, code = "error" if outcome.code else "info", int(outcome.code)
        if report is None:
            self._say("outcome", outcome.words, level=level, exit_code=code)
            return outcome.code
        for error in report.errors:
            self._error(error.account, error.error, error.help)
        counts = (report.summary.created, report.summary.updated, report.summary.deleted)
        changes = _changes(counts, "apply")
        self._say("change_summary", outcome.words, level=level, changes=changes, exit_code=code)
        return outcome.code

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        """What is wrong, a line each, and the last line."""
        self.begin(diagnostics)
        return self.end(Ending(words="The command failed.", code=code))

    def _error(self, account: str, message: str, help_: str) -> None:
        """An account that could not be checked."""
        diagnostic: Json = {"severity": "error", "code": "account-unread", "summary": message, "detail": help_}
        self._say("diagnostic", f"{account}: {message}", level="error", account=account, diagnostic=diagnostic)

    def _say(self, kind: str, message: str, *, level: str = "info", **more: Json) -> None:
        head: dict[str, Json] = {
            "@level": level,
            "@message": message,
            "@module": "reconciler",
            "@timestamp": time_text(self._now()),
            "type": kind,
        }
        with self._lock:
            self._write(json_text(head | more, indent=None))


def _resource(row: Row | ResourceRow) -> Json:
    return {
        "addr": row.address,
        "resource_type": row.type,
        "resource_name": row.name,
        "resource_key": row.index or None,
    }


def _changes(counts: tuple[int, int, int], operation: str) -> Json:
    add, change, remove = counts
    return {"add": add, "change": change, "remove": remove, "operation": operation}
