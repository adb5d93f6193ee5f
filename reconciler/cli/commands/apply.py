"""`reconciler apply`: make the provider match the file."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.applying import run_apply
from reconciler.cli.flow import Options
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


@click.command("apply")
@click.argument("planfile", type=click.Path(path_type=Path), metavar="[PLANFILE]", required=False)
@file_options
@filter_options
@apply_options
@click.option("--destroy", is_flag=True, help="Delete all webhooks of the file.")
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    inputs: FileOptions,
    filters: FilterOptions,
    applying: ApplyOptions,
    output: OutputOptions,
    *,
    planfile: Path | None,
    destroy: bool,
) -> int:
    """Make the provider match the file: plan, ask, do it, verify.

    With a PLANFILE that `plan --out` wrote: exactly that plan, or a refusal; nobody is asked. It is made again from the
    files, --var and --env-file that it was made from, unless these options say otherwise; relative paths are
    relative to the working directory. --allow-host is not kept: give it again.

    Exits with 0 when everything is as wanted; with 3 when a guard refuses and nothing was changed; with 1 on any error.
    """
    options = Options(inputs=inputs, filters=filters, output=output, destroy=destroy)
    return run_apply(invocation, options, applying, planfile)
