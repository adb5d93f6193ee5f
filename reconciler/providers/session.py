"""One exchange with a provider over HTTP, by an account's own pooled session. The one module with `requests`."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import exceptions as urllib3_exceptions

from reconciler.model.destination import Destination
from reconciler.model.diagnostic import UrlError
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url
from reconciler.providers import reasons
from reconciler.providers.deadline import (
    HURRIED_POOLS,
    WHOLE_ANSWER,
    DeadlineExceededError,
    NotLoopbackError,
    ProxyRefusedError,
    ResponseTooLargeError,
)
from reconciler.providers.exchange import NoReply, Reply, Request
from reconciler.providers.retry import Ending

CONNECT_TIMEOUT = 10.0
"""Seconds."""
LARGEST_BODY = 10 * 1024 * 1024
"""Bytes, after decompression."""

_UNPACKED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})  # others, and several at once, unpack to any size
_POOL_SIZE = 100  # connections kept; more parallel calls than that only reconnect
_CHUNK = 65536
_OF_A_BUNDLE = ("PEM", "X509")  # the parts of OpenSSL that read certificates from a file


_TOO_LARGE = NoReply(
    ending=Ending.UNUSABLE,
    message=f"sent an answer larger than {LARGEST_BODY // 1024 // 1024} MiB",
    help=reasons.NOT_THE_API,
)
_PACKED = NoReply(
    ending=Ending.UNUSABLE,
    message="compressed its answer in an encoding that wasn't accepted",
    help=reasons.NOT_THE_API,
)


class _TokenAuth(AuthBase):
    """Sets the header that authorises. As an object, because a `.netrc` replaces one named `Authorization`."""

    def __init__(self, header: str, value: SecretText) -> None:
        self._header = header
        self._value = value

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            prepared.headers[self._header] = self._value.reveal()
        return prepared


class _Adapter(HTTPAdapter):
    """Pools whose calls keep to their deadlines."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = HURRIED_POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - passed on as they come
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # those have connections of their own
            manager.pool_classes_by_scheme = HURRIED_POOLS
        return manager


