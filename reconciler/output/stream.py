"""`apply --format json`: one JSON object a line, in the shape of `terraform apply -json`.

Source of the shape: https://developer.hashicorp.com/terraform/internals/machine-readable-ui; ours is described by
`schemas/apply-stream.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock

from reconciler.model.diagnostic import Diagnostic
from reconciler.view.codec import to_json
from reconciler.view.documents import PlanView, diagnostic_row
from reconciler.view.json_text import Json, json_text
from reconciler.view.outcome import Outcome
from reconciler.view.report_view import DoneSummary, ResourceRow, ResultRow
from reconciler.view.rows import Row
from reconciler.view.values import time_text

UI_VERSION = "1.0"


class Stream:
    """Writes what happens, one object a line.

    Args:
        write: takes a line without its end; may be called from several threads.
        now: the time of day (UTC).
    """

    def __init__(self, write: Callable[[str], None], now: Callable[[], datetime]) -> None:
        self._write = write
        self._now = now
        self._lock = Lock()

    def version(self, version: str) -> None:
        """The first line."""
        self._say("version", f"reconciler {version}", reconciler=version, ui=UI_VERSION)

    def diagnostic(self, diagnostic: Diagnostic) -> None:
        """A complaint about the file."""
        level = "error" if diagnostic.is_error else "warn"
        self._say("diagnostic", diagnostic.message, level=level, diagnostic=to_json(diagnostic_row(diagnostic)))

    def error(self, account: str, message: str, help_: str) -> None:
        """An account that could not be checked."""
        diagnostic: Json = {"severity": "error", "code": "account-unread", "summary": message, "detail": help_}
        self._say("diagnostic", f"{account}: {message}", level="error", account=account, diagnostic=diagnostic)

    def plan(self, view: PlanView) -> None:
        """What would be done, and how much."""
        for row in view.changes:
            change: Json = {
                "resource": _resource(row),
                "action": row.action.value,
                "reason": to_json(row.action_reason),
                "object_id": row.object_id,
            }
            self._say("planned_change", f"{row.address}: plan to {row.action.value}", change=change)
        summary = view.summary
        self._say(
            "change_summary",
            f"Plan: {summary.create} to create, {summary.update} to update, {summary.delete} to delete",
            changes=_changes(summary.create, summary.update, summary.delete, "plan"),
        )

    def started(self, resource: ResourceRow, action: str) -> None:
        """A change begins."""
        hook: Json = {"resource": _resource(resource), "action": action}
        self._say("apply_start", f"{resource.address}: {action} begins", hook=hook)

    def progress(self, row: ResultRow) -> None:
        """A change was sent and answered, or not; its end comes once nothing is left to be looked at or sent again."""
        hook: Json = {"resource": _resource(row.resource), "action": row.action, "outcome": row.outcome}
        self._say("apply_progress", f"{row.address}: {row.action}: so far {row.words}", hook=hook)

    def finished(self, row: ResultRow) -> None:
        """A change has come to its end."""
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

    def waiting(self, account: str, seconds: float, reason: str) -> None:
        """A call waits."""
        wait: Json = {"account": account, "seconds": round(seconds, 3), "reason": reason}
        self._say("wait", f"{account}: waits {seconds:.0f} s: {reason}", wait=wait)

    def done(self, summary: DoneSummary, outcome: Outcome) -> None:
        """The last line of a run that did something."""
        self._say(
            "change_summary",
            outcome.words,
            level=_level(outcome),
            changes=_changes(summary.created, summary.updated, summary.deleted, "apply"),
            exit_code=int(outcome.code),
        )

    def ended(self, outcome: Outcome) -> None:
        """The last line of a run that did nothing."""
        self._say("outcome", outcome.words, level=_level(outcome), exit_code=int(outcome.code))

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


def _level(outcome: Outcome) -> str:
    return "error" if outcome.code else "info"


def _resource(row: Row | ResourceRow) -> Json:
    return {
        "addr": row.address,
        "resource_type": row.type,
        "resource_name": row.name,
        "resource_key": row.index or None,
    }


def _changes(add: int, change: int, remove: int, operation: str) -> Json:
    return {"add": add, "change": change, "remove": remove, "operation": operation}
