"""What a measurement means: the findings about a receiver, and what to do about each. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urljoin

from reconciler.doctor.receivers import Failure, Measurement, Receiver, Response
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.redaction import Redaction
from reconciler.model.secret import Origin, SecretText
from reconciler.model.url import Url, parse_url
from reconciler.view.documents import EndpointRow, EndpointStatus, RequestRow, diagnostic_row
from reconciler.view.outcome import count_text
from reconciler.view.values import time_text

EXPIRES_SOON = 14
"""Days: a certificate that is renewed by itself is renewed earlier."""
_LONGEST_LOCATION = 2000
_MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
_ONLY_METHOD = " Some servers respond like this only to OPTIONS: `--send-sample` shows whether yours does."
_LOG = "Check the receiver's log, and what is in front of it."
_TLS = "Check that this port speaks TLS 1.2 or later."
_FAILURES = {
    Failure.NOT_CHECKED: ("receiver-unchecked", "not checked: the time for all endpoints was over", "Use `--target`."),
    Failure.UNRESOLVED: ("receiver-dns", "the host name can't be resolved", "Check its spelling and its DNS records."),
    Failure.REFUSED: ("receiver-connection", "the connection was refused", "Check that the receiver is running."),
    Failure.UNREACHABLE: ("receiver-connection", "the host can't be reached", "Check the network and firewalls."),
    Failure.NOT_CONNECTED: ("receiver-connection", "no connection was set up in time", "Check the network, firewalls."),
    Failure.HANDSHAKE: ("receiver-tls", "the TLS handshake failed", _TLS),
    Failure.CLOSED: ("receiver-response", "the connection was closed without a response", _LOG),
    Failure.NOT_HTTP: ("receiver-response", "the response isn't valid HTTP", "Check which server uses this port."),
}
_RENEW = "Renew it: providers don't deliver to an endpoint whose certificate isn't valid."
_CERTIFICATES = {
    9: ("isn't valid yet", "Check its dates, and this machine's clock."),
    10: ("has expired", _RENEW),
    18: ("is self-signed", "Use one from a public authority: providers don't trust this one."),
    **dict.fromkeys((62, 64), ("is for another host", "Use one for this host, or correct the host in the file.")),
}
"""By OpenSSL's `X509_V_ERR_*` code."""
_UNTRUSTED = (
    "isn't signed by an authority that this machine trusts",
    "Check that the server sends all intermediate certificates, and that the authority is a public one.",
)


def endpoint_row(
    receiver: Receiver, measured: Measurement, redaction: Redaction, now: datetime, *, long: bool
) -> EndpointRow:
    """A receiver with all that was found; its webhooks by their `long` addresses, or by the short ones."""
    found = sorted(findings(receiver, measured, now), key=lambda one: not one.is_error)
    status = EndpointStatus.OK if not found else EndpointStatus.WARNING
    expires = measured.certificate_expires
    return EndpointRow(
        url=redaction.show(receiver.url),
        webhooks=tuple(address.text(long=long) for address in receiver.webhooks),
        status=EndpointStatus.FAILED if any(one.is_error for one in found) else status,
        addresses=measured.addresses,
        certificate_expires=None if expires is None else time_text(expires),
        certificate_days=None if expires is None else max((expires - now).days, 0),
        requests=tuple(
            RequestRow(
                method=one.request.method,
                event=one.request.event or None,
                status=one.status or None,
                milliseconds=round(one.seconds * 1000),
            )
            for one in measured.responses
        ),
        findings=tuple(map(diagnostic_row, found)),
    )


