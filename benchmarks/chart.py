"""The ratios as an SVG: how they grow with the number of webhooks, and all others as bars."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from benchmarks.measure import Quantity, Row

COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2", "#7f7f7f")
WIDTH, LEFT, RIGHT, HEIGHT, BAR = 900, 420, 30, 300, 18  # pixels


class Axis:
    """A logarithmic axis from the least to the most of some numbers, onto pixels."""

    def __init__(self, numbers: Iterable[float], start: float, end: float) -> None:
        self.numbers = sorted(numbers)
        low, high = math.log(self.numbers[0]), math.log(self.numbers[-1])
        self._low, self._start, self._by = low, start, (end - start) / (high - low or 1)

    def at(self, number: float) -> float:
        return self._start + (math.log(number) - self._low) * self._by


def chart(rows: Sequence[Row]) -> str:
    """The drawing."""
    series: dict[str, list[Row]] = {}
    for row in rows:
        series.setdefault(row.series, []).append(row)
    series = {name: found for name, found in series.items() if name and len(found) > 1}
    grown = [row for found in series.values() for row in found]
    bars = [row for row in rows if row.series not in series]
    below = HEIGHT + 60 if grown else 20
    parts = [*(_lines(series, grown) if grown else ()), *(_bars(bars, below) if bars else ())]
    height = below + BAR * len(bars) + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _lines(series: dict[str, list[Row]], rows: Sequence[Row]) -> Iterator[str]:
    across = Axis({row.size for row in rows}, LEFT, WIDTH - RIGHT)
    up = Axis({1.0, *(row.ratio for row in rows)}, HEIGHT, 30)
    yield _text(LEFT, 18, "ratio, by the number of webhooks (both logarithmic)", "start")
    for size in sorted({row.size for row in rows}):
        yield _rule(across.at(size), 30, across.at(size), HEIGHT)
        yield _text(across.at(size), HEIGHT + 16, f"{size:,}", "middle")
    for number in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100):
        if up.numbers[0] <= number <= up.numbers[-1]:
            yield _rule(LEFT, up.at(number), WIDTH - RIGHT, up.at(number))
            yield _text(LEFT - 6, up.at(number) + 4, f"{number:g}", "end")
    for at, (name, found) in enumerate(series.items()):
        colour = COLOURS[at % len(COLOURS)]
        dashed = ' stroke-dasharray="5 3"' if at >= len(COLOURS) else ""
        points = " ".join(f"{across.at(row.size):.1f},{up.at(row.ratio):.1f}" for row in found)
        drawn = f'fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'
        yield f'<polyline points="{points}" {drawn}'
        yield f'<polyline points="8,{33 + at * 18} 30,{33 + at * 18}" {drawn}'
        yield _text(36, 37 + at * 18, name, "start")


def _bars(rows: Sequence[Row], top: float) -> Iterator[str]:
    across = Axis({0.5, 1.0, *(row.ratio for row in rows)}, LEFT, WIDTH - RIGHT - 40)
    one = across.at(1)
    for at, row in enumerate(rows):
        y, end = top + at * BAR, across.at(row.ratio)
        left, width = min(one, end), max(abs(end - one), 1)
        yield f'<rect x="{left:.1f}" y="{y}" width="{width:.1f}" height="{BAR - 5}" fill="{COLOURS[0]}"/>'
        name = f"{row.name} ÷ {row.baseline}{', memory' if row.quantity is Quantity.MEMORY else ''}"
        yield _text(LEFT - 6, y + 10, name, "end")
        yield _text(max(one, end) + 4, y + 10, f"{row.ratio:.2f}", "start")
    yield _rule(one, top - 6, one, top + BAR * len(rows))


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ccc"/>'
