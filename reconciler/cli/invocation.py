"""What a command is given by its process and its options, and how one ends that can't go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, NoReturn

import click

from reconciler.cli.command import Command
from reconciler.cli.options import Function, Option, Options
from reconciler.model.diagnostic import Diagnostic, ExitCode, Severity
from reconciler.operations.signals import Stop
from reconciler.output.formats import Context, Reporter, reporter
from reconciler.output.terminal import Streams

if TYPE_CHECKING:  # calls are no matter of `--help`
    from reconciler.http.pacing import Clock


@dataclass(eq=False)
class CommandError(Exception):
    """A command can't go on; `cli.main` says the words, or without any the diagnostics."""

    diagnostics: Sequence[Diagnostic]
    code: int = ExitCode.ERROR
    words: str | None = None


def problem(code: str, message: str, help_: str = "") -> Diagnostic:
    """An error that has no place in a file."""
    return Diagnostic(severity=Severity.ERROR, code=code, message=message, help=help_)


def fail(message: str, help_: str, *, code: str = "option", exit_code: int = ExitCode.ERROR) -> NoReturn:
    """End the command: what is wrong, and what to do."""
    raise CommandError([problem(code, message, help_)], exit_code)


@dataclass(kw_only=True)
class Invocation:
    """One run of the command."""

    environment: Mapping[str, str] = field(repr=False)  # every variable that may count
    stop: Stop
    clock: Clock
    applies: bool  # whether the command changes something
    options: Options  # as far as the arguments could be read

    @cached_property
    def reporter(self) -> Reporter:
        """Says what the command finds, in the format that was asked for."""
        verbosity = self.options.verbose - self.options.quiet
        context = Context(streams=self.streams, verbosity=verbosity, now=self.clock.now, applies=self.applies)
        return reporter(self.options.format, context)

    @property
    def streams(self) -> Streams:
        return Streams.standard(self.environment, color=not self.options.no_color)


_SHARED = frozenset(option.name for option in fields(Options))


def command(*options: Option, examples: str, **attributes: Any) -> Callable[[Function], Command]:  # noqa: ANN401 - as click takes them
    """Make a function a command with these options, in the order of its help; it is named before its `_command`.

    It gets the invocation, which has the options that are fields of `Options`, and the others as arguments. The
    examples end its help: command lines, and lines that begin with `#` and say what for. A test runs them.
    """

    def made(function: Function) -> Command:
        def called(invocation: Invocation, /, **given: Any) -> int:  # noqa: ANN401 - what click parsed
            invocation.options = Options(**{name: given.pop(name) for name in _SHARED & given.keys()})
            return function(invocation, **given)

        update_wrapper(called, function)
        callback = click.pass_obj(called)
        for option in reversed(options):
            option(callback)
        return click.command(None, Command, examples=examples, **attributes)(callback)

    return made
