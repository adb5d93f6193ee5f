"""Answers that are hardly HTTP: whatever comes over the wire is a whole list, or the account isn't touched."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.http import transport
from tests.e2e.tool import Ended
from tests.providers.tools import Received, answer
from tests.support.draws import draws

from .liar import Liar, run

PAGE = json.dumps({"next": None, "count": 0, "results": []}).encode()
RIGHT = answer("200 OK", PAGE, "Content-Type: application/json")
_LENGTH = f"Content-Length: {len(PAGE)}".encode()
_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Wire(Liar):
    """A provider that sends the same bytes to whatever it is asked."""

    def __init__(self, said: bytes) -> None:
        super().__init__(webhooks=[], spoilers={})
        self._said = said

    def __call__(self, connection: socket.socket, request: Received) -> None:
        self.asked.append((request.method, request.target))
        connection.sendall(self._said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wire")


def applied(folder: Path, said: bytes) -> tuple[Ended, Wire]:
    """An apply against an account that answers so to everything; it can't succeed."""
    wire = Wire(said)
    ended = run(folder, wire, "apply", "--auto-approve")
    assert ended.code == 1, ended.all
    return ended, wire


def headed(*lines: bytes, body: bytes = PAGE) -> bytes:
    return _HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


NOT_READ = {
    "nothing": b"",
    "http-0.9": PAGE,
    "not-http": b"SSH-2.0-x\r\n",
    "no-status": b"HTTP/1.1\r\n\r\n",
    "status-text": b"HTTP/1.1 OK\r\n\r\n",
    "status-negative": b"HTTP/1.1 -200 OK\r\n\r\n",
    "status-huge": b"HTTP/1.1 99999999999 OK\r\n\r\n",
    "version-unknown": b"HTTP/9.9 200 OK\r\n" + _LENGTH + b"\r\n\r\n" + PAGE[:-1],
    "status-line-endless": b"HTTP/1.1 200 " + b"O" * 70_000,
    "header-endless": _HEAD + b"X: " + b"x" * 70_000,
    "headers-without-end": _HEAD + b"X: x\r\n" * 1_000,
    "length-too-long": headed(b"Content-Length: 1000"),
    "length-too-short": headed(b"Content-Length: 3"),
    "length-huge": headed(b"Content-Length: 999999999999999999999"),
    "lengths-that-differ": headed(b"Content-Length: 3", _LENGTH),
    "chunk-garbage": _CHUNKED + b"zz\r\n" + PAGE,
    "chunk-negative": _CHUNKED + b"-1\r\n" + PAGE,
    "chunk-very-negative": _CHUNKED + b"-99\r\n" + PAGE,
    "chunk-huge": _CHUNKED + b"fffffffffffffffffff\r\n" + PAGE,
    "chunk-cut": _CHUNKED + b"5\r\n{",
    "chunk-line-endless": _CHUNKED + b"0" * 200_000,
    "chunk-without-end": _CHUNKED + b"%x\r\n" % len(PAGE) + PAGE,
    "gzip-that-is-none": headed(b"Content-Encoding: gzip", _LENGTH),
    "gzip-cut": headed(b"Content-Encoding: gzip", body=gzip.compress(PAGE)[:-20]),
    "gzip-twice": headed(b"Content-Encoding: gzip, gzip", body=gzip.compress(gzip.compress(PAGE))),
    "deflate-that-is-none": headed(b"Content-Encoding: deflate", _LENGTH),
    "brotli": headed(b"Content-Encoding: br", _LENGTH),
    "unknown-encoding": headed(b"Content-Encoding: rot13", _LENGTH),
    "early-hints-alone": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "switching": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "continue-alone": b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000,
    "no-content": b"HTTP/1.1 204 No Content\r\n\r\n" + PAGE,
    "not-modified": b"HTTP/1.1 304 Not Modified\r\n" + _LENGTH + b"\r\n\r\n" + PAGE,
}


@pytest.mark.parametrize("said", NOT_READ.values(), ids=NOT_READ)
def test_what_is_no_whole_answer_is_no_list(folder: Path, said: bytes) -> None:
    ended, wire = applied(folder, said)
    assert "not checked" in ended.out
    assert set(wire.asked) == {("GET", "/webhooks?results=100")}
    assert len(wire.asked) <= 3


