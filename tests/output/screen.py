"""A real terminal of 80 columns, and what a person sees on it."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
import threading
from types import TracebackType
from typing import Self, TextIO

import pyte

COLUMNS, LINES = 80, 50


class Screen:
    """A pseudo-terminal whose slave end is written to, and an emulator that reads what arrives."""

    def __init__(self) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._master = master
        self.stream: TextIO = io.TextIOWrapper(os.fdopen(slave, "wb", buffering=0), "utf-8", write_through=True)
        self.raw = b""
        self._reader = threading.Thread(target=self._read)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65_536)
            except OSError:  # what Linux says when the last writer has gone
                return
            if not data:
                return
            self.raw += data

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stream.close()
        self._reader.join()
        os.close(self._master)

    def seen(self) -> tuple[list[str], pyte.Screen]:
        """The lines that stand on the screen when all is over, without empty ones at the end, and the screen."""
        screen = pyte.Screen(COLUMNS, LINES)
        pyte.ByteStream(screen).feed(self.raw)
        lines = [line.rstrip() for line in screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines, screen
