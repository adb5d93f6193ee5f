"""`reconciler validate`: check the file alone."""

from __future__ import annotations

import click

from reconciler.cli.flow import declaration, finish, inputs_of, tell
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import FileOptions, OutputOptions, file_options, output_options
from reconciler.config.load import load
from reconciler.view.codec import to_json
from reconciler.view.documents import validation_view
from reconciler.view.json_text import json_text
from reconciler.view.outcome import validation_outcome


@click.command("validate")
@file_options
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@output_options
@click.pass_obj
def command(invocation: Invocation, inputs: FileOptions, output: OutputOptions, *, strict: bool) -> int:
    """Check the file alone: offline, with no secret needed. Unset variables stand for any value.

    Exits with 0 where it is valid, with 1 where it isn't; with --strict warnings count too.
    """
    streams = invocation.streams(color=output.color)
    loaded = load(inputs_of(invocation, inputs, offline=True), declaration)
    outcome = validation_outcome(loaded.diagnostics, loaded.configuration, strict=strict)
    if output.format == "json":
        streams.say(json_text(to_json(validation_view(loaded.diagnostics))))
        return outcome.code
    tell(streams, loaded.diagnostics)
    return finish(streams, outcome)
