"""The commands that change nothing: `reconciler validate`, `plan`, `drift`, `list` and `show`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.options import (
    ACCOUNT,
    ALLOW_UNSET,
    FILES,
    FILTERS,
    LIST_OUTPUT,
    PLAN_OUTPUT,
    RESEND,
    SHARD,
    TARGETS,
    output_path,
    path_completed,
)


@command(
    click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=path_completed),
    *FILES, ACCOUNT, click.option("--strict", is_flag=True, help="Treat warnings as errors."), *PLAN_OUTPUT,
    examples="""
    reconciler validate
    reconciler validate hooks/*.yaml --strict

    # From another program
    cat webhooks.yaml | reconciler validate -f - --format json
    """,
)  # fmt: skip
def validate_command(invocation: Invocation, paths: tuple[str, ...], *, strict: bool) -> int:
    """Check the file, offline and without secrets. Unset variables are treated as placeholders.

    Several files are one configuration; PATH is the same as -f PATH. The whole file is checked. Use
    --account to choose the account that --base-url replaces. Exits with 0 if the file is valid, otherwise with 1.
    With --strict, warnings count as errors.
    """
    from msgspec.structs import replace

    from reconciler.cli.loading import inputs_of
    from reconciler.config.load import load
    from reconciler.providers.registry import INSTALLED
    from reconciler.view.outcome import validation_outcome

    invocation.options = replace(invocation.options, files=(*invocation.options.files, *paths))
    loaded = load(inputs_of(invocation, offline=True), INSTALLED)
    if loaded.configuration is not None and invocation.options.accounts:
        from reconciler.cli.run import filtered_accounts

        filtered_accounts(loaded.configuration, invocation.options.accounts)
    invocation.reporter.validation(loaded.diagnostics)
    ended = validation_outcome(loaded.diagnostics, loaded.configuration, strict=strict)
    return invocation.reporter.end(ended)


@command(
    *FILES, *FILTERS, ALLOW_UNSET, RESEND,
    click.option("--destroy", is_flag=True, help="Plan to delete all webhooks that the file owns or lists under "
                                                 "`absent`."),
    click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes."),
    output_path("--out", "Save the plan, for `apply FILE`. It contains no secrets, and records its files and "
                         "variables."),
    *PLAN_OUTPUT,
    examples="""
    reconciler plan

    # Save the plan for review; `reconciler apply reviewed.plan` applies it
    reconciler plan --out reviewed.plan

    # Exit with 2 if there are changes
    reconciler plan --detailed-exitcode

    # Only some webhooks, or all except some
    reconciler plan --target orders --target 'tracking[*]'
    reconciler plan --exclude tracking
    """,
)  # fmt: skip
def plan_command(invocation: Invocation, *, detailed_exitcode: bool, out: Path | None) -> int:
    """Show what apply would do, and change nothing.

    Exits with 0, or with 1 on any error. With --detailed-exitcode, exits with 2 if there are changes.
    """
    from reconciler.cli.run import Run
    from reconciler.view import outcome
    from reconciler.view.redact import view_plan

    if out is not None and invocation.options.allow_unset:
        fail("`--out` can't be used with `--allow-unset`: such a plan is never applied", "Use only one of the two.")
    run = Run(invocation)
    is_brief = run.reporter.is_brief and out is None
    plan = run.look(is_whole=not is_brief)
    view = view_plan(plan, run.diagnostics, brief=is_brief)
    run.reporter.plan(view)
    saved = ""
    if out is not None:  # before the end: a plan that can't be saved has failed, in every format
        from reconciler.cli.saved import save_plan

        saved = save_plan(run, plan, view, out)
    code = run.reporter.end(outcome.plan_outcome(view, detailed=detailed_exitcode))
    if saved:
        run.streams.print_message(saved)
    return code


@command(
    *FILES, *TARGETS, SHARD, ALLOW_UNSET,
    click.option("--fail-on-unmanaged", is_flag=True,
                 help="Like `unmanaged: fail` in the file: webhooks that are neither managed nor under `known` are "
                      "drift."),
    *PLAN_OUTPUT,
    examples="""
    reconciler drift

    # Also report webhooks that nobody is known to manage
    reconciler drift --fail-on-unmanaged
    """,
)  # fmt: skip
def drift_command(invocation: Invocation) -> int:
    """Check whether the provider still matches the file, and change nothing. Made for schedules.

    Exits with 0 if there is no drift, 2 if there is, 1 on any error.
    """
    from reconciler.cli.run import Run
    from reconciler.view import outcome
    from reconciler.view.redact import view_plan

    run = Run(invocation)
    plan = run.look(is_whole=not run.reporter.is_brief)
    view = view_plan(plan, run.diagnostics, brief=run.reporter.is_brief)
    run.reporter.drift(view)
    return run.reporter.end(outcome.drift_outcome(view))


@command(
    *FILES, *TARGETS, SHARD, ALLOW_UNSET,
    click.option("--matrix", is_flag=True, help="Show which endpoint receives which events, and how often."),
    *LIST_OUTPUT,
    examples="""
    reconciler list
    reconciler list --target 'orders[*]' --format json

    # Who receives what, and how often
    reconciler list --matrix

    # For a spreadsheet
    reconciler list --format csv > webhooks.csv
    """,
)  # fmt: skip
def list_command(invocation: Invocation, *, matrix: bool) -> int:
    """List the webhooks that the provider has, and which of them the file manages. Also works without a file.

    CSV has whole values; a cell that a spreadsheet would run as a formula begins with an apostrophe there.
    Exits with 0, or with 1 if an account could not be listed.
    """
    from reconciler.cli.run import Run
    from reconciler.view import outcome
    from reconciler.view.redact import view_listing

    if matrix and invocation.options.format == "json":
        fail("`--matrix` is for text and CSV", "Leave it out: the JSON list has all that it is made from.")
    run = Run(invocation, needs_file=False)
    listing = view_listing(run.look())
    (run.reporter.matrix if matrix else run.reporter.listing)(listing)
    return run.reporter.end(outcome.listing_outcome(listing))


@command(
    click.argument("planfile", type=click.Path(path_type=Path), metavar="PLANFILE"), *PLAN_OUTPUT,
    examples="""
    reconciler show reviewed.plan
    reconciler show reviewed.plan --format json
    """,
)  # fmt: skip
def show_command(invocation: Invocation, planfile: Path) -> int:
    """Show a saved plan. Needs only the plan file.

    Exits with 0, or with 3 if the file was modified, is incomplete, or was saved by another version.
    """
    from reconciler.cli.saved import read_plan_file
    from reconciler.model.diagnostic import ExitCode
    from reconciler.output.escaping import shown_time
    from reconciler.view import outcome

    saved = read_plan_file(invocation, planfile)
    reporter = invocation.reporter
    reporter.heading(f"Plan of {shown_time(saved.view.timestamp)}, made from {saved.sources_text()}")
    reporter.saved(saved.seal.digest)
    reporter.plan(saved.view)
    return reporter.end(outcome.CommandResult(outcome.plan_words(saved.view), ExitCode.DONE))  # it refuses nothing
