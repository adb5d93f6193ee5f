"""HTTP messages: a request as it was read, a response as it goes out, and the reading of bodies."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.utils import formatdate
from http.client import responses
from io import BufferedIOBase
from typing import Final

_LONGEST_BODY: Final = 1_000_000  # bytes; a webhook needs a few hundred
_LONGEST_LINE: Final = 1000  # bytes, of a chunk's size or a trailer
_MOST_TRAILERS: Final = 100
_BODILESS: Final = frozenset({204, 304})


class RequestError(Exception):
    """What came is not a request that can be answered otherwise than with this status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, whole.

    Attributes:
        path: percent-decoded, without the query.
        query: the first value of each parameter.
        headers: `get` finds one whatever its case.
        base_url: the server's address as the client calls it, for links.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes
    base_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response; its length and what is about the connection are added when it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def json_response(status: int, document: object, *headers: tuple[str, str]) -> Response:
    """A response with a JSON document."""
    return Response(
        status=status,
        headers=(("Content-Type", "application/json"), *headers),
        body=json.dumps(document).encode("ascii"),
    )


def head_of(response: Response, *, closes: bool) -> bytes:
    """A response's head as it goes over the wire, framed by its length.

    Args:
        response: what is sent.
        closes: say that the connection ends with it.
    """
    lines = [
        f"HTTP/1.1 {response.status} {responses.get(response.status, 'Unknown')}",
        f"Date: {formatdate(usegmt=True)}",
        *(f"{name}: {value}" for name, value in response.headers),
        *([] if response.status in _BODILESS else [f"Content-Length: {len(response.body)}"]),
        f"Connection: {'close' if closes else 'keep-alive'}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def body_length(headers: Message) -> int | None:
    """The length of a request's body; None: it comes in chunks.

    Raises:
        RequestError: its framing is wrong, unknown or contradictory, or it is too long.
    """
    lengths = set(headers.get_all("Content-Length", ()))
    codings = [coding.strip().lower() for coding in headers.get_all("Transfer-Encoding", ())]
    if codings and lengths:
        raise RequestError(400, "Content-Length and Transfer-Encoding exclude each other.")
    if codings and codings != ["chunked"]:
        raise RequestError(501, "The only known Transfer-Encoding is chunked.")
    if codings:
        return None
    if len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,18}", length) for length in lengths):
        raise RequestError(400, "Content-Length must be one number.")
    return _bounded(int(next(iter(lengths), "0")))


def read_body(stream: BufferedIOBase, length: int | None) -> bytes:
    """Read a request's body of that `body_length`.

    Raises:
        RequestError: it is too long, or its framing is wrong.
    """
    if length is not None:
        return _read(stream, length)
    body = bytearray()
    while size := _chunk_size(stream.readline(_LONGEST_LINE)):
        _bounded(len(body) + size)
        body += _read(stream, size)
        if stream.read(2) != b"\r\n":
            raise RequestError(400, "A chunk must be as long as it says.")
    for _ in range(_MOST_TRAILERS):
        line = stream.readline(_LONGEST_LINE)
        if line == b"\r\n":
            return bytes(body)
        if not line.endswith(b"\r\n"):
            break
    raise RequestError(400, "The chunks must end with an empty line.")


def _chunk_size(line: bytes) -> int:
    found = re.fullmatch(rb"([0-9A-Fa-f]{1,15})[ \t]*(;.*)?\r\n", line)
    if found is None:
        raise RequestError(400, "A chunk must begin with its size.")
    return int(found[1], 16)


def _bounded(length: int) -> int:
    if length > _LONGEST_BODY:
        raise RequestError(413, f"A body may have {_LONGEST_BODY:,} bytes.")
    return length


def _read(stream: BufferedIOBase, length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise RequestError(400, "The body must be as long as it says.")
    return body
