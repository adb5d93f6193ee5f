"""Just enough HTTP/1.1 framing for the fault proxy: whole messages in, whole messages out."""

import asyncio
from dataclasses import dataclass
from typing import Final

LONGEST_HEAD: Final = 256 * 1024  # bytes
# They are about one connection, and the proxy has two; the length is written anew.
_NOT_PASSED_ON: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length", "te", "trailer", "upgrade"}
)
_BODILESS: Final = frozenset({204, 304})


class FramingError(Exception):
    """What came is not HTTP as this module knows it, or it ended in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request or a response, whole.

    Attributes:
        start: the request line or status line, without its line end.
        headers: names and values as they came, in their order.
        body: the body without any chunking.
    """

    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, in any case; empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def method(self) -> str:
        """Of a request: its method."""
        return self.start.split(" ")[0]

    @property
    def path(self) -> str:
        """Of a request: its target without the query."""
        return self.start.split(" ")[1].partition("?")[0]

    @property
    def status(self) -> int:
        """Of a response: its status."""
        return int(self.start.split(" ")[1])

    @property
    def keeps_alive(self) -> bool:
        """Of a request: whether its sender wants to send more on the same connection."""
        options = {option.strip().lower() for option in self.header("Connection").split(",")}
        return "keep-alive" in options if self.start.endswith("HTTP/1.0") else "close" not in options


async def read_request(reader: asyncio.StreamReader) -> Message | None:
    """Read one request.

    Returns:
        The request, or None if the connection was closed before one began.

    Raises:
        FramingError: it isn't a request, or it ends in the middle.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise FramingError("the request ends in its head") from None
    except asyncio.LimitOverrunError:
        raise FramingError("the request's head is too long") from None
    start, headers = _parse_head(head)
    if len(start.split(" ")) != 3:  # noqa: PLR2004 - method, target, version
        raise FramingError("the request line is not one")
    return Message(start=start, headers=headers, body=await _read_body(reader, headers, until_close=False))


async def read_response(reader: asyncio.StreamReader, *, method: str) -> Message:
    """Read the response to a request of that method.

    Raises:
        FramingError: it isn't a response, or it ends in the middle.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise FramingError("the response has no whole head") from None
    start, headers = _parse_head(head)
    if not start.startswith("HTTP/1.") or not start[9:12].isdigit():
        raise FramingError("the status line is not one")
    response = Message(start=start, headers=headers, body=b"")
    if method == "HEAD" or response.status in _BODILESS:
        return response
    return Message(start=start, headers=headers, body=await _read_body(reader, headers, until_close=True))


def write_message(message: Message, *, close: bool, head_only: bool = False) -> bytes:
    """A message as it goes over the wire, framed by its length.

    Args:
        message: what to send.
        close: say that the connection ends with it.
        head_only: it is the answer to a HEAD, which has no body whatever its head says.
    """
    lines = [message.start]
    lines += [f"{name}: {value}" for name, value in message.headers if name.lower() not in _NOT_PASSED_ON]
    is_response = message.start.startswith("HTTP/")
    if head_only:
        lines += [f"Content-Length: {message.header('Content-Length')}"] if message.header("Content-Length") else []
    elif message.body or (is_response and message.status not in _BODILESS):
        lines.append(f"Content-Length: {len(message.body)}")
    lines.append(f"Connection: {'close' if close else 'keep-alive'}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("latin-1") + (b"" if head_only else message.body)


def _parse_head(head: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    start, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return start, tuple((name, value.strip()) for name, _, value in pairs)


async def _read_body(reader: asyncio.StreamReader, headers: tuple[tuple[str, str], ...], *, until_close: bool) -> bytes:
    lower = {name.lower(): value for name, value in headers}
    try:
        if lower.get("transfer-encoding", "").lower().endswith("chunked"):
            return await _read_chunks(reader)
        if "content-length" in lower:
            return await reader.readexactly(int(lower["content-length"]))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        raise FramingError("the body is not as long as it says") from None
    return await reader.read() if until_close else b""


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers
    return bytes(body)
