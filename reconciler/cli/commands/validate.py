"""`reconciler validate`: check the file alone."""

from __future__ import annotations

import click

from reconciler.cli.flow import inputs_of, load_here
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import FileOptions, OutputOptions, file_options, output_options
from reconciler.view.outcome import validation_outcome


@click.command("validate")
@file_options
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@output_options
@click.pass_obj
def command(invocation: Invocation, inputs: FileOptions, output: OutputOptions, *, strict: bool) -> int:
    """Check the file alone: offline, with no secret needed. Unset variables stand for any value.

    Exits with 0 where it is valid, with 1 where it isn't; with --strict warnings count too.
    """
    reporter = invocation.report(output)
    loaded = load_here(inputs_of(invocation, inputs, offline=True))
    reporter.validation(loaded.diagnostics)
    return reporter.end(validation_outcome(loaded.diagnostics, loaded.configuration, strict=strict))
