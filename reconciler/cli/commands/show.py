"""`reconciler show`: a saved plan in any format."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.invocation import Invocation
from reconciler.cli.options import OutputOptions, output_options
from reconciler.cli.saved import read_plan_file, sources_text
from reconciler.output.terminal import visible
from reconciler.view.outcome import show_outcome


@click.command("show")
@click.argument("planfile", type=click.Path(path_type=Path), metavar="PLANFILE")
@output_options
@click.pass_obj
def command(invocation: Invocation, planfile: Path, output: OutputOptions) -> int:
    """Show a saved plan. Needs nothing but its file.

    Exits with 0; with 3 where the file was altered, cut off, or saved by another version.
    """
    reporter = invocation.report(output)
    saved = read_plan_file(planfile)
    view = saved.view
    when = view.timestamp.replace("T", " ").replace("Z", " UTC")
    reporter.heading(f"Plan of {visible(when)}, made from {sources_text(view, saved.seal.sources)}")
    reporter.plan(view)
    return reporter.end(show_outcome(view))
