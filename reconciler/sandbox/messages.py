"""HTTP messages: a request as it was read, a response as it goes out, and the reading of bodies."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from io import BufferedIOBase
from typing import Final

_LONGEST_BODY: Final = 1_000_000  # bytes; a webhook needs a few hundred
_LONGEST_LINE: Final = 1000  # bytes, of a chunk's size or a trailer
_MOST_TRAILERS: Final = 100


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
    headers = (("Content-Type", "application/json"), *headers)
    return Response(status=status, headers=headers, body=json.dumps(document).encode("ascii"))


class RequestError(Exception):
    """A request that has this answer, and no effect.

    Args:
        status: the answer's.
        problem: what is wrong, as the `detail` of the answer; or the answer's whole document.
        headers: more of them.
    """

    def __init__(self, status: int, problem: str | Mapping[str, object], *headers: tuple[str, str]) -> None:
        document = {"detail": problem} if isinstance(problem, str) else problem
        self.response = json_response(status, document, *headers)
        super().__init__(problem)


def body_length(headers: Message) -> int | None:
    """The length of a request's body; None: it comes in chunks.

    Raises:
        RequestError: its framing is wrong, unknown or contradictory, or it is too long.
    """
    lengths = list(set(headers.get_all("Content-Length", ())))
    match lengths, [coding.strip().lower() for coding in headers.get_all("Transfer-Encoding", ())]:
        case [], []:
            return 0
        case [], ["chunked"]:
            return None
        case [], _:
            raise RequestError(501, "The only known Transfer-Encoding is chunked.")
        case [length], [] if re.fullmatch("[0-9]{1,18}", length):
            return _bounded(int(length))
        case _, []:
            raise RequestError(400, "Content-Length must be one number.")
        case _:
            raise RequestError(400, "Content-Length and Transfer-Encoding exclude each other.")


def read_body(stream: BufferedIOBase, length: int | None) -> bytes:
    """Read a request's body of that `body_length`.

    Raises:
        RequestError: it is too long, or its framing is wrong.
    """
    if length is not None:
        return _read(stream, length)
    body = b""
    while size := _chunk_size(stream.readline(_LONGEST_LINE)):
        _bounded(len(body) + size)
        body += _read(stream, size)
        if stream.read(2) != b"\r\n":
            raise RequestError(400, "A chunk must be as long as it says.")
    for _ in range(_MOST_TRAILERS):
        line = stream.readline(_LONGEST_LINE)
        if line == b"\r\n":
            return body
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
