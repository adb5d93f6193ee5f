"""The `reconciler` command: a static table of commands, and the one place where a run becomes an exit code."""

from __future__ import annotations

import atexit
import errno
import importlib
import itertools
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import __version__
from reconciler.cli.invocation import CommandError, Invocation, problem
from reconciler.cli.options import COMPLETION_VARIABLE, DEFAULT_FILE, REPORTING, Options, overwriting, reports_of
from reconciler.cli.suggestions import SuggestsOptions, UnknownWordError, unknown_command
from reconciler.cli.topics import TOPICS
from reconciler.model.diagnostic import SIGNALLED, ExitCode
from reconciler.operations.signals import Stop, SystemClock
from reconciler.output.escaping import visible
from reconciler.output.formats import LIST_FORMATS, PLAN_FORMATS
from reconciler.output.terminal import OutputError

if TYPE_CHECKING:  # calls and completions are no matter of `--help`
    from click.shell_completion import CompletionItem

    from reconciler.http.pacing import Clock

COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("packaged", "Write a commented starter file."),
    "validate": ("look", "Check the file, offline and without secrets."),
    "fmt": ("fmt", "Format the file."),
    "plan": ("look", "Show what apply would do."),
    "apply": ("apply", "Make the provider match the file."),
    "destroy": ("apply", "Delete the webhooks that the file owns."),
    "drift": ("look", "Check whether the provider still matches the file."),
    "show": ("look", "Show a saved plan."),
    "merge-reports": ("merge", "Join the reports of runs with --shard."),
    "list": ("look", "List the webhooks that the provider has."),
    "export": ("export", "Write a file that describes an existing account."),
    "doctor": ("doctor", "Check the endpoints that the file names, over the network."),
    "schema": ("packaged", "Print the file's JSON Schema."),
    "providers": ("providers", "List the installed providers."),
    "sandbox": ("sandbox", "Run a local provider to try a file on."),
    "demo": ("demo", "Show a complete workflow on a sandbox."),
    "completion": ("help", "Print a script that makes your shell complete commands."),
    "help": ("help", "Show the help of a command or topic."),
    "version": ("help", "Show the version."),
}
"""Each command, its module in `cli.commands`, imported only when it is called, and its line in the help."""

_USED_UP = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
)
"""What a system says when it has no more of something to give. It tells nothing of a file, nor of a secret."""


