"""What `doctor` found, in text: a line for each endpoint, and below it what to do."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.diagnostic import Severity
from reconciler.output.escaping import visible
from reconciler.output.terminal import Style
from reconciler.view.documents import DoctorView, EndpointRow, EndpointStatus, RequestRow
from reconciler.view.outcome import count_text

_SIGNS = {
    EndpointStatus.OK: ("✓", "green"),
    EndpointStatus.WARNING: ("!", "yellow"),
    EndpointStatus.FAILED: ("✗", "red"),
}
_COLORS = {Severity.WARNING: "yellow", Severity.ERROR: "red"}


def doctor_texts(view: DoctorView, style: Style, verbosity: int) -> Iterator[str]:
    """Every endpoint, at verbosity -1 and below only those with findings, from 1 on with all that was measured."""
    for row in view.endpoints:
        if verbosity >= 0 or row.status is not EndpointStatus.OK:
            yield "\n".join(_endpoint(row, style, verbosity))


def _endpoint(row: EndpointRow, style: Style, verbosity: int) -> Iterator[str]:
    sign, color = _SIGNS[row.status]
    names = dict.fromkeys(address.partition("[")[0] for address in row.webhooks)
    head = style.paint(f"{sign} {row.status.value}", "bold", color)
    yield f"{head}  {visible(', '.join(names))}  {visible(row.url)}"
    if verbosity > 0:
        yield f"    webhooks: {visible(', '.join(row.webhooks))}"
        yield f"    addresses: {', '.join(row.addresses) or '(none)'}"
    if row.requests and (verbosity > 0 or not row.findings):
        days = row.certificate_days
        valid = "" if days is None else f"; certificate valid for {count_text(days, 'day')}"
        yield f"    {', '.join(map(_request, row.requests))}{valid}"
    for finding in row.findings:
        yield f"    {style.paint(finding.severity.value, _COLORS[finding.severity])}: {visible(finding.summary)}"
        yield f"    help: {visible(finding.detail)}"


def _request(request: RequestRow) -> str:
    sent = f"{request.method} {request.event}" if request.event else request.method
    return f"{visible(sent)}: {request.status or 'no response'} in {request.milliseconds} ms"
