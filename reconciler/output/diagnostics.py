"""Diagnostics for people: what is wrong, the source line with the place marked, what to do."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.output.escaping import visible
from reconciler.output.fitting import columns
from reconciler.output.terminal import Streams, Style

_LONGEST_LINE = 200


def diagnostic_text(diagnostic: Diagnostic, style: Style) -> str:
    """One diagnostic in several lines; its texts hold no secrets, and its source line is masked already."""
    color = {Severity.ERROR: "red", Severity.WARNING: "yellow"}.get(diagnostic.severity, "cyan")
    head = style.paint(f"{diagnostic.severity.value}[{diagnostic.code}]", "bold", color)
    lines = [f"{head}: {visible(diagnostic.message)}"]
    if diagnostic.place is not None:
        lines.append(style.paint(f"  --> {visible(str(diagnostic.place))}", "dim"))
        if diagnostic.source:
            lines.extend(_excerpt(diagnostic, diagnostic.place, style))
    if diagnostic.help:
        lines.append(f"  help: {visible(diagnostic.help)}")
    return "\n".join(lines)


def print_diagnostics(streams: Streams, diagnostics: Iterable[Diagnostic]) -> None:
    """Say diagnostics on standard error."""
    style = Style(streams.err_color)
    for diagnostic in diagnostics:
        streams.print_message(diagnostic_text(diagnostic, style))


def _excerpt(diagnostic: Diagnostic, place: Place, style: Style) -> Iterable[str]:
    """The source line, or the part of a long one that is meant, with the place marked under it."""
    number, column = str(place.line), max(place.column - 1, 0)
    before = visible(diagnostic.source[:column])
    start = 0 if len(before) < _LONGEST_LINE else len(before) - _LONGEST_LINE // 2
    shown = visible(diagnostic.source)[start : start + _LONGEST_LINE]
    yield f"  {number} | {shown}"
    if place.column:
        meant = visible(diagnostic.source[column : column + diagnostic.width])
        meant = meant[: max(1, len(shown) - len(before[start:]))]
        blank = " " * columns(before[start:])
        yield f"  {' ' * len(number)} | {blank}{style.paint('^' * max(1, columns(meant)), 'bold')}"
