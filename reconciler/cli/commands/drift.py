"""`reconciler drift`: say whether file and provider have come apart."""

from __future__ import annotations

import click

from reconciler.cli.flow import Options
from reconciler.cli.invocation import Invocation
from reconciler.cli.looking import show
from reconciler.cli.options import (
    FileOptions,
    FilterOptions,
    OutputOptions,
    file_options,
    output_options,
    target_options,
)
from reconciler.view.outcome import drift_outcome


@click.command("drift")
@file_options
@target_options
@click.option(
    "--fail-on-unmanaged",
    is_flag=True,
    help="Like `unmanaged: fail` in the file: webhooks that are neither managed nor under `known` are drift.",
)
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    inputs: FileOptions,
    filters: FilterOptions,
    output: OutputOptions,
    *,
    fail_on_unmanaged: bool,
) -> int:
    """Check whether the provider still matches the file, and change nothing. Made for schedules.

    Exits with 0 if there is no drift, 2 if there is, 1 on any error.
    """
    options = Options(inputs=inputs, filters=filters, output=output, fail_on_unmanaged=fail_on_unmanaged)
    return show(invocation, options, drift_outcome)
