"""`reconciler export`: write the file that describes an account as it is."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.flow import Options, declaration, fail, load_here
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
from reconciler.model.plan import AccountPlan, Claim, Plan
from reconciler.operations.files import write_private
from reconciler.output.terminal import Streams, visible
from reconciler.output.text import head_text
from reconciler.output.yaml_text import env_text, yaml_text
from reconciler.planning.describe import Names, describe
from reconciler.view.file_document import Described, file_document, fragment_document, left_out_lines
from reconciler.view.masking import view_plan


@click.command("export")
@file_options
@click.option("--missing", is_flag=True, help="Only what the file doesn't have, as lines to add to it.")
@click.option(
    "--secrets-to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the values of the secrets to this env file (0600). Without it they are written nowhere.",
)
@filter_options
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    inputs: FileOptions,
    filters: FilterOptions,
    output: OutputOptions,
    *,
    missing: bool,
    secrets_to: Path | None,
) -> int:  # fmt: skip
    """Write the file that describes an account as it is, so that the next plan is empty.

    Works without a file: then it is the account of SHIPPO_API_TOKEN. Secrets become variables. What can't be described
    is listed at the top, and not owned.
    """
    options = Options(inputs=inputs, filters=filters, output=output)
    named = bool(inputs.files or invocation.environment.get("RECONCILER_FILE"))
    has_file = named or Path(DEFAULT_FILE).exists()
    found = look(invocation, options, load_here if has_file else _without_file)
    view = view_plan(found.plan)
    if view.not_checked:
        account = view.not_checked[0]
        fail(found.streams, f"account {visible(account.name)}: {visible(account.error)}", account.help)
    names = Names(
        entries=(wanted.address.name for wanted in found.plan.configuration.desired) if missing else (),
        environment=invocation.environment,
    )
    described = [_described(found.plan, account, names, missing=missing) for account in found.plan.planned]
    comments = [
        "yaml-language-server: $schema=./webhooks.schema.json",
        f"Written by `reconciler export` on {view.created.partition('T')[0]}.",
        *(head_text(account) for account in view.accounts),
        *_left_out(found.plan, described),
    ]
    document = fragment_document(described) if missing else file_document(found.plan.configuration, described)
    found.streams.say(yaml_text(document, comments).rstrip("\n"))
    variables = {name: value for one in described for name, value in one.description.variables.items()}
    _tell_secrets(found.streams, variables, secrets_to)
    return 0


def _without_file(inputs: Inputs) -> Loaded:
    return no_file_configuration(inputs, declaration)


def _described(plan: Plan, account: AccountPlan, names: Names, *, missing: bool) -> Described:
    remotes = account.claimed[Claim.NONE] if missing else account.remotes
    secret_params = plan.configuration.secret_params
    found = describe(account.account, remotes, names, secret_params, duplicates_stay=True)
    owners = {str(entry.owner): entry.owner for entry in found.entries}
    if missing:
        owned = {str(entry.owner) for entry in found.entries if entry.endpoint in account.account.owns}
        owners = {text: owner for text, owner in owners.items() if text not in owned}
    return Described(account=account.account, description=found, owns=tuple(owners.values()))


def _left_out(plan: Plan, described: list[Described]) -> list[str]:
    lines = left_out_lines(plan.configuration, described)
    return ["", f"Not described, and so not owned ({len(lines)}):", *(f"  {line}" for line in lines)] if lines else []


def _tell_secrets(streams: Streams, variables: dict[str, str], secrets_to: Path | None) -> None:
    """Write the secrets' values where that was asked for, or say which variables are to be set."""
    if secrets_to is None:
        if variables:
            streams.tell(f"To be set, with values that are written nowhere: {', '.join(sorted(variables))}.")
            streams.tell("help: `--secrets-to FILE` writes an env file with them.")
        return
    name = visible(str(secrets_to))
    try:
        write_private(secrets_to, env_text(variables), overwrite=False)
    except FileExistsError:
        fail(streams, f"{name} is there already, and is never overwritten", "Give `--secrets-to` a new name.")
    except OSError as error:
        fail(streams, f"{name} can't be written: {error.strerror}", "Give `--secrets-to` another place.")
    streams.tell(f"Wrote {name}. Keep it out of version control; plan with `--env-file {name}`.")
