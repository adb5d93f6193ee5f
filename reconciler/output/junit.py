"""JUnit XML, for what shows test results: a test case for each webhook, which fails where it differs or wasn't done.

Source of the shape: the schema that Jenkins' xUnit plugin publishes, which GitLab and GitHub's actions read.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from reconciler.model.configuration import OnUnmanaged
from reconciler.model.plan import Action
from reconciler.output.document import DocumentReporter, Found
from reconciler.output.escaping import visible
from reconciler.output.reasons import drift_text, reason_text
from reconciler.view.documents import PlanView
from reconciler.view.results import ResultRow
from reconciler.view.rows import AccountRow, Row
from reconciler.view.values import time_text


class JUnitReporter(DocumentReporter):
    """Writes a test suite for each account, and one for the files."""

    def document(self, found: Found) -> str:
        root = ET.Element("testsuites", name=visible(f"reconciler: {found.name}"), timestamp=time_text(found.now))
        root.extend(suite for suite in _suites(found) if len(suite))
        for name in ("tests", "failures", "errors"):
            root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
        ET.indent(root)
        return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _suites(found: Found) -> Iterator[ET.Element]:
    files = _suite("files")
    for diagnostic in found.diagnostics:
        if diagnostic.is_error:
            case = _case(files, str(diagnostic.place or diagnostic.code), diagnostic.code)
            _problem(files, case, "errors", "error", diagnostic.message, diagnostic.help)
    yield files
    if found.plan is not None:
        yield from (_account(account, found.plan, found) for account in found.plan.accounts)


def _account(account: AccountRow, plan: PlanView, found: Found) -> ET.Element:
    suite = _suite(account.name)
    if account.error is not None:
        case = _case(suite, account.name, account.provider)
        _problem(suite, case, "errors", "error", account.error.summary, account.error.detail)
    results = {} if found.report is None else {(row.account, row.webhook_address): row for row in found.report.results}
    for row in plan.resource_changes:
        if row.account == account.name:
            _webhook(suite, row, plan, results.get((row.account, row.webhook_address)), is_drift=found.is_drift)
    if account.on_unmanaged is OnUnmanaged.FAIL:
        for row in plan.unmanaged:
            if row.account == account.name:
                case = _case(suite, row.webhook_address if found.shows_unmanaged else row.host, row.type)
                _problem(suite, case, "failures", "failure", "unmanaged", "")
    return suite


def _webhook(suite: ET.Element, row: Row, plan: PlanView, result: ResultRow | None, *, is_drift: bool) -> None:
    case = _case(suite, row.webhook_address, row.type)
    if result is not None:
        if not result.is_done:
            _problem(suite, case, "failures", "failure", result.words, result.help)
        return
    if row.action is Action.NONE and not row.field_changes:
        return
    words = drift_text(row, plan) if is_drift else reason_text(row)
    fields = "\n".join(f"{field.name}: {field.before} → {field.after}" for field in row.field_changes)
    _problem(suite, case, "failures", "failure", words, fields)


def _suite(name: str) -> ET.Element:
    return ET.Element("testsuite", name=visible(name), tests="0", failures="0", errors="0")


def _case(suite: ET.Element, name: str, kind: str) -> ET.Element:
    _count(suite, "tests")
    return ET.SubElement(suite, "testcase", name=visible(name), classname=visible(f"{suite.get('name')}.{kind}"))


def _problem(suite: ET.Element, case: ET.Element, counted: str, tag: str, message: str, detail: str) -> None:
    _count(suite, counted)
    ET.SubElement(case, tag, message=visible(message)).text = "\n".join(map(visible, detail.splitlines()))


def _count(suite: ET.Element, name: str) -> None:
    suite.set(name, str(int(suite.get(name, "0")) + 1))


reporter = JUnitReporter
