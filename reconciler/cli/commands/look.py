"""`reconciler validate`, `drift` and `list`: what there is to say of the file and the account."""

from __future__ import annotations

import click

from reconciler.cli.invocation import Invocation, command
from reconciler.cli.options import FILES, OUTPUT, TARGETS
from reconciler.cli.run import Run, inputs_of
from reconciler.config.load import load
from reconciler.providers.registry import declaration
from reconciler.view import outcome
from reconciler.view.redact import view_listing, view_plan


@command(*FILES, click.option("--strict", is_flag=True, help="Treat warnings as errors."), *OUTPUT)
def validate_command(invocation: Invocation, *, strict: bool) -> int:
    """Check the file alone: offline, with no secret needed. Unset variables stand for any value.

    Exits with 0 where it is valid, with 1 where it isn't; with --strict warnings count too.
    """
    loaded = load(inputs_of(invocation, offline=True), declaration)
    invocation.reporter.validation(loaded.diagnostics)
    ended = outcome.validation_outcome(loaded.diagnostics, loaded.configuration, strict=strict)
    return invocation.reporter.end(ended)


@command(
    *FILES, *TARGETS,
    click.option("--fail-on-unmanaged", is_flag=True,
                 help="Like `unmanaged: fail` in the file: webhooks that are neither managed nor under `known` are "
                      "drift."),
    *OUTPUT,
)  # fmt: skip
def drift_command(invocation: Invocation) -> int:
    """Check whether the provider still matches the file, and change nothing. Made for schedules.

    Exits with 0 if there is no drift, 2 if there is, 1 on any error.
    """
    run = Run(invocation)
    view = view_plan(run.look(), run.diagnostics, brief=run.reporter.is_brief)
    run.reporter.plan(view)
    return run.reporter.end(outcome.drift_outcome(view))


@command(*FILES, *TARGETS, *OUTPUT)
def list_command(invocation: Invocation) -> int:
    """List the webhooks that the provider has, and which of them the file manages. Also works without a file.

    Exits with 0, or with 1 if an account could not be listed.
    """
    run = Run(invocation, needs_file=False)
    listing = view_listing(run.look())
    run.reporter.listing(listing)
    return run.reporter.end(outcome.listing_outcome(listing))
