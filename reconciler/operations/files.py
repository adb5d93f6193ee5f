"""Files that are complete or absent, and that nobody else can read."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

_OWNER_ONLY = 0o600


def write_private(path: Path, text: str, *, overwrite: bool) -> None:
    """Write a file whole, readable by its owner alone.

    The text goes to a temporary file beside it, reaches the disk, and only then takes the name.

    Args:
        path: where.
        text: what, written as UTF-8.
        overwrite: whether a file of that name may be replaced.
    Raises:
        FileExistsError: there is one, and it may not be.
        OSError: it can't be written; an older file is as it was.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_OWNER_ONLY)
        if overwrite:
            Path(temporary).replace(path)
        else:
            _take_name(temporary, path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _take_name(temporary: str, path: Path) -> None:
    """Give the file its name unless there is one of that name."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        Path(temporary).replace(path)
    else:
        Path(temporary).unlink()
