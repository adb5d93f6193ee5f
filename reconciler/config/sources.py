"""Which files a configuration is made of, and their bytes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.config.bounded import read_bounded, too_large
from reconciler.config.bounds import MOST_OF_A_FILE
from reconciler.config.complaints import Complaints
from reconciler.model.diagnostic import Place

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file's bytes.

    Attributes:
        name: the path as the user gave it, `<stdin>` for standard input.
        data: what is in it.
        quotable: whether its lines may be shown.
    """

    name: str
    data: bytes = field(repr=False)
    quotable: bool = True


def read_sources(
    files: tuple[str, ...], standard_input: Callable[[], bytes], complaints: Complaints
) -> tuple[Source, ...]:
    """Read the files of a configuration.

    Args:
        files: paths, folders (their `*.yaml` and `*.yml`, sorted) and `-`.
        standard_input: reads standard input to its end; called for `-` only.
        complaints: gets what can't be read.
    Returns:
        What could be read, in the order given.
    """
    found: list[Source] = []
    seen: set[str] = set()
    left = MOST_OF_A_FILE
    for name in (name for given in files for name in _expand(given, complaints)):
        same = _identity(name)
        if same in seen:
            complaints.error(
                "file-twice", Place(file=_shown(name)), "this file is given twice", "Name it once, or its folder."
            )
            continue
        seen.add(same)
        source = _read(name, standard_input, left, complaints)
        if source is not None:
            found.append(source)
            left -= len(source.data)
    return tuple(found)


def _identity(name: str) -> str:
    """What the system calls the same file: one given twice would make every name in it a duplicate."""
    try:
        return name if name == STANDARD_INPUT else os.path.realpath(name)
    except (OSError, ValueError):
        return name


def _shown(name: str) -> str:
    return STANDARD_INPUT_NAME if name == STANDARD_INPUT else name


def _expand(given: str, complaints: Complaints) -> Iterator[str]:
    """The files that a path means."""
    if given == STANDARD_INPUT or not os.path.isdir(given):  # noqa: PTH112 - a Path raises where a name is too long
        yield given
        return
    try:
        names = sorted(name for name in os.listdir(given) if name.endswith(_SUFFIXES) and name[0] != ".")  # noqa: PTH208 - keeps the path as given
    except OSError as error:
        _unreadable(given, error, complaints)
        return
    names = [name for name in names if not Path(given, name).is_dir()]
    if not names:
        complaints.error(
            "folder-empty",
            Place(file=given),
            "this folder has no `*.yaml` or `*.yml` file",
            "Name the file itself, or another folder.",
        )
    yield from (os.path.join(given, name) for name in names)  # noqa: PTH118 - a Path would drop a leading `./`


def _read(name: str, standard_input: Callable[[], bytes], most: int, complaints: Complaints) -> Source | None:
    try:
        data = standard_input() if name == STANDARD_INPUT else read_bounded(Path(name), most)
        if len(data) > most:
            raise too_large(most)
    except FileNotFoundError:
        if not os.path.isabs(name) and _is_nowhere():  # noqa: PTH117 - as above
            complaints.error(
                "file-missing",
                Place(file=_shown(name)),
                "the working directory no longer exists",
                "Change to a folder that exists, or name the file by its whole path with `-f`.",
            )
            return None
        complaints.error(
            "file-missing",
            Place(file=_shown(name)),
            "there is no such file",
            "Write a starter file with `reconciler init`, describe the account as it is with `reconciler export`, "
            "or name another file with `-f`.",
        )
        return None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            _too_much(_shown(name), complaints)
        else:
            _unreadable(_shown(name), error, complaints)
        return None
    return Source(name=_shown(name), data=data, quotable=name == STANDARD_INPUT or not _leads_elsewhere(name))


def _leads_elsewhere(name: str) -> bool:
    """Whether a path is a link out of its folder: in a repository that is somebody else's way to read this machine."""
    if _is_nowhere():
        return True
    here, real = os.path.realpath("."), os.path.realpath(name)
    folder, last = os.path.split(name) if os.path.isabs(name) else ("", name)  # noqa: PTH117 - as above
    plain = os.path.normpath(os.path.join(os.path.realpath(folder), last))  # noqa: PTH118 - as above
    return real != plain and not real.startswith(here + os.sep)


def _is_nowhere() -> bool:
    """Whether the working directory was removed meanwhile."""
    try:
        os.getcwd()  # noqa: PTH109 - a path is of no use
    except OSError:
        return True
    return False


def _too_much(name: str, complaints: Complaints) -> None:
    complaints.error(
        "too-much",
        Place(file=name),
        f"with this file all together hold more than {MOST_OF_A_FILE} bytes",
        "Check that this is the file that you mean.",
    )


def _unreadable(name: str, error: OSError | ValueError, complaints: Complaints) -> None:
    reason = (error.strerror if isinstance(error, OSError) else None) or "its name can't be one"
    complaints.error(
        "file-unreadable",
        Place(file=name),
        f"this file can't be read: {reason}",
        "Check the path and who may read it.",
    )
