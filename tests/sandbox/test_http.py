"""HTTP at the sandbox: bodies of a length, connections that are kept, and an answer to whatever is no request."""

import http.client
import socket

import pytest

from reconciler.sandbox.server import Sandbox

from .tools import TOKEN, URL, address_of, connect, headers

BODY = f'{{"url": "{URL}", "event": "all"}}'
POST = f"POST /webhooks HTTP/1.1\r\nHost: x\r\nAuthorization: ShippoToken {TOKEN}\r\n"


@pytest.fixture(scope="module")
def base_url() -> object:
    with Sandbox() as sandbox:
        yield sandbox.base_url


def talk(base_url: str, *data: bytes) -> bytes:
    """Send this, say that it is all, and read to the end."""
    with socket.create_connection(address_of(base_url), 10) as client:
        for piece in data:
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_one_connection_carries_many_requests(base_url: str) -> None:
    connection = connect(base_url)
    found, sockets = [], set()
    for method, body in (("POST", BODY), ("GET", None), ("HEAD", None), ("POST", "{}"), ("OPTIONS", None)):
        connection.request(method, "/webhooks", body, headers())
        sockets.add(connection.sock)
        answer = connection.getresponse()
        length = answer.getheader("Content-Length") or ""
        found.append((answer.status, int(length) > 0, answer.read() != b""))
    connection.close()
    assert found == [
        (status, True, status != 405 or number == 4) for number, status in enumerate((201, 200, 405, 400, 405))
    ]
    assert len(sockets) == 1


def test_requests_may_come_before_their_answers(base_url: str) -> None:
    one = (POST + f"Content-Length: {len(BODY)}\r\n\r\n{BODY}").encode()
    assert talk(base_url, one * 3).count(b"HTTP/1.1 201 Created\r\n") == 3


@pytest.mark.parametrize(
    ("version", "header", "kept"),
    [
        ("1.1", "", True),
        ("1.1", "Connection: close\r\n", False),
        ("1.0", "", False),
        ("1.0", "Connection: keep-alive\r\n", True),
    ],
    ids=["1.1", "1.1-close", "1.0", "1.0-kept"],
)
def test_a_connection_is_kept_as_the_client_asks(base_url: str, version: str, header: str, *, kept: bool) -> None:
    answer = talk(base_url, f"GET /webhooks HTTP/{version}\r\nHost: x\r\n{header}\r\n".encode() * 2)
    assert answer.count(b"HTTP/1.1 401") == (2 if kept else 1)
    assert (b"Connection: keep-alive" in answer, b"Connection: close" in answer) == (kept, not kept)


@pytest.mark.parametrize("body", [BODY, ""], ids=["body", "empty"])
def test_a_body_in_chunks_is_411(base_url: str, body: str) -> None:
    connection = connect(base_url)
    connection.request("POST", "/webhooks", iter([body.encode()]), headers(), encode_chunked=True)
    assert connection.getresponse().status == 411
    connection.close()


def test_a_body_is_asked_for_where_the_client_waits(base_url: str) -> None:
    with socket.create_connection(address_of(base_url), 10) as client:
        client.sendall((POST + f"Expect: 100-continue\r\nContent-Length: {len(BODY)}\r\n\r\n").encode())
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(BODY.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"x" * 3_000_000, 413), ((b"x" * 1000 for _ in range(3000)), 411)],
    ids=["length", "chunks"],
)
def test_a_body_that_is_too_long_is_refused(base_url: str, body: object, status: int) -> None:
    connection = connect(base_url)
    connection.request("POST", "/webhooks", body, headers())  # type: ignore[arg-type]
    assert connection.getresponse().status == status
    connection.close()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"hello\r\n\r\n", 400, id="word"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, id="tls"),
        pytest.param(b"GET /webhooks HTTP/2.0\r\nHost: x\r\n\r\n", 505, id="http-2"),
        pytest.param(b"GET /webhooks HTTP/x\r\nHost: x\r\n\r\n", 400, id="version"),
        pytest.param(b"GET /web hooks HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="space"),
        pytest.param(b"BREW /webhooks HTTP/1.1\r\nHost: x\r\n\r\n", 501, id="method"),
        pytest.param(b"GET http://[x HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="target"),
        pytest.param(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, id="long-line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: " + b"x" * 70_000 + b"\r\n\r\n", 431, id="long-header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431, id="headers"),
        *(
            pytest.param(POST.encode() + framing + b"\r\n\r\nab", status, id=name)
            for name, framing, status in (
                ("short-body", b"Content-Length: 5", 400),
                ("negative", b"Content-Length: -1", 400),
                ("word-length", b"Content-Length: x", 400),
                ("huge", b"Content-Length: 999999999999999999", 413),
                ("both", b"Content-Length: 2\r\nTransfer-Encoding: chunked", 411),
                ("coding", b"Transfer-Encoding: gzip, chunked", 411),
            )
        ),
    ],
)
def test_what_is_no_request_is_said_to_be_none(
    base_url: str, capfd: pytest.CaptureFixture[str], data: bytes, status: int
) -> None:
    answer = talk(base_url, data)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert body.startswith(b'{"detail": ')
    assert b"Connection: close" in head
    assert capfd.readouterr() == ("", "")
    connection = connect(base_url)
    connection.request("GET", "/webhooks", headers=headers())
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("data", [b"", b"GET /web", b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "line", "head"])
def test_a_client_that_goes_away_is_nothing(base_url: str, capfd: pytest.CaptureFixture[str], data: bytes) -> None:
    with socket.create_connection(address_of(base_url), 10) as client:
        client.sendall(data)
    connection = connect(base_url)
    connection.request("GET", "/webhooks", headers=headers())
    assert connection.getresponse().status == 200
    connection.close()
    assert capfd.readouterr() == ("", "")


def test_an_absolute_target_is_the_same(base_url: str) -> None:
    answer = talk(base_url, f"GET {base_url}/webhooks HTTP/1.1\r\nHost: x\r\n{http_headers()}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")


def http_headers() -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers().items())


def test_the_answer_without_content_has_no_length(base_url: str) -> None:
    connection = connect(base_url)
    connection.request("POST", "/webhooks", BODY, headers())
    made = http.client.HTTPResponse.read(connection.getresponse())
    object_id = made.split(b'"object_id": "')[1][:32].decode()
    connection.request("DELETE", f"/webhooks/{object_id}", headers=headers())
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Length"), answer.read()) == (204, None, b"")
    connection.close()
