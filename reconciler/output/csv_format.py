"""CSV, for spreadsheets and scripts: whole values, a line for each webhook. Source: RFC 4180."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from reconciler.output.escaping import visible
from reconciler.output.matrix import Matrix
from reconciler.output.text import TextReporter
from reconciler.view.documents import ListView
from reconciler.view.outcome import CommandResult
from reconciler.view.results import ReportView
from reconciler.view.rows import Row

_TITLES = ("account", "entry", "object_id", "status", "events", "scope", "url", "active", "last_changed")
_FORMULA = ("=", "+", "-", "@")


class CsvReporter(TextReporter):
    """Writes a listing as CSV; all else goes to standard error."""

    can_ask = False

    def listing(self, view: ListView) -> None:
        self._write([_TITLES, *map(_cells, view.webhooks)])
        self.not_checked(view.accounts)

    def matrix(self, view: ListView) -> None:
        matrix = Matrix.of(view)
        lines = [(account, url, *cells) for account, url, cells in matrix.endpoints]
        self._write([("account", "url", *matrix.events), *lines])
        self.not_checked(view.accounts)

    def end(self, result: CommandResult, report: ReportView | None = None) -> int:
        del report
        self._streams.print_message(visible(result.words))
        return result.code

    def _write(self, lines: Iterable[Iterable[str]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows(map(_harmless, line) for line in lines)
        self._streams.print_result(text.getvalue().removesuffix("\n"))


def _cells(row: Row) -> tuple[str, ...]:
    """A webhook; one without an entry is named by its id alone."""
    return (
        row.account,
        "" if row.entry is None else row.webhook_address,
        row.object_id or "",
        row.status.value,
        " ".join(row.events),
        row.scope,
        row.url,
        "true" if row.delivers else "false",
        row.updated or "",
    )


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula. Source: https://owasp.org/www-community/attacks/CSV_Injection."""
    shown = visible(cell)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


reporter = CsvReporter
