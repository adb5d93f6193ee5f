"""`reconciler export`: write the file that describes an account as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.flow import ERROR, Options, fail
from reconciler.cli.invocation import Invocation
from reconciler.cli.looking import load_or_default, look, tell_not_checked
from reconciler.cli.options import (
    FileOptions,
    FilterOptions,
    OutputOptions,
    account_options,
    file_options,
    talk_options,
)
from reconciler.model.configuration import Account, Named, OnUnmanaged
from reconciler.model.description import Entry
from reconciler.model.plan import AccountPlan, Claim, Plan
from reconciler.operations.files import write_file
from reconciler.output.terminal import Streams, visible
from reconciler.output.text import head_text
from reconciler.output.yaml_text import env_text, yaml_text
from reconciler.planning.describe import Names, describe
from reconciler.view.file_document import Described, Owner, file_document, fragment_document, left_out_lines
from reconciler.view.masking import view_plan


@click.command("export")
@file_options
@click.option("--missing", is_flag=True, help="Only what the file doesn't have, as lines to add to it.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to this file, which must not be there yet, instead of standard output.",
)
@click.option(
    "--secrets-to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the values of the secrets to this env file (0600). Without it they are written nowhere.",
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
    """Write the file that describes an account as it is, so that the next plan is empty.

    Works without a file: then it is the account of SHIPPO_API_TOKEN. Secrets become variables. What can't be described
    is listed at the top, and not owned. Exits with 1 where an account could not be read.
    """
    options = Options(inputs=inputs, filters=filters, output=output)
    found = look(invocation, options, load_or_default(invocation, inputs))
    streams, plan = found.streams, found.plan
    view = view_plan(plan)
    tell_not_checked(streams, view)
    if not plan.planned:
        return ERROR
    if missing and len(plan.accounts) > 1:
        fail(streams, "`--missing` describes one account at a time", "Choose it with `--account NAME`.")
    names = Names(
        entries=(wanted.address.name for wanted in plan.configuration.desired) if missing else (),
        environment=invocation.environment,
    )
    described = [_described(plan, account, names, missing=missing) for account in plan.planned]
    several = plan.configuration.long_addresses
    comments = [
        "yaml-language-server: $schema=./webhooks.schema.json",
        f"Written by `reconciler export` on {view.created.partition('T')[0]}.",
        *(head_text(account) for account in view.accounts),
        *_left_out(plan, described, missing=missing),
    ]
    document = (
        fragment_document(plan.configuration, described[0], several=several)
        if missing
        else file_document(plan.configuration, described)
    )
    _write_secrets(streams, described, secrets_to)
    _write(streams, yaml_text(document, comments), out)
    return ERROR if view.not_checked else 0


def _described(plan: Plan, account: AccountPlan, names: Names, *, missing: bool) -> Described:
    known = {remote.id for remote in account.known}
    there = account.claimed[Claim.NONE] if missing else account.remotes
    remotes = [remote for remote in there if remote.id not in known]
    found = describe(account.account, remotes, names, plan.configuration.showing, duplicates_stay=True)
    owners = {
        (str(entry.owner), entry.is_test): Owner(pattern=entry.owner, is_test=entry.is_test)
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
    scope = account.scope if entry.is_test is None else tuple({**dict(account.scope), "is_test": entry.is_test}.items())
    return account.owns_at(entry.endpoint, scope)


def _left_out(plan: Plan, described: Sequence[Described], *, missing: bool) -> list[str]:
    lines = left_out_lines(plan.configuration, described)
    if not lines:
        return []
    what = "not owned" if missing else "not owned, but named under `known`"
    return ["", f"Not described, and so {what} ({len(lines)}):", *(f"  {line}" for line in lines)]


def _write(streams: Streams, text: str, out: Path | None) -> None:
    if out is None:
        streams.say(text.rstrip("\n"))
        return
    _write_new(streams, text, out, "--out")
    streams.tell(f"Wrote {visible(str(out))}.")


def _write_secrets(streams: Streams, described: Sequence[Described], secrets_to: Path | None) -> None:
    """Write the secrets' values where that was asked for, or say which variables are to be set."""
    variables = {name: value for one in described for name, value in one.description.variables.items()}
    if secrets_to is not None:
        _write_new(streams, env_text(variables), secrets_to, "--secrets-to")
        name = visible(str(secrets_to))
        streams.tell(f"Wrote {name}. Keep it out of version control; plan with `--env-file {name}`.")
    elif variables:
        streams.tell(f"To be set, with values that are written nowhere: {', '.join(sorted(variables))}.")
        streams.tell("help: `--secrets-to FILE` writes an env file with them.")


def _write_new(streams: Streams, text: str, path: Path, option: str) -> None:
    """Write a file that must not be there yet, as its owner's alone; the command ends where that fails."""
    try:
        write_file(path, text, overwrite=False, private=True)
    except FileExistsError:
        message = f"{visible(str(path))} is there already, and is never overwritten"
        fail(streams, message, f"Give `{option}` a new name.", code="output-file")
    except OSError as error:
        message = f"{visible(str(path))} can't be written: {error.strerror}"
        fail(streams, message, f"Give `{option}` another place.", code="output-file")
