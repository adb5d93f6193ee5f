"""Connections that end an answer which is too long or too slow, and that reach this machine where their host is it.

A socket's time-out only bounds each silence, so that a server that drips a byte now and then would hold a run for ever.
Nor does the length of a body say how much is sent: headers, and what cuts a body into chunks, may have no end.
A TLS handshake needs no deadline of ours: Python's own time-out is one for all of it. (Not so behind a proxy that is
itself spoken to by TLS, where urllib3 reads the handshake piece by piece.)
"""

from __future__ import annotations

import io
import socket
import time
from http import HTTPStatus
from http.client import HTTPResponse
from ipaddress import ip_address
from typing import TYPE_CHECKING

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from reconciler.model.host import host_is_loopback

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

WHOLE_ANSWER = 4
"""An answer may take this many times the socket's time-out in all."""


LONGEST_ANSWER = 20 * 1024 * 1024
"""Bytes of an answer with everything that belongs to it, before decompression."""


class ResponseTooLargeError(OSError):
    """More bytes came than any answer has."""


class DeadlineExceededError(TimeoutError):
    """The time for an answer is over, and it isn't here whole."""


class NotLoopbackError(NewConnectionError):
    """A name of this machine leads to another one. Nothing was sent."""


class ProxyRefusedError(OSError):
    """A proxy won't connect. Nothing was sent to where it should have.

    Attributes:
        status: what it answered.
    """

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


class _Hurried(io.RawIOBase):
    """What a socket says, until the time is over or it has said too much.

    Args:
        raw: the socket's own stream.
        seconds: from now.
    """

    def __init__(self, raw: io.RawIOBase, seconds: float) -> None:
        self._raw = raw
        self._ends = time.monotonic() + seconds
        self._left = LONGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        if time.monotonic() > self._ends:
            raise DeadlineExceededError
        if self._left <= 0:
            raise ResponseTooLargeError
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer whose headers and body come through a hurried stream."""

    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        seconds = sock.gettimeout()
        if seconds is not None:
            self.fp = io.BufferedReader(_Hurried(self.fp.detach(), WHOLE_ANSWER * seconds))


class _TunnelAnswer(_Answer):
    """A proxy's answer to CONNECT. Python itself says its status in an exception's text only."""

    def _read_status(self) -> tuple[str, int, str]:
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # not in the stubs
        if found[1] != HTTPStatus.OK:
            raise ProxyRefusedError(found[1])
        return found


class _Connection(HTTPConnection):
    response_class = _Answer

    def _new_conn(self) -> socket.socket:
        return _checked(self, super()._new_conn())


class _TlsConnection(HTTPSConnection):
    response_class = _Answer

    def connect(self) -> None:
        """Until it ends, nothing but the handshake was sent: what is too slow meanwhile is too slow to connect."""
        try:
            super().connect()
        except TimeoutError:
            raise ConnectTimeoutError(self, "the connection was not set up in time") from None

    def _tunnel(self) -> None:
        self.response_class = _TunnelAnswer
        try:
            super()._tunnel()
        finally:
            self.response_class = _Answer

    def _new_conn(self) -> socket.socket:
        return _checked(self, super()._new_conn())


def _checked(connection: HTTPConnection, sock: socket.socket) -> socket.socket:
    """The socket, if it leads to where its host says.

    Not every resolver keeps to it that `localhost` and the names under it are this machine (RFC 6761, 6.3); what goes
    there goes in clear.
    """
    is_name = ":" not in connection.host
    if is_name and connection.proxy is None and host_is_loopback(connection.host):
        peer = ip_address(sock.getpeername()[0])
        if not peer.is_loopback:
            sock.close()
            raise NotLoopbackError(connection, "the name of this machine leads to another one")
    return sock


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


HURRIED_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TlsPool}
"""What a `PoolManager` needs so that each answer has its deadline."""
