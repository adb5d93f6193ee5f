"""`reconciler help` and `reconciler version`."""

from __future__ import annotations

import click

from reconciler import __version__
from reconciler.cli.invocation import Invocation, command
from reconciler.cli.suggestions import unknown_command
from reconciler.cli.topics import TOPICS


@command(
    click.argument("name", metavar="[COMMAND|TOPIC]", required=False),
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
        text = TOPICS[name][0].rstrip("\n")
    elif name is not None:
        found = group.get_command(context, name)
        if found is None:
            raise unknown_command(name, [*group.list_commands(context), *TOPICS], click.get_current_context())
        with click.Context(found, info_name=name, parent=context) as inner:
            text = found.get_help(inner)
    invocation.streams.print_result(text)
    return 0


@command(examples="reconciler version")
def version_command(invocation: Invocation) -> int:
    """Show the version."""
    invocation.streams.print_result(f"reconciler {__version__}")
    return 0
