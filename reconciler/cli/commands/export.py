"""`reconciler export`: write the file that describes an account as it is."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reconciler.cli.failure import fail
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import (
    FileOptions,
    FilterOptions,
    OutputOptions,
    OutputPath,
    account_options,
    file_options,
    talk_options,
)
from reconciler.cli.run import Run, plan_options
from reconciler.cli.writing import OutputFile, written
from reconciler.export.files import ExportedFile, missing_part, whole_file
from reconciler.export.write import env_text, yaml_text
from reconciler.model.diagnostic import ExitCode
from reconciler.output.terminal import Streams, shell_word, visible
from reconciler.output.text import head_text
from reconciler.view.redact import view_plan


@click.command("export")
@file_options
@click.option("--missing", is_flag=True, help="Only the webhooks that aren't in the file, as lines to add to it.")
@click.option(
    "--out",
    type=OutputPath(),
    metavar="FILE",
    help="Write to this file instead of standard output. It must not exist yet.",
)
@click.option(
    "--secrets-to",
    type=OutputPath(),
    metavar="FILE",
    help="Write the values of the secrets to this env file (mode 0600). Without it they aren't written.",
)
@account_options
@talk_options
@click.pass_obj
def command(
    invocation: Invocation,
    inputs: FileOptions,
    filters: FilterOptions,
    output: OutputOptions,
    *,
    missing: bool,
    out: Path | None,
    secrets_to: Path | None,
) -> int:  # fmt: skip
    """Write a file that describes the account as it is, so that the next plan has no changes.

    Works without a file, for the account of SHIPPO_API_TOKEN. Secrets become variables. What can't be described is
    listed at the top and not owned. Exits with 1 if an account could not be read.
    """
    _check_apart(out, secrets_to)
    run = Run.load(invocation, invocation.report(output), inputs, plan_options(filters), needs_file=False)
    streams, plan = run.streams, run.look()
    view = view_plan(plan)
    run.reporter.not_checked(view.not_checked)
    if not plan.planned:
        return ExitCode.ERROR
    if missing and len(plan.accounts) > 1:
        fail("`--missing` describes one account at a time", "Choose one with `--account NAME`.")
    head = [
        "yaml-language-server: $schema=./webhooks.schema.json",
        f"Written by `reconciler export` on {view.timestamp.partition('T')[0]}.",
        *map(head_text, view.accounts),
    ]
    file = (missing_part if missing else whole_file)(plan, invocation.environment, head)
    _write(streams, file, out, secrets_to)
    if file.unknown:
        streams.print_message(
            f"Set these variables; the provider doesn't return their values: {', '.join(file.unknown)}."
        )
        streams.print_message("help: If you remove its line from the file, a secret stays as it is at the provider.")
    return ExitCode.ERROR if view.not_checked else 0


def _write(streams: Streams, file: ExportedFile, out: Path | None, secrets_to: Path | None) -> None:
    """Write the file and the values of its secrets, each where that was asked for, both or none."""
    text = yaml_text(file)
    files = []
    if secrets_to is not None:
        files.append(OutputFile(path=secrets_to, text=env_text(file.variables), option="--secrets-to"))
    if out is not None:
        files.append(OutputFile(path=out, text=text, option="--out"))
    with written(files):
        if out is None:
            streams.print_result(text.rstrip("\n"))
    if secrets_to is not None:
        name = visible(str(secrets_to))
        streams.print_message(
            f"Wrote {name}. Keep it out of version control; plan with `--env-file {shell_word(str(secrets_to))}`."
        )
    elif file.variables:
        streams.print_message(
            f"Set these variables; their values were not written: {', '.join(sorted(file.variables))}."
        )
        streams.print_message("help: `--secrets-to FILE` writes them to an env file.")
    if out is not None:
        streams.print_message(f"Wrote {visible(str(out))}.")


def _check_apart(out: Path | None, secrets_to: Path | None) -> None:
    """Two files have two names."""
    if out is None or secrets_to is None:
        return
    try:
        is_same = os.path.realpath(out) == os.path.realpath(secrets_to)
    except OSError:  # the working directory was removed: nothing can be written there, and that is told then
        return
    if is_same:
        fail("`--out` and `--secrets-to` name the same file", "Give each its own name.")
