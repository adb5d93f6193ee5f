"""The list as a table: it fits a terminal, and elsewhere keeps every webhook on one line."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from reconciler.model.webhook import Remote
from reconciler.output.csv_format import _cells as csv_cells
from reconciler.output.table import list_table
from reconciler.output.terminal import Streams, Style
from reconciler.view.documents import ListView
from reconciler.view.redact import view_listing
from reconciler.view.short_ids import with_short_ids
from tests.output.screen import COLUMNS, Screen
from tests.support.builders import absent, account, entry, hook, planned
from tests.view.hostile import HostileRun, hostile_runs

PLAIN = Style(on=False)


def _listing(remotes: Sequence[Remote]) -> ListView:
    owner = account(protect=["/kept"], absents=[absent("/gone")])
    plan = planned([entry("orders", "/orders"), entry("kept", "/kept")], remotes, [owner])
    return view_listing(plan)


HOOKS = (
    hook("5e0f7a31c2b94c5f8d1a6b7c8d9e0f11", "/orders?token=x", active=False),
    hook("1", "/orders", day=2),
    hook("2", "/kept"),
    hook("3", "/gone", "batch_created", is_test=False, day=None),
    hook("4", "/other", "transaction_updated"),
    hook("5", "https://partner.example.org/hooks/" + "/".join(["orders"] * 20), "all", is_test=True),
)


def _streams(out: io.TextIOBase, *, color: bool = False, width: int = COLUMNS) -> Streams:
    return Streams(
        out=out,  # type: ignore[arg-type]  # a text stream
        err=out,  # type: ignore[arg-type]  # a text stream
        out_color=color,
        err_color=color,
        interactive=False,
        live=False,
        width=width,
    )


def test_every_webhook_stands_on_one_line_where_nothing_need_fit() -> None:
    lines = list_table(_listing(HOOKS), PLAIN, None).splitlines()
    rows = [re.split(r" {2,}", line.strip()) for line in lines[1:]]
    assert re.split(r" {2,}", lines[0]) == ["Webhook", "Status", "Events", "URL", "Active", "Last changed"]
    host = "https://hooks.example.com"
    assert rows == [
        ["@3", "listed under absent", "batch_created", f"{host}/gone", "yes"],
        ["kept[track_updated]", "protected", "track_updated", f"{host}/kept", "yes", "2026-01-02 00:00:00"],
        ["@1", "duplicate", "track_updated", f"{host}/orders", "yes", "2026-01-03 00:00:00"],
        [
            "orders[track_updated]",
            "managed",
            "track_updated",
            f"{host}/orders?token=‹hidden›",
            "no",
            "2026-01-02 00:00:00",
        ],
        ["@4", "not in the file", "transaction_updated", f"{host}/other", "yes", "2026-01-02 00:00:00"],
        [
            "@5",
            "unmanaged",
            "all (is_test)",
            "https://partner.example.org/hooks/" + "/".join(["orders"] * 20),
            "yes",
            "2026-01-02 00:00:00",
        ],
    ]


@pytest.mark.parametrize("color", [True, False], ids=["colour", "no-colour"])
def test_table_fits_a_terminal_of_80_columns(color: bool) -> None:  # noqa: FBT001 - a column
    with Screen() as screen:
        streams = _streams(screen.stream, color=color)  # type: ignore[arg-type]  # a text stream
        table = list_table(_listing(HOOKS), Style(on=color), COLUMNS)
        streams.print_result(table)
    lines, _ = screen.seen()
    assert ("\x1b" in table) is color
    assert lines == [
        "https://hooks.example.com/gone",
        "  @3 batch_created        listed under absent",
        "https://hooks.example.com/kept",
        "  kept[track_updated]     protected            2026-01-02",
        "https://hooks.example.com/orders",
        "  @1 track_updated        duplicate            2026-01-03",
        "https://hooks.example.com/orders?token=‹hidden›",
        "  orders[track_updated]   managed, off         2026-01-02",
        "https://hooks.example.com/other",
        "  @4 transaction_updated  not in the file      2026-01-02",
        "https://partner.example.org/hooks/orders/orders/orders/orders/orders/orders",
        "  /orders/orders/orders/orders/orders/orders/orders/orders/orders/orders/orders",
        "  /orders/orders/orders",
        "  @5 all (is_test)        unmanaged            2026-01-02",
    ]


@settings(max_examples=30)
@given(run=hostile_runs())
def test_a_listing_in_brief_reads_the_same(run: HostileRun) -> None:
    brief, whole = (view_listing(run.plan, brief=is_brief) for is_brief in (True, False))
    assert list_table(with_short_ids(brief), PLAIN, None) == list_table(with_short_ids(whole), PLAIN, None)
    assert [*map(csv_cells, brief.webhooks)] == [*map(csv_cells, whole.webhooks)]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_table_is_written_in_what_the_stream_can_encode(encoding: str) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding)
    streams = _streams(out)
    streams.print_result(list_table(_listing(HOOKS), PLAIN, None))
    assert ("<hidden>" in raw.getvalue().decode(encoding)) is (encoding == "ascii")


@settings(max_examples=30)
@given(run=hostile_runs())
def test_hostile_webhooks_stay_in_their_cells(run: HostileRun) -> None:
    listing = view_listing(run.plan)
    lines = list_table(listing, PLAIN, None).split("\n")
    assert all(line.isprintable() for line in lines)
    assert "##[" not in "".join(lines)
    assert len(lines) == len(listing.webhooks) + 1


def test_even_the_longest_names_stay_on_their_line_in_a_pipe() -> None:
    remotes = [hook("1", "/other", "::add-mask::" + "x" * 120_000), hook("2" * 200, "/b")]
    lines = list_table(_listing(remotes), PLAIN, None).split("\n")
    assert len(lines) == 3
    assert not [line for line in lines if re.match(r"\s*::", line)]
