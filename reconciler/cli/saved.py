"""Saved plans on the command line: written, read, and carried out exactly or refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from reconciler.cli.failure import fail
from reconciler.cli.options import FileOptions
from reconciler.cli.run import Run
from reconciler.config.bounded import read_bounded
from reconciler.config.files import STANDARD_INPUT
from reconciler.config.limits import MOST_OF_A_PLAN
from reconciler.model.diagnostic import ExitCode
from reconciler.model.plan import Action, Plan
from reconciler.operations.files import write_file
from reconciler.operations.saved_plan import SavedPlanError, is_of, is_saved_plan, read_saved, sealed
from reconciler.output.terminal import shell_word, visible
from reconciler.planning.planner import PlanOptions
from reconciler.view.documents import PlanView, Seal, Sources
from reconciler.view.rows import Row

_HELP = "Save a new plan with `reconciler plan --out FILE`."


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """A saved plan: what may be shown of it, and its seal."""

    view: PlanView
    seal: Seal

    @property
    def options(self) -> PlanOptions:
        """What was asked for when it was made."""
        return PlanOptions(
            filters=self.seal.filters, destroy=self.view.destroy, allowed_losses=self.seal.allowed_losses
        )

    def inputs(self, given: FileOptions) -> FileOptions:
        """Which files and variables the present plan is made from: as it was, where no option says otherwise.

        Args:
            given: the options. A variable of `--var` takes the place of the plan's of that name.
        """
        sources = self.seal.sources
        return replace(
            given,
            files=given.files or sources.files,
            variables={**sources.variables, **given.variables},
            var_files=given.var_files or sources.var_files,
            env_files=given.env_files or sources.env_files,
        )

    def differences(self, plan: Plan, view: PlanView) -> tuple[str, ...]:
        """What tells the present plan from the one that was saved, a line each; nothing where they are the same.

        Who changes the document can make its checksum anew, but not a digest of what others would see in it.

        Args:
            plan: the present plan.
            view: what may be shown of it.
        """
        if is_of(self.seal, plan) and _done(self.view) == _done(view):
            return ()
        before, after = _by_address(self.view), _by_address(view)
        said = (_difference(address, before.get(address), after.get(address)) for address in sorted({*before, *after}))
        found = tuple(line for line in said if line)
        return found or ("a hidden value differs: a secret, a setting of an account, or the losses",)


def read_plan_file(path: Path) -> SavedPlan:
    """A saved plan.

    Raises:
        CommandError: it can't be used.
    """
    name = visible(str(path))
    try:
        view, seal = read_saved(read_bounded(path, MOST_OF_A_PLAN))
    except OSError as error:
        fail(f"{name} can't be read: {error.strerror}", "Give a file written by `plan --out`.")
    except SavedPlanError as error:
        fail(f"{name}: {error.message}", _HELP, code=error.code, exit_code=ExitCode.REFUSED)
    return SavedPlan(view=view, seal=seal)


def save_plan(run: Run, made: Plan, view: PlanView, path: Path, allowed_hosts: Iterable[str]) -> None:
    """Save a plan, unless an account could not be read, and say what there is to do with it.

    Args:
        run: what it was made in.
        made: the plan.
        view: what may be shown of it.
        path: where.
        allowed_hosts: of `--allow-host`, which no plan keeps: who says where a token may go is not a file.
    Raises:
        CommandError: it can't be written.
    """
    name, inputs = visible(str(path)), run.inputs
    if view.not_checked:
        run.streams.print_message("The plan was not saved: not every account could be read.")
        return
    sources = Sources(
        files=inputs.files, variables=inputs.variables, var_files=inputs.var_files, env_files=inputs.env_files
    )
    try:
        if path.is_file() and not _holds_saved_plan(path):
            _refuse(f"{name} already exists and is not a saved plan")
        write_file(path, sealed(view, made, sources), overwrite=True, private=True)
    except OSError as error:
        _refuse(f"{name} can't be written: {error.strerror}")
    run.streams.print_message(_next_words(view, sources, path, allowed_hosts))


def _holds_saved_plan(path: Path) -> bool:
    with path.open("rb") as file:
        return is_saved_plan(file.read(100))


def _refuse(message: str) -> NoReturn:
    fail(message, "Give `--out` a name of its own, in a place that can be written.", code="output-file")


def _next_words(view: PlanView, sources: Sources, path: Path, allowed_hosts: Iterable[str]) -> str:
    """What there is to do with a plan that was saved: a command that works as it is printed."""
    # A name that begins with `-` would be an option.
    name = f"./{path}" if str(path).startswith("-") else str(path)
    hosts = (f" --allow-host {shell_word(host)}" for host in sorted(allowed_hosts))
    command = f"`reconciler apply {shell_word(name)}{''.join(hosts)}`"
    if view.refused:
        losses = max(account.losses for account in view.refused)
        return f"Saved the plan, but {command} would refuse it. To allow it, plan again with `--allow-losses {losses}`."
    given = " with the same file on standard input" if STANDARD_INPUT in sources.files else ""
    return f"Saved the plan. To apply exactly this plan, run {command}{given}."


def sources_text(view: PlanView, sources: Sources) -> str:
    """What a plan was made from, in words."""
    parts = [", ".join(map(visible, view.files))]
    parts += [f"--var {visible(f'{name}={value}')}" for name, value in sources.variables.items()]
    parts += [f"--var-file {visible(path)}" for path in sources.var_files]
    parts += [f"--env-file {visible(path)}" for path in sources.env_files]
    return "; ".join(parts)


def _done(view: PlanView) -> list[tuple[str, Action, str | None]]:
    """What a plan does: the address, action and id of each change, in the order of work, by account."""
    changes = sorted(view.changes, key=lambda row: row.account)
    return [(row.address, row.action, row.object_id) for row in changes]


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


def _by_address(view: PlanView) -> dict[str, Row]:
    return {row.address: row for row in view.changes}
