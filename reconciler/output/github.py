"""GitHub Actions: workflow commands that mark the files' lines, as many as GitHub shows."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.diagnostic import Severity
from reconciler.output.document import DocumentReporter, Found
from reconciler.output.pipeline import Pipeline, command
from reconciler.output.remarks import Remark, remarks_of

_MOST = 10
"""How many annotations of a kind GitHub shows for a step; of a job it shows 50. Source: GitHub's usage limits."""
_LONGEST = 2_000


class GitHubReporter(DocumentReporter):
    """Writes an annotation for each thing that is to be said."""

    def document(self, found: Found) -> str:
        return "\n".join(_commands([*remarks_of(found)], self._context.pipeline))

    def print_document(self, text: str) -> None:
        if text:
            self._streams.print_commands(text)


def _commands(remarks: list[Remark], pipeline: Pipeline) -> Iterator[str]:
    for severity in Severity:
        of_kind = [remark for remark in remarks if remark.severity is severity]
        # The last that is shown says how many aren't.
        shown = of_kind if len(of_kind) <= _MOST else of_kind[: _MOST - 1]
        yield from (_annotation(remark, pipeline) for remark in shown)
        if left := len(of_kind) - len(shown):
            yield command(severity.value, f"and {left} more, which GitHub doesn't show here", title="reconciler")


def _annotation(remark: Remark, pipeline: Pipeline) -> str:
    place, where = remark.place, dict[str, object]()
    if place is not None and place.file != "<stdin>":
        where = {"file": pipeline.path(place.file), "line": place.line}
        if place.column and remark.width:
            where |= {"col": place.column, "endColumn": place.column + remark.width}
    text = "\n".join(filter(None, (remark.message, remark.help)))[:_LONGEST]
    return command(remark.severity.value, text, **where, title=f"reconciler: {remark.kind}")


reporter = GitHubReporter
