"""Endpoints against events: who receives what, and how often."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reconciler.output.escaping import visible
from reconciler.output.fitting import fitted
from reconciler.output.terminal import Style
from reconciler.view.deliveries import Delivery, State, deliveries_now
from reconciler.view.documents import ListView

_SIGNS = {State.IN_STEP: "x", State.PROTECTED: "x", State.OFF: "o"}
_LEGEND = (
    "x: by a webhook in the file; u: by one that isn't; 2 or more: by so many, each event arrives as often; "
    "o: switched off"
)


class Matrix(Struct, frozen=True):
    """The events that webhooks are for, and of each endpoint the account, the URL, and a cell for each of them."""

    events: tuple[str, ...]
    endpoints: tuple[tuple[str, str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, listing: ListView) -> Matrix:
        found = deliveries_now(listing)
        return cls(
            found.events,
            tuple(
                (one.account, f"{one.url} ({one.scope})" if one.scope else one.url, tuple(map(_cell, one.deliveries)))
                for one in found.receivers
            ),
        )


def _cell(delivery: Delivery | None) -> str:
    if delivery is None:
        return ""
    return str(delivery.before) if delivery.state is State.TWICE else _SIGNS.get(delivery.state, "u")


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
