"""Files that are complete or absent."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

_OWNER_ONLY = 0o600
_USUAL = 0o666


def write_file(path: Path, text: str, *, overwrite: bool, private: bool) -> None:
    """Write a file whole.

    The text goes to a temporary file beside it, reaches the disk, and only then takes the name. A process that is
    killed meanwhile leaves at most that one behind, `.NAME.<random>.tmp`.

    Args:
        path: where; a link is followed.
        text: what, written as UTF-8.
        overwrite: whether a file of that name may be replaced.
        private: whether only its owner may read it; else as the process's mask says.
    Raises:
        FileExistsError: there is one, and it may not be.
        OSError: it can't be written, or what is there is no file; an older file is as it was.
    """
    path = _resolved(path)
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "there is something there that is no file", str(path))
    # Named before it is made: a signal may come at any moment, and what was made must be found to be removed.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8", newline="\n", opener=_private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_OWNER_ONLY if private else _USUAL & ~_mask())
        if overwrite:
            temporary.replace(path)
        else:
            _take_name(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _resolved(path: Path) -> Path:
    """The path that links lead to."""
    try:
        return path.resolve()
    except RuntimeError:  # what Python before 3.13 makes of links in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None


def _private(path: str, flags: int) -> int:
    """Open a new file as its owner's alone, before there is anything in it."""
    return os.open(path, flags, _OWNER_ONLY)


def _mask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _take_name(temporary: Path, path: Path) -> None:
    """Give the file its name unless there is one of that name."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        temporary.replace(path)
    else:
        temporary.unlink()
