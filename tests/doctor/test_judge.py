"""What a measurement means: each finding, and that nothing a receiver says gets through."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.doctor.judge import endpoint_row, findings
from reconciler.doctor.receivers import Failure, Measurement, Receiver, Request, Response
from reconciler.model.redaction import Redaction
from reconciler.model.url import Url
from reconciler.model.webhook import Address
from reconciler.view.documents import EndpointStatus
from tests.model.texts import env, written
from tests.support.builders import DAY, url
from tests.support.canaries import leaks

SAMPLE = Request(method="POST", event="track_updated", body=b"{}")
OPTIONS = Request()


def receiver(at: Url | None = None, *, is_local: bool = False, without: tuple[str, ...] = ()) -> Receiver:
    return Receiver(
        url=at or url("/in/orders?token=x"),
        webhooks=(Address(account="default", name="orders", index="track_updated"),),
        timeout=3,
        title="Shippo",
        is_local=is_local,
        requests=(OPTIONS,),
        without_sample=without,
    )


def said(measured: Measurement, of: Receiver | None = None) -> list[str]:
    return [f"{one.severity.value} {one.code}: {one.message}" for one in findings(of or receiver(), measured, DAY)]


def answered(status: int, *, request: Request = OPTIONS, location: str = "", seconds: float = 0.1) -> Measurement:
    response = Response(request=request, status=status, location=location, seconds=seconds)
    return Measurement(addresses=("8.8.8.8",), responses=(response,))


def failed(failure: Failure, *, fault: int = 0, request: Request = OPTIONS) -> Measurement:
    response = Response(request=request, failure=failure, certificate_fault=fault)
    return Measurement(addresses=("8.8.8.8",), responses=(response,))


FINE = (200, 204, 400, 405, 406, 411, 415, 422, 501)


@pytest.mark.parametrize("status", FINE)
def test_response_to_a_request_without_a_body_may_refuse_it(status: int) -> None:
    assert said(answered(status)) == []


@pytest.mark.parametrize("status", [*FINE, 404, 410, 401, 429, 500, 302, 100, 999])
def test_only_2xx_to_a_sample_is_fine(status: int) -> None:
    found = said(answered(status, request=SAMPLE))
    assert [one.startswith("error receiver-") for one in found] == [True] * (status not in (200, 204))


@pytest.mark.parametrize(
    ("status", "finding"),
    [
        pytest.param(404, "error receiver-status: OPTIONS was answered with 404 Not Found", id="404"),
        pytest.param(410, "error receiver-status: OPTIONS was answered with 410 Gone", id="410"),
        pytest.param(401, "warning receiver-status: OPTIONS was answered with 401 Unauthorized", id="401"),
        pytest.param(403, "warning receiver-status: OPTIONS was answered with 403 Forbidden", id="403"),
        pytest.param(429, "warning receiver-status: OPTIONS was answered with 429 Too Many Requests", id="429"),
        pytest.param(500, "error receiver-status: OPTIONS was answered with 500 Internal Server Error", id="500"),
        pytest.param(599, "error receiver-status: OPTIONS was answered with 599", id="no-name"),
    ],
)
def test_status_that_is_about_the_url_or_the_server(status: int, finding: str) -> None:
    assert said(answered(status)) == [finding]


@pytest.mark.parametrize(
    ("location", "where"),
    [
        pytest.param("", "", id="nowhere"),
        pytest.param("/in/orders/", " to the same path with a `/` at its end", id="slash"),
        pytest.param("http://hooks.example.com/in/orders", " to http://hooks.example.com", id="http"),
        pytest.param("https://www.hooks.example.com/", " to https://www.hooks.example.com", id="www"),
        pytest.param("//login.example.com/x", " to another host", id="other-host"),
        pytest.param("/login?next=/in/orders", " to another path or query of the same host", id="other-path"),
        pytest.param("?token=x", " to another path or query of the same host", id="itself"),
        pytest.param("https://[", "", id="no-url"),
        pytest.param("mailto:x@example.com", "", id="no-place"),
        pytest.param("/" + "a" * 5000, "", id="endless"),
    ],
)
def test_redirect_is_an_error_that_says_where_to(location: str, where: str) -> None:
    assert said(answered(301, location=location)) == [f"error receiver-redirect: OPTIONS was redirected{where} (301)"]


SECRET = "swordfish-7Kq2"
URLS = [
    written(before, env("HOOK", SECRET))
    for before in ("https://hooks.example.com/in?token=", "https://hooks.example.com/in/", "https://h.io/x?ref=")
]


@pytest.mark.parametrize("at", URLS, ids=str)
@given(
    status=st.integers(100, 999),
    before=st.sampled_from(
        ["", "/", "/login?next=", "//", "https://hooks.example.com/in/", "https://", "\x1b[2J", "?"]
    ),
    after=st.text(max_size=20),
)
def test_what_a_receiver_says_is_never_repeated(at: Url, status: int, before: str, after: str) -> None:
    measured = answered(status, location=f"{before}{SECRET}{after}")
    row = endpoint_row(receiver(at), measured, Redaction([at]), DAY, long=False)
    text = repr(row)
    assert leaks(SECRET, text) == []
    assert "${HOOK}" in row.url
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize(
    ("measured", "finding"),
    [
        pytest.param(
            Measurement(failure=Failure.UNRESOLVED),
            "error receiver-dns: the host name can't be resolved",
            id="unresolved",
        ),
        pytest.param(
            Measurement(failure=Failure.NOT_CHECKED),
            "error receiver-unchecked: not checked: the time for all endpoints was over",
            id="no-time",
        ),
        pytest.param(
            failed(Failure.CERTIFICATE, fault=10),
            "error receiver-tls: the certificate has expired; no request was sent",
            id="expired",
        ),
        pytest.param(
            failed(Failure.CERTIFICATE, fault=64),
            "error receiver-tls: the certificate is for another host; no request was sent",
            id="other-address",
        ),
        pytest.param(
            failed(Failure.CERTIFICATE, fault=20),
            "error receiver-tls: the certificate isn't signed by an authority that this machine trusts; "
            "no request was sent",
            id="issuer",
        ),
        pytest.param(
            failed(Failure.NO_RESPONSE, request=SAMPLE),
            "error receiver-slow: POST (track_updated) was not answered within 3 s, the time that Shippo waits",
            id="no-response",
        ),
        pytest.param(
            answered(204, seconds=3.2),
            "error receiver-slow: OPTIONS was not answered within 3 s, the time that Shippo waits",
            id="late",
        ),
    ],
)
def test_failures(measured: Measurement, finding: str) -> None:
    assert said(measured) == [finding]


@pytest.mark.parametrize(
    ("left", "finding"),
    [
        pytest.param(timedelta(days=14), [], id="enough"),
        pytest.param(timedelta(days=13, hours=23), ["in 13 days, on 2026-01-14"], id="soon"),
        pytest.param(timedelta(days=1), ["in 1 day, on 2026-01-02"], id="tomorrow"),
        pytest.param(timedelta(hours=3), ["in less than a day, on 2026-01-01"], id="today"),
    ],
)
def test_certificate_that_expires_soon_is_a_warning(left: timedelta, finding: list[str]) -> None:
    response = Response(request=OPTIONS, status=204, certificate_expires=DAY + left)
    measured = Measurement(addresses=("8.8.8.8",), responses=(response,))
    assert said(measured) == [f"warning receiver-tls: the certificate expires {one}" for one in finding]
    row = endpoint_row(receiver(), measured, Redaction(), DAY, long=False)
    assert row.certificate_days == left.days


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "::1", "fe80::1%eth0", "169.254.169.254"])
def test_private_address_is_a_warning_unless_the_provider_is_here_too(address: str) -> None:
    measured = Measurement(addresses=("8.8.8.8", address), responses=(Response(request=OPTIONS, status=204),))
    what = f"the host resolves to {address}, a private address: a provider on the internet can't reach it"
    assert said(measured) == [f"warning receiver-private: {what}"]
    assert said(measured, receiver(is_local=True)) == []


def test_event_without_a_sample_is_a_warning() -> None:
    found = said(answered(204), receiver(without=("brand_new",)))
    assert found == ["warning sample-missing: there is no sample of the event brand_new"]


def test_samples_with_the_same_fate_are_one_finding() -> None:
    samples = [Request(method="POST", event=event, body=b"{}") for event in ("a", "b", "c")]
    statuses = zip(samples, (404, 204, 404), strict=True)
    measured = Measurement(responses=tuple(Response(request=one, status=status) for one, status in statuses))
    assert said(measured) == ["error receiver-status: POST (a, c) was answered with 404 Not Found"]


def test_errors_come_first_and_decide() -> None:
    measured = Measurement(addresses=("10.0.0.1",), responses=(Response(request=OPTIONS, status=404),))
    row = endpoint_row(receiver(), measured, Redaction(), DAY, long=False)
    assert [one.code for one in row.findings] == ["receiver-status", "receiver-private"]
    assert row.status is EndpointStatus.FAILED
