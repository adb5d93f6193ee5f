"""`reconciler plan`: show what apply would do."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from reconciler.cli.flow import Options
from reconciler.cli.invocation import Invocation
from reconciler.cli.looking import show
from reconciler.cli.options import (
    FileOptions,
    FilterOptions,
    OutputOptions,
    OutputPath,
    file_options,
    filter_options,
    output_options,
)
from reconciler.view.outcome import plan_outcome


@click.command("plan")
@file_options
@filter_options
@click.option("--destroy", is_flag=True, help="Plan to delete what the file describes.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there are changes.")
@click.option(
    "--out",
    type=OutputPath(),
    metavar="FILE",
    help="Save the plan, for `apply FILE`. It holds no secret, and keeps which files and variables it was made from.",
)
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    inputs: FileOptions,
    filters: FilterOptions,
    output: OutputOptions,
    *,
    destroy: bool,
    detailed_exitcode: bool,
    out: Path | None,
) -> int:
    """Show what apply would do, and change nothing.

    Exits with 0; with --detailed-exitcode with 2 where there are changes; with 1 on any error.
    """
    options = Options(inputs=inputs, filters=filters, output=output, destroy=destroy)
    return show(invocation, options, partial(plan_outcome, detailed=detailed_exitcode), out=out)
