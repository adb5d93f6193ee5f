"""What a document says of a run, collected while it goes on and written at its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.report import Report
from reconciler.output.formats import Context
from reconciler.output.progress import Progress
from reconciler.view.documents import PlanView
from reconciler.view.outcome import CommandResult
from reconciler.view.results import ReportView, view_report


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run found and did. Each part is as it came, also where the run failed, was refused or was stopped."""

    name: str  #: The configuration's name: its files as they were given.
    now: datetime  #: When the run ended (UTC).
    result: CommandResult  #: How the run ended.
    heading: str = ""  #: What the document is of, where that isn't this run: a saved plan.
    diagnostics: tuple[Diagnostic, ...] = ()  #: What was said of the files, or of why the run could not go on.
    plan: PlanView | None = None  #: The last plan that was made; None where the run ended before.
    is_drift: bool = False  #: Whether what happened is said before what would be done.
    report: ReportView | None = None  #: What was done; None where nothing was to be.
    shows_unmanaged: bool = False  #: Whether unmanaged webhooks are listed, rather than counted by host.


class DocumentReporter(Progress):
    """Writes one document at the end. What happens meanwhile goes to standard error, for people."""

    is_brief = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._is_written = False
        self._found = Found(
            name=context.name,
            now=context.now(),
            result=CommandResult("", 0),
            shows_unmanaged=context.shows_unmanaged,
        )

    def document(self, found: Found) -> str:
        """The document's text, without the last line's end."""
        raise NotImplementedError

    def heading(self, text: str) -> None:
        self._found = replace(self._found, heading=text)

    def begin(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.validation([*diagnostics])

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        self._found = replace(self._found, diagnostics=(*self._found.diagnostics, *diagnostics))

    def plan(self, view: PlanView) -> None:
        self._found = replace(self._found, plan=view)

    def drift(self, view: PlanView) -> None:
        self._found = replace(self._found, plan=view, is_drift=True)

    def end(self, result: CommandResult, report: Report | None = None) -> int:
        self._is_written = True
        done = None if report is None else view_report(report)
        self._streams.print_result(self.document(replace(self._found, result=result, report=done, now=self._now())))
        return result.code

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        """As far as the run came, with why it could not go on; nothing where the document is written already."""
        if self._is_written:
            return code
        self.validation(diagnostics)
        words = "; ".join(diagnostic.message for diagnostic in diagnostics if diagnostic.is_error)
        return self.end(CommandResult(words or "The command failed.", code))
