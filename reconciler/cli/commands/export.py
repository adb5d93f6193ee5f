"""`reconciler export`: write the file that describes an account as it is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.failure import fail
from reconciler.cli.flow import Options
from reconciler.cli.invocation import Invocation
from reconciler.cli.looking import load_or_default, look
from reconciler.cli.options import (
    FileOptions,
    FilterOptions,
    OutputOptions,
    OutputPath,
    account_options,
    file_options,
    talk_options,
)
from reconciler.cli.writing import OutputFile, written
from reconciler.model.configuration import Account, Named, OnUnmanaged
from reconciler.model.description import Entry
from reconciler.model.exit_code import ExitCode
from reconciler.model.plan import AccountPlan, Claim, Plan
from reconciler.output.terminal import Streams, shell_word, visible
from reconciler.output.text import head_text
from reconciler.output.yaml_text import env_text, yaml_text
from reconciler.planning.describe import Names, describe
from reconciler.view.file_document import Described, Owner, file_document, fragment_document, left_out_lines
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
    options = Options(inputs=inputs, filters=filters, output=output)
    found = look(invocation, options, load_or_default(invocation, inputs))
    streams, plan = found.streams, found.plan
    view = view_plan(plan)
    found.reporter.not_checked(view.not_checked)
    if not plan.planned:
        return ExitCode.ERROR
    if missing and len(plan.accounts) > 1:
        fail("`--missing` describes one account at a time", "Choose one with `--account NAME`.")
    names = Names(
        entries=(wanted.address.name for wanted in plan.configuration.desired) if missing else (),
        environment=invocation.environment,
    )
    described = [_described(plan, account, names, missing=missing) for account in plan.planned]
    several = plan.configuration.long_addresses
    comments = [
        "yaml-language-server: $schema=./webhooks.schema.json",
        f"Written by `reconciler export` on {view.timestamp.partition('T')[0]}.",
        *(head_text(account) for account in view.accounts),
        *_left_out(plan, described, missing=missing),
    ]
    document = (
        fragment_document(plan.configuration, described[0], several=several)
        if missing
        else file_document(plan.configuration, described)
    )
    _write(streams, yaml_text(document, comments), out, _variables(described), secrets_to)
    if unknown := [name for one in described for name in one.description.unknown]:
        streams.tell(f"Set these variables; the provider doesn't return their values: {', '.join(unknown)}.")
        streams.tell("help: If you remove its line from the file, a secret stays as it is at the provider.")
    return ExitCode.ERROR if view.not_checked else 0


def _described(plan: Plan, account: AccountPlan, names: Names, *, missing: bool) -> Described:
    claims = (Claim.NONE,) if missing else tuple(claim for claim in Claim if claim is not Claim.KNOWN)
    found = describe(account.account, account.listed(*claims), names, plan.configuration.showing, duplicates_stay=True)
    owners = {
        (str(entry.owner), entry.kind): Owner(pattern=entry.owner, kind=entry.kind)
        for entry in found.entries
        if not (missing and _is_owned(account.account, entry))
    }
    return Described(
        account=replace(account.account, on_unmanaged=OnUnmanaged.FAIL),
        description=found,
        owns=tuple(owners.values()),
        # What was there already is no alarm: what is added later is.
        known=(*account.account.known, *(Named(object_id=left.remote.id) for left in found.left_out)),
    )


def _is_owned(account: Account, entry: Entry) -> bool:
    return account.owns_at(entry.endpoint, account.scope if entry.kind is None else entry.kind)


def _left_out(plan: Plan, described: Sequence[Described], *, missing: bool) -> list[str]:
    lines = left_out_lines(plan.configuration, described)
    if not lines:
        return []
    what = "not owned" if missing else "not owned, but listed under `known`"
    return ["", f"Not described, and therefore {what} ({len(lines)}):", *(f"  {line}" for line in lines)]


def _variables(described: Sequence[Described]) -> dict[str, str]:
    """The variables of the secrets that were found, and their values."""
    return {name: value for one in described for name, value in one.description.variables.items()}


def _write(streams: Streams, text: str, out: Path | None, variables: dict[str, str], secrets_to: Path | None) -> None:
    """Write the file and the values of its secrets, each where that was asked for, both or none."""
    files = []
    if secrets_to is not None:
        files.append(OutputFile(path=secrets_to, text=env_text(variables), option="--secrets-to"))
    if out is not None:
        files.append(OutputFile(path=out, text=text, option="--out"))
    with written(files):
        if out is None:
            streams.say(text.rstrip("\n"))
    if secrets_to is not None:
        name = visible(str(secrets_to))
        streams.tell(
            f"Wrote {name}. Keep it out of version control; plan with `--env-file {shell_word(str(secrets_to))}`."
        )
    elif variables:
        streams.tell(f"Set these variables; their values were not written: {', '.join(sorted(variables))}.")
        streams.tell("help: `--secrets-to FILE` writes them to an env file.")
    if out is not None:
        streams.tell(f"Wrote {visible(str(out))}.")


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