def findings(receiver: Receiver, measured: Measurement, now: datetime) -> Iterator[Diagnostic]:
    """All that is to be said of a receiver at a time (UTC); nothing where all is well."""
    if measured.failure is Failure.UNSET_VARIABLE:
        names = ", ".join(f"`${{{name}}}`" for name in dict.fromkeys(receiver.url.source.variables(Origin.PLACEHOLDER)))
        yield _found("variable-unset", f"not checked: {names} is not set", "Set it in the environment or an env file.")
    elif measured.failure is not None:
        yield _found(*_FAILURES[measured.failure])
    private = [one for one in measured.addresses if not ip_address(one.partition("%")[0]).is_global]
    if private and not receiver.is_local:
        message = f"the host resolves to {private[0]}, a private address: a provider on the internet can't reach it"
        yield _found("receiver-private", message, "Use a public host name.", Severity.WARNING)
    expires = measured.certificate_expires
    if expires is not None and (days := (expires - now).days) < EXPIRES_SOON:
        left = count_text(days, "day") if days > 0 else "less than a day"
        message = f"the certificate expires in {left}, on {expires:%Y-%m-%d}"
        help_ = "Renew it, and check why that didn't happen automatically."
        yield _found("receiver-tls", message, help_, Severity.WARNING)
    for event in receiver.without_sample:
        help_ = "Trigger such an event at the provider instead."
        yield _found("sample-missing", f"there is no sample of the event {event}", help_, Severity.WARNING)
    alike: dict[tuple[object, ...], list[Response]] = {}
    for one in measured.responses:
        alike.setdefault((one.failure, one.status, one.location, one.seconds > receiver.timeout), []).append(one)
    for responses in alike.values():
        events = ", ".join(one.request.event for one in responses)
        sent = f"{responses[0].request.method} ({events})" if events else responses[0].request.method
        yield from _on_response(receiver, responses[0], sent)


def _on_response(receiver: Receiver, response: Response, sent: str) -> Iterator[Diagnostic]:
    failure = response.failure
    if failure is Failure.NO_RESPONSE or (failure is None and response.seconds > receiver.timeout):
        message = f"{sent} was not answered within {receiver.timeout:g} s, the time that {receiver.title} waits"
        yield _found("receiver-slow", message, "Respond first and do the work afterwards, for example in a queue.")
    if failure is Failure.CERTIFICATE:
        what, help_ = _CERTIFICATES.get(response.certificate_fault, _UNTRUSTED)
        yield _found("receiver-tls", f"the certificate {what}; no request was sent", help_)
    elif failure in _FAILURES:
        yield _found(*_FAILURES[failure])
    elif failure is None:
        yield from _on_status(receiver, response, sent)


def _on_status(receiver: Receiver, response: Response, sent: str) -> Iterator[Diagnostic]:
    """What a status says; to a request without a body only what is about the URL, or the server as a whole."""
    status, is_sample = response.status, bool(response.request.event)
    code, message, help_, severity = "receiver-status", f"was answered with {status}", _LOG, Severity.ERROR
    if status in set(HTTPStatus):
        message += f" {HTTPStatus(status).phrase}"
    if status in range(300, 400):
        code, message = "receiver-redirect", f"was redirected{_target(receiver.url, response.location)} ({status})"
        help_ = "Providers don't follow redirects: use the final URL in the file."
    elif status in _MISSING:
        help_ = "Check the URL's path, and that the receiver is deployed." + ("" if is_sample else _ONLY_METHOD)
    elif status in _DENIED and not is_sample:
        severity, help_ = Severity.WARNING, "Check the secrets in the URL." + _ONLY_METHOD
    elif status in range(200, 300) or (not is_sample and status in (*range(400, 500), HTTPStatus.NOT_IMPLEMENTED)):
        return
    yield _found(code, f"{sent} {message}", help_, severity)


def _target(url: Url, location: str) -> str:
    """Where a redirect leads, as far as this can't repeat the URL's secrets, as its path and query often do."""
    here = url.endpoint
    try:
        if not 0 < len(location) <= _LONGEST_LOCATION:
            return ""
        to = parse_url(SecretText.provider(urljoin(here.origin + here.path, location))).endpoint
    except ValueError:
        return ""
    if to.origin != here.origin:
        is_ours = to.host.removeprefix("www.") == here.host.removeprefix("www.")
        return f" to {to.origin}" if is_ours else " to another host"
    if to.path.rstrip("/") == here.path.rstrip("/") and to.path != here.path:
        return f" to the same path {'with' if to.path.endswith('/') else 'without'} a `/` at its end"
    return " to another path or query of the same host"


def _found(code: str, message: str, help_: str, severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic(severity=severity, code=code, message=message, help=help_)
