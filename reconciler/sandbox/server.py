"""The sandbox itself: an HTTP server on loopback with a thread for each connection, which can fail as faults say."""

import contextlib
import errno
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from functools import partial
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from reconciler.sandbox.api import ShippoApi
from reconciler.sandbox.faults import Faults, Reply
from reconciler.sandbox.messages import Request, RequestError, Response, body_length, head_of, json_response, read_body
from reconciler.sandbox.options import SandboxOptions
from reconciler.sandbox.store import Store

_HOST: Final = "127.0.0.1"
_BACKLOG: Final = 128
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # linger for no time at all
_HEAD_DEFECTS: Final = (MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect)
_PATIENCE: Final = 1.0  # seconds: for running requests at the end, and for the rest of what nobody reads
_MOST_DISCARDED: Final = 16 * 2**20  # bytes


class HttpServer:
    """An HTTP server on loopback; `start()` lets it answer, `stop()` ends it.

    Attributes:
        base_url: such as `http://127.0.0.1:8123`, without a trailing slash.

    Args:
        port: the port to listen on; 0: a free one.

    Raises:
        OSError: the port is taken, or the system gives no more open files.
    """

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server((_HOST, port), backlog=_BACKLOG)
        try:
            self._waker, self._woken = socket.socketpair()
        except BaseException:
            self._listener.close()
            raise
        self._address: tuple[str, int] = self._listener.getsockname()
        self.base_url = "http://{}:{}".format(*self._address)
        self._door = threading.Lock()
        self._acceptor: threading.Thread | None = None
        self._connections: dict[socket.socket, threading.Thread] = {}
        self.stopping = threading.Event()

    def start(self, app: Callable[[Request], Response], faults: Faults, latency: float = 0.0) -> None:
        """Begin to answer.

        Args:
            app: answers requests; called from several threads at once.
            faults: what goes wrong.
            latency: seconds to wait before each request is carried out.

        Raises:
            OSError: the system gives no more threads.
        """
        self._app = app
        self._latency = latency
        self.faults = faults
        self._open()

    def stop(self) -> None:
        """Let running requests finish, for a second at most, and close all. Stopping twice is fine."""
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
        self._waker.close()
        self._woken.close()

    def heed_refusals(self) -> None:
        """Refuse connections from now on, or take them again, as the faults say now."""
        with self._door:
            if self.stopping.is_set() or self.faults.is_refusing is (self._acceptor is None):
                return
            if self._acceptor is None:
                self._listener.listen(_BACKLOG)
                self._open()
            else:
                self._shut()
                # Bound and not listening: connections are refused, and nobody else gets the port.
                self._listener = socket.socket()
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self._listener.bind(self._address)

    def carry_out(self, request: Request) -> Response:
        """Answer a request, after the latency."""
        self.stopping.wait(self._latency)
        return self._app(request)

    def _open(self) -> None:
        acceptor = threading.Thread(target=self._accept, name="sandbox", daemon=True)
        _start(acceptor)
        self._acceptor = acceptor

    def _shut(self) -> None:
        if self._acceptor is not None:
            self._waker.send(b".")
            self._acceptor.join()
            self._acceptor = None
        self._listener.close()

    def _accept(self) -> None:
        self._listener.setblocking(False)  # noqa: FBT003 - the socket's own interface
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.register(self._listener, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._woken:
                        self._woken.recv(1)
                        return
                    self._welcome()

    def _welcome(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return  # the client has thought better of it
        except OSError:
            self.stopping.wait(0.01)  # no open files are left; it is tried again
            return
        connection.setblocking(True)  # noqa: FBT003 - the socket's own interface
        thread = threading.Thread(target=self._serve, args=(connection,), name="sandbox-connection", daemon=True)
        self._connections[connection] = thread
        try:
            _start(thread)
        except OSError:
            del self._connections[connection]
            connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):  # such as a client that is gone
                _Connection(connection, self)
        finally:
            del self._connections[connection]


class _Connection(BaseHTTPRequestHandler):
    """A client's connection: its requests, one after the other, in a thread of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpServer  # type: ignore[assignment]  # the handler asks for none of socketserver's own

    def __init__(self, connection: socket.socket, server: HttpServer) -> None:
        self._resets = False
        super().__init__(connection, None, server)  # type: ignore[arg-type]  # the address is for a log

    def finish(self) -> None:
        """Close the connection so that the client learns how."""
        super().finish()
        if self._resets:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        else:
            self.connection.shutdown(socket.SHUT_WR)

    def handle_expect_100(self) -> bool:
        """Let nobody send a body before its head is found good."""
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request, or none that is known here, and end the connection."""
        del explain
        self.close_connection = True
        self._send(Reply(response=json_response(int(code), {"detail": message or "Bad request."})))
        # Closed with something unread, the connection would be reset, and the answer lost.
        self.connection.settimeout(_PATIENCE)
        self.connection.shutdown(socket.SHUT_WR)
        left = _MOST_DISCARDED
        while left > 0 and (discarded := self.connection.recv(65536)):
            left -= len(discarded)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        try:
            request = self._read()
        except RequestError as error:
            self.send_error(error.status, str(error))
            return
        act = partial(self.server.carry_out, request)
        reply = self.server.faults.reply(request.method, request.path, act)
        self.server.heed_refusals()
        self.close_connection = self.close_connection or reply.ends or self.server.stopping.is_set()
        if reply.hangs:
            while self.connection.recv(1024):
                pass
        self._resets = reply.resets
        if reply.response is not None:
            self._send(reply)

    # The names that the base class looks for.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _read(self) -> Request:
        """The request whose head has just been read.

        Raises:
            RequestError: it isn't one.
        """
        hosts = self.headers.get_all("Host", ())
        if (
            any(isinstance(defect, _HEAD_DEFECTS) for defect in self.headers.defects)
            or self.request_version == "HTTP/0.9"
        ):
            raise RequestError(400, "The request's head is malformed.")
        if len(hosts) > 1 or (not hosts and self.request_version != "HTTP/1.0"):
            raise RequestError(400, "A request must have one Host header.")
        try:
            target = urlsplit(self.path)
        except ValueError:
            raise RequestError(400, "The request's target is not a URL.") from None
        length = body_length(self.headers)
        if self.headers.get("Expect", "").lower() == "100-continue" and self.request_version != "HTTP/1.0":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        query = parse_qsl(target.query, keep_blank_values=True)
        return Request(
            method=self.command,
            path=unquote(target.path),
            query=dict(reversed(query)),  # the first of several
            headers=self.headers,
            body=read_body(self.rfile, length),
            base_url=f"http://{hosts[0]}" if hosts else self.server.base_url,
        )

    def _send(self, reply: Reply) -> None:
        assert reply.response is not None  # noqa: S101 - the callers look
        body = b"" if self.command == "HEAD" else reply.response.body
        data = head_of(reply.response, closes=self.close_connection) + body[: reply.cut]
        if reply.pause is not None:
            for number in range(len(data)):
                if self.server.stopping.wait(reply.pause):
                    break
                self.connection.sendall(data[number : number + 1])
        else:
            self.connection.sendall(data)


def _start(thread: threading.Thread) -> None:
    try:
        thread.start()
    except RuntimeError:
        raise OSError(errno.EAGAIN, "the system allows no more threads") from None


class Sandbox:
    """Shippo's webhook API on loopback; a context manager that starts it and leaves nothing behind.

    Attributes:
        base_url: what to use in place of Shippo's own, without a trailing slash.
        store: its webhooks.

    Args:
        options: how it is to behave.

    Raises:
        StoreError: the file of `options.data` can't be used.
        OSError: the port is taken, or the system gives no more threads or open files.
    """

    def __init__(self, options: SandboxOptions | None = None) -> None:
        options = options or SandboxOptions()
        self._server = HttpServer(options.port)
        self.base_url = self._server.base_url
        try:
            self.store = Store(options.data, clock=options.clock)
        except BaseException:
            self._server.stop()
            raise
        try:
            faults = Faults(options.faults, options.fault_seed)
            self._server.start(ShippoApi(self.store, options), faults, options.latency)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let running requests finish, end all threads, close all sockets and the store. Closing twice is fine."""
        self._server.stop()
        self.store.close()
