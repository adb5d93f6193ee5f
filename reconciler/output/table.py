"""The list of webhooks as a table that fits. Loads `rich`."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reconciler.output.terminal import Streams, visible
from reconciler.view.listing import Listing

_WIDEST = 100_000
"""The width where nothing need fit: a pipe or a file gets every webhook on one line."""


def list_table(listing: Listing, streams: Streams) -> str:
    """Every webhook of a listing, one a row.

    Args:
        listing: what may be shown.
        streams: its width counts where results go to a terminal.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, safe_box=True)
    for title in ("Webhook", "Status", "Events", "URL", "Active", "Last changed"):
        table.add_column(title, overflow="fold", no_wrap=False)
    for row in listing.rows:
        webhook = row.webhook
        scope = f" ({webhook.scope})" if webhook.scope else ""
        cells = (
            webhook.address,
            row.status,
            ", ".join(webhook.events) + scope,
            webhook.url,
            "yes" if webhook.live else "no",
            webhook.updated.replace("T", " ").replace("Z", ""),
        )
        table.add_row(*(Text(visible(cell)) for cell in cells))
    width = streams.width if streams.out.isatty() else _WIDEST
    console = Console(width=width, no_color=not streams.out_color, highlight=False, force_terminal=streams.out_color)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
