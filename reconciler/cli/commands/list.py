"""`reconciler list`: the webhooks that the provider has."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler import __version__
from reconciler.cli.flow import Options, declaration, finish, load_here
from reconciler.cli.invocation import Invocation
from reconciler.cli.looking import look
from reconciler.cli.options import (
    DEFAULT_FILE,
    FileOptions,
    FilterOptions,
    OutputOptions,
    file_options,
    filter_options,
    output_options,
)
from reconciler.config.load import Inputs, Loaded, no_file_configuration
from reconciler.output.terminal import visible
from reconciler.view.document import listing_document
from reconciler.view.json_text import json_text
from reconciler.view.listing import view_listing
from reconciler.view.masking import view_plan
from reconciler.view.outcome import listing_outcome


@click.command("list")
@file_options
@filter_options
@output_options
@click.pass_obj
def command(invocation: Invocation, inputs: FileOptions, filters: FilterOptions, output: OutputOptions) -> int:
    """List the webhooks that the provider has, and whose they are. Works without a file, too.

    Exits with 0; with 1 where an account could not be listed.
    """
    options = Options(inputs=inputs, filters=filters, output=output)
    named = bool(inputs.files or invocation.environment.get("RECONCILER_FILE"))
    found = look(invocation, options, load_here if named or Path(DEFAULT_FILE).exists() else _without_file)
    view = view_plan(found.plan)
    listing = view_listing(found.plan, view.accounts)
    outcome = listing_outcome(listing)
    if output.format == "json":
        found.streams.say(json_text(listing_document(listing, __version__)))
        return outcome.code
    if listing.rows:
        from reconciler.output.table import list_table  # noqa: PLC0415 - loads rich

        found.streams.say(list_table(listing, found.streams))
        found.streams.say()
    for account in view.not_checked:
        found.streams.tell(f"error: {visible(account.name)}: {visible(account.error)}")
        found.streams.tell(f"help: {visible(account.help)}")
    return finish(found.streams, outcome)


def _without_file(inputs: Inputs) -> Loaded:
    return no_file_configuration(inputs, declaration)
