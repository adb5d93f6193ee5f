"""Endpoints against events: who receives what, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.output.escaping import visible
from reconciler.output.fitting import fitted
from reconciler.output.terminal import Style
from reconciler.view.documents import ListView
from reconciler.view.rows import Row, Status

_IN_FILE = (Status.MANAGED, Status.PROTECTED)
_LEGEND = (
    "x: by a webhook in the file; u: by one that isn't; 2 or more: by so many, each event arrives as often; "
    "o: switched off"
)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The events that webhooks are for, and of each endpoint the account, the URL, and a cell for each of them."""

    events: tuple[str, ...]
    endpoints: tuple[tuple[str, str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, listing: ListView) -> Matrix:
        events = tuple(sorted({event for row in listing.webhooks for event in row.events}))
        endpoints: dict[tuple[str, str], list[Row]] = {}
        for row in listing.webhooks:
            scope = f" ({row.scope})" if row.scope else ""
            endpoints.setdefault((row.account, f"{row.url or '(no URL)'}{scope}"), []).append(row)
        cells = {key: tuple(_cell(rows, event) for event in events) for key, rows in endpoints.items()}
        return cls(events, tuple((account, url, cells[account, url]) for account, url in endpoints))


def _cell(rows: Sequence[Row], event: str) -> str:
    meant = [row for row in rows if event in row.events]
    live = [row for row in meant if row.delivers]
    if len(live) == 1:
        return "x" if live[0].status in _IN_FILE else "u"
    return str(len(live)) if live else "o" if meant else ""


def matrix_text(listing: ListView, style: Style, width: int | None) -> str:
    """The matrix with its events numbered, since their names take more room than there is."""
    return "\n".join(line for whole in _lines(Matrix.of(listing), style) for line in fitted(whole, width))


def _lines(matrix: Matrix, style: Style) -> Iterator[str]:
    several = len({account for account, _, _ in matrix.endpoints}) > 1
    wide = len(str(len(matrix.events)))
    numbers = [f"{number:>{wide}}" for number in range(1, len(matrix.events) + 1)]
    yield style.paint("  ".join([*numbers, "URL"]), "bold")
    for account, url, cells in matrix.endpoints:
        named = f"{account}: {url}" if several else url
        yield "  ".join([*(f"{cell or '·':>{wide}}" for cell in cells), visible(named)])
    yield ""
    yield from (f"{number}  {visible(event)}" for number, event in zip(numbers, matrix.events, strict=True))
    yield from ("", style.paint(_LEGEND, "dim"))
