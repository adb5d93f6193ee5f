"""The list of webhooks as a table that fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, repeat

from reconciler.output.escaping import all_visible, shown_times, visible
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
    cells = _cells(listing.webhooks)
    lines = _aligned([title, *column] for title, column in zip(_TITLES, cells, strict=True))
    if width is None or max(map(columns, lines)) <= width:
        return "\n".join([style.paint(lines[0], "bold"), *lines[1:]])
    return "\n".join(_by_endpoint(listing.webhooks, [*zip(*cells, strict=True)], style, width))


def _by_endpoint(webhooks: Sequence[Row], cells: Sequence[tuple[str, ...]], style: Style, width: int) -> Iterator[str]:
    """The URLs, each once, and under each its webhooks; an address that names the event need not repeat it."""
    shown = [
        (address if _names_events(row) else f"{address} {events}", status, active, changed.partition(" ")[0])
        for row, (address, status, events, _, active, changed) in zip(webhooks, cells, strict=True)
    ]
    rows = [(one, f"{status}{', off' if active == 'no' else ''}", when) for one, status, active, when in shown]
    lines = iter(_aligned(zip(*rows, strict=True)))
    for (_, url), own in groupby(zip(webhooks, cells, strict=True), key=lambda both: (both[0].account, both[1][3])):
        yield from fitted(style.paint(url, "bold"), width)
        for _ in own:
            yield from fitted(f"{_GAP}{next(lines)}", width)


def _names_events(row: Row) -> bool:
    return row.webhook_address.endswith(f"[{', '.join(row.events)}]")


def _aligned(cells: Iterable[Sequence[str]]) -> list[str]:
    """Columns of cells as lines, each column as wide as its widest cell."""
    *others, last = cells
    return [*map(str.rstrip, map(_GAP.join, zip(*map(_filled, others), last, strict=True)))]


def _filled(cells: Sequence[str]) -> Iterable[str]:
    """The cells of a column, each as wide as its widest."""
    if "".join(cells).isascii():  # each character takes one column of the terminal
        return map(str.ljust, cells, repeat(max(map(len, cells))))
    return map(padded, cells, repeat(max(map(columns, cells))))


def _cells(webhooks: Sequence[Row]) -> tuple[Sequence[str], ...]:
    """The cells of each column."""
    return (
        all_visible([row.webhook_address for row in webhooks]),
        [_status(row.status, row.unreadable_fields) for row in webhooks],
        [_events(row.events, row.scope) for row in webhooks],
        [url or "(no URL)" for url in all_visible([row.url for row in webhooks])],
        ["yes" if row.delivers else "no" for row in webhooks],
        shown_times([row.updated for row in webhooks], zone=""),
    )


@lru_cache(maxsize=1024)  # most webhooks have what others have
def _status(status: Status, unreadable: tuple[str, ...]) -> str:
    what = f" (can't be read: {', '.join(unreadable)})" if unreadable else ""
    return visible(_STATUS.get(status, status.value) + what)


@lru_cache(maxsize=1024)  # as above
def _events(events: tuple[str, ...], scope: str) -> str:
    return visible((", ".join(events) or "(no event)") + (f" ({scope})" if scope else ""))
