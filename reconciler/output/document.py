"""What a document says of a run, collected while it goes on and written at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.diagnostic import SIGNALLED, Diagnostic
from reconciler.model.report import Event, SoFar
from reconciler.output.formats import Context
from reconciler.output.progress import Progress
from reconciler.view.documents import PlanView
from reconciler.view.outcome import CommandResult, Ending, count_text, ending
from reconciler.view.results import ReportView, view_report
from reconciler.view.rows import Row


class Found(Struct, frozen=True, kw_only=True):
    """What a run found and did. Each part is as it came, also where the run failed, was refused or was stopped."""

    name: str  #: The configuration's name: its files as they were given, and what makes another one of them.
    files: tuple[str, ...]  #: These files.
    now: datetime  #: When the run ended (UTC).
    result: CommandResult  #: How the run ended.
    heading: str = ""  #: What the document is of, where that isn't this run: a saved plan.
    diagnostics: tuple[Diagnostic, ...] = ()  #: What was said of the files, or of why the run could not go on.
    plan: PlanView | None = None  #: The last plan that was made; None where the run ended before.
    is_drift: bool = False  #: Whether what happened is said before what would be done.
    report: ReportView | None = None  #: What was done; None where nothing was to be.
    shows_unmanaged: bool = False  #: Whether unmanaged webhooks are listed, rather than counted by host.
    digest: str = ""  #: The saved plan's; empty where the plan wasn't saved.

    @property
    def ending(self) -> Ending:
        return ending(self.result, self.plan, is_drift=self.is_drift, has_begun=self.report is not None)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.is_error)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if not diagnostic.is_error)

    @property
    def rows(self) -> Mapping[tuple[str, str], Row]:
        """The plan's rows by account and address, in their order."""
        return (
            {} if self.plan is None else {(row.account, row.webhook_address): row for row in self.plan.resource_changes}
        )


class DocumentReporter(Progress):
    """Writes one document at the end. What happens meanwhile goes to standard error, for people."""

    is_brief = True
    _changes_are_results = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._is_written = False
        self._so_far = SoFar()
        self._found = Found(
            name=context.name,
            files=context.files,
            now=context.now(),
            result=CommandResult("", 0),
            shows_unmanaged=context.shows_unmanaged,
        )

    def document(self, found: Found) -> str:
        """The document's text, without the last line's end."""
        raise NotImplementedError

    def print_document(self, text: str) -> None:
        self._streams.print_result(text)

    def __call__(self, event: Event) -> None:
        self._so_far(event)
        super().__call__(event)

    def heading(self, text: str) -> None:
        self._found = replace(self._found, heading=text)

    def begin(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.validation([*diagnostics])

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        self._found = replace(self._found, diagnostics=(*self._found.diagnostics, *diagnostics))

    def plan(self, view: PlanView) -> None:
        self._found = replace(self._found, plan=view, name=self._context.full_name or self._found.name)

    def drift(self, view: PlanView) -> None:
        self._found = replace(self._found, plan=view, is_drift=True, name=self._context.full_name or self._found.name)

    def saved(self, digest: str) -> None:
        self._found = replace(self._found, digest=digest)

    def end(self, result: CommandResult, report: ReportView | None = None) -> int:
        self.print_document(self.document(replace(self._found, result=result, report=report, now=self._now())))
        self._is_written = True
        return result.code

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        """As far as the run came, with why it could not go on; nothing where the document is written already."""
        if self._is_written:
            return code
        self.validation(diagnostics)
        messages = [diagnostic.message.splitlines()[0] for diagnostic in diagnostics if diagnostic.message]
        words = messages[0] if len(messages) == 1 else count_text(len(diagnostics), "error")
        done = None if self._mask is None else view_report(self._so_far.report(self._mask.plan))
        return self.end(CommandResult(words if code > SIGNALLED else f"Failed: {words}", code), done)
