"""One exchange: the traps of the environment, of other servers, of TLS, and of answers without an end."""

from __future__ import annotations

import gzip
import http.client
import inspect
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import trustme
import urllib3
from msgspec.structs import replace
from pytest_httpserver import HTTPServer

from reconciler.http.exchange import ApiRequest, Ending, NoReply, Reply
from reconciler.http.transport import Connections, Session
from reconciler.model.configuration import Destination
from reconciler.model.secret import SecretText

from .tools import TOKEN, RawServer, Received, answer, says

GET = ApiRequest(method="GET", target="/webhooks?results=100")
POST = ApiRequest(method="POST", target="/webhooks", body=b'{"url": "https://h.example/swordfish"}')


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.lower().endswith(("_proxy", "_ca_bundle")) or name == "NETRC":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@contextmanager
def opened(
    origin: str, *, loopback: bool = True, timeout: float = 5.0, headers: Mapping[str, str] | None = None
) -> Iterator[Session]:
    session = Session(
        Destination(origin=origin, path="", loopback=loopback),
        authorization=("Authorization", SecretText.literal(f"ShippoToken {TOKEN}")),
        headers=headers or {},
        timeout=timeout,
    )
    try:
        yield session
    finally:
        session.close()


def sent(origin: str, request: ApiRequest = GET, *, loopback: bool = True, timeout: float = 5.0) -> Reply | NoReply:
    with opened(origin, loopback=loopback, timeout=timeout) as session:
        return without_headers(session.send(request))


def without_headers(reply: Reply | NoReply) -> Reply | NoReply:
    """What was answered, but for the server's name and the like."""
    return replace(reply, headers={}) if isinstance(reply, Reply) else reply


def test_an_answer_comes_whole_and_the_request_is_as_asked() -> None:
    with (
        RawServer(says("201 Created", b'{"a": 1}', "Retry-After: 7")) as server,
        opened(server.base_url, headers={"SHIPPO-ACCOUNT-ID": "abc"}) as session,
    ):
        reply = session.send(POST)
        assert without_headers(reply) == Reply(status=201, body=b'{"a": 1}')
        assert isinstance(reply, Reply)
        assert reply.headers["retry-after"] == "7"
    request = server.received[0]
    assert (request.method, request.target, request.body) == ("POST", "/webhooks", POST.body)
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": f"ShippoToken {TOKEN}",
        "shippo-account-id": "abc",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": "38",
        "user-agent": request.headers["user-agent"],
    }


def test_neither_requests_nor_their_answers_show_what_they_carry() -> None:
    assert "swordfish" not in repr(POST)
    assert "swordfish" not in repr(Reply(status=200, body=b"swordfish"))


