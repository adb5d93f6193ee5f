"""What the tests of the provider side share: accounts, context, fields, and a server that says what it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

from reconciler.http.pacing import ClientContext
from reconciler.model.configuration import Account
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.report import Called, Event, Waiting
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url
from reconciler.model.webhook import Fields
from reconciler.providers.shippo import SHIPPO
from tests.support.clock import FakeClock

T = TypeVar("T", bound=Event)

TOKEN = "shippo_test_0123456789abcdef0123456789abcdef01234567"
URL = "https://hooks.example.com/shippo/orders?token=swordfish-in-clear"


def account(base_url: str, *, name: str = "test", token: str = TOKEN, **settings: Any) -> Account:  # noqa: ANN401
    """An account of the sandbox or of a scripted server; without limits unless told otherwise."""
    secret = SecretText.environment("SHIPPO_TOKEN", token)
    return Account(name=name, provider=SHIPPO, token=secret, base_url=base_url, **{"timeout": 5.0, **settings})


def fields(url: str = URL, event: str = "track_updated", *, active: bool = True, is_test: bool = True) -> Fields:
    return {
        "url": parse_url(SecretText.environment("HOOK_URL", url)),
        "event": event,
        "active": active,
        "is_test": is_test,
    }


@dataclass
class Run:
    """A run's context, and what was told meanwhile."""

    clock: FakeClock = field(default_factory=FakeClock)
    allowed_hosts: frozenset[str] = frozenset()
    secret_params: frozenset[str] = BUILT_IN_SECRET_PARAMS
    events: list[Event] = field(default_factory=list)
    context: ClientContext = field(init=False)

    def __post_init__(self) -> None:
        self.context = ClientContext(
            clock=self.clock,
            listener=self.events.append,
            secret_params=self.secret_params,
            allowed_hosts=self.allowed_hosts,
        )

    def calls(self) -> list[tuple[str, str, int, int]]:
        """Method, path, status and number of each attempt."""
        return [(event.method, event.path, event.status, event.attempt) for event in self.of(Called)]

    def waits(self) -> list[float]:
        """The seconds of each wait that was told."""
        return [event.seconds for event in self.of(Waiting)]

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]


@dataclass(frozen=True)
class Received:
    """A request as it came in, headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Handler = Callable[[socket.socket, Received], None]


class RawServer:
    """Accepts connections, reads one request from each, and hands the socket to a handler; then closes it.

    Args:
        handler: writes whatever the test wants to be written.

    Attributes:
        received: the requests, in order.
    """

    def __init__(self, handler: Handler) -> None:
        self.received: list[Received] = []
        self._handler = handler
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in [self._thread, *self._threads]:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = _read(connection)
            if request is not None:
                self.received.append(request)
                self._handler(connection, request)


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """An HTTP answer as bytes; its connection ends with it."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def says(status: str, body: bytes = b"", *headers: str) -> Handler:
    """A handler that always answers the same."""
    return lambda connection, _: connection.sendall(answer(status, body, *headers))


def _read(connection: socket.socket) -> Received | None:
    with connection.makefile("rb") as file:
        words = file.readline().decode("latin-1").split()
        if len(words) < 2:
            return None
        headers = {}
        while line := file.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Received(words[0], words[1], headers, file.read(int(headers.get("content-length", "0"))))
