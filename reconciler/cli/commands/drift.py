"""`reconciler drift`: say whether file and provider have come apart."""

from __future__ import annotations

import click

from reconciler.cli.invocation import Invocation
from reconciler.cli.options import (
    FileOptions,
    FilterOptions,
    OutputOptions,
    file_options,
    output_options,
    target_options,
)
from reconciler.cli.run import Run, wish_of
from reconciler.view.outcome import drift_outcome
from reconciler.view.redact import view_plan


@click.command("drift")
@file_options
@target_options
@click.option(
    "--fail-on-unmanaged",
    is_flag=True,
    help="As `unmanaged: fail` in the file: webhooks that nobody manages, and `known` doesn't name, are drift.",
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
    """Say whether file and provider have come apart, and change nothing. Made for schedules.

    Exits with 0 in step, with 2 where they drifted, with 1 on any error.
    """
    wish = wish_of(filters, fail_on_unmanaged=fail_on_unmanaged)
    run = Run.load(invocation, invocation.report(output), inputs, wish)
    view = view_plan(run.look(), run.diagnostics)
    run.reporter.plan(view)
    return run.reporter.end(drift_outcome(view))
