"""JUnit XML, for what shows test results: a test case for each webhook, which fails where it differs or wasn't done.

Source of the shape: the schema that Jenkins' xUnit plugin publishes, which GitLab and GitHub's actions read.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from reconciler.model.plan import Action, Reason
from reconciler.output.document import DocumentReporter, Found
from reconciler.output.escaping import visible
from reconciler.output.plan_text import difference_texts
from reconciler.output.reasons import drift_text, endpoint_text, reason_text, sentences
from reconciler.view.documents import PlanView
from reconciler.view.results import ResultRow
from reconciler.view.rows import AccountRow, Row, hosts_of
from reconciler.view.values import time_text


class JUnitReporter(DocumentReporter):
    """Writes a test suite for each account, and one for the files."""

    is_brief = False

    def document(self, found: Found) -> str:
        root = ET.Element("testsuites", name=visible(f"reconciler: {found.name}"), timestamp=time_text(found.now))
        root.extend(_suites(found))
        for name in ("tests", "failures", "errors", "skipped"):
            root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
        ET.indent(root)
        return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _suites(found: Found) -> Iterator[ET.Element]:
    yield _files(found)
    for account in () if found.plan is None else found.plan.accounts:
        yield _account(account, found)


def _files(found: Found) -> ET.Element:
    """The run itself, which fails by whatever is no webhook's or account's matter."""
    suite = _suite("files")
    case = _case(suite, found.name, "run")
    is_told = found.plan is not None and (found.report is not None or found.plan.not_checked)
    if found.errors:
        places = "\n".join(f"{one.place or one.code}: {sentences(one.message, one.help)}" for one in found.errors)
        _problem(suite, case, "errors", "error", found.result.words, places)
    elif found.result.has_failed and not is_told:
        _problem(suite, case, "errors", "error", found.result.words, "")
    return suite


def _account(account: AccountRow, found: Found) -> ET.Element:
    suite, plan = _suite(account.name), found.plan
    error = account.error
    if found.report is not None:
        error = error or found.report.errors.get(account.name)
    if error is not None:
        case = _case(suite, account.name, account.provider)
        _problem(suite, case, "errors", "error", error.summary, error.detail)
    if plan is None:
        return suite
    results = () if found.report is None else found.report.results
    left = {row.webhook_address: row for row in results if row.account == account.name}
    for row in plan.resource_changes:
        if row.account == account.name:
            _webhook(suite, row, plan, left.pop(row.webhook_address, None), is_drift=found.is_drift)
    for result in left.values():  # found while the plan was carried out
        _result(suite, _case(suite, result.webhook_address, account.provider), result)
    if found.is_drift:
        rows = [row for row in plan.failing_unmanaged if row.account == account.name]
        hosts = (host for host, _ in hosts_of(rows))
        for name in (row.webhook_address for row in rows) if found.shows_unmanaged else hosts:
            _problem(suite, _case(suite, name, "unmanaged"), "failures", "failure", "unmanaged", "")
    return suite


def _webhook(suite: ET.Element, row: Row, plan: PlanView, result: ResultRow | None, *, is_drift: bool) -> None:
    case = _case(suite, row.webhook_address, row.type)
    fields = "\n".join((endpoint_text(row), *difference_texts(row)))
    if result is not None:
        _result(suite, case, result, fields)
    elif row.action is not Action.NONE:
        words = drift_text(row, plan) if is_drift else reason_text(row)
        _problem(suite, case, "failures", "failure", words, fields)
    elif row.action_reason is Reason.PROTECTED and row.field_changes and is_drift:
        _problem(suite, case, "failures", "failure", f"protected: {drift_text(row, plan)}", fields)
    elif row.action_reason is Reason.PROTECTED:
        _problem(suite, case, "skipped", "skipped", "protected, left as it is", fields)
    elif row.action_reason is Reason.NOT_COMPARED:
        _problem(suite, case, "skipped", "skipped", "not compared: a variable is not set", fields)


def _result(suite: ET.Element, case: ET.Element, result: ResultRow, fields: str = "") -> None:
    if not result.is_done:
        detail = "\n".join(filter(None, (fields or endpoint_text(result), result.error, result.help)))
        _problem(suite, case, "failures", "failure", f"{result.action.value}: {result.words}", detail)


def _suite(name: str) -> ET.Element:
    return ET.Element("testsuite", name=visible(name), tests="0", failures="0", errors="0", skipped="0")


def _case(suite: ET.Element, name: str, kind: str) -> ET.Element:
    _count(suite, "tests")
    return ET.SubElement(suite, "testcase", name=visible(name), classname=visible(f"{suite.get('name')}.{kind}"))


def _problem(suite: ET.Element, case: ET.Element, counted: str, tag: str, message: str, detail: str) -> None:
    _count(suite, counted)
    problem = ET.SubElement(case, tag, message=visible(message))
    problem.text = "\n".join(map(visible, detail.splitlines())) or None


def _count(suite: ET.Element, name: str) -> None:
    suite.set(name, str(int(suite.get(name, "0")) + 1))


reporter = JUnitReporter
