"""What a command is given by its process and its options, and how one ends that can't go on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial, update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from msgspec import Struct, field
from msgspec.structs import fields, replace

from reconciler.cli.command import Command
from reconciler.cli.options import APPLYING, DEFAULT_FILE, LOOKING, REPORTING, Function, Option, Options, overwriting
from reconciler.model.diagnostic import SIGNALLED, Diagnostic, ExitCode, Severity
from reconciler.operations.signals import CUT_OFF, Stop
from reconciler.output.escaping import visible
from reconciler.output.formats import ADDED, Context, Reporter, Target, reporter
from reconciler.output.pipeline import append_summary, pipeline_of
from reconciler.output.terminal import Streams

if TYPE_CHECKING:  # calls are no matter of `--help`
    from reconciler.http.pacing import Clock


class CommandError(Exception):
    """A command can't go on; `cli.main` says the words, or without any the diagnostics."""

    def __init__(self, diagnostics: Sequence[Diagnostic], code: int = ExitCode.ERROR, words: str | None = None) -> None:
        super().__init__(words)
        self.diagnostics, self.code, self.words = diagnostics, code, words


def problem(code: str, message: str, help_: str = "") -> Diagnostic:
    """An error that has no place in a file."""
    return Diagnostic(severity=Severity.ERROR, code=code, message=message, help=help_)


def fail(message: str, help_: str, *, code: str = "option", exit_code: int = ExitCode.ERROR) -> NoReturn:
    """End the command: what is wrong, and what to do."""
    raise CommandError([problem(code, message, help_)], exit_code)


class Invocation(Struct, kw_only=True, dict=True):
    """One run of the command."""

    environment: Mapping[str, str]  # every variable that may count
    stop: Stop
    clock: Clock
    command: str  # its name; empty where none was given
    options: Options  # as far as the arguments could be read
    kept: list[object] = field(default_factory=list)  # what need not be taken apart where the process ends with the run

    def __repr__(self) -> str:
        return f"Invocation({self.command!r})"

    @cached_property
    def reporter(self) -> Reporter:
        """Says what the command finds, in the format that was asked for."""
        options = self.options
        context = Context(
            streams=self.streams,
            verbosity=options.verbose - options.quiet,
            now=self.clock.now,
            applies=self.command in APPLYING,
            name=self._name(),
            files=self.files,
            pipeline=pipeline_of(self.environment),
            shows_unmanaged=options.show_unmanaged,
            full_name=self._name(has_values=True),
        )
        shown = reporter(options.format, context)
        reports = [*self._reports(context)] if self.command in REPORTING else []
        if not reports:
            return shown
        from reconciler.output.reports import with_reports  # noqa: PLC0415 - only where there are some

        all_told = with_reports(shown, context, reports)
        self.stop.last_words = lambda number: all_told.cut_off([problem("stopped", CUT_OFF)], SIGNALLED + number)
        return all_told

    def _reports(self, context: Context) -> Iterator[Target]:
        """What is written beside what is printed: what was asked for, and then a pipeline's own."""
        for path, name in self.options.reports.items():
            yield Target(
                format=name, write=partial(_add if name in ADDED else _write, path), before=partial(_read, path)
            )
        pipeline, is_text = context.pipeline, self.options.format == "text"
        if pipeline.name == "github" and is_text:
            yield Target(format="github", write=partial(_mark, context.streams))
        if pipeline.summary and (is_text or self.options.format == "github"):
            yield Target(format="markdown", write=partial(_summarise, context.streams, Path(pipeline.summary)))
        is_wanted = self.command in LOOKING and "code-quality" not in self.options.reports.values()
        if pipeline.code_quality and is_text and is_wanted:
            yield Target(format="code-quality", write=partial(_keep, context, Path(pipeline.code_quality)))

    def _name(self, *, has_values: bool = False) -> str:
        """The configuration's name: its files, and the options that make another one of the same files."""
        options = self.options
        others = {
            "var": [f"{name}={value}" if has_values else name for name, value in options.variables.items()],
            "var-file": options.var_files,
            "env-file": options.env_files,
            # Without what may be secret where it is wrong: user info and a query.
            "base-url": [re.split(r"[?#]", options.base_url.rpartition("@")[2])[0]] if options.base_url else [],
            "account": options.accounts,
            "target": options.targets,
            "exclude": options.excludes,
            "shard": [options.shard] if options.shard else [],
        }
        return " ".join(
            [", ".join(self.files), *(f"{name}={value}" for name, values in others.items() for value in values)]
        )

    @property
    def files(self) -> tuple[str, ...]:
        """The files, as they were given."""
        return self.options.files or (self.environment.get("RECONCILER_FILE") or DEFAULT_FILE,)

    def check_reports(self, others: Iterable[object] = ()) -> None:
        """Let no report be written over what the run reads or writes, or over another report.

        Args:
            others: the values of options that the commands don't share; those that are paths count.

        Raises:
            CommandError: one would be; such reports are not written.
        """
        options = self.options
        names = [*self.files, *options.var_files, *options.env_files, *others]
        names += [one for value in others if isinstance(value, tuple) for one in value]
        names += [] if options.backup is None else [options.backup, f"{options.backup}.env"]
        names += [] if options.sink_file is None else [options.sink_file]
        clashing = overwriting(options.reports, [str(name) for name in names if isinstance(name, str | Path)])
        if clashing:
            kept = {path: form for path, form in options.reports.items() if path not in clashing}
            self.options = replace(options, reports=kept)
            said = f"`--report {options.reports[clashing[0]]}={visible(str(clashing[0]))}`"
            fail(f"{said} would overwrite a file of this command", "Give the report a file of its own.")

    @property
    def streams(self) -> Streams:
        return Streams.standard(self.environment, color=not self.options.no_color)


