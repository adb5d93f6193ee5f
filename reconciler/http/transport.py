"""One exchange with a provider over HTTP, by an account's own pooled session; or words for why there was none.

A socket's time-out only bounds each silence, so that a server that drips a byte now and then would hold a run for ever.
Nor does the length of a body say how much is sent: headers, and what cuts a body into chunks, may have no end. So an
answer comes through a stream that ends it. A TLS handshake needs no deadline of ours: Python's own time-out is one for
all of it. (Not so behind a proxy that is itself spoken to by TLS, where urllib3 reads the handshake piece by piece.)
"""

from __future__ import annotations

import io
import os
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests
import urllib3
from requests import exceptions
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from reconciler.http.exchange import (
    NOT_THE_API,
    PROXY_CREDENTIALS,
    Ending,
    NoReply,
    Reply,
    Request,
)
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
_POOL_SIZE = 100  # connections kept; more parallel calls than that only reconnect
_CHUNK = 65536
_SLOW = "Try again later, or raise the account's `timeout` (seconds to wait for a response)."
_HOST = "Check the host in `base_url`, and this machine's DNS settings."
_PORT = "Check the host and port in `base_url`, and that the service is running."
_NETWORK = "Check the network, the proxy settings and `base_url`."
_BUNDLE = "Check the certificates in `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE`."

_ELSEWHERE = NoReply(
    Ending.HOPELESS,
    "has a loopback name that resolves to another machine",
    "Nothing was sent. Check how this machine resolves that name, or write `127.0.0.1`.",
)
_TOO_LARGE = NoReply(Ending.UNUSABLE, f"sent a response larger than {LARGEST_BODY // 1024 // 1024} MiB", NOT_THE_API)

_UNKNOWN_ISSUER = (
    "isn't signed by an authority that this machine trusts",
    "If your own proxy intercepts TLS, point `REQUESTS_CA_BUNDLE` at its certificate; otherwise don't send it a token.",
)
_OTHER_HOST = (
    "is for another host",
    "Check `base_url`, and whether something between here and the provider intercepts TLS.",
)
_OTHER_CERTIFICATE = ("can't be trusted", "Check which server responds at this URL before you send it a token.")
_CERTIFICATE: Mapping[int, tuple[str, str]] = {
    9: ("isn't valid yet", "Check this machine's clock."),
    10: ("has expired", "Check this machine's clock; if it is right, the provider must renew its certificate."),
    **dict.fromkeys((2, 18, 19, 20, 21), _UNKNOWN_ISSUER),
    **dict.fromkeys((62, 64), _OTHER_HOST),
}
"""By OpenSSL's `X509_V_ERR_*` code."""
_TUNNEL = re.compile(r"Tunnel connection failed: (?P<status>[0-9]{3})\b")  # as Python says what a proxy answered
_PROXY = (
    "can't be reached through the proxy set in the environment",
    "Check `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.",
)
_TIMED_OUT = NoReply(Ending.TIMED_OUT, "did not respond within {:g} seconds", _SLOW)
_BROKEN = NoReply(Ending.BROKEN, "closed the connection", _NETWORK)
_IMPOSSIBLE = NoReply(Ending.HOPELESS, "can't be reached: the request can't be sent", _BUNDLE)
_REASONS: Mapping[type, NoReply] = {
    exceptions.ProxyError: NoReply(Ending.NOT_SENT, *_PROXY),
    exceptions.InvalidURL: NoReply(Ending.HOPELESS, *_PROXY),  # our own URL is always a valid one
    exceptions.InvalidSchema: NoReply(Ending.HOPELESS, *_PROXY),
    exceptions.SSLError: NoReply(Ending.BROKEN, "closed the TLS connection", f"{_NETWORK} {_BUNDLE}"),
    exceptions.ConnectTimeout: NoReply(Ending.NOT_SENT, "did not set up a connection in time", _NETWORK),
    socket.gaierror: NoReply(Ending.NOT_SENT, "can't be found: its host name can't be resolved", _HOST),
    ConnectionRefusedError: NoReply(
        Ending.NOT_SENT, "refused the connection: nothing is listening on that port", _PORT
    ),
    urllib3.exceptions.NewConnectionError: NoReply(Ending.NOT_SENT, "can't be reached", _NETWORK),
    urllib3.exceptions.ReadTimeoutError: _TIMED_OUT,
    exceptions.Timeout: _TIMED_OUT,
    exceptions.ContentDecodingError: NoReply(Ending.UNUSABLE, "sent a response that can't be read", NOT_THE_API),
    exceptions.InvalidHeader: _IMPOSSIBLE,
    exceptions.RequestException: _BROKEN,  # in doubt
    urllib3.exceptions.HTTPError: _BROKEN,
    HTTPException: _BROKEN,
}
"""By exceptions among the causes; the first counts. Others say that nothing can be sent: a bundle isn't there, say."""


class _EndedError(OSError):
    """Ends an exchange for a reason that is known already: its argument is the `NoReply`."""


