"""Makes foreign text harmless for terminals, logs and pipelines, shows diagnostics, knows what a stream can show."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from reconciler.model.characters import is_seen
from reconciler.model.diagnostic import Diagnostic, Place, Severity

SIGNS = {"create": "+", "update": "~", "delete": "-"}
"""How each action is marked, in a plan and as it is done."""
_COLORS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_PLAIN = re.compile(r"[\x20-\x7e]*")
_ASCII = str.maketrans({"→": "->", "‹": "<", "›": ">", "…": "...", "✓": "+", "✗": "x", "·": "-", "–": "-", "’": "'"})
_LONGEST_LINE = 200
_NARROWEST = 40
_USUAL_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Style:
    """Paints text, or leaves it alone."""

    on: bool

    def paint(self, text: str, *styles: str) -> str:
        """The text in the given styles: `bold`, `dim`, or a colour."""
        if not self.on or not styles or not text:
            return text
        return f"\x1b[{';'.join(_COLORS[style] for style in styles)}m{text}\x1b[0m"


def visible(text: str) -> str:
    """Foreign text with everything escaped that a terminal or a pipeline's log would act on, or that can't be seen.

    Escaped are control and format characters (bidirectional and zero-width ones too), odd spaces, line breaks, lone
    surrogates, and the `##[` that begins a command in a GitHub log.
    """
    if "##[" in text:
        text = text.replace("##[", "#\\x23[")
    if _PLAIN.fullmatch(text):
        return text
    escaped = (one if one == " " or is_seen(one) else one.encode("unicode_escape").decode("ascii") for one in text)
    return "".join(escaped)


def shell_word(text: str) -> str:
    """Foreign text as one word of a command that can be typed, harmless to print.

    What can't be printed is escaped in ANSI-C quotes, which bash, zsh and POSIX shells from 2024 on read.
    """

    def escaped(character: str) -> str:
        return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))

    if visible(text) == text:
        return shlex.quote(text)
    plain = "".join(one if visible(one) == one and one not in "\\'" else escaped(one) for one in text)
    return f"$'{visible(plain)}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Where a command's words go."""

    out: TextIO  #: Results.
    err: TextIO  #: Everything else.
    out_color: bool
    err_color: bool
    interactive: bool  #: Whether somebody can be asked: standard input and error are terminals.
    live: bool  #: Whether progress may be redrawn in place: standard error is a terminal that can.
    width: int  #: Of the terminal, in columns.

    @classmethod
    def standard(cls, environment: Mapping[str, str], *, color: bool) -> Streams:
        """The process's own streams; `color` False forbids colour, as `NO_COLOR` and `TERM` of the environment may."""
        able = color and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
        out_tty, err_tty = _is_terminal(sys.stdout), _is_terminal(sys.stderr)
        return cls(
            out=_open_stream(sys.stdout),
            err=_open_stream(sys.stderr),
            out_color=able and out_tty,
            err_color=able and err_tty,
            interactive=_is_terminal(sys.stdin) and err_tty,
            live=err_tty and environment.get("TERM") != "dumb",
            width=max(_NARROWEST, shutil.get_terminal_size((_USUAL_WIDTH, 24)).columns),
        )

    def print_result(self, text: str = "") -> None:
        """Write a line of results."""
        _write(self.out, text)

    def print_message(self, text: str = "") -> None:
        """Write a line of anything else. Where that can't be, nobody can be told so, and no work is stopped for it."""
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


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _write(stream: TextIO, text: str) -> None:
    """Write a line, in plain ASCII where the encoding can't do more. A reader that has gone away stops nothing."""
    try:
        try:
            stream.write(text + "\n")
        except UnicodeEncodeError:
            plain = text.translate(_ASCII)
            stream.write(plain.encode("ascii", "backslashreplace").decode("ascii") + "\n")
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


def diagnostic_text(diagnostic: Diagnostic, style: Style) -> str:
    """One diagnostic in several lines; its texts hold no secrets, and its source line is masked already."""
    color = {Severity.ERROR: "red", Severity.WARNING: "yellow"}.get(diagnostic.severity, "cyan")
    head = style.paint(f"{diagnostic.severity.value}[{diagnostic.code}]", "bold", color)
    lines = [f"{head}: {visible(diagnostic.message)}"]
    if diagnostic.place is not None:
        lines.append(style.paint(f"  --> {visible(str(diagnostic.place))}", "dim"))
        if diagnostic.source:
            lines.extend(_excerpt(diagnostic, diagnostic.place, style))
    if diagnostic.help:
        lines.append(f"  help: {visible(diagnostic.help)}")
    return "\n".join(lines)


def print_diagnostics(streams: Streams, diagnostics: Iterable[Diagnostic]) -> None:
    """Say diagnostics on standard error."""
    style = Style(streams.err_color)
    for diagnostic in diagnostics:
        streams.print_message(diagnostic_text(diagnostic, style))


def _excerpt(diagnostic: Diagnostic, place: Place, style: Style) -> Iterable[str]:
    """The source line, or the part of a long one that is meant, with the place marked under it."""
    number, column = str(place.line), max(place.column - 1, 0)
    before = visible(diagnostic.source[:column])
    start = 0 if len(before) < _LONGEST_LINE else len(before) - _LONGEST_LINE // 2
    shown = visible(diagnostic.source)[start : start + _LONGEST_LINE]
    yield f"  {number} | {shown}"
    if place.column:
        meant = visible(diagnostic.source[column : column + diagnostic.width])
        meant = meant[: max(1, len(shown) - len(before[start:]))]
        blank = " " * _columns(before[start:])
        yield f"  {' ' * len(number)} | {blank}{style.paint('^' * max(1, _columns(meant)), 'bold')}"


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
