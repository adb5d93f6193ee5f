"""Files that a command writes and never overwrites: all of them, or none and a sentence that says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from reconciler.cli.invocation import fail
from reconciler.operations.files import new_files
from reconciler.output.escaping import visible


@contextmanager
def written(files: Sequence[tuple[str, Path, str]], *, so_far: str = "") -> Iterator[None]:
    """Write new files for their owner's eyes; where one can't be, or the body fails, there are none of them.

    Args:
        files: the option that named each, its path, of its own, and its text.
        so_far: what has happened until then, for the help.
    Raises:
        CommandError: one of them is there, or can't be written.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(new_files({path: text for _, path, text in files}))
        except OSError as error:
            option = next(option for option, path, _ in files if str(path) == error.filename)
            place = "a new name" if isinstance(error, FileExistsError) else "another path"
            fail(unwritable(error), f"{so_far}Give `{option}` {place}.", code="output-file")
        yield


def unwritable(error: OSError) -> str:
    """What is wrong with a file that wasn't written."""
    name = visible(str(error.filename))
    if isinstance(error, FileExistsError):
        return f"{name} already exists, and is never overwritten"
    return f"{name} can't be written: {error.strerror}"
