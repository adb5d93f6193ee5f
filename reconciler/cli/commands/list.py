"""`reconciler list`: the webhooks that the provider has."""

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
from reconciler.view.outcome import listing_outcome
from reconciler.view.redact import view_listing


@click.command("list")
@file_options
@target_options
@output_options
@click.pass_obj
def command(invocation: Invocation, inputs: FileOptions, filters: FilterOptions, output: OutputOptions) -> int:
    """List the webhooks that the provider has, and which of them the file manages. Also works without a file.

    Exits with 0, or with 1 if an account could not be listed.
    """
    run = Run.load(invocation, invocation.report(output), inputs, plan_options(filters), needs_file=False)
    listing = view_listing(run.look())
    run.reporter.listing(listing)
    return run.reporter.end(listing_outcome(listing))
