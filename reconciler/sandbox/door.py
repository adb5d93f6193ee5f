"""The place where a server listens: it can be shut, so that connections are refused, and opened again."""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_A_MOMENT: Final = 5.0  # seconds


class Door:
    """A listening socket that keeps its address while it is shut.

    Attributes:
        address: host and port.

    Args:
        host: the address to listen on.
        port: the port; 0: a free one.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, host: str, port: int) -> None:
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=self._family)
        self._is_open = True
        self._is_closed = False
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._welcome: Callable[[socket.socket], None] = socket.socket.close

    def attend(self, loop: asyncio.AbstractEventLoop, welcome: Callable[[socket.socket], None]) -> None:
        """Let a loop, in whose thread this is called, give every connection to `welcome` from now on."""
        self._loop = loop
        self._welcome = welcome
        self._watch()

    def shut(self) -> None:
        """Refuse connections; in the loop's thread. A shut one stays shut."""
        if not self._is_open or self._loop is None:
            return
        self._loop.remove_reader(self._socket)
        self._socket.close()
        # Bound and not listening: connections are refused, and nobody else gets the port.
        self._socket = socket.socket(self._family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(self.address)
        self._is_open = False

    def open(self, *, unless: Callable[[], bool]) -> None:
        """Take connections again; from any thread but the loop's. An open one stays open, a closed one closed.

        Args:
            unless: asked in the loop's thread, where the door is shut, too: whether it shall stay as it is.
        """
        if self._is_closed or self._loop is None:
            return
        done = threading.Event()
        with suppress(RuntimeError):  # the loop has just ended
            self._loop.call_soon_threadsafe(self._reopen, unless, done)
            done.wait(_A_MOMENT)  # it may just be ending

    def close(self) -> None:
        """Give the address back; in the loop's thread while it runs. Closing twice is fine."""
        if self._loop is not None and self._is_open and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
        self._is_open, self._is_closed = False, True
        self._socket.close()

    def _reopen(self, unless: Callable[[], bool], done: threading.Event) -> None:
        if not self._is_open and not self._is_closed and not unless():
            self._socket.listen()
            self._is_open = True
            self._watch()
        done.set()

    def _watch(self) -> None:
        assert self._loop is not None  # set by attend()  # noqa: S101
        self._socket.settimeout(0)
        # asyncio's own server leaks a connection that comes while it closes (Python 3.11).
        self._loop.add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return  # the client has thought better of it
        self._welcome(connection)
