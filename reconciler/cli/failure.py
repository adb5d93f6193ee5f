"""How a command ends that can't go on: what is wrong, and its exit code. `cli.main` says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from reconciler.model.diagnostic import Diagnostic, ExitCode, Severity


class CommandError(Exception):
    """A command can't go on.

    Attributes:
        diagnostics: what is wrong.
        code: the exit code.
        words: what is said of it on standard error in place of the diagnostics; None where they are said.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic], code: int = ExitCode.ERROR, words: str | None = None) -> None:
        super().__init__()
        self.diagnostics = tuple(diagnostics)
        self.code = code
        self.words = words


def problem(code: str, message: str, help_: str = "") -> Diagnostic:
    """An error that has no place in a file."""
    return Diagnostic(severity=Severity.ERROR, code=code, message=message, help=help_)


def fail(message: str, help_: str = "", *, code: str = "option", exit_code: int = ExitCode.ERROR) -> NoReturn:
    """End the command.

    Args:
        message: what is wrong, in one sentence.
        help_: what to do.
        code: the diagnostic's.
        exit_code: the command's.
    Raises:
        CommandError: always.
    """
    raise CommandError([problem(code, message, help_)], exit_code)
