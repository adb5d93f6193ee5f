"""What the sandbox's tests share: a small client, a clock that stands still, and tokens."""

import http.client
from types import TracebackType
from typing import Self

import requests

TOKEN = "shippo_test_of_the_sandbox"
LIVE_TOKEN = "shippo_live_of_the_sandbox"
OTHER_TOKEN = "shippo_test_of_somebody_else"
URL = "https://hooks.example.com/orders"


class StillClock:
    """A clock that moves when it is told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Api:
    """Calls a sandbox with one token over one session; follows no redirect."""

    def __init__(self, base_url: str, token: str | None = TOKEN, **headers: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(headers)
        if token is not None:
            self._session.headers["Authorization"] = f"ShippoToken {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def call(
        self, method: str, path: str, document: object = None, *, data: bytes | None = None, host: str | None = None
    ) -> requests.Response:
        return self._session.request(
            method,
            self.base_url + path,
            json=document,
            data=data,
            headers={"Host": host} if host else {},
            allow_redirects=False,
            timeout=10,
        )


def address_of(base_url: str) -> tuple[str, int]:
    host, _, port = base_url.removeprefix("http://").rpartition(":")
    return host, int(port)


def connect(base_url: str) -> http.client.HTTPConnection:
    """A plain connection, where the kind of failure can be told."""
    return http.client.HTTPConnection(*address_of(base_url), timeout=10)


def headers(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"ShippoToken {token}"}
