"""`reconciler plan`: show what apply would do."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.invocation import Invocation
from reconciler.cli.options import (
    FileOptions,
    FilterOptions,
    OutputOptions,
    OutputPath,
    file_options,
    filter_options,
    output_options,
)
from reconciler.cli.run import Run, plan_options
from reconciler.cli.saved import save_plan
from reconciler.view.outcome import plan_outcome
from reconciler.view.redact import view_plan


@click.command("plan")
@file_options
@filter_options
@click.option("--destroy", is_flag=True, help="Plan to delete all webhooks of the file.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@click.option(
    "--out",
    type=OutputPath(),
    metavar="FILE",
    help="Save the plan, for `apply FILE`. It contains no secrets, and records its files and variables.",
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

    Exits with 0, or with 1 on any error. With --detailed-exitcode, exits with 2 if there are changes.
    """
    run = Run.load(invocation, invocation.report(output), inputs, plan_options(filters, destroy=destroy))
    plan = run.look()
    view = view_plan(plan, run.diagnostics, brief=run.reporter.is_brief and out is None)
    run.reporter.plan(view)
    code = run.reporter.end(plan_outcome(view, detailed=detailed_exitcode))
    if out is not None:
        save_plan(run, plan, view, out, inputs.allowed_hosts)
    return code
