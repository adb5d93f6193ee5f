"""One exchange with a provider over HTTP, by an account's own pooled session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from reconciler.http.deadline import HURRIED_POOLS
from reconciler.http.exchange import LARGEST_BODY, NOT_THE_API, TOO_LARGE, Ending, NoReply, Reply, Request
from reconciler.http.failures import no_reply
from reconciler.model.destination import Destination
from reconciler.model.diagnostic import UrlError
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url

CONNECT_TIMEOUT = 10.0  # seconds
_UNPACKED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})  # others, and several at once, unpack to any size
_POOL_SIZE = 100  # connections kept; more parallel calls than that only reconnect
_CHUNK = 65536


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
        except (OSError, HTTPException, HTTPError, ValueError) as error:
            return no_reply(error, self._timeout)

    def close(self) -> None:
        self._adapter.close()

    def _exchange(self, request: Request) -> Reply | NoReply:
        prepared = requests.PreparedRequest()
        header, token = self._authorization
        headers = self._headers | ({header: token.reveal()} if token else {})
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        prepared.prepare(
            method=request.method,
            url=self._origin + request.target,
            headers=headers,
            data=request.body,
        )
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
        if location is None:
            return ""
        try:
            return parse_url(SecretText.provider(urljoin(self._origin, location))).endpoint.origin
        except (UrlError, ValueError):
            return ""
