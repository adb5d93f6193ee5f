"""Files that are complete or absent, alone or together."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
        OSError: it can't be written, or what is there is no file; an older file is as it was. `filename` is the path.
    """
    draft = _Draft.of(path)
    try:
        draft.fill(text, private=private)
        draft.take_name(overwrite=overwrite)
        draft.settle()
    except BaseException:
        # What was replaced can't be brought back, so the new file stays where it has the name already.
        draft.discard(named=not overwrite)
        raise


@contextmanager
def new_files(texts: Mapping[Path, str]) -> Iterator[None]:
    """Write files that must not be there yet, for their owner's eyes: all of them or none.

    None takes its name before all have reached the disk. What fails meanwhile, in the body too, removes them again; a
    process that is killed leaves each whole or absent, and at most a `.NAME.<random>.tmp` beside each.

    Args:
        texts: what, by where.
    Raises:
        FileExistsError: there is one of them.
        OSError: one of them can't be written. `filename` is its path.
    """
    drafts = [_Draft.of(path) for path in texts]
    try:
        for draft in drafts:
            draft.fill(texts[draft.path], private=True)
        for draft in drafts:
            draft.take_name(overwrite=False)
        yield
        for draft in drafts:
            draft.settle()
    except BaseException:
        for draft in drafts:
            draft.discard(named=True)
        raise


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A file on its way to its name.

    Attributes:
        path: as given.
        target: where links lead from there.
        temporary: where the text is until it has the name. Known before it is made: a signal may come at any moment,
            and what was made must be found to be removed.
        identity: what the system knows the file by, whatever its name; None until it is made.
    """

    path: Path
    target: Path
    temporary: Path
    identity: tuple[int, int] | None = None

    @classmethod
    def of(cls, path: Path) -> _Draft:
        """A draft of a file that is nowhere yet."""
        with _naming(path):
            target = _resolved(path)
            if target.exists() and not target.is_file():
                raise OSError(errno.EINVAL, "it exists and is not a regular file")
        return cls(path=path, target=target, temporary=target.with_name(f".{target.name}.{os.urandom(8).hex()}.tmp"))

    def fill(self, text: str, *, private: bool) -> None:
        """Write the text to the temporary file, and to the disk."""
        with _naming(self.path):
            with open(self.temporary, "x", encoding="utf-8", newline="\n", opener=_private) as file:
                self.identity = _identity(os.fstat(file.fileno()))
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            self.temporary.chmod(_OWNER_ONLY if private else _USUAL & ~_mask())

    def take_name(self, *, overwrite: bool) -> None:
        """Give the file its name. Where it may not replace another, the temporary name may stay until `settle`."""
        with _naming(self.path):
            if overwrite:
                self.temporary.replace(self.target)
            else:
                _take_new_name(self.temporary, self.target)

    def settle(self) -> None:
        """Leave nothing but the file under its name."""
        self.temporary.unlink(missing_ok=True)

    def discard(self, *, named: bool) -> None:
        """Remove what was written, under its name too where that is wanted; nobody else's file."""
        with suppress(OSError):
            if named and self.identity == _identity(self.target.stat()):
                self.target.unlink()
        with suppress(OSError):
            self.temporary.unlink()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name this path in what fails, in place of the temporary file."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _resolved(path: Path) -> Path:
    """The path that links lead to."""
    try:
        return path.resolve()
    except RuntimeError:  # what Python before 3.13 makes of links in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None


def _private(path: str, flags: int) -> int:
    """Open a new file as its owner's alone, before there is anything in it."""
    return os.open(path, flags, _OWNER_ONLY)


def _mask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _take_new_name(temporary: Path, path: Path) -> None:
    """Give the file its name unless there is one of that name."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        temporary.replace(path)
