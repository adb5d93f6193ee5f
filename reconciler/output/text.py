"""Text, for people: results on standard output, a line per finished change, the last words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from typing import TYPE_CHECKING

from reconciler.output.diagnostics import print_diagnostics
from reconciler.output.escaping import visible
from reconciler.output.fitting import fitted
from reconciler.output.pipeline import FOLDED_FROM, fold_end, fold_start
from reconciler.output.progress import Progress

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.output.formats import Context
    from reconciler.view.documents import DoctorView, ListView, PlanView
    from reconciler.view.outcome import CommandResult
    from reconciler.view.results import ReportView, ResultMask
    from reconciler.view.rows import AccountRow


class TextReporter(Progress):
    """Says it in words."""

    can_ask = True
    lists_done = False  # each has its line as it ends

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.is_brief = context.verbosity <= 0
        self._folds = 0
        self._is_report = context.is_report

    def begin(self, diagnostics: Iterable[Diagnostic]) -> None:
        """To a terminal, whoever reads the files has said it."""
        if self._is_report:
            self.validation([*diagnostics])

    def fail(self, diagnostics: Sequence[Diagnostic], code: int) -> int:
        """To a terminal, whoever ends the command has said it."""
        self.begin(diagnostics)
        return code

    def heading(self, text: str) -> None:
        if self._verbosity >= 0:
            self._streams.print_result(f"{self._style.paint(visible(text), 'bold')}\n")

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        print_diagnostics(self._streams, diagnostics)

    def plan(self, view: PlanView) -> None:
        self._print_plan(view, is_drift=False)

    def drift(self, view: PlanView) -> None:
        self._print_plan(view, is_drift=True)

    def listing(self, view: ListView) -> None:
        """A table, and on standard error which accounts could not be listed."""
        from reconciler.output.table import list_table
        from reconciler.view.short_ids import with_short_ids

        if view.webhooks:
            shown = view if self._verbosity > 0 else with_short_ids(view)
            self._streams.print_result(f"{list_table(shown, self._style, self._streams.line_width)}\n")
        self.not_checked(view.accounts)

    def matrix(self, view: ListView) -> None:
        from reconciler.output.matrix import matrix_text

        if view.webhooks:
            self._streams.print_result(f"{matrix_text(view, self._style, self._streams.line_width)}\n")
        self.not_checked(view.accounts)

    def doctor(self, view: DoctorView) -> None:
        from reconciler.output.receivers import doctor_texts

        for text in doctor_texts(view, self._style, self._verbosity):
            for line in (*text.splitlines(), ""):
                self._print_fitted(line)

    def not_checked(self, accounts: Iterable[AccountRow]) -> None:
        for account in accounts:
            if account.error is not None:
                self._error(f"account {account.name}", account.error.summary, account.error.detail)

    def end(self, result: CommandResult, report: ReportView | None = None) -> int:
        """What was not done, and the last words."""
        if report is not None:
            from reconciler.output.reasons import NOT_CHECKED_AFTER_CREATES, endpoint_text

            for account, error in report.errors.items():
                self._error(f"{account}: {NOT_CHECKED_AFTER_CREATES}", error.summary, error.detail)
            title = self._style.paint("Not done, or not confirmed:", "bold", "red")
            self._streams.print_result(f"\n{title}" if report.failed else "")
            for row in report.failed:
                self._print_fitted(f"  {visible(row.webhook_address)}: {row.action.value}: {row.words}")
                self._print_fitted(f"      {endpoint_text(row)}")
            if report.failed:
                self._streams.print_result()
            if self._verbosity >= 0:
                self._streams.print_result(self._effort_text())
        colors = ["red"] if result.has_failed else []
        self._print_fitted(self._style.paint(visible(result.words), "bold", *colors))
        return result.code

    def _print_fitted(self, line: str) -> None:
        self._streams.print_result("\n".join(fitted(line, self._streams.line_width)))

    def _print_plan(self, view: PlanView, *, is_drift: bool) -> None:
        from reconciler.output.plan_text import Fold, plan_lines

        width = self._streams.line_width
        lines = plan_lines(view, self._style, self._verbosity, width=width, is_drift=is_drift)
        for kind, group in groupby(lines, type):
            if kind is not Fold:
                self._streams.print_result("\n".join(map(str, group)))
                continue
            for fold in group:
                self._fold(fold.title if isinstance(fold, Fold) else "")

    def _fold(self, title: str) -> None:
        """Begin a part that a pipeline's log folds; without a title, end it."""
        name, seconds = self._streams.folds, self._now().timestamp()
        if name and title:
            self._folds += 1
            self._streams.print_commands(fold_start(name, title, self._folds, seconds))
        elif name:
            self._streams.print_commands(fold_end(name, self._folds, seconds))

    @contextmanager
    def live(self, mask: ResultMask | None = None) -> Iterator[None]:
        """Also folds the lines of finished changes, where they are many."""
        is_long = mask is not None and mask.changes > FOLDED_FROM and self._verbosity >= 0
        with super().live(mask):
            if is_long and mask is not None:
                self._fold(f"Making {mask.changes} changes")
            try:
                yield
            finally:
                if is_long:
                    with suppress(OSError):
                        self._fold("")

    def _error(self, what: str, summary: str, detail: str) -> None:
        self._streams.print_message(f"error: {visible(what)}: {visible(summary)}")
        if detail:
            self._streams.print_message(f"help: {visible(detail)}")


reporter = TextReporter
