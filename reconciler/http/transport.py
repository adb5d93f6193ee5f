"""One exchange with a provider over HTTP, by connections that stay open.

A socket's time-out only bounds each silence, so that a server that drips a byte now and then would hold a run for ever.
Nor does the length of a body say how much is sent: headers, and what cuts a body into chunks, may have no end. So an
answer comes through a stream that ends it. A TLS handshake needs no deadline of ours: Python's own time-out is one for
all of it. (Not so behind a proxy that is itself spoken to by TLS, where urllib3 reads the handshake piece by piece.)
"""

from __future__ import annotations

import io
import os
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from reconciler.http.exchange import NOT_THE_API, ApiRequest, Ending, NoReply, Reply
from reconciler.http.no_reply import SLOW, EndedError, TooSlowError, no_reply
from reconciler.model.configuration import Destination
from reconciler.model.diagnostic import UrlError
from reconciler.model.host import host_is_loopback
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CONNECT_TIMEOUT = 10.0  # seconds
WHOLE_ANSWER = 4  # times the socket's time-out that an answer may take in all
LONGEST_ANSWER = 20 * 1024 * 1024  # bytes of an answer with everything that belongs to it, before decompression
LARGEST_BODY = 10 * 1024 * 1024  # bytes, after decompression
_UNPACKED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})  # others, and several at once, unpack to any size
_ONCE = urllib3.Retry(total=False, redirect=False)  # our retries are the only ones
_POOL_SIZE = 100  # connections kept; more parallel calls than that only reconnect
_CHUNK = 65536
_ELSEWHERE = NoReply(
    Ending.HOPELESS,
    "has a loopback name that resolves to another machine",
    "Nothing was sent. Check how this machine resolves that name, or write `127.0.0.1`.",
)
_TOO_LARGE = NoReply(Ending.UNUSABLE, f"sent a response larger than {LARGEST_BODY // 1024 // 1024} MiB", NOT_THE_API)


class Hurried(io.RawIOBase):
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
            message = f"did not complete its response within {self._seconds:g} seconds"
            raise TooSlowError(NoReply(Ending.TIMED_OUT, message, SLOW))
        if self._left <= 0:
            raise EndedError(_TOO_LARGE)
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
            self.fp = io.BufferedReader(Hurried(self.fp.detach(), WHOLE_ANSWER * seconds))


class _Connection(HTTPConnection):
    """Sends a request in one piece: head and body apart are twice the work for both ends."""

    response_class = _Answer
    _held: bytearray | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        self._held = bytearray()
        try:
            super().request(*args, **kwargs)
            whole = bytes(self._held)
        finally:
            self._held = None
        self.send(whole)

    def send(self, data: Any) -> None:  # noqa: ANN401 - passed on as it comes
        if self._held is None:
            super().send(data)
        else:
            self._held += data

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


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_HURRIED_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - passed on as they come
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # those have connections of their own
            manager.pool_classes_by_scheme = _HURRIED_POOLS
        return manager


class Connections:
    """The connections to an origin, by way of the proxy if there is one: all accounts there share them.

    Requests decides which way that is and which certificates count, once. The calls are made without it: it costs more
    of the processor than all else of a call together, and its session would keep cookies, let a `.netrc` replace the
    token, and follow redirects. Safe to use from several threads.
    """

    def __init__(self, to: Destination) -> None:
        self._to = to
        self._pool: HTTPConnectionPool | None = None
        self._users: set[object] = set()
        self._lock = threading.Lock()

    def join(self, user: object) -> None:
        """Somebody will need them, and `leave` them."""
        with self._lock:
            self._users.add(user)

    def pool(self, user: object) -> HTTPConnectionPool:
        """The connections, which stay as long as somebody needs them."""
        pool = self._pool
        if pool is not None and user in self._users:
            return pool
        with self._lock:
            if self._pool is None:
                self._pool = self._made()
            self._users.add(user)
            return self._pool

    def leave(self, user: object) -> None:
        """Somebody needs them no more: whoever is the last closes them."""
        with self._lock:
            self._users.discard(user)
            if self._pool is not None and not self._users:
                self._pool.close()
                self._pool = None

    def _made(self) -> HTTPConnectionPool:
        adapter = _Adapter(pool_maxsize=_POOL_SIZE)
        adapter.poolmanager.pool_classes_by_scheme = _HURRIED_POOLS
        origin, verify = self._to.origin, certificate_bundle()
        with requests.Session() as session:
            found = session.merge_environment_settings(origin, {}, stream=True, verify=None, cert=None)
        # A proxy named in the environment would get a call to this machine, token included.
        proxies: dict[str, str] = {} if self._to.loopback else dict(found["proxies"])
        request = requests.Request("GET", origin).prepare()
        pool = adapter.get_connection_with_tls_context(request, verify, proxies)
        assert isinstance(pool, HTTPConnectionPool)  # noqa: S101
        adapter.cert_verify(pool, origin, verify, None)  # type: ignore[no-untyped-call]
        return pool


