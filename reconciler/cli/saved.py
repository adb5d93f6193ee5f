"""Saved plans on the command line: written, read, and carried out exactly or refused."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from reconciler.cli.invocation import Invocation, fail
from reconciler.cli.options import Options
from reconciler.cli.run import Run
from reconciler.cli.writing import unwritable
from reconciler.config.files import STANDARD_INPUT
from reconciler.config.limits import MOST_OF_A_PLAN, read_bounded
from reconciler.model.diagnostic import ExitCode
from reconciler.model.plan import Action, Plan
from reconciler.operations.files import write_file
from reconciler.operations.saved_plan import SavedPlanError, is_of, is_saved_plan, read_saved, sealed
from reconciler.output.escaping import shell_word, visible
from reconciler.view.documents import PlanView, Seal, Sources
from reconciler.view.rows import Row


class SavedPlan(Struct, frozen=True):
    """What may be shown of a saved plan, and its seal."""

    view: PlanView
    seal: Seal

    def options(self, given: Options) -> Options:
        """What the present plan is made from: as it was, where no option (of `--var`: of that name) says otherwise."""
        seal, sources = self.seal, self.seal.sources
        return replace(
            given,
            files=given.files or sources.files,
            variables={**sources.variables, **given.variables},
            var_files=given.var_files or sources.var_files,
            env_files=given.env_files or sources.env_files,
            base_url=sources.base_url if given.base_url is None else given.base_url,
            accounts=seal.filters.accounts,
            targets=seal.filters.targets,
            excludes=seal.filters.excludes,
            shard=seal.filters.shard,
            allowed_losses=seal.allowed_losses,
            resend_secrets=bool(seal.resend_secrets),
            destroy=self.view.destroy,
        )

    def sources_text(self) -> str:
        """What it was made from, in words."""
        return visible("; ".join((", ".join(self.view.files), *self.seal.sources.options())))

    def differences(self, plan: Plan, view: PlanView) -> tuple[str, ...]:
        """What tells the present plan from the one that was saved, a line each; nothing where they are the same."""
        # Who edits the file can make its checksum anew: what it shows must be what the digest is of.
        if is_of(self.seal, plan) and _done(self.view) == _done(view):
            return ()
        before, after = ({row.webhook_address: row for row in one.changes} for one in (self.view, view))
        said = (_difference(address, before.get(address), after.get(address)) for address in sorted({*before, *after}))
        hidden = "something else differs: a secret, an account setting, or the losses"
        return tuple(filter(None, said)) or (hidden,)


def read_plan_file(invocation: Invocation, path: Path) -> SavedPlan:
    """A saved plan, whose options the command has from then on; the command ends if it can't be used."""
    name, given = visible(str(path)), invocation.options
    # A report that it can't be used is about this file, not about the one that it would be made from by default.
    invocation.options = replace(given, files=given.files or (str(path),))
    try:
        saved = SavedPlan(*read_saved(read_bounded(path, MOST_OF_A_PLAN)))
    except OSError as error:
        fail(f"{name} can't be read: {error.strerror}", "Give a file written by `plan --out`.")
    except SavedPlanError as error:
        new = "Save a new plan with `reconciler plan --out FILE`."
        fail(f"{name}: {error.message}", new, code=error.code, exit_code=ExitCode.REFUSED)
    invocation.options = saved.options(given)
    return saved


def save_plan(run: Run, made: Plan, view: PlanView, path: Path) -> str:
    """Save a plan, unless an account could not be read; gives what is to be said of that, and what to do with it."""
    if view.not_checked:
        return "The plan was not saved: not every account could be read."
    name, inputs = visible(str(path)), run.inputs
    sources = Sources(
        files=inputs.files,
        variables=inputs.variables,
        var_files=inputs.var_files,
        env_files=inputs.env_files,
        base_url=inputs.base_url,
    )
    other = "Give `--out` another file name, in a folder that you can write to."
    try:
        if path.is_file() and not is_saved_plan(path):
            fail(f"{name} already exists and is not a saved plan", other, code="output-file")
        text, digest = sealed(view, made, sources)
        write_file(path, text, overwrite=True, private=True)
    except OSError as error:
        fail(unwritable(error), other, code="output-file")
    run.reporter.saved(digest)
    # No plan keeps which hosts may get a token: who says so is not a file.
    hosts = "".join(f" --allow-host {shell_word(host)}" for host in sorted({*run.invocation.options.allowed_hosts}))
    # A name that begins with `-` would be an option.
    command = f"`reconciler apply {shell_word(f'./{path}' if str(path).startswith('-') else str(path))}{hosts}`"
    if view.refused:
        losses = max(account.losses for account in view.refused)
        return f"Saved the plan, but {command} would refuse it. To allow it, plan again with `--allow-losses {losses}`."
    given = " with the same file on standard input" if STANDARD_INPUT in sources.files else ""
    return f"Saved the plan. To apply exactly this plan, run {command}{given}."


def _done(view: PlanView) -> list[tuple[str, str, Action, str | None]]:
    """What a plan does: the addresses, action and id of each change, in the order of work, by account."""
    changes = sorted(view.changes, key=lambda row: row.account)
    return [(row.webhook_address, row.address, row.action, row.object_id) for row in changes]


def _difference(address: str, old: Row | None, new: Row | None) -> str:
    """What became of one planned change; nothing where it is the same."""
    if old is None:
        return f"{address}: {new.action.value} now, not in the saved plan" if new is not None else ""
    if new is None:
        return f"{address}: {old.action.value} in the saved plan, no change now"
    if old.action != new.action:
        return f"{address}: {old.action.value} in the saved plan, {new.action.value} now"
    if old.object_id != new.object_id:
        return f"{address}: another webhook now, {new.object_id} instead of {old.object_id}"
    return f"{address}: its fields have changed" if (old.change != new.change) else ""
