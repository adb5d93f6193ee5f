"""Object ids as Git shows its own: as many characters as tell those of a run apart."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from reconciler.model.plan import Plan
from reconciler.model.webhook import SHORTEST_ID
from reconciler.view.documents import ListView, PlanView
from reconciler.view.rows import Row

_View = TypeVar("_View", PlanView, ListView)


def id_length_of(plan: Plan) -> int:
    """How many characters tell the ids of all webhooks that were listed apart, those that filters leave out too."""
    rows = (row for account in plan.planned for row in (*account.rows, *account.left_out))
    return length_of(row.remote.id for row in rows if row.remote is not None)


def length_of(object_ids: Iterable[str]) -> int:
    """How many characters tell these ids apart."""
    ids = {*object_ids}
    longest = max(map(len, ids), default=0)
    return SHORTEST_ID + bisect_left(range(SHORTEST_ID, longest), 1, key=partial(_tells_apart, ids))


def _tells_apart(ids: Collection[str], length: int) -> bool:
    """Whether no two ids begin with so many characters alike."""
    return len({one[:length] for one in ids}) == len(ids)


def short_id(object_id: str, length: int) -> str:
    """The beginning of an id; a number stays whole, since its beginning would be another number."""
    return object_id if object_id.isdigit() else object_id[:length]


def short_address(address: str, length: int) -> str:
    """An address with a short id, where it names a webhook by its id; no other address has an `@`."""
    before, at, object_id = address.partition("@")
    return f"{before}{at}{short_id(object_id, length)}"


def with_short_ids(view: _View) -> _View:
    """A plan or a listing whose addresses have short ids; `object_id` stays whole."""

    def shortened(row: Row) -> Row:
        partner = None if row.partner is None else short_address(row.partner, view.id_length)
        return replace(row, webhook_address=short_address(row.webhook_address, view.id_length), partner=partner)

    def short(rows: Iterable[Row]) -> tuple[Row, ...]:
        return tuple(shortened(row) if row.entry is None or row.partner is not None else row for row in rows)

    if isinstance(view, ListView):
        return replace(view, webhooks=short(view.webhooks))
    return replace(
        view,
        resource_changes=short(view.resource_changes),
        unmanaged=short(view.unmanaged),
        known=short(view.known),
        duplicates=short(view.duplicates),
    )
