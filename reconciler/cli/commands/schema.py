"""`reconciler schema`: print the file's JSON Schema."""

from __future__ import annotations

from importlib.resources import files

import click

from reconciler.cli.invocation import Invocation

_SCHEMAS = {
    "file": "webhooks.schema.json",
    "plan": "plan.schema.json",
    "apply": "apply-stream.schema.json",
}


@click.command("schema")
@click.argument("name", type=click.Choice(list(_SCHEMAS)), default="file")
@click.pass_obj
def command(invocation: Invocation, name: str) -> int:
    """Print a JSON Schema: of the file (for editors), of the JSON plan, or of a line of `apply --format json`."""
    text = files("reconciler.schemas").joinpath(_SCHEMAS[name]).read_text(encoding="utf-8")
    invocation.streams().print_result(text.rstrip("\n"))
    return 0
