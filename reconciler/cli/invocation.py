"""What a command is given by its process and its options, and how one ends that can't go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from reconciler.cli.command import Command
from reconciler.cli.options import DEFAULT_FILE, Function, Option, Options
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
        options = self.options
        context = Context(
            streams=self.streams,
            verbosity=options.verbose - options.quiet,
            now=self.clock.now,
            applies=self.applies,
            name=self._name(),
            shows_unmanaged=options.show_unmanaged,
        )
        shown = reporter(options.format, context)
        if not options.reports:
            return shown
        from reconciler.output.reports import with_reports  # noqa: PLC0415 - only where some are asked for

        return with_reports(shown, context, options.reports, write_report)

    def _name(self) -> str:
        """The configuration's name: its files, and the options that make another one of the same files."""
        options = self.options
        files = ", ".join(options.files or (self.environment.get("RECONCILER_FILE") or DEFAULT_FILE,))
        others = {
            "var": [f"{name}={value}" for name, value in options.variables.items()],
            "var-file": options.var_files,
            "env-file": options.env_files,
            "base-url": filter(None, [options.base_url]),
            "account": options.accounts,
            "target": options.targets,
            "exclude": options.excludes,
        }
        return " ".join([files, *(f"{name}={value}" for name, values in others.items() for value in values)])

    @property
    def streams(self) -> Streams:
        return Streams.standard(self.environment, color=not self.options.no_color)


def write_report(path: Path, text: str) -> str:
    """Write a report over what is there; gives why that couldn't be done, or nothing."""
    from reconciler.cli.writing import unwritable  # noqa: PLC0415 - only where a report is asked for
    from reconciler.operations.files import write_file  # noqa: PLC0415

    try:
        write_file(path, text, overwrite=True, private=False)
    except OSError as error:
        return unwritable(error)
    return ""


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
