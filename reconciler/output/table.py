"""The list of webhooks as a table that fits. Loads `rich`."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reconciler.output.escaping import shown_time, visible
from reconciler.output.terminal import Streams
from reconciler.view.documents import ListView
from reconciler.view.rows import Row, Status

_TITLES = ("Webhook", "Status", "Events", "URL", "Active", "Last changed")
_STATUS = {Status.NOT_IN_FILE: "not in the file", Status.ABSENT: "listed under absent"}


def list_table(listing: ListView, streams: Streams) -> str:
    """Every webhook of a listing, one a row; no wider than the terminal, where results go to one."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, safe_box=True)
    for title in _TITLES:
        table.add_column(title, overflow="fold", no_wrap=False)
    rows = [tuple(map(visible, _cells(row))) for row in listing.webhooks]
    for row in rows:
        table.add_row(*map(Text, row))
    width = streams.width if streams.out.isatty() else _widest(rows)
    console = Console(width=width, no_color=not streams.out_color, highlight=False, force_terminal=streams.out_color)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _cells(row: Row) -> tuple[str, ...]:
    scope = f" ({row.scope})" if row.scope else ""
    unreadable = f" (can't be read: {', '.join(row.unreadable_fields)})" if row.unreadable_fields else ""
    return (
        row.address,
        _STATUS.get(row.status, row.status.value) + unreadable,
        (", ".join(row.events) or "(no event)") + scope,
        row.url or "(no URL)",
        "yes" if row.delivers else "no",
        shown_time(row.updated).removesuffix(" UTC"),
    )


def _widest(rows: Iterable[tuple[str, ...]]) -> int:
    """A width in which every webhook stands on one line: a pipe or a file has no edge to fit."""
    longest = [max(map(len, column)) for column in zip(_TITLES, *rows, strict=True)]
    return 2 * sum(longest) + len(longest) * len("   ")  # a wide letter takes two columns
