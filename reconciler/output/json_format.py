"""JSON, for programs: one document in a line, or of a command that applies one object a line.

Source of the shape of lines: https://developer.hashicorp.com/terraform/internals/machine-readable-ui; ours is described
by `schemas/apply-stream.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime
from threading import Lock

from msgspec.structs import replace

from reconciler import __version__
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Action, Change
from reconciler.model.report import Answered, Event, Finished, SoFar, Started, Waiting
from reconciler.model.resource_address import ResourceAddress
from reconciler.model.webhook import Address
from reconciler.output.formats import Context, Reporter
from reconciler.output.losses_text import events_text
from reconciler.output.progress import Progress
from reconciler.output.reasons import NOT_CHECKED_AFTER_CREATES
from reconciler.view.codec import Json, json_line
from reconciler.view.documents import (
    TERRAFORM_VERSION,
    DiagnosticRow,
    DoctorView,
    ListView,
    PlanView,
    ValidationView,
    diagnostic_row,
    validation_view,
)
from reconciler.view.outcome import GUARD_WORDS, CommandResult, change_words
from reconciler.view.results import ReportView, ResultMask, ResultRow, view_report
from reconciler.view.rows import AccountRow

UI_VERSION = "1.2"
"""The one of Terraform 1.8 and 1.11."""


def reporter(context: Context) -> Reporter:
    """One that writes a document at the end, or lines meanwhile."""
    return JsonLines(context.streams.print_result, context.now) if context.applies else JsonDocument(context)


class JsonDocument(Progress):
    """Writes one document: what was found, or why nothing could be. Progress goes to standard error, for people."""

    is_brief = False
    lists_lines = False

    _found: PlanView | ListView | DoctorView | ValidationView | None = None
    _is_written = False

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        self._found = validation_view(diagnostics)

    def plan(self, view: PlanView) -> None:
        self._found = view.in_full()

    def drift(self, view: PlanView) -> None:
        self._found = view.in_full(is_drift=True)

    def listing(self, view: ListView) -> None:
        self._found = view

    def doctor(self, view: DoctorView) -> None:
        self._found = view

    def end(self, outcome: CommandResult, report: ReportView | None = None) -> int:
        del report
        self._is_written = True
        self._streams.print_result(json_line(self._found))
        return outcome.code

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        """As `validate` writes what is wrong; nothing where there is a document."""
        if self._is_written:
            return code
        self.validation(diagnostics)
        return self.end(CommandResult("", code))


class JsonLines(Reporter):
    """Writes what happens, one object a line; `write` takes a line without its end, `now` says the time (UTC)."""

    def __init__(self, write: Callable[[str], None], now: Callable[[], datetime]) -> None:
        self._write, self._now, self._lock = write, now, Lock()
        self._mask: ResultMask | None = None
        self._has_begun = False
        self._started: dict[tuple[Address, Action], datetime] = {}
        self._so_far = SoFar()

    def __call__(self, event: Event) -> None:
        """Something happened. A stream that can't be written to stops no change that is under way."""
        self._so_far(event)
        with suppress(OSError):
            if isinstance(event, Waiting):
                text = f"{event.account}: waiting {event.seconds:.0f} s: {event.reason}"
                wait: Json = {"account": event.account, "seconds": round(event.seconds, 3), "reason": event.reason}
                self._say("wait", text, wait=wait)
            elif self._mask is not None:
                self._change(event, self._mask)

    def _change(self, event: Event, mask: ResultMask) -> None:
        match event:
            case Started(change=change):
                self._started[change.address, change.action] = self._now()
                self._hook(
                    "apply_start", mask, change, " started", **_id("" if change.remote is None else change.remote.id)
                )
            case Answered(result=result):
                words, outcome = f": so far {mask.words(result)}", result.outcome.name.lower()
                self._hook(
                    "apply_progress", mask, result.change, words, **self._elapsed(result.change), outcome=outcome
                )
            case Finished(result=result):
                kind, outcome = "apply_complete" if result.is_done else "apply_errored", result.outcome.name.lower()
                said = {**_id(result.object_id), **self._elapsed(result.change)}
                said |= {"object_id": result.object_id or None, "outcome": outcome}
                said |= {"error": result.error.message if result.error else None, "help": mask.help(result) or None}
                self._hook(kind, mask, result.change, f": {mask.words(result)}", **said)

    def _hook(self, kind: str, mask: ResultMask, change: Change, words: str, **more: Json) -> None:
        address, action = change.address, change.action.value
        named = mask.address(address)
        resource = _resource(mask.resource(address), named)
        self._say(kind, f"{named}: {action}{words}", hook={"resource": resource, "action": action, **more})

    def _elapsed(self, change: Change) -> dict[str, Json]:
        """How long a change has been under way, in whole seconds as Terraform says it; 0 for one that never started."""
        now = self._now()
        began = self._started.get((change.address, change.action), now)
        return {"elapsed_seconds": round((now - began).total_seconds())}

    def live(self, mask: ResultMask | None = None) -> AbstractContextManager[None]:
        self._mask = mask
        return nullcontext()

    def begin(self, diagnostics: Iterable[Diagnostic]) -> None:
        """The version, and what was said of the files."""
        if not self._has_begun:
            self._has_begun = True
            versions = {"terraform": TERRAFORM_VERSION, "reconciler": __version__, "ui": UI_VERSION}
            self._say("version", f"reconciler {__version__}", **versions)
        self.validation([*diagnostics])

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            level = "error" if diagnostic.is_error else "warn"
            self._say("diagnostic", diagnostic.message, level=level, diagnostic=diagnostic_row(diagnostic))

    def plan(self, view: PlanView) -> None:
        """The changes, how many, and what is said of a reviewed plan, too."""
        for row in view.changes:
            address = ResourceAddress(row.module_address, row.type, row.name, row.index)
            resource = _resource(address, row.webhook_address)
            action, reason = row.action.value, row.action_reason
            change = {"resource": resource, "action": action, "reason": reason, "object_id": row.object_id}
            self._say("planned_change", f"{row.webhook_address}: plan to {action}", change=change)
        counts = _changes("plan", view.summary.create, view.summary.update, view.summary.delete)
        self._say("change_summary", f"Plan: {change_words(view.summary)}", changes=counts)
        self.reviewed(view)

    def reviewed(self, view: PlanView) -> None:
        """The accounts that could not be checked, the losses, and what would allow them."""
        if view.shard is not None:
            part = f"Shard {view.shard.number} of {view.shard.count}"
            self._say(
                "shard", f"{part}, of {view.shard.accounts} accounts", shard=view.shard, changes=len(view.changes)
            )
        self.not_checked(view.not_checked)
        for loss in view.losses:
            message = f"{loss.account}: {loss.url}: would stop receiving {events_text(loss.events)}"
            self._say("planned_loss", message, level="warn", loss=loss)
        for account in view.refused:
            why, remedy = GUARD_WORDS[account.verdict], account.remedy
            self._say("refused", f"{account.name}: refused: {why}", level="error", account=account.name, remedy=remedy)

    def not_checked(self, accounts: Iterable[AccountRow]) -> None:
        for account in accounts:
            if account.error is not None:
                self._error(account.name, account.error.summary, account.error.detail)

    def end(self, outcome: CommandResult, report: ReportView | None = None) -> int:
        """What failed, and in the last line how much was done."""
        if report is not None:
            for row in report.failed:
                self._failure(row)
            for account, error in report.errors.items():
                self._error(account, f"{NOT_CHECKED_AFTER_CREATES}: {error.summary}", error.detail)
        changes = _changes("apply", *((0, 0, 0) if report is None else report.counts))
        level = "error" if outcome.code else "info"
        self._say("change_summary", outcome.words, level=level, changes=changes, exit_code=int(outcome.code))
        return outcome.code

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        """As far as the run came, with what is known of each change of a plan that was being carried out."""
        self.begin(diagnostics)
        done = None if self._mask is None else view_report(self._so_far.report(self._mask.plan))
        return self.end(CommandResult("The command failed.", code), done)

    def _failure(self, row: ResultRow) -> None:
        """A change that isn't done, as an error; Terraform also says what failed when all else has come to its end."""
        document = DiagnosticRow(
            severity=Severity.ERROR,
            code="change-failed",
            summary=": ".join(filter(None, (row.words, row.error))),
            detail=row.help,
            address=row.address,
        )
        message = f"{row.webhook_address}: {row.action.value}: {document.summary}"
        self._say("diagnostic", message, level="error", account=row.account, diagnostic=document)

    def _error(self, account: str, summary: str, detail: str) -> None:
        document = {"severity": "error", "code": "account-unread", "summary": summary, "detail": detail}
        self._say("diagnostic", f"{account}: {summary}", level="error", account=account, diagnostic=document)

    def _say(self, kind: str, message: str, *, level: str = "info", **more: object) -> None:
        head = {
            "@level": level,
            "@message": message,
            "@module": "reconciler",
            "@timestamp": _milliseconds_text(self._now()),
        }
        with self._lock:
            self._write(json_line({**head, "type": kind, **more}))


def _milliseconds_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _id(object_id: str) -> dict[str, Json]:
    return {"id_key": "object_id", "id_value": object_id} if object_id else {}


def _resource(address: ResourceAddress, webhook_address: str) -> Json:
    """A resource as Terraform names it in each line, and as text does."""
    return {
        "addr": str(address),
        "module": address.module or "",
        "resource": str(replace(address, module=None)),
        "implied_provider": address.type.partition("_")[0],
        "resource_type": address.type,
        "resource_name": address.name,
        "resource_key": address.index,
        "webhook_address": webhook_address,
    }


def _changes(operation: str, created: int, updated: int, deleted: int) -> Json:
    return {"add": created, "change": updated, "import": 0, "remove": deleted, "operation": operation}
