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
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from reconciler.http.exchange import PROXY_CREDENTIALS, SLOW, TOO_LARGE, EndedError, Ending, NoReply
from reconciler.model.host import host_is_loopback

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

WHOLE_ANSWER = 4  # times the socket's time-out that an answer may take in all
LONGEST_ANSWER = 20 * 1024 * 1024  # bytes of an answer with everything that belongs to it, before decompression
_ELSEWHERE = NoReply(
    Ending.HOPELESS,
    "has a loopback name that resolves to another machine",
    "Nothing was sent. Check how this machine resolves that name, or write `127.0.0.1`.",
)


class _TooSlowError(EndedError, TimeoutError):
    """The time for an answer is over, and it isn't here whole."""


class _Hurried(io.RawIOBase):
    """What a socket says, until these seconds from now are over or it has said too much."""

    def __init__(self, raw: io.RawIOBase, seconds: float) -> None:
        self._raw = raw
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._left = LONGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        if time.monotonic() > self._ends:
            message = f"did not complete its answer within {self._seconds:g} seconds"
            raise _TooSlowError(NoReply(Ending.TIMED_OUT, message, SLOW))
        if self._left <= 0:
            raise EndedError(TOO_LARGE)
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer whose headers and body come through a hurried stream."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None:
            self.fp = io.BufferedReader(_Hurried(self.fp.detach(), WHOLE_ANSWER * seconds))


class _TunnelAnswer(_Answer):
    """A proxy's answer to CONNECT. Python itself says its status in an exception's text only."""

    def _read_status(self) -> tuple[str, int, str]:
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # not in the stubs
        if found[1] == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            raise EndedError(PROXY_CREDENTIALS)
        if found[1] != HTTPStatus.OK:
            message = f"can't be reached: the proxy refused to connect to it ({found[1]})"
            help_ = "Check that the proxy allows this host, or exclude the host with `NO_PROXY`."
            raise EndedError(NoReply(Ending.NOT_SENT, message, help_))
        return found


class _Connection(HTTPConnection):
    response_class = _Answer

    def _new_conn(self) -> socket.socket:
        # Not every resolver keeps to it that `localhost` and the names under it are this machine (RFC 6761, 6.3); what
        # goes there goes in clear.
        sock = super()._new_conn()
        is_our_name = ":" not in self.host and self.proxy is None and host_is_loopback(self.host)
        if is_our_name and not ip_address(sock.getpeername()[0]).is_loopback:
            sock.close()
            raise EndedError(_ELSEWHERE)
        return sock


class _TlsConnection(_Connection, HTTPSConnection):
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


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


HURRIED_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TlsPool}
"""What a `PoolManager` needs so that each answer has its deadline."""
