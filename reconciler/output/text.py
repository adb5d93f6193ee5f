"""Text, for people: results on standard output, a line per finished change, the last words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.report import Report
from reconciler.output.diagnostics import print_diagnostics
from reconciler.output.escaping import visible
from reconciler.output.formats import Context
from reconciler.output.plan_text import plan_text
from reconciler.output.progress import Progress
from reconciler.view.documents import DoctorView, ListView, PlanView
from reconciler.view.outcome import CommandResult
from reconciler.view.results import ResultMask
from reconciler.view.rows import AccountRow


class TextReporter(Progress):
    """Says it in words."""

    can_ask = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.is_brief = context.verbosity <= 0

    def heading(self, text: str) -> None:
        self._streams.print_result(f"{text}\n")

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        print_diagnostics(self._streams, diagnostics)

    def plan(self, view: PlanView) -> None:
        self._streams.print_result(plan_text(view, self._style, self._verbosity))

    def listing(self, view: ListView) -> None:
        """A table, and on standard error which accounts could not be listed."""
        if view.webhooks:
            from reconciler.output.table import list_table  # noqa: PLC0415 - loads rich

            self._streams.print_result(f"{list_table(view, self._streams)}\n")
        self.not_checked(view.accounts)

    def doctor(self, view: DoctorView) -> None:
        from reconciler.output.receivers import doctor_texts  # noqa: PLC0415 - of one command alone

        for text in doctor_texts(view, self._style, self._verbosity):
            self._streams.print_result(f"{text}\n")

    def not_checked(self, accounts: Iterable[AccountRow]) -> None:
        for account in accounts:
            if account.error is not None:
                self._error(f"account {account.name}", account.error.summary, account.error.detail)

    def end(self, result: CommandResult, report: Report | None = None) -> int:
        """What was not done, and the last words."""
        if report is not None:
            for account, error in report.errors.items():
                self._error(f"{account}: could not be checked after the creates", error.message, error.help)
            title = self._style.paint("Not done, or not confirmed:", "bold", "red")
            self._streams.print_result(f"\n{title}" if report.failed else "")
            mask = ResultMask(report.plan)
            for failed in report.failed:
                address, action = visible(mask.address(failed.change.address)), failed.change.action.value
                self._streams.print_result(f"  {address}: {action}: {mask.words(failed)}")
        self._streams.print_result(self._style.paint(visible(result.words), "bold"))
        return result.code

    def _error(self, what: str, summary: str, detail: str) -> None:
        self._streams.print_message(f"error: {visible(what)}: {visible(summary)}")
        if detail:
            self._streams.print_message(f"help: {visible(detail)}")


reporter = TextReporter