class Session:
    """Sends requests to one origin. Safe to use from several threads: nothing in it changes after it is made.

    Args:
        destination: where everything goes.
        authorization: the header that authorises, and its value; nothing is sent where that is empty.
        headers: all others.
        timeout: seconds that the server may be silent.
    """

    def __init__(
        self,
        destination: Destination,
        *,
        authorization: tuple[str, SecretText],
        headers: Mapping[str, str],
        timeout: float,
    ) -> None:
        self._origin = destination.origin
        self._auth = _TokenAuth(*authorization)
        self._headers = {**headers, "Accept-Encoding": "identity"}
        self._timeout = timeout
        self._adapter = _Adapter(pool_maxsize=_POOL_SIZE)  # its retries are zero by default: ours are the only ones
        with requests.Session() as session:
            found = session.merge_environment_settings(destination.origin, {}, stream=True, verify=None, cert=None)
        self._verify = _bundle(found["verify"])
        # A proxy named in the environment would get a call to this machine, token included.
        self._proxies: dict[str, str] = {} if destination.loopback else dict(found["proxies"])

    def send(self, request: Request) -> Reply | NoReply:
        """Send a request once and read the whole answer.

        Returns:
            The answer, whatever its status; or how the attempt ended without one.
        """
        try:
            return self._exchange(request)
        except (OSError, HTTPException, urllib3_exceptions.HTTPError, ValueError) as error:
            # The exception carries the request, token and body: it is turned into words here and forgotten.
            return self._failure(error)

    def close(self) -> None:
        """Give the connections back."""
        self._adapter.close()

    def _exchange(self, request: Request) -> Reply | NoReply:
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=request.method,
            url=self._origin + request.target,
            headers=self._headers | ({} if request.body is None else {"Content-Type": request.content_type}),
            data=request.body,
            auth=self._auth,
        )
        # The adapter and not the session, which would keep cookies, and on a redirect read the whole body at once.
        response = self._adapter.send(
            prepared,
            stream=True,
            timeout=(CONNECT_TIMEOUT, self._timeout),
            verify=self._verify,
            proxies=self._proxies,
        )
        with response:
            if response.headers.get("Content-Encoding", "").strip().lower() not in _UNPACKED:
                return _PACKED
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > LARGEST_BODY:
                    return _TOO_LARGE
        return Reply(
            status=response.status_code,
            body=bytes(body),
            headers={name.lower(): value for name, value in response.headers.items()},
            next_page=response.links.get("next", {}).get("url", ""),
            redirect=self._redirect(response.headers.get("Location")),
        )

    def _redirect(self, location: str | None) -> str:
        if location is None:
            return ""
        try:
            return parse_url(SecretText.provider(urljoin(self._origin, location))).endpoint.origin
        except (UrlError, ValueError):
            return ""

    def _failure(self, error: Exception) -> NoReply:
        causes = tuple(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                message, help_ = reasons.of_certificate(cause.verify_code)
                return NoReply(ending=Ending.HOPELESS, message=message, help=help_)
            if isinstance(cause, NotLoopbackError):
                message, help_ = reasons.ELSEWHERE
                return NoReply(ending=Ending.HOPELESS, message=message, help=help_)
            if isinstance(cause, ProxyRefusedError):
                return _proxy_refused(cause.status)
            if isinstance(cause, ssl.SSLError) and cause.library in _OF_A_BUNDLE:
                message, help_ = reasons.BUNDLE
                return NoReply(ending=Ending.HOPELESS, message=message, help=help_)
            if isinstance(cause, ResponseTooLargeError):
                return _TOO_LARGE
            if isinstance(cause, DeadlineExceededError):
                message = f"did not complete its answer within {WHOLE_ANSWER * self._timeout:g} seconds"
                return NoReply(ending=Ending.TIMED_OUT, message=message, help=reasons.SLOW)
        if any(isinstance(cause, urllib3_exceptions.NewConnectionError) for cause in causes):
            ending = Ending.NOT_SENT
        elif any(isinstance(cause, urllib3_exceptions.ReadTimeoutError) for cause in causes):
            ending = Ending.TIMED_OUT
        else:
            ending = next(ENDINGS[kind] for kind in type(error).__mro__ if kind in ENDINGS)
        message, help_ = self._words(error, causes, ending)
        return NoReply(ending=ending, message=message, help=help_)

    def _words(self, error: Exception, causes: Iterable[BaseException], ending: Ending) -> tuple[str, str]:
        # Our own URL is always a valid one, so that what is wrong with a URL is wrong with the proxy's.
        if isinstance(error, exceptions.ProxyError | exceptions.InvalidURL | exceptions.InvalidSchema):
            return reasons.PROXY
        if isinstance(error, exceptions.SSLError):
            return reasons.TLS
        if isinstance(error, exceptions.ConnectTimeout):
            return reasons.NOT_SET_UP
        for cause in causes:
            if isinstance(cause, socket.gaierror | urllib3_exceptions.NameResolutionError):
                return reasons.NO_SUCH_HOST
            if isinstance(cause, ConnectionRefusedError):
                return reasons.NOT_LISTENING
        return reasons.of_ending(ending, self._timeout)


ENDINGS: Mapping[type, Ending] = {
    exceptions.RequestException: Ending.BROKEN,
    exceptions.ConnectionError: Ending.BROKEN,
    exceptions.ConnectTimeout: Ending.NOT_SENT,
    exceptions.ProxyError: Ending.NOT_SENT,
    exceptions.SSLError: Ending.BROKEN,  # within a connection too; certificates are told apart before
    exceptions.Timeout: Ending.TIMED_OUT,
    exceptions.ReadTimeout: Ending.TIMED_OUT,
    exceptions.RetryError: Ending.BROKEN,
    exceptions.ChunkedEncodingError: Ending.BROKEN,
    exceptions.ContentDecodingError: Ending.UNUSABLE,
    exceptions.StreamConsumedError: Ending.UNUSABLE,
    exceptions.HTTPError: Ending.UNUSABLE,
    exceptions.TooManyRedirects: Ending.UNUSABLE,
    exceptions.JSONDecodeError: Ending.UNUSABLE,
    exceptions.InvalidJSONError: Ending.HOPELESS,
    exceptions.URLRequired: Ending.HOPELESS,
    exceptions.MissingSchema: Ending.HOPELESS,
    exceptions.InvalidSchema: Ending.HOPELESS,
    exceptions.InvalidURL: Ending.HOPELESS,
    exceptions.InvalidProxyURL: Ending.HOPELESS,
    exceptions.InvalidHeader: Ending.HOPELESS,
    exceptions.UnrewindableBodyError: Ending.HOPELESS,
    urllib3_exceptions.HTTPError: Ending.BROKEN,
    HTTPException: Ending.BROKEN,
    OSError: Ending.HOPELESS,  # those that requests doesn't wrap: the certificate bundle isn't there
    ValueError: Ending.HOPELESS,  # a request that can't be built
}
"""How an attempt ended that ended in such an exception; the nearest class counts."""


def _bundle(named: str | bool | None) -> str | bool:  # noqa: FBT001 - as requests has it
    """What certificates are checked with: what requests finds, else `SSL_CERT_FILE`, else certifi's."""
    return named if isinstance(named, str) else os.environ.get("SSL_CERT_FILE") or True


def _proxy_refused(status: int) -> NoReply:
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        message, help_ = reasons.PROXY_CREDENTIALS
        return NoReply(ending=Ending.HOPELESS, message=message, help=help_)
    message, help_ = reasons.PROXY_REFUSED
    return NoReply(ending=Ending.NOT_SENT, message=message.format(status=status), help=help_)


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
