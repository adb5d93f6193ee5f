"""Diagnostics for people: what is wrong, the source line with the place marked, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.output.escaping import visible
from reconciler.output.fitting import columns
from reconciler.output.terminal import Streams, Style

_LONGEST_LINE = 200
_UNSET = "variable-unset"
_MANY = 4
"""From how many variables on that aren't set they are said together."""


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


def diagnostic_texts(diagnostics: Iterable[Diagnostic], style: Style) -> Iterator[str]:
    """Each diagnostic, but variables that aren't set together, where they are many: there is one thing to do."""
    groups: dict[tuple[str, str] | int, list[Diagnostic]] = {}
    for number, one in enumerate(diagnostics):
        key = (one.code, one.help) if one.code == _UNSET and one.place is not None else number
        groups.setdefault(key, []).append(one)
    for group in groups.values():
        if len(group) < _MANY:
            yield from (diagnostic_text(one, style) for one in group)
        else:
            yield _group_text(group, style)


def _group_text(group: Sequence[Diagnostic], style: Style) -> str:
    """Several diagnostics of one code and one help: the place of each, without its source line."""
    message, help_ = f"{len(group)} variables are not set", group[0].help.replace("Set it ", "Set each ", 1)
    head, *more = diagnostic_text(replace(group[0], message=message, help=help_, place=None), style).split("\n")
    places = (f"{style.paint(f'  --> {visible(str(one.place))}', 'dim')}: {visible(one.message)}" for one in group)
    return "\n".join((head, *places, *more))


def print_diagnostics(streams: Streams, diagnostics: Iterable[Diagnostic]) -> None:
    """Say diagnostics on standard error."""
    for text in diagnostic_texts(diagnostics, Style(streams.err_color)):
        streams.print_message(text)


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
