"""What later steps of a GitHub job need to know: `NAME=VALUE` lines, as the file of a step's outputs has them.

The exit code is among them, since a step that `exec`s the command has no shell left to ask for it.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-output-parameter
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.output.document import DocumentReporter, Found
from reconciler.output.escaping import visible


class GitHubOutputReporter(DocumentReporter):
    """Writes the exit code, the last line of the run, and the counts, as far as the run came."""

    def document(self, found: Found) -> str:
        # A value has one line: what could end it is shown escaped.
        return "\n".join(f"{name}={visible(str(value))}" for name, value in _values(found))


def _values(found: Found) -> Iterator[tuple[str, int | str]]:
    yield "exitcode", int(found.result.code)
    yield "verdict", found.result.words
    if found.digest:
        yield "digest", found.digest
    if found.plan is not None:
        summary = found.plan.summary
        yield "changes", summary.changes
        yield "to-create", summary.create
        yield "to-update", summary.update
        yield "to-delete", summary.delete
        yield "losses", len(found.plan.losses)
        yield "unmanaged", summary.unmanaged
        yield "not-checked", len(found.plan.not_checked)
    if found.report is not None:
        yield "done", len(found.report.done)
        yield "not-done", len(found.report.failed)


reporter = GitHubOutputReporter
