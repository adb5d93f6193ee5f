"""Files that are complete or absent."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

_OWNER_ONLY = 0o600
_USUAL = 0o666


def write_file(path: Path, text: str, *, overwrite: bool, private: bool) -> None:
    """Write a file whole.

    The text goes to a temporary file beside it, reaches the disk, and only then takes the name.

    Args:
        path: where; a link is followed.
        text: what, written as UTF-8.
        overwrite: whether a file of that name may be replaced.
        private: whether only its owner may read it; else as the process's mask says.
    Raises:
        FileExistsError: there is one, and it may not be.
        OSError: it can't be written, or what is there is no file; an older file is as it was.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "there is something there that is no file", str(path))
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_OWNER_ONLY if private else _USUAL & ~_mask())
        if overwrite:
            Path(temporary).replace(path)
        else:
            _take_name(temporary, path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _mask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
