"""The streams of a process: what each can show, colour, and what happens where one can't be written."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from msgspec import Struct

from reconciler.output.escaping import without_commands
from reconciler.output.pipeline import pipeline_of

SIGNS = {"create": "+", "update": "~", "delete": "-"}
"""How each action is marked, in a plan and as it is done."""
_COLORS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_ASCII = str.maketrans({"→": "->", "‹": "<", "›": ">", "…": "...", "✓": "+", "✗": "x", "·": "-", "–": "-", "’": "'"})
_NARROWEST = 40
_USUAL_WIDTH = 100


class Style(Struct, frozen=True):
    """Paints text, or leaves it alone."""

    on: bool

    def paint(self, text: str, *styles: str) -> str:
        """The text in the given styles: `bold`, `dim`, or a colour."""
        if not self.on or not styles or not text:
            return text
        return f"\x1b[{';'.join(_COLORS[style] for style in styles)}m{text}\x1b[0m"


class Streams(Struct, frozen=True, kw_only=True):
    """Where a command's words go."""

    out: TextIO  #: Results.
    err: TextIO  #: Everything else.
    out_color: bool
    err_color: bool
    interactive: bool  #: Whether somebody can be asked: standard input and error are terminals.
    live: bool  #: Whether progress may be redrawn in place: standard error is a terminal that can.
    width: int  #: Of the terminal, in columns.
    log: str = ""  #: The pipeline whose log may show results; empty where none does.

    @classmethod
    def standard(cls, environment: Mapping[str, str], *, color: bool) -> Streams:
        """The process's own streams; `color` False forbids colour, whatever the environment says."""
        out_tty, err_tty = _is_terminal(sys.stdout), _is_terminal(sys.stderr)
        out, err, pipeline = _open_stream(sys.stdout), _open_stream(sys.stderr), pipeline_of(environment).name
        return cls(
            out=out,
            err=err,
            out_color=color and _may_color(environment, is_terminal=out_tty, is_log=bool(pipeline) and _is_log(out)),
            err_color=color and _may_color(environment, is_terminal=err_tty, is_log=bool(pipeline) and _is_log(err)),
            log=pipeline if pipeline and _is_log(out) else "",
            interactive=_is_terminal(sys.stdin) and err_tty,
            live=err_tty and environment.get("TERM") != "dumb",
            width=_width() if out_tty else _USUAL_WIDTH,
        )

    @property
    def line_width(self) -> int | None:
        """What results are fitted to: nothing where they go to a file, a pipe or a log, so that `grep` finds lines."""
        return self.width if _is_terminal(self.out) else None

    @property
    def folds(self) -> str:
        """The pipeline whose log can fold results."""
        return "" if _is_terminal(self.out) else self.log

    def print_result(self, text: str = "") -> None:
        """Write a line of results, which no pipeline takes for a command."""
        _write(self.out, without_commands(text))

    def print_file(self, text: str) -> None:
        """Write a file that was asked for as it is, in UTF-8; only in a pipeline's log nothing of it is a command."""
        with _written(self.out):
            self.out.buffer.write((without_commands(text) if self.log else text).encode("utf-8", "backslashreplace"))

    def print_message(self, text: str = "") -> None:
        """Write a line of anything else. Where that can't be, nobody can be told so, and no work is stopped for it."""
        with suppress(OutputError):
            _write(self.err, without_commands(text))

    def print_commands(self, text: str, *, beside: bool = False) -> None:
        """Write lines that a pipeline is to act on: with the results, or beside them on standard error."""
        if not beside:
            _write(self.out, text)
            return
        with suppress(OutputError):
            _write(self.err, text)

    def ask(self, question: str) -> bytes:
        """Ask on the terminal: the line, blanks around it dropped; nothing where nobody can be asked.

        What was typed before the question could be read answers it no more than what comes after the line that does:
        both are dropped, so that no line that was pasted or meant for the shell is taken for an answer, or left to it.
        """
        with suppress(OSError):
            _drop_what_was_typed()
            self.err.write(question)
            self.err.flush()
            answer = sys.stdin.buffer.readline()
            _drop_what_was_typed()
            return answer.strip()
        return b""

    def silence(self) -> None:
        """Say no more results; what was still to be written is dropped, too."""
        _silence(self.out)


class OutputError(OSError):
    """The output can't be written, for a reason that the reader should know: a full disk, say."""


def _may_color(environment: Mapping[str, str], *, is_terminal: bool, is_log: bool) -> bool:
    """Whether a stream gets colour, as terminals and pipelines' logs do.

    `NO_COLOR` beats what forces it; what forces it beats what a terminal says. Sources: https://no-color.org,
    https://force-color.org, https://bixense.com/clicolors; of their order, Python's own `_colorize`.
    """
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    is_dumb = is_terminal and environment.get("TERM") == "dumb"
    forbidden = is_dumb or "0" in (environment.get("CLICOLOR"), environment.get("FORCE_COLOR"))
    return (is_terminal or is_log) and not forbidden


def _drop_what_was_typed() -> None:
    """Drop what standard input's terminal has read and nobody has asked for yet."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - of Windows alone

        while msvcrt.kbhit():
            msvcrt.getwch()
        return
    import termios  # noqa: PLC0415 - of POSIX alone

    with suppress(termios.error):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _open_stream(stream: TextIO | None) -> TextIO:
    """A stream that was closed by whoever started the process takes everything and keeps nothing."""
    return stream if stream is not None else Path(os.devnull).open("w", encoding="utf-8")


def _width() -> int:
    import shutil  # with compression libraries, for terminals  # noqa: PLC0415

    return max(_NARROWEST, shutil.get_terminal_size((_USUAL_WIDTH, 24)).columns)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _is_log(stream: TextIO) -> bool:
    """Whether a pipeline's log may show what is written to a stream: a file keeps it from there."""
    try:
        return not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return True


def _write(stream: TextIO, text: str) -> None:
    """Write a line, in plain ASCII where the encoding can't do more."""
    with _written(stream):
        try:
            stream.write(text + "\n")
        except UnicodeEncodeError:
            plain = text.translate(_ASCII)
            stream.write(plain.encode("ascii", "backslashreplace").decode("ascii") + "\n")


@contextmanager
def _written(stream: TextIO) -> Iterator[None]:
    """What is written meanwhile reaches the reader. One that has gone away stops nothing."""
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError as error:
        _silence(stream)
        raise OutputError(error.errno, error.strerror) from None


def _silence(stream: TextIO) -> None:
    """Send what is still to be written nowhere, so that neither a later line nor the interpreter's end fails on it."""
    try:
        number = stream.fileno()
    except OSError:  # no stream of the system's: nothing of it is left to be written at the end
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, number)
    finally:
        os.close(nowhere)
