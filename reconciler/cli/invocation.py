"""What a command is given by its process and its options, and how one ends that can't go on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property, update_wrapper
from typing import Any, NoReturn

import click

from reconciler.cli.options import Options
from reconciler.config.limits import MOST_OF_A_FILE, read_stream
from reconciler.http.pacing import Clock
from reconciler.model.diagnostic import Diagnostic, ExitCode, Severity
from reconciler.operations.signals import Stop
from reconciler.output.formats import Context, Reporter, reporter
from reconciler.output.terminal import Streams


class CommandError(Exception):
    """A command can't go on; `cli.main` says it.

    Attributes:
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


def fail(message: str, help_: str, *, code: str = "option", exit_code: int = ExitCode.ERROR) -> NoReturn:
    """End the command: what is wrong, and what to do."""
    raise CommandError([problem(code, message, help_)], exit_code)


@dataclass(kw_only=True)
class Invocation:
    """One run of the command.

    Attributes:
        environment: every variable that may count.
        clock: time and chance.
        applies: whether the command changes something.
        options: as far as the arguments could be read.
    """

    environment: Mapping[str, str]
    stop: Stop
    clock: Clock
    applies: bool
    options: Options

    @cached_property
    def reporter(self) -> Reporter:
        """Says what the command finds, in the format that was asked for."""
        verbosity = self.options.verbose - self.options.quiet
        context = Context(streams=self.streams, verbosity=verbosity, now=self.clock.now, applies=self.applies)
        return reporter(self.options.format, context)

    @property
    def streams(self) -> Streams:
        return Streams.standard(self.environment, color=not self.options.no_color)

    @staticmethod
    def standard_input() -> bytes:
        """All of standard input.

        Raises:
            OSError: it can't be read, or holds more than a configuration may.
        """
        return read_stream(sys.stdin.buffer, MOST_OF_A_FILE) if sys.stdin is not None else b""


_SHARED = frozenset(option.name for option in fields(Options))
_Function = Callable[..., int]
_Option = Callable[[_Function], _Function]


def command(*options: _Option, **attributes: Any) -> Callable[[_Function], click.Command]:  # noqa: ANN401 - as click takes them
    """Make a function a command with these options, in the order of its help; it is named before its `_command`.

    It gets the invocation, which has the options that are fields of `Options`, and the others as arguments.
    """

    def made(function: _Function) -> click.Command:
        def called(invocation: Invocation, /, **given: Any) -> int:  # noqa: ANN401 - what click parsed
            invocation.options = Options(**{name: given.pop(name) for name in _SHARED & given.keys()})
            return function(invocation, **given)

        update_wrapper(called, function)
        callback = click.pass_obj(called)
        for option in reversed(options):
            option(callback)
        return click.command(None, click.Command, **attributes)(callback)

    return made
