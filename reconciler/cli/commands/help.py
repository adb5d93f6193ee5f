"""`reconciler help`, `completion` and `version`: about the tool itself."""

from __future__ import annotations

from typing import Any

import click

from reconciler import __version__
from reconciler.cli.invocation import Invocation, command
from reconciler.cli.options import COMPLETION_SHELLS
from reconciler.cli.suggestions import unknown_command
from reconciler.cli.topics import TOPICS, topic_text


def _completed(context: click.Context, _argument: click.Parameter, incomplete: str) -> list[Any]:
    from click.shell_completion import CompletionItem

    topics = [CompletionItem(name, help=line) for name, (_, line) in TOPICS.items() if name.startswith(incomplete)]
    return [*context.find_root().command.shell_complete(context, incomplete), *topics]


@command(
    click.argument("name", metavar="[COMMAND|TOPIC]", required=False, shell_complete=_completed),
    examples="""
    reconciler help plan
    reconciler help exit-codes
    """,
)
def help_command(invocation: Invocation, name: str | None) -> int:
    """Show the help of a command, or of a topic: environment, exit-codes, formats."""
    context = click.get_current_context().find_root()
    group = context.command
    assert isinstance(group, click.Group)  # noqa: S101 - the root is one
    text = group.get_help(context)
    if name is not None and name in TOPICS:
        text = topic_text(name).rstrip("\n")
    elif name is not None:
        found = group.get_command(context, name)
        if found is None:
            error = unknown_command(name, [*group.list_commands(context), *TOPICS], click.get_current_context())
            error.hint = error.hint or "`reconciler help` lists the commands and topics."
            raise error
        with click.Context(found, info_name=name, parent=context) as inner:
            text = found.get_help(inner)
    invocation.streams.print_result(text)
    return 0


@command(
    click.argument("shell", type=click.Choice(COMPLETION_SHELLS), metavar="SHELL"),
    examples="""
    # bash: in ~/.bashrc
    source <(reconciler completion bash)

    # zsh: in ~/.zshrc, after `compinit`
    source <(reconciler completion zsh)

    # fish: once
    reconciler completion fish > ~/.config/fish/completions/reconciler.fish
    """,
)
def completion_command(invocation: Invocation, shell: str) -> int:
    """Print a script that makes SHELL (bash, zsh or fish) complete commands and options.

    It also completes the names of accounts and webhooks from the file, offline.
    """
    from reconciler.cli.completion import script

    invocation.streams.print_file(script(shell))
    return 0


@command(examples="reconciler version")
def version_command(invocation: Invocation) -> int:
    """Show the version."""
    invocation.streams.print_result(f"reconciler {__version__}")
    return 0
