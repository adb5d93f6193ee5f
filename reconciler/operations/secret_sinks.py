"""Where secrets go that a provider makes and shows only once: an env file, or a command's standard input."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

from reconciler.config.limits import MOST_OF_AN_ENV_FILE, read_bounded
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText, env_line
from reconciler.operations.files import write_file

Sink = Callable[[str, SecretText], None]
"""Takes a secret under a name; `ProviderError` where it can't. It is called from several threads."""

_LONGEST_RUN = 60.0
"""Seconds that a command may take for one secret: a vault that asks somebody would hold the whole apply."""


class SecretFile:
    """An env file for its owner's eyes, `NAME='value'` lines: new names are added, known ones get the new value.

    What else stands in it stays. It is replaced as a whole, so that it is never cut short, and has reached the disk
    when a call returns. Runs at the same time wait for each other.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._before: dict[str, tuple[str, str]] = {}  # by name the line that was written, and what stood there

    def check(self) -> None:
        """See that it can be written before anything needs it; OSError, or ValueError where it is no such file."""
        if self.path.exists() and not (self.path.is_file() or self.path.is_dir()):
            raise ValueError("it is not a regular file")
        list(self._lines(""))
        with _alone(self.path):
            if not os.access(self.path.resolve().parent, os.W_OK):
                raise PermissionError(None, "its folder can't be written", str(self.path))

    def __call__(self, name: str, value: SecretText) -> None:
        with self._opened(name) as write:
            line = env_line(name, value.reveal())
            self._before[name] = (line, "".join(self._lines(name, others=False)))
            write(line)

    def put_back(self, name: str) -> None:
        """Undo what this run wrote under a name for a webhook that goes, unless another run has written since."""
        with self._opened(name) as write:
            line, before = self._before[name]
            if "".join(self._lines(name, others=False)) == line:
                write(before)

    @contextmanager
    def _opened(self, name: str) -> Iterator[Callable[[str], None]]:
        """The file, for this run alone: what writes the text of a name instead of what is there of it."""
        try:
            with self._lock, _alone(self.path) as folder:

                def write(text: str) -> None:
                    write_file(self.path, "".join([*self._lines(name), text]), overwrite=True, private=True)
                    if folder is not None:
                        os.fsync(folder)

                yield write
        except OSError as error:
            raise _failed(f"`{name}` can't be written to {self.path}: {error.strerror}") from None
        except ValueError as error:
            raise _failed(f"`{name}` can't be written to {self.path}: {error}") from None

    def _lines(self, name: str, *, others: bool = True) -> Iterator[str]:
        """What is there but the lines that set a name, or only these; ValueError where it is no env file."""
        from dotenv.parser import parse_stream  # few runs need it  # noqa: PLC0415

        try:
            text = read_bounded(self.path, MOST_OF_AN_ENV_FILE).decode("utf-8")
        except FileNotFoundError:
            return
        except UnicodeDecodeError:
            raise ValueError("it is not a file of NAME=value lines") from None
        kept = []
        for binding in parse_stream(StringIO(text)):
            if binding.error or (binding.key is not None and binding.value is None):
                raise ValueError("it is not a file of NAME=value lines")
            if (binding.key != name) is others:
                kept.append(binding.original.string)
        if kept and not kept[-1].endswith("\n"):
            kept.append("\n")
        yield from kept


class SecretCommand:
    """A command that is given `NAME=value` on its standard input, once for each secret, without a shell, one at a time.

    What it prints is dropped: it may be the secret. A Ctrl-C is not passed on to it, so that no secret is half taken.
    """

    def __init__(self, command: str) -> None:
        """ValueError where the words of the command can't be told apart, or there is no such command."""
        import shutil  # few runs need it  # noqa: PLC0415

        self.words = shlex.split(command)
        if not self.words:
            raise ValueError("it is empty")
        if shutil.which(self.words[0]) is None:
            raise ValueError(f"`{self.words[0]}` isn't a command that can be run here")
        self._lock = threading.Lock()

    def __call__(self, name: str, value: SecretText) -> None:
        import subprocess  # as above  # noqa: PLC0415

        what = f"`{self.words[0]}`, which was to take `{name}`,"
        try:
            with self._lock:  # it may read what is there, and write all of it
                ended = subprocess.run(  # noqa: S603 - the user's own command
                    self.words,
                    input=f"{name}={value.reveal()}\n".encode(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=_LONGEST_RUN,
                    check=False,
                    start_new_session=True,
                )
        except subprocess.TimeoutExpired:
            raise _failed(f"{what} didn't end within {_LONGEST_RUN:.0f} seconds") from None
        except OSError as error:
            raise _failed(f"{what} can't be run: {error.strerror}") from None
        if ended.returncode:
            how = f"exited with {ended.returncode}" if ended.returncode > 0 else f"ended by signal {-ended.returncode}"
            raise _failed(f"{what} {how}")


def _failed(message: str) -> ProviderError:
    return ProviderError(ErrorKind.REFUSED, message, "Fix that, then apply again.")


@contextmanager
def _alone(path: Path) -> Iterator[int | None]:
    """Keep other runs from writing to a file's folder meanwhile, where the system can; gives the open folder."""
    try:
        import fcntl  # not on Windows  # noqa: PLC0415
    except ImportError:
        yield None
        return
    folder = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # of a file system without locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)
