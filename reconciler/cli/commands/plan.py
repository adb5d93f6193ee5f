"""`reconciler plan` and `reconciler show`: what apply would do, now or by a saved plan."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.invocation import Invocation, command
from reconciler.cli.options import FILES, FILTERS, OUTPUT, OutputPath
from reconciler.cli.run import Run
from reconciler.cli.saved import read_plan_file, save_plan
from reconciler.output.terminal import visible
from reconciler.view.outcome import plan_outcome, show_outcome
from reconciler.view.redact import view_plan


@command(
    *FILES, *FILTERS,
    click.option("--destroy", is_flag=True, help="Plan to delete all webhooks of the file."),
    click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes."),
    click.option("--out", type=OutputPath(), metavar="FILE",
                 help="Save the plan, for `apply FILE`. It contains no secrets, and records its files and variables."),
    *OUTPUT,
)  # fmt: skip
def plan_command(invocation: Invocation, *, detailed_exitcode: bool, out: Path | None) -> int:
    """Show what apply would do, and change nothing.

    Exits with 0, or with 1 on any error. With --detailed-exitcode, exits with 2 if there are changes.
    """
    run = Run(invocation)
    plan = run.look()
    view = view_plan(plan, run.diagnostics, brief=run.reporter.is_brief and out is None)
    run.reporter.plan(view)
    code = run.reporter.end(plan_outcome(view, detailed=detailed_exitcode))
    if out is not None:
        save_plan(run, plan, view, out)
    return code


@command(click.argument("planfile", type=click.Path(path_type=Path), metavar="PLANFILE"), *OUTPUT)
def show_command(invocation: Invocation, planfile: Path) -> int:
    """Show a saved plan. Needs nothing but its file.

    Exits with 0; with 3 where the file was altered, cut off, or saved by another version.
    """
    saved, reporter = read_plan_file(planfile), invocation.reporter
    when = saved.view.timestamp.replace("T", " ").replace("Z", " UTC")
    reporter.heading(f"Plan of {visible(when)}, made from {saved.sources_text()}")
    reporter.plan(saved.view)
    return reporter.end(show_outcome(saved.view))