class Commands(SuggestsOptions, click.Group):
    """Loads a command's module when the command is called, and not for the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"reconciler.cli.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            raise unknown_command(args[0], COMMANDS, ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only to complete

        found = [CompletionItem(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for title, table in (("Commands", COMMANDS), ("Help topics", TOPICS)):
            with formatter.section(title):
                formatter.write_dl([(name, line) for name, (*_, line) in table.items()])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="See `reconciler help COMMAND` for a command's options, and `reconciler help TOPIC` for a topic. "
    "`reconciler demo` shows a complete workflow.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def reconciler() -> None:
    """Webhooks as code: describe them in a YAML file, and make the provider match it."""


def entry_point() -> None:
    """The installed command."""
    kept: list[object] = []
    # As it is now: each look at `os.environ` would make another copy of a value.
    code = main(sys.argv[1:], dict(os.environ), kept=kept)
    with suppress(OSError, ValueError):
        _flush()
        if threading.active_count() == 1:
            # The system takes all memory back at once; taking a large plan apart webhook by webhook takes a while.
            atexit._run_exitfuncs()  # noqa: SLF001 - as `multiprocessing` does; else they would be left out
            _flush()
            os._exit(code)
    sys.exit(code)


def _flush() -> None:
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()


def main(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    clock: Clock | None = None,
    kept: list[object] | None = None,
) -> int:
    """Run a command; gives the exit code. The environment has every variable that may count.

    What is `kept` is what a process that ends after it need not take apart.
    """
    stop = Stop()
    invocation = Invocation(
        environment=environment,
        stop=stop,
        clock=clock or SystemClock(stop),
        command=arguments[0] if arguments else "",
        options=_options_of(arguments),
        kept=[] if kept is None else kept,
    )
    try:
        with stop.on_signals():
            return _run(arguments, invocation)
    except KeyboardInterrupt:
        code = SIGNALLED + stop.signal
        with suppress(OSError):
            invocation.reporter.fail([problem("stopped", "Stopped.")], code)
        return code


def _options_of(arguments: Sequence[str]) -> Options:
    """What the arguments ask for, as far as they can be read: for what is wrong with them."""

    def values(option: str, *names: str) -> Iterator[str]:
        yield from (text for name, text in itertools.pairwise(arguments) if name in (option, *names))
        yield from (text.removeprefix(f"{option}=") for text in arguments if text.startswith(f"{option}="))

    asked = [*values("--report")]
    reports = reports_of(asked)
    others = [one for one in arguments if not one.startswith("--report") and one not in asked]
    clashing = overwriting(reports, [DEFAULT_FILE, *others, *(one.partition("=")[2] for one in others if "=" in one)])
    known = PLAN_FORMATS if arguments[:1] and arguments[0] in REPORTING else LIST_FORMATS
    return Options(
        format=next((name for name in values("--format") if name in known), "text"),
        reports={path: name for path, name in reports.items() if path not in clashing},
        files=(*values("--file", "-f"),),
    )


def _run(arguments: Sequence[str], invocation: Invocation) -> int:
    asked = invocation.environment.get(COMPLETION_VARIABLE)
    if asked:
        from reconciler.cli.completion import complete  # noqa: PLC0415 - reads files

        complete(reconciler, invocation, asked)
        return ExitCode.DONE
    if not arguments:
        with click.Context(reconciler, info_name="reconciler", **reconciler.context_settings) as context:
            invocation.streams.print_message(reconciler.get_help(context))
        return ExitCode.ERROR
    streams, stop = invocation.streams, invocation.stop
    try:
        try:
            code = reconciler.main(list(arguments), prog_name="reconciler", standalone_mode=False, obj=invocation)
            return code if isinstance(code, int) else ExitCode.DONE
        except SystemExit as exit_:  # what click makes of a reader of the help or the version who has gone away
            if not _is_by_click(exit_):
                raise
            streams.silence()
            return ExitCode.DONE
        except click.Abort:  # what click makes of an interrupt
            code = SIGNALLED + stop.signal if stop.is_asked() else ExitCode.ERROR
            return invocation.reporter.fail([problem("stopped", "Stopped.")], code)
        except Exception as error:
            if _is_of_the_output(error):
                raise
            ended = _ended(error)
            if ended.words is None:
                from reconciler.output.diagnostics import print_diagnostics  # noqa: PLC0415 - where something is wrong

                print_diagnostics(invocation.streams, ended.diagnostics)
            else:
                streams.print_message(ended.words)
            return invocation.reporter.fail(ended.diagnostics, ended.code)
    except OSError as error:
        streams.silence()
        words = f"the output can't be written: {error.strerror}"
        help_ = "if changes were being applied, `reconciler plan` shows what is left to do."
        streams.print_message(f"error: {words}\nhelp: {help_}")
        code = SIGNALLED + stop.signal if stop.is_asked() else ExitCode.ERROR
        with suppress(OSError):  # the reports may be on the disk that is full
            invocation.reporter.fail([problem("output", words, help_)], code)
        return code


def _ended(error: Exception) -> CommandError:
    """How a command ends that met this."""
    from reconciler.model.reading import ProviderError  # noqa: PLC0415 - where something is wrong

    if isinstance(error, MemoryError):
        error = OSError(errno.ENOMEM, "")
    match error:
        case CommandError():
            return error
        case click.UsageError():
            code, message = "option", "\n".join(map(visible, error.format_message().splitlines()))
            help_ = f"See `{error.ctx.command_path if error.ctx is not None else 'reconciler'} --help`."
            if isinstance(error, UnknownWordError) and error.hint:
                help_ = f"{visible(error.hint)} {help_}"
        case ProviderError():
            code, message, help_ = "account-unread", visible(error.message), visible(error.help)
        case OSError(errno=int(number)) if number in _USED_UP:
            code, message = "system", f"the system ran out of a resource: {os.strerror(number)}"
            help_ = "Free some of it, or raise the limit. `reconciler plan` shows what is left to do."
        case _:
            # A bug's kind and where it is. Its message and the values around it may hold secrets, and stay unsaid.
            import traceback  # noqa: PLC0415 - only then

            frames = traceback.extract_tb(error.__traceback__)[-8:]
            places = "\n".join(f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames)
            code = "bug"
            message = f"this is a bug in reconciler {__version__}: {type(error).__name__}\n{places}"
            help_ = "please report it with these lines; they contain nothing from your file."
    return CommandError([problem(code, message, help_)], ExitCode.ERROR, f"error: {message}\nhelp: {help_}")


def _is_by_click(exit_: SystemExit) -> bool:
    """Whether click itself ended the command, and not a package that a command called."""
    import traceback  # noqa: PLC0415 - only then

    *_, (frame, _line) = traceback.walk_tb(exit_.__traceback__)
    return frame.f_code is click.Command.main.__code__


def _is_of_the_output(error: Exception) -> bool:
    """Whether the output couldn't be written: ours says so itself; help and version are written by click's `echo`."""
    import traceback  # noqa: PLC0415 - only then

    frames = traceback.walk_tb(error.__traceback__)
    by_click = isinstance(error, OSError) and any(frame.f_code is click.echo.__code__ for frame, _ in frames)
    return isinstance(error, OutputError) or by_click
