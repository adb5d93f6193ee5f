"""Reads files that somebody named, up to a bound: a device that never ends, or never begins, is named as easily."""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import time
from pathlib import Path
from typing import BinaryIO

from reconciler.config import limits

_CHUNK = 2**20
# Else opening a pipe that nobody writes to would wait for ever. Windows has no such pipes.
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def read_bounded(path: Path, most: int) -> bytes:
    """A file's bytes.

    Raises:
        OSError: it can't be read, holds more than `most` bytes, or is a pipe that doesn't come to its end in time.
    """
    ends = time.monotonic() + limits.PATIENCE
    with open(path, "rb", buffering=0, opener=_open_at_once) as file:
        if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            _await(file, ends)  # where nobody has opened its other side yet, reading would find an end
        data = bytearray()
        while len(data) <= most:
            chunk = file.read(min(_CHUNK, most + 1 - len(data)))
            if chunk is None:  # a pipe that is empty for now
                _await(file, ends)
            elif chunk:
                data += chunk
            else:
                return bytes(data)
    raise too_large(most)


def read_stream(stream: BinaryIO, most: int) -> bytes:
    """What is left of a stream, standard input for one.

    Raises:
        OSError: it can't be read, or holds more than `most` bytes.
    """
    data = stream.read(most + 1)
    if len(data) > most:
        raise too_large(most)
    return data


def why_unreadable(error: OSError | ValueError) -> str:
    """In the system's words; a name that no file can have is a ValueError."""
    return (error.strerror if isinstance(error, OSError) else None) or "its name is not valid"


def too_large(most: int) -> OSError:
    """What is raised where something holds more than `most` bytes."""
    return OSError(errno.EFBIG, f"it has more than {most} bytes")


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | _AT_ONCE)


def _await(file: io.FileIO, ends: float) -> None:
    """Wait for something to read, an end included."""
    ready, _, _ = select.select([file], [], [], max(ends - time.monotonic(), 0.0))
    if not ready:
        raise OSError(errno.ETIMEDOUT, f"it was not read to its end within {limits.PATIENCE:g} seconds")