def test_a_netrc_does_not_replace_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(says("200 OK")) as server:
        sent(server.base_url)
    assert server.received[0].headers["authorization"] == f"ShippoToken {TOKEN}"


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_call_to_loopback_goes_through_no_proxy(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(says("200 OK")) as proxy, RawServer(says("204 No Content")) as server:
        monkeypatch.setenv(variable, proxy.base_url)
        assert sent(server.base_url) == Reply(status=204)
        assert proxy.received == []


def test_a_call_elsewhere_goes_through_the_proxy_which_does_not_see_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(says("407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        outcome = sent("https://api.provider.example", loopback=False)
    assert outcome == NoReply(
        ending=Ending.HOPELESS,
        message="can't be reached: the proxy asks for a user name and a password (407)",
        help="Add them to `HTTPS_PROXY`: `http://USER:PASSWORD@HOST:PORT`, percent-encoded.",
    )
    request = proxy.received[0]
    assert (request.method, request.target) == ("CONNECT", "api.provider.example:443")
    assert "authorization" not in request.headers


def test_no_proxy_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(says("200 OK")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        outcome = sent("https://127.0.0.1:1", loopback=False)
    assert isinstance(outcome, NoReply)
    assert outcome.message == "refused the connection: nothing is listening on that port"
    assert proxy.received == []


def test_a_proxy_that_refuses_is_said_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(says("403 Forbidden")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        outcome = sent("https://api.provider.example", loopback=False)
    assert outcome == NoReply(
        ending=Ending.NOT_SENT,
        message="can't be reached: the proxy refused to connect to it (403)",
        help="Check that the proxy allows this host, or exclude the host with `NO_PROXY`.",
    )


def test_a_proxy_that_is_not_there_is_said_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert sent("https://api.provider.example", loopback=False) == NoReply(
        ending=Ending.NOT_SENT,
        message="can't be reached through the proxy set in the environment",
        help="Check `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.",
    )


@pytest.mark.parametrize("proxy", ["ftp://proxy.example:1", "http://", "http://[::1", "socks5://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_named_as_the_reason(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    outcome = sent("https://api.provider.example", loopback=False)
    assert isinstance(outcome, NoReply)
    assert (outcome.ending, outcome.message) == (
        Ending.HOPELESS,
        "can't be reached through the proxy set in the environment",
    )


@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed_and_its_origin_is_named(status: str, request_: ApiRequest) -> None:
    with (
        RawServer(says("200 OK")) as other,
        RawServer(says(status, b"moved", f"Location: {other.base_url}/x?secret=1")) as server,
    ):
        outcome = sent(server.base_url, request_)
        assert outcome == Reply(status=int(status[:3]), body=b"moved", redirect=other.base_url)
    assert (len(server.received), other.received) == (1, [])


@pytest.mark.parametrize(
    ("location", "redirect"),
    [
        pytest.param("/webhooks/", "http://127.0.0.1:{port}", id="the-same-origin"),
        pytest.param("//evil.example/x", "http://evil.example", id="without-scheme"),
        pytest.param("http://[::1", "", id="broken-host"),
        pytest.param("http://user:password@evil.example/", "", id="user-info"),
        pytest.param("/\x1b]8;;x", "", id="control-characters"),
    ],
)
def test_a_hostile_location_is_no_more_than_an_origin_or_nothing(location: str, redirect: str) -> None:
    with RawServer(says("301 Moved", b"", f"Location: {location}")) as server:
        assert sent(server.base_url) == Reply(status=301, redirect=redirect.format(port=server.port))


def test_cookies_are_not_kept() -> None:
    with RawServer(says("200 OK", b"", "Set-Cookie: a=b; Path=/")) as server, opened(server.base_url) as session:
        session.send(GET)
        session.send(GET)
    assert "cookie" not in server.received[1].headers


def test_connections_are_kept_and_threads_may_share_the_session() -> None:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        server.expect_request("/webhooks").respond_with_data(b"x" * 1000)
        with opened(server.url_for("").rstrip("/")) as session:
            outcomes: list[Reply | NoReply] = []

            def ten() -> None:
                outcomes.extend(without_headers(session.send(GET)) for _ in range(10))

            threads = [threading.Thread(target=ten) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert outcomes == [Reply(status=200, body=b"x" * 1000)] * 80


def answering_all(ended: Callable[[], object]) -> Callable[[socket.socket, Received], None]:
    """What answers every request of a connection, and says when that has ended."""

    def answer(connection: socket.socket, _: Received) -> None:
        said = True
        while said:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
            said = bool(connection.recv(65536))
        ended()

    return answer


def test_accounts_of_one_origin_share_connections_and_the_last_closes_them() -> None:
    closed = threading.Event()

    with RawServer(answering_all(closed.set)) as server:
        to = Destination(origin=server.base_url, path="", loopback=True)
        shared = Connections(to)
        sessions = [
            Session(
                to,
                authorization=("Authorization", SecretText.literal(name)),
                headers={},
                timeout=5.0,
                connections=shared,
            )
            for name in ("one", "two")
        ]
        outcomes = [without_headers(session.send(GET)) for session in (*sessions, *sessions)]
        sessions[0].close()
        is_open = not closed.wait(0.1)
        outcomes.append(without_headers(sessions[1].send(GET)))
        sessions[1].close()
        assert closed.wait(5)
    assert outcomes == [Reply(status=200, body=b"x")] * 5
    assert (is_open, len(server.received)) == (True, 1)


def test_a_session_that_is_used_after_it_was_closed_leaves_no_connection_open() -> None:
    closed = threading.Semaphore(0)

    with RawServer(answering_all(closed.release)) as server:
        with opened(server.base_url) as session:
            outcomes = [session.send(GET)]
        outcomes += [session.send(GET) for _ in range(2)]
        assert all(closed.acquire(timeout=5) for _ in range(3))
    assert [without_headers(one) for one in outcomes] == [Reply(status=200, body=b"x")] * 3


def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    def endless(connection: socket.socket, _: Received) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _turn in range(500):
            connection.sendall(b" " * 65536)

    with RawServer(endless) as server:
        assert sent(server.base_url) == NoReply(
            ending=Ending.UNUSABLE,
            message="sent a response larger than 10 MiB",
            help="Check that `base_url` is the provider's API.",
        )


def test_a_small_body_that_unpacks_to_a_large_one_counts_as_large() -> None:
    body = gzip.compress(b" " * 20 * 1024 * 1024)
    with RawServer(says("200 OK", body, "Content-Encoding: gzip")) as server:
        outcome = sent(server.base_url)
    assert isinstance(outcome, NoReply)
    assert outcome.message == "sent a response larger than 10 MiB"


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", id="chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-Header: x\r\n", id="headers"),
        pytest.param(b"HTTP/1.1 200 ", b"O", id="first-line"),
    ],
)
def test_an_answer_that_drips_for_ever_ends_at_the_deadline(beginning: bytes, drop: bytes) -> None:
    def drip(connection: socket.socket, _: Received) -> None:
        connection.sendall(beginning)
        for _turn in range(200):  # "for ever" ends, so that a missing deadline fails and doesn't hang
            connection.sendall(drop)
            time.sleep(0.02)

    with RawServer(drip) as server:
        began = time.monotonic()
        outcome = sent(server.base_url, timeout=0.3)  # far more than a busy machine keeps a drop waiting
        took = time.monotonic() - began
    assert isinstance(outcome, NoReply)
    assert (outcome.ending, outcome.message) == (Ending.TIMED_OUT, "did not complete its response within 1.2 seconds")
    assert 1.2 <= took < 3


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        pytest.param(b"", Ending.BROKEN, id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", Ending.BROKEN, id="another-protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, Ending.BROKEN, id="endless-header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000, Ending.BROKEN, id="a-thousand-headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", Ending.BROKEN, id="cut"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Ending.BROKEN, id="no-chunk-length"
        ),
        pytest.param(answer("200 OK", b"abc", "Content-Encoding: gzip"), Ending.UNUSABLE, id="no-gzip"),
    ],
)
def test_an_answer_that_is_no_answer_is_told_apart(said: bytes, ending: Ending) -> None:
    with RawServer(lambda connection, _: connection.sendall(said)) as server:
        outcome = sent(server.base_url)
    assert isinstance(outcome, NoReply)
    assert outcome.ending is ending


def test_a_host_that_does_not_exist_was_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    outcome = sent("https://no-such-host.invalid", loopback=False)
    assert outcome == NoReply(
        ending=Ending.NOT_SENT,
        message="can't be found: its host name can't be resolved",
        help="Check the host in `base_url`, and this machine's DNS settings.",
    )


_NEEDS_MORE = (Warning, requests.JSONDecodeError, http.client.IncompleteRead)  # than a text
EXCEPTIONS = [
    kind
    for module, base in ((requests.exceptions, requests.RequestException), (urllib3.exceptions, Exception))
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if kind.__module__ == module.__name__ and issubclass(kind, base) and not issubclass(kind, _NEEDS_MORE)
]
ENDINGS = {
    urllib3.exceptions.ConnectTimeoutError: Ending.NOT_SENT,
    urllib3.exceptions.NewConnectionError: Ending.NOT_SENT,
    urllib3.exceptions.NameResolutionError: Ending.NOT_SENT,
    urllib3.exceptions.ProxyError: Ending.NOT_SENT,
    urllib3.exceptions.ReadTimeoutError: Ending.TIMED_OUT,
    urllib3.exceptions.DecodeError: Ending.UNUSABLE,
    requests.exceptions.InvalidSchema: Ending.HOPELESS,
    requests.exceptions.InvalidURL: Ending.HOPELESS,
    requests.exceptions.InvalidProxyURL: Ending.HOPELESS,
    urllib3.exceptions.LocationValueError: Ending.HOPELESS,
    urllib3.exceptions.LocationParseError: Ending.HOPELESS,
    urllib3.exceptions.URLSchemeUnknown: Ending.HOPELESS,
    urllib3.exceptions.ProxySchemeUnknown: Ending.HOPELESS,
    urllib3.exceptions.ProxySchemeUnsupported: Ending.HOPELESS,
    http.client.HTTPException: Ending.BROKEN,
    OSError: Ending.HOPELESS,
    ValueError: Ending.HOPELESS,
}


@pytest.mark.parametrize("kind", dict.fromkeys([*EXCEPTIONS, *ENDINGS]))
def test_every_exception_becomes_words_without_what_it_carries(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that nobody thought of may have been sent: it is in doubt BROKEN."""

    def fail(*_: object, **__: object) -> None:
        said = f"https://h.example/swordfish {TOKEN}"
        error = kind.__new__(kind, said)  # some would have more arguments
        error.args = (said,)
        raise error

    monkeypatch.setattr(urllib3.HTTPConnectionPool, "urlopen", fail)
    outcome = sent("http://127.0.0.1:1", POST)
    assert isinstance(outcome, NoReply)
    assert outcome.ending is ENDINGS.get(kind, Ending.BROKEN)
    assert "swordfish" not in repr(outcome)
    assert TOKEN not in repr(outcome)


def test_an_exception_that_the_caller_is_handling_does_not_tell_how_the_call_ended() -> None:
    def fail_to_connect() -> None:
        raise urllib3.exceptions.NewConnectionError(None, "another call")  # type: ignore[arg-type]

    with RawServer(lambda _, __: None) as server:
        try:
            fail_to_connect()
        except urllib3.exceptions.NewConnectionError:
            outcome = sent(server.base_url, POST)
    assert isinstance(outcome, NoReply)
    assert outcome.ending is Ending.BROKEN


# TLS


@contextmanager
def tls_server(*names: str, not_after: datetime | None = None, ca: trustme.CA | None = None) -> Iterator[HTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (ca or trustme.CA()).issue_cert(*names, not_after=not_after).configure_cert(context)
    with HTTPServer(host="localhost", ssl_context=context) as server:
        server.expect_request("/webhooks").respond_with_data(b"{}")
        yield server


@contextmanager
def one_connection(handler: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port whose first connection goes to a handler, unread."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            handler(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join()


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def _trusted(ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))


@pytest.mark.usefixtures("_trusted")
def test_a_certificate_of_an_authority_in_the_bundle_is_trusted(ca: trustme.CA) -> None:
    with tls_server("localhost", ca=ca) as server:
        assert sent(f"https://localhost:{server.port}") == Reply(status=200, body=b"{}")


@pytest.mark.usefixtures("_trusted")
def test_a_tls_answer_that_drips_ends_at_the_deadline(ca: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)

    def drip(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65536)
            for _ in range(200):  # "for ever" ends, so that a missing deadline fails and doesn't hang
                tls.sendall(b"H")
                time.sleep(0.02)

    with one_connection(drip) as port:
        outcome = sent(f"https://localhost:{port}", timeout=0.3)
    assert isinstance(outcome, NoReply)
    assert (outcome.ending, outcome.message) == (Ending.TIMED_OUT, "did not complete its response within 1.2 seconds")


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize(
    ("drops", "outcome"),
    [
        pytest.param([answer("200 OK", b"{}")], Reply(status=200, body=b"{}"), id="whole"),
        pytest.param(
            [b"H"] * 200,
            NoReply(
                ending=Ending.TIMED_OUT,
                message="did not complete its response within 0.4 seconds",
                help="Try again later, or raise the account's `timeout` (seconds to wait for a response).",
            ),
            id="dripping",
        ),
    ],
)
def test_an_answer_through_a_proxy_is_like_any_other(
    ca: trustme.CA, monkeypatch: pytest.MonkeyPatch, drops: list[bytes], outcome: Reply | NoReply
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("api.provider.example").configure_cert(context)

    def tunnel(connection: socket.socket, _: Received) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65536)
            for drop in drops:
                tls.sendall(drop)
                time.sleep(0.02)

    with RawServer(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        assert sent("https://api.provider.example", loopback=False, timeout=0.1) == outcome


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize(
    ("name", "days", "known", "message"),
    [
        pytest.param("localhost", -1, True, "has a TLS certificate that has expired", id="expired"),
        pytest.param("other.example", 1, True, "has a TLS certificate that is for another host", id="wrong-host"),
        pytest.param(
            "localhost",
            1,
            False,
            "has a TLS certificate that isn't signed by an authority that this machine trusts",
            id="unknown-authority",
        ),
    ],
)
def test_a_certificate_that_is_not_trusted_is_told_with_its_reason_and_nothing_is_sent(
    ca: trustme.CA,
    name: str,
    days: int,
    known: bool,  # noqa: FBT001 - a column
    message: str,
) -> None:
    not_after = datetime.now(UTC) + timedelta(days=days)
    with tls_server(name, not_after=not_after, ca=ca if known else None) as server:
        outcome = sent(f"https://localhost:{server.port}", POST)
        assert isinstance(outcome, NoReply)
        assert (outcome.ending, outcome.message) == (Ending.HOPELESS, message)
        assert server.log == []


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_bundle_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "missing.pem"))
    assert sent("https://localhost:1") == NoReply(
        ending=Ending.HOPELESS,
        message="can't be reached: the request can't be sent",
        help="Check the certificates in `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE`.",
    )


def test_a_server_without_tls_is_told_as_such() -> None:
    with one_connection(lambda connection: connection.sendall(answer("400 Bad Request"))) as port:
        outcome = sent(f"https://127.0.0.1:{port}")
    assert isinstance(outcome, NoReply)
    assert outcome.message == "closed the TLS connection"
