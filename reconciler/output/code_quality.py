"""GitLab's code-quality report: what is to be said of the files' lines, which a merge request shows beside them.

Source: GitLab's "Code Quality report format".
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator

from reconciler.model.diagnostic import Severity
from reconciler.output.document import DocumentReporter, Found
from reconciler.output.escaping import visible
from reconciler.output.reasons import sentences
from reconciler.output.remarks import remarks_of
from reconciler.view.codec import Json, json_line

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTICE: "info"}
"""GitLab shows the worst first: blocker, critical, major, minor, info."""
_OF_KIND = {"loss": "major"}
"""A loss that is allowed stops nothing, but is worse than what differs or changes beside it."""
_KEYS = ["description", "check_name", "fingerprint", "severity", "location"]


def is_code_quality(text: str) -> bool:
    """Whether it is a report as it is written here. Other tools know the format, too, but not in this very form."""
    try:
        issues = json.loads(text)
        return all([*issue] == _KEYS for issue in issues) and text.rstrip("\n") == _text(issues)
    except (ValueError, TypeError, RecursionError):
        return False


def _text(issues: Iterable[Json]) -> str:
    return "[\n" + ",\n".join(f"  {json_line(issue)}" for issue in issues) + "\n]"


class CodeQualityReporter(DocumentReporter):
    """Writes a list of issues, each with a path and a line: the file's first where it is about no line."""

    def document(self, found: Found) -> str:
        return _text(self._issues(found))

    def _issues(self, found: Found) -> Iterator[dict[str, Json]]:
        # The whole configuration's matters stand at the beginning of its first file.
        files = (found.plan.files if found.plan is not None else ()) or found.files
        seen = Counter[str]()
        for remark in remarks_of(found):
            place = remark.place
            path = visible(self._context.pipeline.path(files[0] if place is None else place.file))
            # GitLab tells issues of two runs apart by this, so it has neither a line nor a time in it.
            known = json.dumps([remark.kind, path, visible(remark.subject)])
            seen[known] += 1
            yield {
                "description": visible(sentences(remark.message, remark.help)),
                "check_name": remark.kind,
                "fingerprint": hashlib.sha256(f"{known}{seen[known]}".encode()).hexdigest(),
                "severity": _OF_KIND.get(remark.kind, _SEVERITIES[remark.severity]),
                "location": {"path": path, "lines": {"begin": max(1, place.line if place is not None else 1)}},
            }


reporter = CodeQualityReporter
