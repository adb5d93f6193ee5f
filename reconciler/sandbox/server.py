"""The sandbox itself: an HTTP server on loopback with a thread for each connection, which can fail as faults say."""

import contextlib
import errno
import socket
import struct
import threading
import time
from collections.abc import Callable
from functools import partial
from http.client import responses
from http.server import BaseHTTPRequestHandler
from typing import Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from reconciler.sandbox.api import SandboxOptions, ShippoApi
from reconciler.sandbox.faults import Action, Faults
from reconciler.sandbox.log import log_line
from reconciler.sandbox.messages import Request, RequestError, Response
from reconciler.sandbox.store import Store

_BACKLOG: Final = 128
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # linger for no time at all
_PATIENCE: Final = 1.0  # seconds: for running requests at the end, and for the rest of what nobody reads
_LONGEST_BODY: Final = 1_000_000  # bytes; a webhook needs a few hundred
_MOST_DISCARDED: Final = 16 * 2**20  # bytes


class HttpServer:
    """An HTTP server on loopback; `start()` lets it answer, `close()` or the end of a `with` block ends it.

    Raises:
        OSError: the port is taken, or the system gives no more open files.
    """

    def __init__(self, port: int = 0, log: Callable[[str], None] | None = None) -> None:
        self.request_log = log
        self._listener = socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        self._address: tuple[str, int] = self._listener.getsockname()
        self.base_url = "http://{}:{}".format(*self._address)  # without a trailing slash
        self._door = threading.Lock()
        self._acceptor: threading.Thread | None = None  # None: connections are refused
        self._last: tuple[str, int] | None = None  # the client that ends it
        self._connections: dict[socket.socket, threading.Thread] = {}
        self.stopping = threading.Event()
        self.at_end = contextlib.ExitStack()  # what else `close()` closes

    def start(self, app: Callable[[Request], Response], faults: Faults) -> None:
        """Begin to answer by `app`, which is called from several threads; OSError: no more threads."""
        self.app, self.faults = app, faults
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let running requests finish, for a second at most, and end all. Closing twice is fine."""
        with self._door:
            if self.stopping.is_set():
                return
            self.stopping.set()
            self._shut()
        end = time.monotonic() + _PATIENCE
        # Those that only wait for another request, or for nothing, end now.
        for way in (socket.SHUT_RD, socket.SHUT_RDWR):
            alive = list(self._connections.items())
            for connection, _ in alive:
                with contextlib.suppress(OSError):
                    connection.shutdown(way)
            for _, thread in alive:
                thread.join(max(0.0, end - time.monotonic()))
            end += _PATIENCE  # a request that doesn't end even so is left to its thread
        self.at_end.close()

    def heed_refusals(self) -> None:
        """Refuse connections from now on, or take them again, as the faults say now."""
        with self._door:
            if self.stopping.is_set() or self.faults.is_refusing is (self._acceptor is None):
                return
            if self._acceptor is not None:
                self._shut()
                # Bound and not listening: connections are refused, and nobody else gets the port.
                self._listener = socket.socket()
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self._listener.bind(self._address)
            else:
                self._listener.listen(_BACKLOG)
                self._open()

    def _open(self) -> None:
        self._listener.settimeout(_PATIENCE)  # should the connection that wakes it fail
        self._acceptor = threading.Thread(target=self._accept, name="sandbox", daemon=True)
        try:
            self._acceptor.start()
        except RuntimeError:
            self._acceptor = None
            raise OSError(errno.EAGAIN, "the system allows no more threads") from None

    def _shut(self) -> None:
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            # A connection of our own wakes it. It is the last one, so that all that came before are served.
            with contextlib.suppress(OSError), socket.socket() as last:
                last.bind((self._address[0], 0))
                self._last = last.getsockname()
                last.settimeout(_PATIENCE)
                last.connect(self._address)
            acceptor.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, client = self._listener.accept()
            except OSError:
                if self._acceptor is None:
                    return
                self.stopping.wait(0.01)  # nobody came, or no open files are left; it is tried again
                continue
            if client == self._last:
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,), name="sandbox-connection", daemon=True)
            self._connections[connection] = thread
            try:
                thread.start()
            except RuntimeError:  # no more threads
                del self._connections[connection]
                connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):  # such as a client that is gone
                _Connection(connection, None, self)  # type: ignore[arg-type]  # the address is for a log
        finally:
            del self._connections[connection]


class _Connection(BaseHTTPRequestHandler):
    """A client's connection: its requests, one after the other, in a thread of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpServer  # type: ignore[assignment]  # the handler asks for none of socketserver's own
    _resets = False

    def finish(self) -> None:
        """Close the connection so that the client learns how."""
        super().finish()
        if self._resets:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        else:
            self.connection.shutdown(socket.SHUT_WR)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request, or none that is known here, as everything else is answered."""
        del explain
        self._refuse(RequestError(int(code), message or "Bad request."))

    def log_message(self, *_: object) -> None:
        """Say nothing: `_log` does."""

    def _log(self, status: int | None, *, is_fault: bool = False) -> None:
        if self.server.request_log is not None:
            # Of what is no request, the base class knows no method, and the path may be another one's.
            self.server.request_log(log_line(self.command or "", getattr(self, "path", ""), status, is_fault=is_fault))

    def _refuse(self, error: RequestError) -> None:
        self.close_connection = True
        self._log(error.response.status)
        self._send(error.response)
        self.connection.settimeout(_PATIENCE)
        self.connection.shutdown(socket.SHUT_WR)
        self.rfile.read(_MOST_DISCARDED)  # left unread, it would reset the connection, and the answer be lost

    def _answer(self) -> None:
        try:
            request = self._read()
        except RequestError as error:
            self._refuse(error)
            return
        act = partial(self.server.app, request)
        action, response = self.server.faults.respond(request.method, request.path, act)
        self.server.heed_refusals()
        if response is None or action.cut is not None or self.server.stopping.is_set():
            self.close_connection = True
        self._log(None if response is None else response.status, is_fault=action != Action())
        if response is not None:
            self._send(response, action)
        while action.instead == "hang" and self.connection.recv(1024):
            pass
        self._resets = action.instead == "reset"

    # The names that the base class looks for.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _read(self) -> Request:
        """The request whose head has just been read.

        Raises:
            RequestError: it isn't one, or its body is too long.
        """
        try:
            target = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            raise RequestError(400, "The request's target or its Content-Length is malformed.") from None
        if "Transfer-Encoding" in self.headers:
            raise RequestError(411, "A body must come with its Content-Length.")
        if length > _LONGEST_BODY:
            raise RequestError(413, f"A body may have at most {_LONGEST_BODY:,} bytes.")
        body = self.rfile.read(max(0, length))
        if len(body) != length:
            raise RequestError(400, "The body must be as long as its Content-Length.")
        query = parse_qsl(target.query, keep_blank_values=True)
        return Request(
            method=self.command,
            path=unquote(target.path),
            target=self.path,
            query=dict(reversed(query)),  # the first of several
            headers=self.headers,
            body=body,
            base_url=f"http://{self.headers['Host']}" if "Host" in self.headers else self.server.base_url,
        )

    def _send(self, response: Response, action: Action = Action()) -> None:  # noqa: B008 - it is frozen
        lines = [
            f"HTTP/1.1 {response.status} {responses.get(response.status, 'Unknown')}",
            f"Date: {self.date_time_string()}",
            *(f"{name}: {value}" for name, value in response.headers),
            f"Connection: {'close' if self.close_connection else 'keep-alive'}",
        ]
        if response.status not in (204, 304):  # they have no body
            lines.append(f"Content-Length: {len(response.body)}")
        data = "\r\n".join([*lines, "", ""]).encode("latin-1")
        if self.command != "HEAD":
            data += response.body[: action.cut]
        if action.pause is None:
            self.connection.sendall(data)
            return
        for number in range(len(data)):
            if self.server.stopping.wait(action.pause):
                break
            self.connection.sendall(data[number : number + 1])


class Sandbox(HttpServer):
    """Shippo's webhook API on loopback, which leaves nothing behind; StoreError: `options.data` can't be used."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self.options = options or SandboxOptions()
        super().__init__(self.options.port, self.options.log)
        try:
            self.store = Store(self.options.data, clock=self.options.clock)
            self.at_end.callback(self.store.close)
            self.serve()
        except BaseException:
            self.close()
            raise

    def serve(self) -> None:
        """Begin to answer as the options say."""
        self.start(ShippoApi(self.store, self.options), Faults(self.options.faults))
