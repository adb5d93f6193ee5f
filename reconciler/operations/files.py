"""Files that are complete or absent, alone or together."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

_OWNER_ONLY = 0o600
_USUAL = 0o666


def rewrite_file(path: Path, text: str) -> None:
    """Write a file that is there anew, with the permissions it has; OSError as `write_file` says."""
    with _written({path: text}, overwrite=True, private=True, mode=path.stat().st_mode & 0o7777):
        pass


def write_file(path: Path, text: str, *, overwrite: bool, private: bool) -> None:
    """Write a file whole; a link is followed.

    The text goes to a temporary file beside it, reaches the disk, and only then takes the name. A process that is
    killed meanwhile leaves at most that one behind, `.NAME.<random>.tmp`. Unless it is `private`, who may read it is as
    the process's mask says.

    Raises:
        FileExistsError: there is one, and it may not be.
        OSError: it can't be written, or what is there is no file; an older file is as it was. `filename` is the path.
    """
    with _written({path: text}, overwrite=overwrite, private=private):
        pass


@contextmanager
def new_files(texts: Mapping[Path, str]) -> Iterator[None]:
    """Write files that must not be there yet, for their owner's eyes: all of them or none.

    None takes its name before all have reached the disk. What fails meanwhile, in the body too, removes them again. A
    process that is killed leaves what `write_file` says, which also says what is raised.
    """
    with _written(texts, overwrite=False, private=True):
        yield


@contextmanager
def _written(texts: Mapping[Path, str], *, overwrite: bool, private: bool, mode: int | None = None) -> Iterator[None]:
    drafts = [_Draft(path) for path in texts]
    try:
        for draft in drafts:
            draft.fill(texts[draft.path], private=private)
            if mode is not None:
                draft.temporary.chmod(mode)
        for draft in drafts:
            draft.take_name(overwrite=overwrite)
        yield
        for draft in drafts:
            draft.temporary.unlink(missing_ok=True)
    except BaseException:
        # What was replaced can't be brought back, so such a file stays where it has the name already.
        for draft in drafts:
            draft.discard(named=not overwrite)
        raise


class _Draft:
    """A file on its way to its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _naming(path):
            try:
                self._target = path.resolve()
            except RuntimeError:  # what Python before 3.13 makes of links in a circle
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
            if self._target.exists() and not self._target.is_file():
                raise OSError(errno.EINVAL, "it exists and is not a regular file")
        # Known before it is made: a signal may come at any moment, and what was made must be found to be removed.
        self.temporary = self._target.with_name(f".{self._target.name}.{os.urandom(8).hex()}.tmp")
        self._made: os.stat_result | None = None

    def fill(self, text: str, *, private: bool) -> None:
        with _naming(self.path):
            opener = partial(os.open, mode=_OWNER_ONLY if private else _USUAL)
            with open(self.temporary, "x", encoding="utf-8", newline="\n", opener=opener) as file:
                self._made = os.fstat(file.fileno())
                file.write(text)
                file.flush()
                os.fsync(file.fileno())

    def take_name(self, *, overwrite: bool) -> None:
        """Give the file its name. Where it may not replace another, it may keep the temporary one beside it."""
        with _naming(self.path):
            if overwrite:
                self.temporary.replace(self._target)
                return
            try:
                os.link(self.temporary, self._target)
            except FileExistsError:
                raise
            except OSError:  # a file system without links
                if self._target.exists():
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
                self.temporary.replace(self._target)

    def discard(self, *, named: bool) -> None:
        """Remove what was written, under its name too where that is wanted; nobody else's file."""
        with suppress(OSError):
            if named and self._made is not None and os.path.samestat(self._made, self._target.stat()):
                self._target.unlink()
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
