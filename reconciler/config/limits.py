"""How much files and variables may hold, far above what anybody needs, and reading up to a bound.

No file may hold a run or its memory: a device that never ends, or never begins, is named as easily as a file.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import time
from pathlib import Path
from typing import BinaryIO

MOST_OF_A_FILE = 32 * 2**20  # bytes of all files of a configuration together; ten thousand entries need two million
MOST_OF_A_PLAN = 64 * 2**20  # bytes of a saved plan; that of an account with 100,000 webhooks has 45 million
MOST_OF_A_VALUE = 2**20  # bytes of a file that holds a single value
MOST_OF_AN_ENV_FILE = 16 * 2**20  # bytes; an export of 100,000 webhooks writes eight million
MOST_BLANKS = 200  # in a row, in an env file: its parser goes through all of them again from each of them
PATIENCE = 60.0  # seconds that a pipe may take, from when it is opened to its end
MOST_VALUES = 1_000_000  # keys and values of all files together; ten thousand entries have 80,000
LONGEST_TEXT = 10_000  # characters of a key, or of a text with its variables put in
MOST_CHARACTERS_TO_FORMAT = 1_000_000  # of a file: the library reads and writes some fifty thousand a second
MOST_DIAGNOSTICS = 10_000  # errors after which the reading ends, and warnings after which no more are told
MOST_ACCOUNTS = 1000  # that files write, counting each repository that they name
MOST_PLACES = 50_000  # and accounts with all places that are listed, or in a fleet; one in step leaves little behind
MOST_PARAMS = 1000  # names under `secret_params`, and under `public_params`
MOST_KEYS = 1000  # of a `for_each`
MOST_WANTED = 200_000  # webhooks of all entries together, one for each account and event
MOST_AT_PLACES = 1_000_000  # and for each place that is listed only when the accounts are

_CHUNK = 2**20
# Else opening a pipe that nobody writes to would wait for ever. Windows has no such pipes.
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def read_bounded(path: Path, most: int) -> bytes:
    """A file's bytes.

    Raises:
        OSError: it can't be read, holds more than `most` bytes, or is a pipe that doesn't come to its end in time.
    """
    ends = time.monotonic() + PATIENCE
    with open(path, "rb", buffering=0, opener=lambda name, flags: os.open(name, flags | _AT_ONCE)) as file:
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


def _await(file: io.FileIO, ends: float) -> None:
    """Wait for something to read, an end included."""
    ready, _, _ = select.select([file], [], [], max(ends - time.monotonic(), 0.0))
    if not ready:
        raise OSError(errno.ETIMEDOUT, f"it was not read to its end within {PATIENCE:g} seconds")


def read_stream(stream: BinaryIO, most: int) -> bytes:
    """What is left of a stream; an OSError where it can't be read, or holds more than `most` bytes."""
    data = stream.read(most + 1)
    if len(data) > most:
        raise too_large(most)
    return data


def why_unreadable(error: OSError | ValueError) -> str:
    """In the system's words; a name that no file can have is a ValueError."""
    return (error.strerror if isinstance(error, OSError) else None) or "its name is not valid"


def too_large(most: int) -> OSError:
    """What is raised where something holds more."""
    return OSError(errno.EFBIG, f"it has more than {most} bytes")
