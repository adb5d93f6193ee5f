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
from reconciler.cli.run import Run, plan_options
from reconciler.view.outcome import drift_outcome
from reconciler.view.redact import view_plan


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
    options = plan_options(filters, fail_on_unmanaged=fail_on_unmanaged)
    run = Run.load(invocation, invocation.report(output), inputs, options)
    view = view_plan(run.look(), run.diagnostics, brief=run.reporter.is_brief)
    run.reporter.plan(view)
    return run.reporter.end(drift_outcome(view))
