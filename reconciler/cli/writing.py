"""Files that a command writes and never overwrites: all of them, or none and a sentence that says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.cli.failure import fail
from reconciler.operations.files import new_files
from reconciler.output.terminal import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file to be written.

    Attributes:
        path: where.
        text: what.
        option: the option that named it.
    """

    path: Path
    text: str = field(repr=False)
    option: str


@contextmanager
def written(files: Sequence[OutputFile], *, so_far: str = "") -> Iterator[None]:
    """Write new files for their owner's eyes; where one can't be, or the body fails, there are none of them.

    Args:
        files: each with a path of its own.
        so_far: what has happened until then, for the help.
    Raises:
        CommandError: one of them is there, or can't be written.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(new_files({file.path: file.text for file in files}))
        except FileExistsError as error:
            message = f"{_name(error)} already exists, and is never overwritten"
            fail(message, f"{so_far}Give `{_option(error, files)}` a new name.", code="output-file")
        except OSError as error:
            message = f"{_name(error)} can't be written: {error.strerror}"
            fail(message, f"{so_far}Give `{_option(error, files)}` another place.", code="output-file")
        yield


def _name(error: OSError) -> str:
    return visible(str(error.filename))


def _option(error: OSError, files: Sequence[OutputFile]) -> str:
    return next((file.option for file in files if str(file.path) == error.filename), files[0].option)
