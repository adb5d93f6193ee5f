"""`reconciler show`: a saved plan in any format."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.invocation import Invocation
from reconciler.cli.looking import say_plan
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
    streams = invocation.streams(color=output.color)
    saved = read_plan_file(streams, planfile)
    view = saved.view
    if output.format == "text":
        when = view.timestamp.replace("T", " ").replace("Z", " UTC")
        streams.say(f"Plan of {visible(when)}, made from {sources_text(view, saved.seal.sources)}\n")
    return say_plan(streams, output, view, show_outcome(view))
