"""The sandbox itself: the application on waitress, on loopback, with the fault proxy in front if there are faults."""

import errno
import logging
import random
import socket
import threading
from types import TracebackType
from typing import Any, Self

from waitress import wasyncore
from waitress.server import create_server

from reconciler.sandbox.app import SandboxApp
from reconciler.sandbox.lies import Lies
from reconciler.sandbox.options import SandboxOptions
from reconciler.sandbox.proxy import FaultProxy
from reconciler.sandbox.store import Store

__all__ = ["Sandbox", "SandboxOptions"]

_LONGEST_BODY = 1_000_000  # bytes; a webhook needs a few hundred
_CONNECTIONS = 500


class Sandbox:
    """Shippo's webhook API on loopback; a context manager that starts it and leaves nothing behind.

    Attributes:
        options: how it behaves.
        store: its webhooks and its log.
        proxy: the fault proxy in front of it, if there is one.
        base_url: what to use in place of Shippo's own; with a proxy, the proxy's address.

    Args:
        options: how it is to behave; None: as Shippo's documentation says.

    Raises:
        StoreError: the file of `options.data` can't be used.
        OSError: the port is taken, or the system gives no more threads or open files.
    """

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self.options = options or SandboxOptions()
        self.proxy: FaultProxy | None = None
        self._stop = threading.Event()
        self._closed = False
        proxied = self.options.proxy or bool(self.options.faults)
        listener = _listen(self.options.host, 0 if proxied else self.options.port)
        self._address: tuple[str, int] = listener.getsockname()[:2]
        try:
            self.store = Store(self.options.data, clock=self.options.clock)
        except BaseException:
            listener.close()
            raise
        try:
            self._start(listener)
            if proxied:
                self._put_proxy_in_front()
        except RuntimeError:  # what Python makes of a thread that can't be started
            raise OSError(errno.EAGAIN, "the system allows no more threads") from None

    @property
    def base_url(self) -> str:
        """The address, such as `http://127.0.0.1:8123`, without a slash at its end."""
        host, port = self._address if self.proxy is None else self.proxy.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def lie(self, lies: Lies) -> None:
        """Let lists be wrong in these ways from now on."""
        self._app.lie(lies)

    def serve_until_stopped(self) -> None:
        """Block until `stop()` is called from another thread, or `KeyboardInterrupt`, which is passed on."""
        # In steps, because a wait without an end can't be interrupted on Windows.
        while not self._stop.wait(0.5):
            pass

    def stop(self) -> None:
        """Let `serve_until_stopped()` return, from another thread; `close()` then ends everything."""
        self._stop.set()

    def close(self) -> None:
        """Let running requests finish, end all threads, close all sockets and the store. Closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        self._stop.set()
        if self.proxy is not None:
            self.proxy.close()
        self._server.task_dispatcher.shutdown()
        # The sockets belong to the loop's thread, so it closes them; then it has nothing left to loop over.
        trigger = self._server.trigger
        with trigger.lock:  # or an earlier pull may close the trigger before this one has written to it
            trigger.thunks.append(lambda: wasyncore.close_all(self._sockets, ignore_all=True))
            trigger.pull_trigger()
        self._thread.join()
        self.store.close()

    def _start(self, listener: socket.socket) -> None:
        # It warns of more requests than threads, and of those that a stop cuts off: both are ordinary here.
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self._sockets: dict[int, Any] = {}
        self._app = SandboxApp(self.store, self.options, sleep=self._stop.wait)
        self._server = create_server(
            self._app,
            map=self._sockets,
            sockets=[listener],
            threads=self.options.threads,
            connection_limit=_CONNECTIONS,
            asyncore_use_poll=True,  # `select` fails beyond 1,024 open files
            max_request_body_size=_LONGEST_BODY,
            ident="sandbox",
        )
        self._thread = threading.Thread(target=self._server.run, name="sandbox", daemon=True)
        self._thread.start()

    def _put_proxy_in_front(self) -> None:
        try:
            self.proxy = FaultProxy(
                self._address,
                rules=self.options.faults,
                host=self.options.host,
                port=self.options.port,
                rng=random.Random(self.options.fault_seed),  # noqa: S311 - faults, not secrets
            )
        except BaseException:
            self.close()
            raise


def _listen(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
