"""`reconciler apply` and `reconciler destroy`: their options, and what they say of themselves."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from reconciler.cli.command import repeated_files
from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.options import APPLY, FILES, FILTERS, MADE_SECRETS, PLAN_OUTPUT, RESEND
from reconciler.output.escaping import visible


@command(
    click.argument("planfile", type=click.Path(path_type=Path), metavar="[PLANFILE]", required=False),
    *FILES, *FILTERS, *APPLY, RESEND, *MADE_SECRETS,
    click.option("--destroy", is_flag=True, help="Delete all webhooks that the file owns or lists under `absent`."),
    *PLAN_OUTPUT,
    examples="""
    reconciler apply

    # Exactly the plan that `reconciler plan --out reviewed.plan` saved
    reconciler apply reviewed.plan

    # In a pipeline, where nobody can be asked
    reconciler apply --auto-approve

    # First save the webhooks as they are
    reconciler apply --backup before.yaml

    # After a secret got a new value that nobody can compare
    reconciler apply --resend-secrets --target orders
    """,
)  # fmt: skip
def apply_command(invocation: Invocation, planfile: Path | None) -> int:
    """Make the provider match the file: plan, ask for approval, apply and verify.

    With a PLANFILE from `plan --out`, exactly that plan is applied, or refused, without asking for approval. It is
    planned again with the same files, --var, --var-file, --env-file and --base-url, unless you give these options;
    relative paths are relative to the working directory. --allow-host is not saved: give it again.

    Exits with 0 if all changes are done; with 3 if a guard refuses the plan, or the saved plan is out of date, and
    nothing was changed; with 1 on any error.
    """
    from reconciler.cli.applying import apply_plan
    from reconciler.cli.saved import read_plan_file
    from reconciler.config.files import STANDARD_INPUT
    from reconciler.operations.saved_plan import is_saved_plan

    if planfile is None:
        return apply_plan(invocation, None)
    given = invocation.options
    is_filtered = given.accounts or given.targets or given.excludes or given.shard
    if is_filtered or given.allowed_losses is not None or given.destroy or given.resend_secrets:
        what = "`--account`, `--shard`, `--target`, `--exclude`, `--allow-losses`, `--destroy` or `--resend-secrets`"
        fail(f"a saved plan can't be changed by {what}", "Remove these options, or save a new plan with them.")
    with suppress(OSError):  # what can't be read is said below
        if planfile.suffix in (".yaml", ".yml") and planfile.is_file() and not is_saved_plan(planfile):
            fail(f"{visible(str(planfile))} is not a saved plan", repeated_files(click.get_current_context(), ()))
    saved = read_plan_file(invocation, planfile)
    invocation.check_reports()
    if STANDARD_INPUT in invocation.options.files and invocation.streams.interactive:
        fail("the plan was made from standard input, which is now a terminal", "Give the file with `-f FILE`.")
    return apply_plan(invocation, saved)


@command(
    *FILES, *FILTERS, *APPLY, *PLAN_OUTPUT,
    examples="""
    # Two endpoints may stop receiving events
    reconciler destroy --allow-losses 2

    # First show what would be deleted
    reconciler plan --destroy --allow-losses 2
    """,
)  # fmt: skip
def destroy_command(invocation: Invocation) -> int:
    """Delete all webhooks that the file owns or lists under `absent`. Protected webhooks stay.

    The same as `apply --destroy`. Losses count here too, so it needs --allow-losses N.
    """
    from msgspec.structs import replace

    from reconciler.cli.applying import apply_plan

    invocation.options = replace(invocation.options, destroy=True)
    return apply_plan(invocation, None)
