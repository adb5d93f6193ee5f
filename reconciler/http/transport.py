"""One exchange with a provider over HTTP, by an account's own pooled session; or words for why there was none."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3
from requests import exceptions
from requests.adapters import HTTPAdapter

from reconciler.http.deadline import HURRIED_POOLS
from reconciler.http.exchange import (
    LARGEST_BODY,
    NOT_THE_API,
    SLOW,
    TOO_LARGE,
    EndedError,
    Ending,
    NoReply,
    Reply,
    Request,
)
from reconciler.model.configuration import Destination
from reconciler.model.diagnostic import UrlError
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url

CONNECT_TIMEOUT = 10.0  # seconds
_UNPACKED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})  # others, and several at once, unpack to any size
_POOL_SIZE = 100  # connections kept; more parallel calls than that only reconnect
_CHUNK = 65536
_NETWORK = "Check the network, the proxy settings and `base_url`."
_BUNDLE = "Check the certificates in `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE`."

_UNREADABLE_BUNDLE = NoReply(Ending.HOPELESS, "can't be called: the certificates to verify it can't be read", _BUNDLE)
_BUNDLE_READERS = ("PEM", "X509")  # the parts of OpenSSL that read certificates from a file

_UNKNOWN_ISSUER = (
    "isn't signed by an authority that this machine trusts",
    "If your own proxy intercepts TLS, point `REQUESTS_CA_BUNDLE` at its certificate; otherwise don't send it a token.",
)
_OTHER_HOST = ("is for another host", "Check `base_url`, and whether something between here and the provider answers.")
_OTHER_CERTIFICATE = ("can't be trusted", "Check which server answers at this address before you send it a token.")
_CERTIFICATE: Mapping[int, tuple[str, str]] = {
    9: ("isn't valid yet", "Check this machine's clock."),
    10: ("has expired", "Check this machine's clock; if it is right, the provider must renew its certificate."),
    **dict.fromkeys((2, 18, 19, 20, 21), _UNKNOWN_ISSUER),
    **dict.fromkeys((62, 64), _OTHER_HOST),
}
"""By OpenSSL's `X509_V_ERR_*` code."""

_PROXY = (
    "can't be reached through the proxy set in the environment",
    "Check `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.",
)
_TIMED_OUT = NoReply(Ending.TIMED_OUT, "did not answer within {:g} seconds", SLOW)
_BROKEN = NoReply(Ending.BROKEN, "closed the connection", _NETWORK)
_IMPOSSIBLE = NoReply(Ending.HOPELESS, "can't be called: the request can't be made", _BUNDLE)
_REASONS: Mapping[type, NoReply] = {
    exceptions.ProxyError: NoReply(Ending.NOT_SENT, *_PROXY),
    exceptions.InvalidURL: NoReply(Ending.HOPELESS, *_PROXY),  # our own URL is always a valid one
    exceptions.InvalidSchema: NoReply(Ending.HOPELESS, *_PROXY),
    exceptions.SSLError: NoReply(Ending.BROKEN, "closed the TLS connection", f"{_NETWORK} {_BUNDLE}"),
    exceptions.ConnectTimeout: NoReply(Ending.NOT_SENT, "did not set up a connection in time", _NETWORK),
    socket.gaierror: NoReply(
        Ending.NOT_SENT,
        "can't be found: its host name can't be resolved",
        "Check the host in `base_url`, and this machine's DNS settings.",
    ),
    ConnectionRefusedError: NoReply(
        Ending.NOT_SENT,
        "refused the connection: nothing is listening on that port",
        "Check the host and port in `base_url`, and that the service is running.",
    ),
    urllib3.exceptions.NewConnectionError: NoReply(Ending.NOT_SENT, "can't be reached", _NETWORK),
    urllib3.exceptions.ReadTimeoutError: _TIMED_OUT,
    exceptions.Timeout: _TIMED_OUT,
    exceptions.ContentDecodingError: NoReply(Ending.UNUSABLE, "sent an answer that can't be read", NOT_THE_API),
    exceptions.InvalidHeader: _IMPOSSIBLE,
    exceptions.RequestException: _BROKEN,  # in doubt
    urllib3.exceptions.HTTPError: _BROKEN,
    HTTPException: _BROKEN,
}
"""By exceptions among the causes; the first counts. Others say that nothing can be sent: a bundle isn't there, say."""


class _Adapter(HTTPAdapter):
    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - passed on as they come
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # those have connections of their own
            manager.pool_classes_by_scheme = HURRIED_POOLS
        return manager


class Session:
    """Sends requests to one origin. Safe to use from several threads: nothing in it changes after it is made.

    `authorization` is the header that authorises, and its value, which isn't sent where it is empty; `timeout` is how
    many seconds the server may be silent.
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
        self._authorization = authorization
        self._headers = {**headers, "Accept-Encoding": "identity"}
        self._timeout = timeout
        self._adapter = _Adapter(pool_maxsize=_POOL_SIZE)  # its retries are zero by default: ours are the only ones
        self._adapter.poolmanager.pool_classes_by_scheme = HURRIED_POOLS
        with requests.Session() as session:
            found = session.merge_environment_settings(destination.origin, {}, stream=True, verify=None, cert=None)
        # What certificates are checked with: what requests finds, else this, else certifi's.
        named = found["verify"]
        self._verify = named if isinstance(named, str) else os.environ.get("SSL_CERT_FILE") or True
        # A proxy named in the environment would get a call to this machine, token included.
        self._proxies: dict[str, str] = {} if destination.loopback else dict(found["proxies"])

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
                message = "compressed its answer in an encoding that wasn't accepted"
                return NoReply(Ending.UNUSABLE, message, NOT_THE_API)
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > LARGEST_BODY:
                    return TOO_LARGE
        return Reply(
            status=response.status_code,
            body=bytes(body),
            headers={name.lower(): value for name, value in response.headers.items()},
            next_page=response.links.get("next", {}).get("url", ""),
            redirect=self._redirect(response.headers.get("Location")),
        )

    def _redirect(self, location: str | None) -> str:
        with suppress(UrlError, ValueError):
            if location is not None:
                return parse_url(SecretText.provider(urljoin(self._origin, location))).endpoint.origin
        return ""


def _no_reply(error: Exception, timeout: float) -> NoReply:
    """How an exchange ended, where a server may be silent for `timeout` seconds.

    The exception carries the request, token and body: it is turned into words here and forgotten.
    """
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, EndedError):
            outcome: NoReply = cause.args[0]
            return outcome
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason, help_ = _CERTIFICATE.get(cause.verify_code, _OTHER_CERTIFICATE)
            return NoReply(Ending.HOPELESS, f"has a TLS certificate that {reason}", help_)
        if isinstance(cause, ssl.SSLError) and cause.library in _BUNDLE_READERS:
            return _UNREADABLE_BUNDLE
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
