"""`reconciler list`: the webhooks that the provider has."""

from __future__ import annotations

import click

from reconciler.cli.flow import Options
from reconciler.cli.invocation import Invocation
from reconciler.cli.looking import load_or_default, look
from reconciler.cli.options import (
    FileOptions,
    FilterOptions,
    OutputOptions,
    file_options,
    output_options,
    target_options,
)
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
    options = Options(inputs=inputs, filters=filters, output=output)
    found = look(invocation, options, load_or_default(invocation, inputs))
    listing = view_listing(found.plan)
    found.reporter.listing(listing)
    return found.reporter.end(listing_outcome(listing))