READ = {
    "right": RIGHT,
    "continue-first": b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + RIGHT,
    "http-1.0": RIGHT.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "without-length": headed(b"Connection: close"),
    "without-reason": b"HTTP/1.1 200\r\n" + _LENGTH + b"\r\n\r\n" + PAGE,
    "line-feeds-alone": RIGHT.replace(b"\r\n", b"\n"),
    "more-behind-it": RIGHT + b"HTTP/1.1 500 x\r\n\r\n",
    "chunks-of-one": _CHUNKED + b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in PAGE) + b"0\r\nT: t\r\n\r\n",
    "gzip": headed(b"Content-Encoding: gzip", body=gzip.compress(PAGE)),
    "deflate": headed(b"Content-Encoding: deflate", body=zlib.compress(PAGE)),
    "deflate-raw": headed(b"Content-Encoding: DEFLATE", body=zlib.compress(PAGE)[2:-4]),
    "odd-headers": headed(b"X\x00Y: \xff\x9b", b"Set-Cookie: a=\x00; Expires=99", b"Content-Type: \xff;;=", _LENGTH),
}


@pytest.mark.parametrize("said", READ.values(), ids=READ)
def test_odd_answer_that_is_whole_is_a_list(folder: Path, said: bytes) -> None:
    ended, wire = applied(folder, said)
    assert "not checked" not in ended.out
    assert {method for method, _ in wire.asked} == {"GET", "POST"}, ended.all


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A right answer with a few of its bytes deleted, doubled, or others."""
    said = draw(st.sampled_from([RIGHT, READ["chunks-of-one"], READ["gzip"], READ["odd-headers"]]))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(said)))
        end = start + draw(st.integers(0, 9))
        new = draw(st.just(b"") | st.just(said[start:end] * 2) | st.sampled_from(WORDS) | st.binary(max_size=4))
        said = said[:start] + new + said[end:]
    return said


WORDS = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b":",
    b"\x00",
    b"HTTP/1.1 200 OK\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"0\r\n\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Length: 0\r\n",
    b"Location: //[\r\n",
    b"\xff",
    b"Set-Cookie: =\r\n",
    b"-",
]


@draws(60)
@given(said=spoiled())
@example(said=b"HTTP/1.1 200 OK\r\nContent-Type: text/x; charset*=utf-8''%\r\n\r\n{}")
def test_spoiled_bytes_are_a_list_or_none(folder: Path, said: bytes) -> None:
    ended, wire = applied(folder, said)
    if "not checked" in ended.out:
        assert {method for method, _ in wire.asked} == {"GET"}


# Answers without an end. They do end, so that a bound that is missing fails and doesn't hang.

FLOODS = {
    "body": (_HEAD + b"\r\n", b" "),
    "chunks": (_CHUNKED, b"400\r\n" + b" " * 1024 + b"\r\n"),
    "chunks-of-nothing": (_CHUNKED, b"1\r\n \r\n"),
    "negative-chunk": (_CHUNKED + b"-1\r\n", b" "),
    "chunk-line": (_CHUNKED, b"0"),
    "chunk-extension": (_CHUNKED + b"1;", b"x"),
    "trailers": (_CHUNKED + b"0\r\n", b"X: y\r\n"),
    "trailer": (_CHUNKED + b"0\r\nX: ", b"y"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "continue-headers": (b"HTTP/1.1 100 Continue\r\n", b"X: y\r\n"),
    "status-line": (b"HTTP/1.1 200 ", b"O"),
}


@pytest.mark.parametrize(("beginning", "piece"), FLOODS.values(), ids=FLOODS)
def test_flood_is_not_read_to_its_end(
    folder: Path, beginning: bytes, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 2**20)
    monkeypatch.setattr(transport, "LONGEST_ANSWER", 2**21)
    sent = 0

    class Flood(Wire):
        def __call__(self, connection: socket.socket, request: Received) -> None:
            nonlocal sent
            super().__call__(connection, request)
            for _ in range(40):
                sent += connection.send(piece * (2**20 // len(piece)))

    wire = Flood(beginning)
    ended = run(folder, wire, "apply", "--auto-approve")
    assert (ended.code, "not checked" in ended.out) == (1, True), ended.all
    assert sent <= 30 * 2**20  # the bound, once for each attempt, and what the sockets hold
    assert {method for method, _ in wire.asked} == {"GET"}
