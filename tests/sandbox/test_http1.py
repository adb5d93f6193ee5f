"""The proxy's framing: whole messages in, whole messages out, and nothing taken for a message that is none."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.sandbox.http1 import FramingError, Message, read_request, read_response, write_message

HEAD = b"HTTP/1.1 200 OK\r\nX-A: b: c \r\n"


def reading(data: bytes, act: Callable[[asyncio.StreamReader], object]) -> object:
    async def run() -> object:
        reader = asyncio.StreamReader(limit=1024)
        reader.feed_data(data)
        reader.feed_eof()
        return await act(reader)  # type: ignore[misc]  # both readers give coroutines

    return asyncio.run(run())


def response(data: bytes, method: str = "GET") -> object:
    return reading(data, lambda reader: read_response(reader, method=method))


@pytest.mark.parametrize(
    ("data", "body"),
    [
        pytest.param(HEAD + b"Content-Length: 3\r\n\r\nabcdef", b"abc", id="length"),
        pytest.param(HEAD + b"\r\nabcdef", b"abcdef", id="until-close"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na;x=y\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\nrest",
            b"abc0123456789",
            id="chunks",
        ),
    ],
)
def test_a_response_is_read_to_its_end(data: bytes, body: bytes) -> None:
    read = response(data)
    assert isinstance(read, Message)
    assert (read.status, read.header("x-a"), read.body) == (200, "b: c", body)


def test_answers_without_a_body_have_none_whatever_they_say() -> None:
    data = HEAD + b"Content-Length: 3\r\n\r\n"
    for read in (response(data, "HEAD"), response(data.replace(b"200 OK", b"204 No Content"))):
        assert isinstance(read, Message)
        assert read.body == b""


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(HEAD, id="half-a-head"),
        pytest.param(HEAD + b"X: " + b"x" * 2000 + b"\r\n\r\n", id="long-head"),
        pytest.param(HEAD + b"Content-Length: 9\r\n\r\nabc", id="short-body"),
        pytest.param(HEAD + b"Content-Length: x\r\n\r\nabc", id="garbled-length"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nab", id="short-chunk"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", id="garbled-chunk"),
        pytest.param(b"SSH-2.0-x\r\n\r\n", id="another-protocol"),
        pytest.param(b"HTTP/1.1 abc\r\n\r\n", id="garbled-status"),
    ],
)
def test_what_is_no_response_is_an_error(data: bytes) -> None:
    with pytest.raises(FramingError):
        response(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHo", id="half-a-head"),
        pytest.param(b"hello\r\n\r\n", id="another-protocol"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"x" * 2000 + b"\r\n\r\n", id="long-head"),
        pytest.param(b"PUT / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabc", id="short-body"),
    ],
)
def test_what_is_no_request_is_an_error(data: bytes) -> None:
    with pytest.raises(FramingError):
        reading(data, read_request)


def test_a_second_request_follows_a_first_in_chunks() -> None:
    first = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Trailer: 1\r\n\r\n"

    async def read_both(reader: asyncio.StreamReader) -> list[str]:
        found = [await read_request(reader), await read_request(reader)]
        return [message.start for message in found if message is not None]

    assert reading(first + b"GET /2 HTTP/1.1\r\n\r\n", read_both) == ["POST / HTTP/1.1", "GET /2 HTTP/1.1"]


def test_a_connection_that_is_closed_between_requests_is_no_error() -> None:
    assert reading(b"", read_request) is None


@pytest.mark.parametrize(
    ("version", "header", "keeps"),
    [
        ("1.1", "", True),
        ("1.1", "Connection: close\r\n", False),
        ("1.1", "Connection: Keep-Alive\r\n", True),
        ("1.0", "", False),
        ("1.0", "Connection: Keep-Alive\r\n", True),
    ],
)
def test_who_wants_to_send_more(version: str, header: str, *, keeps: bool) -> None:
    read = reading(f"GET /a?b HTTP/{version}\r\n{header}\r\n".encode(), read_request)
    assert isinstance(read, Message)
    assert (read.method, read.path, read.keeps_alive) == ("GET", "/a", keeps)


@settings(max_examples=40)  # each starts a loop of its own
@given(
    body=st.binary(max_size=50),
    names=st.lists(st.from_regex(r"[A-Za-z-]{1,8}", fullmatch=True).map(lambda name: "X-" + name)),
    close=st.booleans(),
)
def test_what_is_written_reads_as_it_was(*, body: bytes, names: list[str], close: bool) -> None:
    pairs = tuple((name, f"value of {name}") for name in names)
    for start, read in (
        ("POST /webhooks?page=2 HTTP/1.1", read_request),
        ("HTTP/1.1 201 Created", lambda reader: read_response(reader, method="POST")),
    ):
        message = Message(start=start, headers=pairs, body=body)
        again = reading(write_message(message, close=close) * 2, read)
        assert isinstance(again, Message)
        assert (again.start, again.headers[: len(pairs)], again.body) == (start, pairs, body)
        assert again.header("Connection") == ("close" if close else "keep-alive")