class Session:
    """Sends an account's requests to one origin. Safe to use from several threads.

    An empty authorization isn't sent; `timeout` is how many seconds the server may be silent.
    """

    def __init__(
        self,
        to: Destination,
        *,
        authorization: tuple[str, SecretText],
        headers: Mapping[str, str],
        timeout: float,
        connections: Connections | None = None,
    ) -> None:
        self._origin = to.origin
        self._connections = Connections(to) if connections is None else connections
        self._connections.join(self)
        self._is_closed = False
        self._authorization = authorization
        self._headers = {**headers, "Accept-Encoding": "identity"}
        self._timeout = timeout
        self._silence = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=timeout)

    def send(self, request: ApiRequest) -> Reply | NoReply:
        """Send a request once and read the whole answer, whatever its status.

        Once it was closed, it needs the connections for this request alone: nobody would close it again.
        """
        user: object = object() if self._is_closed else self
        try:
            return self._exchange(request, self._connections.pool(user))
        except (OSError, HTTPException, urllib3.exceptions.HTTPError, ValueError) as error:
            return no_reply(error, self._timeout)
        finally:
            if user is not self:
                self._connections.leave(user)

    def close(self) -> None:
        self._is_closed = True
        self._connections.leave(self)

    def _exchange(self, request: ApiRequest, pool: HTTPConnectionPool) -> Reply | NoReply:
        header, token = self._authorization
        headers = {**self._headers, **request.headers, **({header: token.reveal()} if token else {})}
        body = request.body
        if body is not None:
            headers["Content-Type"] = request.content_type
        elif request.method != "GET":
            body = b""  # with its length, 0
        response = pool.urlopen(
            request.method,
            request.target,
            body,
            headers,
            retries=_ONCE,
            redirect=False,
            assert_same_host=False,
            timeout=self._silence,
            preload_content=False,
            decode_content=False,
        )
        found = response.headers
        try:
            if "Content-Encoding" in found and found["Content-Encoding"].strip().lower() not in _UNPACKED:
                message = "compressed its response with an encoding that isn't supported"
                return NoReply(Ending.UNUSABLE, message, NOT_THE_API)
            said = bytearray()
            for chunk in response.stream(_CHUNK, decode_content=True):
                said += chunk
                if len(said) > LARGEST_BODY:
                    return _TOO_LARGE
            response.release_conn()
        finally:
            response.close()  # with its connection, if it was not read to the end
        redirect = ""
        if "Location" in found:
            with suppress(UrlError, ValueError):
                location = SecretText.provider(urljoin(self._origin, found["Location"]))
                redirect = parse_url(location).endpoint.origin
        return Reply(
            status=response.status,
            body=bytes(said),
            headers={name.lower(): value for name, value in found.items()},
            next_page=_next_page(found["Link"]) if "Link" in found else "",
            redirect=redirect,
        )


def _next_page(link: str) -> str:
    """Where a `Link` header says that a list goes on."""
    links = requests.utils.parse_header_links(link)
    return next((found.get("url", "") for found in reversed(links) if found.get("rel") == "next"), "")


def certificate_bundle() -> str:
    """What certificates are checked with, a file or a folder: as requests finds it, else this, else certifi's."""
    named = map(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"))
    return next(filter(None, named), requests.utils.DEFAULT_CA_BUNDLE_PATH)
