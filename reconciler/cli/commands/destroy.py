"""`reconciler destroy`: `apply --destroy`."""

from __future__ import annotations

import click

from reconciler.cli.commands.apply import run_apply
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import (
    ApplyOptions,
    FileOptions,
    FilterOptions,
    OutputOptions,
    apply_options,
    file_options,
    filter_options,
    output_options,
)


@click.command("destroy")
@file_options
@filter_options
@apply_options
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    inputs: FileOptions,
    filters: FilterOptions,
    applying: ApplyOptions,
    output: OutputOptions,
) -> int:
    """Delete every webhook that the file owns or names absent; protected ones stay.

    The same as `apply --destroy`. Losses count here too, so it asks for --allow-losses N.
    """
    return run_apply(invocation, inputs, filters, applying, output, destroy=True)
