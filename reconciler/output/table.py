"""The list of webhooks as a table that fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.output.escaping import shown_time, visible
from reconciler.output.fitting import columns, fitted, padded
from reconciler.output.terminal import Style
from reconciler.view.documents import ListView
from reconciler.view.rows import Row, Status

_TITLES = ("Webhook", "Status", "Events", "URL", "Active", "Last changed")
_STATUS = {Status.NOT_IN_FILE: "not in the file", Status.ABSENT: "listed under absent"}
_GAP = "  "


def list_table(listing: ListView, style: Style, width: int | None) -> str:
    """Every webhook of a listing on a line, or where that doesn't fit under its URL, by endpoint.

    `width` is the terminal's, in columns; None where the table goes to none, and every webhook stands on one line.
    """
    rows = [_cells(row) for row in listing.webhooks]
    lines = _aligned([_TITLES, *rows])
    if width is None or max(map(columns, lines)) <= width:
        return "\n".join([style.paint(lines[0], "bold"), *lines[1:]])
    return "\n".join(_by_endpoint(listing.webhooks, style, width))


def _by_endpoint(webhooks: Sequence[Row], style: Style, width: int) -> Iterator[str]:
    """The URLs, each once, and under each its webhooks; an address that names the event need not repeat it."""
    cells = [_cells(row) for row in webhooks]
    shown = [
        (address if _names_events(row) else f"{address} {events}", status, active, changed.partition(" ")[0])
        for row, (address, status, events, _, active, changed) in zip(webhooks, cells, strict=True)
    ]
    lines = iter(
        _aligned([(one, f"{status}{', off' if active == 'no' else ''}", when) for one, status, active, when in shown])
    )
    for (_, url), rows in groupby(zip(webhooks, cells, strict=True), key=lambda both: (both[0].account, both[1][3])):
        yield from fitted(style.paint(url, "bold"), width)
        for _ in rows:
            yield from fitted(f"{_GAP}{next(lines)}", width)


def _names_events(row: Row) -> bool:
    return row.webhook_address.endswith(f"[{', '.join(row.events)}]")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    filled = map(_filled, zip(*rows, strict=True))
    return [_GAP.join(row).rstrip() for row in zip(*filled, strict=True)]


def _filled(cells: Sequence[str]) -> list[str]:
    """The cells of a column, all as wide as its widest."""
    if all(map(str.isascii, cells)):  # each character takes one column of the terminal
        width = max(map(len, cells))
        return [cell.ljust(width) for cell in cells]
    width = max(map(columns, cells))
    return [padded(cell, width) for cell in cells]


def _cells(row: Row) -> tuple[str, ...]:
    scope = f" ({row.scope})" if row.scope else ""
    unreadable = f" (can't be read: {', '.join(row.unreadable_fields)})" if row.unreadable_fields else ""
    return (
        visible(row.webhook_address),
        visible(_STATUS.get(row.status, row.status.value) + unreadable),
        visible((", ".join(row.events) or "(no event)") + scope),
        visible(row.url) or "(no URL)",
        "yes" if row.delivers else "no",
        shown_time(row.updated).removesuffix(" UTC"),
    )
