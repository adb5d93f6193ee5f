"""Reads files that somebody named, up to a bound: a device that never ends is named as easily."""

from __future__ import annotations

import errno
from pathlib import Path

MOST_OF_A_FILE = 64 * 2**20
"""Bytes; ten thousand entries need two million."""

MOST_OF_A_VALUE = 2**20
"""Bytes of an env file, or of one that holds a single value."""


def read_bounded(path: Path, most: int) -> bytes:
    """A file's bytes.

    Raises:
        OSError: it can't be read, or holds more than `most` bytes.
    """
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it holds more than {most} bytes")
    return data
