"""`reconciler export`: write the file that describes an account as it is."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import click

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.options import ACCOUNT, FILES, TALK, output_path
from reconciler.cli.run import Run
from reconciler.cli.writing import written
from reconciler.export.document import ExportedFile, missing_part, whole_file
from reconciler.export.write import env_text, yaml_text
from reconciler.model.diagnostic import ExitCode
from reconciler.output.escaping import shell_word, visible
from reconciler.output.plan_text import head_text
from reconciler.output.terminal import Streams
from reconciler.view.redact import view_plan


@command(
    *FILES,
    click.option("--missing", is_flag=True, help="Only the webhooks that aren't in the file, as lines to add to it."),
    output_path("--out", "Write to this file instead of standard output. It must not exist yet."),
    output_path("--secrets-to", "Write the values of the secrets to this env file (mode 0600). Without it they aren't "
                                "written."),
    ACCOUNT, *TALK,
    examples="""
    # Start with an existing account
    reconciler export --out webhooks.yaml --secrets-to hooks.env
    reconciler plan -f webhooks.yaml --env-file hooks.env

    # What a file lacks
    reconciler export -f webhooks.yaml --env-file hooks.env --missing
    """,
)  # fmt: skip
def export_command(invocation: Invocation, *, missing: bool, out: Path | None, secrets_to: Path | None) -> int:
    """Write a file that describes the account as it is, so that the next plan has no changes.

    Works without a file, for the account of SHIPPO_API_TOKEN. Secrets become variables. Webhooks that can't be
    described are listed in a comment at the top and aren't owned. Exits with 1 if an account could not be read.
    """
    with suppress(OSError):  # the working directory was removed: nothing can be written there, and that is told then
        if out is not None and secrets_to is not None and os.path.realpath(out) == os.path.realpath(secrets_to):
            fail("`--out` and `--secrets-to` name the same file", "Give each its own name.")
    run = Run(invocation, needs_file=False)
    plan = run.look()
    view = view_plan(plan, brief=True)
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
    _write(run.streams, file, out, secrets_to)
    if file.unknown:
        names = ", ".join(file.unknown)
        run.streams.print_message(f"The provider doesn't return secrets: set {names} to what they are.")
        help_ = "help: To keep a secret as it is at the provider, remove its line from the file."
        run.streams.print_message(help_)
    return ExitCode.ERROR if view.not_checked else ExitCode.DONE


def _write(streams: Streams, file: ExportedFile, out: Path | None, secrets_to: Path | None) -> None:
    """Write the file and the values of its secrets, each where that was asked for, both or none."""
    text = yaml_text(file)
    files = []
    if secrets_to is not None:
        files.append(("--secrets-to", secrets_to, env_text(file.variables)))
    if out is not None:
        files.append(("--out", out, text))
    with written(files):
        if out is None:
            streams.print_result(text.rstrip("\n"))
    if secrets_to is not None:
        name, word = visible(str(secrets_to)), shell_word(str(secrets_to))
        streams.print_message(f"Wrote {name}. Keep it out of version control; plan with `--env-file {word}`.")
    elif file.variables:
        names = ", ".join(sorted(file.variables))
        streams.print_message(f"To use this file, set {names}; `--secrets-to FILE` writes an env file that does.")
    if out is not None:
        streams.print_message(f"Wrote {visible(str(out))}.")
