"""Diagnostics as people read them: place, line, mark, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.output.style import Style
from reconciler.output.terminal import visible

_LONGEST_LINE = 200


def diagnostic_text(diagnostic: Diagnostic, style: Style) -> str:
    """One diagnostic in several lines.

    Args:
        diagnostic: texts without secrets; its source line is masked already.
        style: how to colour it.
    """
    error = diagnostic.severity is Severity.ERROR
    head = style.paint(f"{diagnostic.severity.value}[{diagnostic.code}]", "bold", "red" if error else "yellow")
    lines = [f"{head}: {visible(diagnostic.message)}"]
    place = diagnostic.place
    if place is not None:
        lines.append(style.paint(f"  --> {visible(str(place))}", "dim"))
        if diagnostic.source:
            lines.extend(_excerpt(diagnostic, style))
    if diagnostic.help:
        lines.append(f"  help: {visible(diagnostic.help)}")
    return "\n".join(lines)


def _excerpt(diagnostic: Diagnostic, style: Style) -> Iterable[str]:
    """The source line with the place marked under it."""
    assert diagnostic.place is not None  # a source line has a place  # noqa: S101
    number = str(diagnostic.place.line)
    before = visible(diagnostic.source[: max(diagnostic.place.column - 1, 0)])
    shown = visible(diagnostic.source)
    yield f"  {number} | {shown[:_LONGEST_LINE]}"
    if diagnostic.place.column and len(before) < _LONGEST_LINE:
        width = max(1, min(diagnostic.width, len(shown) - len(before)))
        yield f"  {' ' * len(number)} | {' ' * len(before)}{style.paint('^' * width, 'bold')}"
