"""How `apply` tells its story: as text for people, or as a stream of JSON objects for programs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Protocol

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.event import Answered, Event, Finished, Started, Waiting
from reconciler.output.progress import Progress
from reconciler.output.stream import Stream
from reconciler.output.terminal import visible
from reconciler.output.text import plan_text
from reconciler.view.documents import PlanView
from reconciler.view.outcome import Outcome
from reconciler.view.report_view import ReportView, ResultMask


class Narrator(Protocol):
    """Tells what a run of `apply` finds and does."""

    def __call__(self, event: Event) -> None:
        """Something happened."""

    def live(self, mask: ResultMask | None = None, changes: int = 0) -> AbstractContextManager[None]:
        """Meanwhile something is under way: accounts are listed, or so many changes of a plan are made."""

    def begin(self, version: str, diagnostics: Iterable[Diagnostic]) -> None:
        """The run begins; diagnostics are what was said of the file."""

    def plan(self, view: PlanView) -> None:
        """This is what would be done."""

    def stale(self, differences: Iterable[str]) -> None:
        """The saved plan isn't the present one; this tells them apart."""

    def end(self, outcome: Outcome, report: ReportView | None = None) -> int:
        """The run is over, with a report where something was done; gives the exit code."""


class TextNarrator(Progress):
    """For people: the plan, a line per finished change, what was not done, the last words."""

    def begin(self, version: str, diagnostics: Iterable[Diagnostic]) -> None:
        """Nothing: diagnostics went to standard error as they were found."""

    def plan(self, view: PlanView) -> None:
        """The plan, and how much it is."""
        self._streams.say(plan_text(view, self._style, self._verbosity))

    def stale(self, differences: Iterable[str]) -> None:
        """What tells the plans apart, on standard error."""
        self._streams.tell("The saved plan is not the present one:")
        for line in differences:
            self._streams.tell(f"  {visible(line)}")
        self._streams.tell("help: plan again with `reconciler plan --out FILE`, and have that reviewed.")

    def end(self, outcome: Outcome, report: ReportView | None = None) -> int:
        """What was not done, and the last words."""
        if report is not None:
            self._left(report)
        self._streams.say(self._style.paint(outcome.words, "bold"))
        return outcome.code

    def _left(self, report: ReportView) -> None:
        for error in report.errors:
            self._streams.tell(f"error: {visible(error.account)}: after the creates: {visible(error.error)}")
            if error.help:
                self._streams.tell(f"help: {visible(error.help)}")
        self._streams.say()
        if report.failed:
            self._streams.say(self._style.paint("Not done, or not seen to be done:", "bold", "red"))
        for row in report.failed:
            self._streams.say(f"  {visible(row.address)}: {row.action}: {row.words}")


class JsonNarrator:
    """For programs: one JSON object a line.

    Args:
        stream: writes them.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._mask: ResultMask | None = None

    def __call__(self, event: Event) -> None:
        """Something happened. A stream that can't be written to stops no change that is under way."""
        with suppress(OSError):
            self._tell(event)

    def _tell(self, event: Event) -> None:
        match event:
            case Started() if self._mask is not None:
                self._stream.started(self._mask.resource(event.change), self._mask.action(event.change))
            case Answered() if self._mask is not None:
                self._stream.progress(self._mask.row(event.result))
            case Finished() if self._mask is not None:
                self._stream.finished(self._mask.row(event.result))
            case Waiting():
                self._stream.waiting(event.account, event.seconds, event.reason)

    def live(self, mask: ResultMask | None = None, changes: int = 0) -> AbstractContextManager[None]:
        """From now on changes are written as this mask does."""
        del changes
        self._mask = mask
        return nullcontext()

    def begin(self, version: str, diagnostics: Iterable[Diagnostic]) -> None:
        """The version, and what was said of the file."""
        self._stream.version(version)
        for diagnostic in diagnostics:
            self._stream.diagnostic(diagnostic)

    def plan(self, view: PlanView) -> None:
        """The accounts that could not be checked, the changes, and how many."""
        for account in view.not_checked:
            if account.error is not None:
                self._stream.error(account.name, account.error.summary, account.error.detail)
        self._stream.plan(view)

    def stale(self, differences: Iterable[str]) -> None:
        """What tells the plans apart, one diagnostic each."""
        for line in differences:
            message = f"the saved plan is not the present one: {line}"
            self._stream.diagnostic(
                Diagnostic(severity=Severity.ERROR, code="plan-stale", message=message, help="Plan again.")
            )

    def end(self, outcome: Outcome, report: ReportView | None = None) -> int:
        """The last line."""
        if report is None:
            self._stream.ended(outcome)
            return outcome.code
        for error in report.errors:
            self._stream.error(error.account, error.error, error.help)
        self._stream.done(report.summary, outcome)
        return outcome.code
