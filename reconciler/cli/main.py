"""The `reconciler` command: a static table of commands, and the one place where a run becomes an exit code."""

from __future__ import annotations

import errno
import importlib
import itertools
import os
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import click

from reconciler import __version__
from reconciler.cli.failure import CommandError, problem
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import OutputOptions
from reconciler.model.diagnostic import SIGNALLED, Diagnostic, ExitCode
from reconciler.model.reading import ProviderError
from reconciler.operations.run import Stop, SystemClock
from reconciler.output.diagnostics import print_diagnostics
from reconciler.output.formats import FORMATS, Reporter
from reconciler.output.terminal import OutputError, Streams, visible
from reconciler.providers.clock import Clock

COMMANDS: Mapping[str, str] = {
    "init": "Write a commented starter file.",
    "validate": "Check the file, offline and without secrets.",
    "plan": "Show what apply would do.",
    "apply": "Make the provider match the file.",
    "destroy": "Delete the webhooks that the file describes.",
    "drift": "Check whether the provider still matches the file.",
    "show": "Show a saved plan.",
    "list": "List the webhooks that the provider has.",
    "export": "Write a file that describes an existing account.",
    "schema": "Print the file's JSON Schema.",
    "sandbox": "Run a local provider to try a file on.",
    "demo": "Show all of this on a sandbox.",
}
"""Each command and its line in the help. A command's module is imported only when it is called."""

_FRAMES = 8
_USED_UP = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
)
"""What a system says when it has no more of something to give. It tells nothing of a file, nor of a secret."""
_COMMAND = re.compile(r"^(\s*)::")


class Commands(click.Group):
    """Loads a command's module when the command is called, and not for the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"reconciler.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)  # each module defines one  # noqa: S101
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table itself."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="See `reconciler COMMAND --help` for a command's options. `reconciler demo` shows everything in a minute.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def reconciler() -> None:
    """Webhooks as code: describe them in a YAML file, and make the provider match it."""


def entry_point() -> None:
    """The installed command."""
    # As it is now: each look at `os.environ` would make another copy of a value.
    sys.exit(main(sys.argv[1:], dict(os.environ)))


def main(arguments: Sequence[str], environment: Mapping[str, str], clock: Clock | None = None) -> int:
    """Run a command.

    Args:
        arguments: without the program's name.
        environment: every variable that may count.
        clock: time and chance; the machine's own where none is given.
    Returns:
        The exit code.
    """
    stop = Stop()
    invocation = Invocation(environment=environment, stop=stop, clock=clock or SystemClock(stop))
    try:
        with stop.on_signals():
            return _run(arguments, invocation)
    except KeyboardInterrupt:
        code = SIGNALLED + stop.signal
        if invocation.reporter is not None:
            with suppress(OSError):
                invocation.reporter.fail([problem("stopped", "Stopped.")], code)
        return code


def _run(arguments: Sequence[str], invocation: Invocation) -> int:
    streams = invocation.streams()
    if not arguments:
        with click.Context(reconciler, info_name="reconciler", **reconciler.context_settings) as context:
            streams.print_message(reconciler.get_help(context))
        return ExitCode.ERROR
    try:
        code = reconciler.main(list(arguments), prog_name="reconciler", standalone_mode=False, obj=invocation)
    except click.Abort:  # what click makes of an interrupt
        return SIGNALLED + invocation.stop.signal if invocation.stop.is_asked() else ExitCode.ERROR
    except Exception as error:  # noqa: BLE001 - the last stop: a bug must end in words, not in a secret-bearing traceback
        if isinstance(error, OSError) and _is_of_the_output(error):
            return _output_lost(error, invocation.stop, streams)
        ended = _ended(error)
        if ended.words is None:
            print_diagnostics(invocation.streams(), ended.diagnostics)
        else:
            streams.print_message(ended.words)
        try:
            return (invocation.reporter or _reporter_of(arguments, invocation)).fail(ended.diagnostics, ended.code)
        except OSError as lost:
            return _output_lost(lost, invocation.stop, streams)
    return code if isinstance(code, int) else ExitCode.DONE


def _reporter_of(arguments: Sequence[str], invocation: Invocation) -> Reporter:
    """The reporter that the arguments ask for, as far as they can be read."""
    formats = [text for option, text in itertools.pairwise(arguments) if option == "--format"]
    formats += [argument.removeprefix("--format=") for argument in arguments if argument.startswith("--format=")]
    name = next((text for text in formats if text in FORMATS), "text")
    output = OutputOptions(format=name, color=True, verbosity=0)
    return invocation.report(output, applies=arguments[0] in ("apply", "destroy"))


def _ended(error: Exception) -> CommandError:
    """How a command ends that met this."""
    match error:
        case CommandError():
            return error
        case click.UsageError():
            path = error.ctx.command_path if error.ctx is not None else "reconciler"
            message, help_ = _lines(error.format_message()), f"See `{path} --help`."
            return _in_words(problem("option", message, help_), f"error: {message}\nhelp: {help_}")
        case click.ClickException():
            message = visible(error.format_message())
            return _in_words(problem("option", message), f"error: {message}")
        case ProviderError():
            message, help_ = visible(error.message), visible(error.help)
            return _in_words(problem("account-unread", message, help_), f"error: {message}\nhelp: {help_}")
    refusal = _refusal_text(error)
    words = refusal or _bug_text(error)
    message, _, help_ = words.removeprefix("error: ").partition("\nhelp: ")
    return _in_words(problem("system" if refusal else "bug", message, help_), words)


def _in_words(diagnostic: Diagnostic, words: str) -> CommandError:
    return CommandError([diagnostic], ExitCode.ERROR, words)


def _is_of_the_output(error: OSError) -> bool:
    """Whether the output couldn't be written: ours says so itself; help and version are written by click's `echo`."""
    frames = traceback.walk_tb(error.__traceback__)
    return isinstance(error, OutputError) or any(frame.f_code is click.echo.__code__ for frame, _ in frames)


def _refusal_text(error: Exception) -> str:
    """What to say where the system gave no more of something; nothing where it is something else."""
    if isinstance(error, MemoryError):
        reason = os.strerror(errno.ENOMEM)
    elif isinstance(error, OSError) and error.errno in _USED_UP:
        reason = os.strerror(error.errno)
    else:
        return ""
    return (
        f"error: the system ran out of a resource: {reason}\n"
        "help: Free some of it, or raise the limit. `reconciler plan` shows what is left to do."
    )


def _output_lost(error: OSError, stop: Stop, streams: Streams) -> int:
    """The end of a command whose results can't be written."""
    streams.silence()
    streams.print_message(f"error: the output can't be written: {error.strerror}")
    streams.print_message("help: if changes were being applied, `reconciler plan` shows what is left to do.")
    return SIGNALLED + stop.signal if stop.is_asked() else ExitCode.ERROR


def _lines(text: str) -> str:
    """A message of several lines, each made harmless.

    A line break may be an option's own value: no line begins with the `::` of a workflow command.
    """
    return "\n".join(_COMMAND.sub(r"\1\\x3a:", visible(line)) for line in text.splitlines())


def _bug_text(error: Exception) -> str:
    """A bug's kind and where it is. Its message and the values around it may hold secrets, and stay unsaid."""
    frames = traceback.extract_tb(error.__traceback__)
    places = "\n".join(f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames[-_FRAMES:])
    return (
        f"error: this is a bug in reconciler {__version__}: {type(error).__name__}\n{places}\n"
        "help: please report it with these lines; they contain nothing from your file."
    )