def _mark(streams: Streams, commands: str) -> str:
    """Mark the files' lines, as GitHub's runner does by these commands."""
    if commands:
        streams.print_commands(commands.rstrip("\n"), beside=True)
    return ""


def _summarise(streams: Streams, path: Path, text: str) -> str:
    """Append to the job's summary; nobody asked for it, so that where it can't be that is no error."""
    if problem_ := append_summary(path, f"{text}\n"):
        streams.print_message(f"warning: {problem_}")
    return ""


def _keep(context: Context, path: Path, text: str) -> str:
    """Write GitLab's report over an earlier one of ours, and over nothing else; as nobody asked for it, no error."""
    from reconciler.output.code_quality import is_code_quality  # noqa: PLC0415 - only under GitLab

    is_there, name = path.exists() or path.is_symlink(), visible(str(path))
    if is_there and (path.is_symlink() or not path.is_file() or not is_code_quality(_read(path))):
        said = f"warning: {name} is not a report of this tool: for another file, use `--report code-quality=FILE`"
    elif problem_ := _write(path, text):
        said = f"warning: {problem_}"
    else:
        said = f"Wrote the code quality report to {name}." if context.verbosity >= 0 else ""
    if said:
        context.streams.print_message(said)
    return ""


def _write(path: Path, text: str) -> str:
    """Write a report over what is there; gives why that couldn't be done, or nothing."""
    from reconciler.cli.writing import unwritable  # noqa: PLC0415 - only where a report is asked for
    from reconciler.operations.files import write_file  # noqa: PLC0415

    try:
        write_file(path, text, overwrite=True, private=False)
    except OSError as error:
        return unwritable(error)
    return ""


def _add(path: Path, text: str) -> str:
    """Add a report to what is there; gives why that couldn't be done, or nothing."""
    from reconciler.cli.writing import unwritable  # noqa: PLC0415 - only where a report is asked for

    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        return unwritable(error)
    return ""


def _read(path: Path) -> str:
    """What a report says that is there, as far as it can be read."""
    from reconciler.config.limits import MOST_OF_A_FILE, read_bounded  # noqa: PLC0415 - only where it is asked for

    try:
        return read_bounded(path, MOST_OF_A_FILE).decode("utf-8", "replace")
    except OSError:
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
            invocation.check_reports(given.values())
            return function(invocation, **given)

        update_wrapper(called, function)
        callback = click.pass_obj(called)
        for option in reversed(options):
            option(callback)
        return click.command(None, Command, examples=examples, **attributes)(callback)

    return made
