"""Which files a configuration is made of, and their text."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from reconciler.config.diagnostics import Diagnostics, SourceText, listed
from reconciler.config.limits import MOST_OF_A_FILE, read_bounded, too_large, why_unreadable
from reconciler.model.diagnostic import Place

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"
"""What the text of `-` is called in diagnostics."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""What files begin with that Windows PowerShell writes."""


def read_files(
    files: tuple[str, ...], standard_input: Callable[[], bytes], diagnostics: Diagnostics
) -> tuple[SourceText, ...]:
    """What could be read of paths, folders (their `*.yaml` and `*.yml`, sorted) and `-`, in the order given."""
    found: list[SourceText] = []
    seen: set[str] = set()
    left = MOST_OF_A_FILE
    for name in (name for given in files for name in _expand(given, diagnostics)):
        place = Place(file=STANDARD_INPUT_NAME if name == STANDARD_INPUT else name)
        try:
            # What the system calls the same file: one given twice would make every name in it a duplicate.
            same = name if name == STANDARD_INPUT else os.path.realpath(name)
            if same in seen:
                diagnostics.error("file-twice", place, "this file is given twice", "Give it once, or give its folder.")
                continue
            seen.add(same)
            data = standard_input() if name == STANDARD_INPUT else read_bounded(Path(name), left)
            if len(data) > left:
                raise too_large(left)
        except (OSError, ValueError) as error:
            _report_unread(name, place, error, diagnostics)
            continue
        left -= len(data)
        is_quotable = name == STANDARD_INPUT or not _leads_elsewhere(name)
        text = decode(place.file, data, diagnostics, is_quotable=is_quotable)
        if text is not None:
            found.append(text)
    return tuple(found)


def decode(name: str, data: bytes, diagnostics: Diagnostics, *, is_quotable: bool) -> SourceText | None:
    """A file's bytes as text, a byte-order mark dropped; None where they aren't UTF-8, which a diagnostic says."""
    if data.startswith(_UTF_16):
        diagnostics.error("file-encoding", Place(file=name, line=1), "the file is UTF-16", "Save it as UTF-8.")
        return None
    try:
        return SourceText(name, data.decode("utf-8").removeprefix("\ufeff"), is_quotable)
    except UnicodeDecodeError as error:
        before = SourceText(name, data[: error.start].decode("utf-8").removeprefix("\ufeff"), is_quotable)
        place = before.place(len(before.text))
        diagnostics.error("file-encoding", place, "the file is not valid UTF-8 here", "Save it as UTF-8.")
        return None


def _expand(given: str, diagnostics: Diagnostics) -> Iterator[str]:
    if given == STANDARD_INPUT or not os.path.isdir(given):  # noqa: PTH112 - a Path raises where a name is too long
        yield given
        return
    place = Place(file=given)
    try:
        names = sorted(name for name in os.listdir(given) if name[0] != ".")  # noqa: PTH208 - keeps the path as given
    except OSError as error:
        _report_unread(given, place, error, diagnostics)
        return
    chosen = [name for name in names if name.endswith((".yaml", ".yml")) and not Path(given, name).is_dir()]
    left_out = [name for name in names if name not in chosen]
    others = listed((f"`{name}/`" if Path(given, name).is_dir() else f"`{name}`" for name in left_out), most=5)
    if not chosen:
        message = "this folder has no `*.yaml` or `*.yml` file"
        help_ = f"It contains {others}: give" if left_out else "Give"
        diagnostics.error("folder-empty", place, message, f"{help_} the file itself, or another folder.")
    elif left_out:
        message = f"only the `*.yaml` and `*.yml` files of this folder are read as the configuration, not {others}"
        help_ = "If one of them belongs to the configuration, give it with another `-f`, or move it into the folder."
        diagnostics.notice("folder-left-out", place, message, help_)
    yield from (os.path.join(given, name) for name in chosen)  # noqa: PTH118 - a Path would drop a leading `./`


def _report_unread(name: str, place: Place, error: OSError | ValueError, diagnostics: Diagnostics) -> None:
    code, help_ = "file-missing", "Check the path and its permissions."
    if isinstance(error, FileNotFoundError) and not os.path.isabs(name) and _is_nowhere():  # noqa: PTH117 - as above
        message = "the working directory no longer exists"
        help_ = "Change to a folder that exists, or give the file's absolute path with `-f`."
    elif isinstance(error, FileNotFoundError):
        message = "file not found"
        help_ = "Write one with `reconciler init` or `reconciler export`, or give another file with `-f`."
    elif isinstance(error, OSError) and error.errno == errno.EFBIG:
        code, message = "too-much", f"with this file, the configuration has more than {MOST_OF_A_FILE} bytes"
        help_ = "Check that this is the intended file."
    else:
        code, message = "file-unreadable", f"this file can't be read: {why_unreadable(error)}"
    diagnostics.error(code, place, message, help_)


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