class _TooSlowError(_EndedError, TimeoutError):
    """The time for an answer is over, and it isn't here whole."""


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
            raise _TooSlowError(NoReply(Ending.TIMED_OUT, message, _SLOW))
        if self._left <= 0:
            raise _EndedError(_TOO_LARGE)
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
    response_class = _Answer

    def _new_conn(self) -> socket.socket:
        # Not every resolver keeps to it that `localhost` and the names under it are this machine (RFC 6761, 6.3); what
        # goes there goes in clear.
        sock = super()._new_conn()
        is_our_name = ":" not in self.host and self.proxy is None and host_is_loopback(self.host)
        if is_our_name and not ip_address(sock.getpeername()[0]).is_loopback:
            sock.close()
            raise _EndedError(_ELSEWHERE)
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


class Session:
    """Sends requests to one origin. Safe to use from several threads: nothing in it changes after it is made.

    `authorization` is the header that authorises, and its value, which isn't sent where it is empty; `timeout` is how
    many seconds the server may be silent.
    """

    def __init__(
        self, to: Destination, *, authorization: tuple[str, SecretText], headers: Mapping[str, str], timeout: float
    ) -> None:
        self._origin = to.origin
        self._authorization = authorization
        self._headers = {**headers, "Accept-Encoding": "identity"}
        self._timeout = timeout
        self._adapter = _Adapter(pool_maxsize=_POOL_SIZE)  # its retries are zero by default: ours are the only ones
        self._adapter.poolmanager.pool_classes_by_scheme = _HURRIED_POOLS
        self._verify = certificate_bundle()
        with requests.Session() as session:
            found = session.merge_environment_settings(to.origin, {}, stream=True, verify=None, cert=None)
        # A proxy named in the environment would get a call to this machine, token included.
        self._proxies: dict[str, str] = {} if to.loopback else dict(found["proxies"])

    def send(self, request: Request) -> Reply | NoReply:
        """Send a request once and read the whole answer, whatever its status."""
        try:
            return self._exchange(request)
        except (OSError, HTTPException, urllib3.exceptions.HTTPError, ValueError) as error:
            return _no_reply(error, self._timeout)

    def close(self) -> None:
        self._adapter.close()

    def _exchange(self, request: Request) -> Reply | NoReply:
        prepared = requests.PreparedRequest()
        header, token = self._authorization
        headers = self._headers | ({header: token.reveal()} if token else {})
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        prepared.prepare(method=request.method, url=self._origin + request.target, headers=headers, data=request.body)
        # The adapter and not the session, which would keep cookies, let a `.netrc` replace the token, and on a redirect
        # read the whole body at once.
        timeout = (CONNECT_TIMEOUT, self._timeout)
        with self._adapter.send(
            prepared, stream=True, timeout=timeout, verify=self._verify, proxies=self._proxies
        ) as response:
            if response.headers.get("Content-Encoding", "").strip().lower() not in _UNPACKED:
                message = "compressed its response with an encoding that isn't supported"
                return NoReply(Ending.UNUSABLE, message, NOT_THE_API)
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > LARGEST_BODY:
                    return _TOO_LARGE
        redirect, location = "", response.headers.get("Location")
        with suppress(UrlError, ValueError):
            if location is not None:
                redirect = parse_url(SecretText.provider(urljoin(self._origin, location))).endpoint.origin
        return Reply(
            status=response.status_code,
            body=bytes(body),
            headers={name.lower(): value for name, value in response.headers.items()},
            next_page=response.links.get("next", {}).get("url", ""),
            redirect=redirect,
        )


def certificate_bundle() -> str:
    """What certificates are checked with, a file or a folder: as requests finds it, else this, else certifi's."""
    named = map(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"))
    return next(filter(None, named), requests.utils.DEFAULT_CA_BUNDLE_PATH)


def _no_reply(error: Exception, timeout: float) -> NoReply:
    """How an exchange ended, where a server may be silent for `timeout` seconds.

    The exception carries the request, token and body: it is turned into words here and forgotten.
    """
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, _EndedError):
            outcome: NoReply = cause.args[0]
            return outcome
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason, help_ = _CERTIFICATE.get(cause.verify_code, _OTHER_CERTIFICATE)
            return NoReply(Ending.HOPELESS, f"has a TLS certificate that {reason}", help_)
        if isinstance(cause, ssl.SSLError) and cause.library in ("PEM", "X509"):  # what reads certificates from a file
            return NoReply(Ending.HOPELESS, "can't be reached: the certificates to verify it can't be read", _BUNDLE)
        tunnel = _TUNNEL.match(str(cause))
        if tunnel and tunnel["status"] == "407":
            return PROXY_CREDENTIALS
        if tunnel:
            message = f"can't be reached: the proxy refused to connect to it ({tunnel['status']})"
            help_ = "Check that the proxy allows this host, or exclude the host with `NO_PROXY`."
            return NoReply(Ending.NOT_SENT, message, help_)
    kinds = {kind for cause in causes for kind in type(cause).__mro__}
    found = next((reason for kind, reason in _REASONS.items() if kind in kinds), _IMPOSSIBLE)
    return replace(found, message=found.message.format(timeout))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it wraps, in whichever way requests and urllib3 hold them."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            # Not its context: that may be an exception which the caller was handling when it made this call.
            waiting += [*found.args, getattr(found, "reason", None), found.__cause__]
