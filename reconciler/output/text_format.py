"""Text, for people: results on standard output, a line per finished change, the last words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.diagnostic import Diagnostic
from reconciler.output.diagnostics import print_diagnostics
from reconciler.output.formats import Context
from reconciler.output.progress import Progress, display_for
from reconciler.output.terminal import visible
from reconciler.output.text import plan_text
from reconciler.view.documents import ListView, PlanView
from reconciler.view.outcome import Ending
from reconciler.view.report_view import ReportView
from reconciler.view.rows import AccountRow


def reporter(context: Context) -> TextReporter:
    """The reporter of every command."""
    return TextReporter(context)


class TextReporter(Progress):
    """Says it in words."""

    can_ask = True

    def __init__(self, context: Context) -> None:
        super().__init__(context.streams, context.verbosity, display_for(context.streams, context.verbosity))

    def heading(self, text: str) -> None:
        """The heading, and an empty line."""
        self._streams.print_result(f"{text}\n")

    def validation(self, diagnostics: Sequence[Diagnostic]) -> None:
        """The diagnostics, on standard error."""
        print_diagnostics(self._streams, diagnostics)

    def plan(self, view: PlanView) -> None:
        """The plan, account by account."""
        self._streams.print_result(plan_text(view, self._style, self._verbosity))

    def listing(self, view: ListView) -> None:
        """A table, and on standard error which accounts could not be listed."""
        if view.webhooks:
            from reconciler.output.table import list_table  # noqa: PLC0415 - loads rich

            self._streams.print_result(list_table(view, self._streams))
            self._streams.print_result()
        self.not_checked(view.not_checked)

    def not_checked(self, accounts: Iterable[AccountRow]) -> None:
        """Which accounts could not be read, and why."""
        for account in accounts:
            if account.error is not None:
                self._streams.print_message(f"error: account {visible(account.name)}: {visible(account.error.summary)}")
                self._streams.print_message(f"help: {visible(account.error.detail)}")

    def stale(self, differences: Iterable[str]) -> None:
        """What tells the plans apart, on standard error."""
        self._streams.print_message("The saved plan is out of date:")
        for line in differences:
            self._streams.print_message(f"  {visible(line)}")
        self._streams.print_message("help: save a new plan with `reconciler plan --out FILE`, and have it reviewed.")

    def end(self, outcome: Ending, report: ReportView | None = None) -> int:
        """What was not done, and the last words."""
        if report is not None:
            self._left(report)
        self._streams.print_result(self._style.paint(visible(outcome.words), "bold"))
        return outcome.code

    def _left(self, report: ReportView) -> None:
        for error in report.errors:
            self._streams.print_message(
                f"error: {visible(error.account)}: could not be checked after the creates: {visible(error.error)}"
            )
            if error.help:
                self._streams.print_message(f"help: {visible(error.help)}")
        self._streams.print_result()
        if report.failed:
            self._streams.print_result(self._style.paint("Not done, or not confirmed:", "bold", "red"))
        for row in report.failed:
            self._streams.print_result(f"  {visible(row.address)}: {row.action}: {row.words}")
