"""`reconciler apply`: make the provider match the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from reconciler.cli.failure import fail
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import (
    ApplyOptions,
    FileOptions,
    FilterOptions,
    OutputOptions,
    apply_options,
    file_options,
    filter_options,
    output_options,
)
from reconciler.cli.run import Run, files_of, plan_options
from reconciler.cli.saved import SavedPlan, read_plan_file
from reconciler.cli.writing import OutputFile, written
from reconciler.config.files import STANDARD_INPUT
from reconciler.export.files import backup_file
from reconciler.export.write import env_text, yaml_text
from reconciler.model.plan import Plan
from reconciler.model.reading import NotRead
from reconciler.operations.apply import apply
from reconciler.output.terminal import visible
from reconciler.providers.client import Writer
from reconciler.providers.registry import open_writer
from reconciler.view.documents import PlanView
from reconciler.view.outcome import (
    DECLINED,
    STALE,
    Ending,
    nothing_to_do_outcome,
    plan_words,
    refusal_outcome,
    report_outcome,
    stopped_outcome,
    unreadable_outcome,
)
from reconciler.view.redact import view_plan
from reconciler.view.report import ResultMask, view_report

_Clients = Mapping[str, Writer | NotRead]


@click.command("apply")
@click.argument("planfile", type=click.Path(path_type=Path), metavar="[PLANFILE]", required=False)
@file_options
@filter_options
@apply_options
@click.option("--destroy", is_flag=True, help="Delete all webhooks of the file.")
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    inputs: FileOptions,
    filters: FilterOptions,
    applying: ApplyOptions,
    output: OutputOptions,
    *,
    planfile: Path | None,
    destroy: bool,
) -> int:
    """Make the provider match the file: plan, ask, do it, verify.

    With a PLANFILE that `plan --out` wrote: exactly that plan, or a refusal; nobody is asked. It is made again from the
    files, --var and --env-file that it was made from, unless these options say otherwise; relative paths are
    relative to the working directory. --allow-host is not kept: give it again.

    Exits with 0 when everything is as wanted; with 3 when a guard refuses and nothing was changed; with 1 on any error.
    """
    return run_apply(invocation, inputs, filters, applying, output, destroy=destroy, planfile=planfile)


def run_apply(
    invocation: Invocation,
    inputs: FileOptions,
    filters: FilterOptions,
    applying: ApplyOptions,
    output: OutputOptions,
    *,
    destroy: bool,
    planfile: Path | None = None,
) -> int:
    """`apply` and `destroy`: plan, ask, do it, verify. A saved plan is carried out exactly, or refused."""
    reporter = invocation.report(output, applies=True)
    options, saved = plan_options(filters, destroy=destroy), None
    if planfile is not None:
        _check_options_beside_plan(filters, destroy=destroy)
        saved = read_plan_file(planfile)
        options, inputs = saved.options, saved.inputs(inputs)
        _check_standard_input(invocation, inputs)
    elif not applying.auto_approve:
        _check_can_ask(invocation, output.format, inputs, can_ask=reporter.can_ask)
    run = Run.load(invocation, reporter, inputs, options)
    with run.clients(open_writer) as clients:
        if saved is None:
            plan = _agreed_plan(run, clients, asks=not applying.auto_approve)
        else:
            plan = _saved_plan(run, clients, saved)
        if isinstance(plan, Ending):
            code = reporter.end(plan)
            if applying.backup is not None:
                run.streams.print_message("No backup was written, because nothing was changed.")
            return code
        # From here on a signal only asks: no half of a backup is left, and no change goes without its report.
        with run.stop.finishing():
            if applying.backup is not None:
                _write_backup(run, plan, applying.backup)
            return _carried_out(run, plan, clients, applying.parallelism)


def _agreed_plan(run: Run, clients: _Clients, *, asks: bool) -> Plan | Ending:
    """The plan that is to be carried out, or how the run ends where none is.

    After a "yes" the accounts are listed again; where that gives another plan, it is shown and asked for again.
    """
    plan = run.plan(clients)
    while True:
        view = view_plan(plan, brief=run.reporter.is_brief)
        run.reporter.plan(view)
        ended = _nothing_to_carry_out(run, plan, view)
        if ended is not None:
            return ended
        if not asks:
            return plan
        if not _says_yes(run, plan_words(view)):
            return DECLINED
        again = run.plan(clients)
        if again.essence() == plan.essence():
            return again
        unread = again.not_planned and not plan.not_planned
        run.streams.print_message(
            "Not every account could be listed again. This is the new plan:"
            if unread
            else "The account has changed in the meantime. This is the new plan:"
        )
        plan = again


def _saved_plan(run: Run, clients: _Clients, saved: SavedPlan) -> Plan | Ending:
    """The present plan where it is the saved one, or how the run ends. All accounts must be readable."""
    plan = run.plan(clients)
    view = view_plan(plan, brief=run.reporter.is_brief)
    run.reporter.plan(view)
    if run.stop.is_asked():
        return stopped_outcome(run.stop.signal)
    if plan.not_planned:
        return unreadable_outcome(view)
    if differences := saved.differences(plan, view):
        run.reporter.stale(differences)
        return STALE
    return _nothing_to_carry_out(run, plan, view) or plan


def _nothing_to_carry_out(run: Run, plan: Plan, view: PlanView) -> Ending | None:
    """Why a plan is not carried out: the run was stopped, a guard refuses, or there is nothing to do."""
    if run.stop.is_asked():
        return stopped_outcome(run.stop.signal)
    if plan.is_refused:
        return refusal_outcome(view)
    return None if plan.has_changes else nothing_to_do_outcome(view)


def _write_backup(run: Run, plan: Plan, path: Path) -> None:
    """Write FILE and FILE.env, both or none: what the file owns as it is."""
    env_path = path.with_name(f"{path.name}.env")
    file = backup_file(plan, run.invocation.environment, f"reconciler apply -f {path.name} --env-file {env_path.name}")
    files = [
        OutputFile(path=env_path, text=env_text(file.variables), option="--backup"),
        OutputFile(path=path, text=yaml_text(file), option="--backup"),
    ]
    with written(files, so_far="Nothing was changed. "):
        pass
    run.streams.print_message(f"Wrote the backup to {visible(str(path))} and {visible(str(env_path))}.")
    if file.unknown:
        unknown = ", ".join(file.unknown)
        run.streams.print_message(
            f"The provider doesn't return the values of {unknown}: set them before you restore the backup."
        )


def _carried_out(run: Run, plan: Plan, clients: _Clients, parallelism: int) -> int:
    """Do what the plan says and report it; the exit code."""
    with run.reporter.live(ResultMask(plan)):
        writers = {name: client for name, client in clients.items() if not isinstance(client, NotRead)}
        report = apply(plan, writers, run.stop, run.invocation.clock.sleep, run.reporter, parallelism)
    view = view_report(report)
    return run.reporter.end(report_outcome(view), view)


def _check_options_beside_plan(filters: FilterOptions, *, destroy: bool) -> None:
    if filters.accounts or filters.targets or filters.allow_losses is not None or destroy:
        fail(
            "a saved plan can't be changed by `--account`, `--target`, `--allow-losses` or `--destroy`",
            "Remove these options, or save a new plan with them.",
        )


def _check_standard_input(invocation: Invocation, inputs: FileOptions) -> None:
    if STANDARD_INPUT in inputs.files and invocation.streams().interactive:
        fail("the plan was made from standard input, which is now a terminal", "Give the file with `-f FILE`.")


def _check_can_ask(invocation: Invocation, format_: str, inputs: FileOptions, *, can_ask: bool) -> None:
    if not can_ask:
        fail(f"`--format {format_}` can't ask for approval", "Add `--auto-approve`.")
    if STANDARD_INPUT in files_of(invocation, inputs):
        fail("standard input is used for the file, so it can't be used to ask for approval", "Add `--auto-approve`.")
    if not invocation.streams().interactive:
        fail(
            "there is no terminal to ask for approval",
            "Review `reconciler plan`, then apply with `--auto-approve`.",
        )


def _says_yes(run: Run, question: str) -> bool:
    """Ask on the terminal; only `yes` is a yes."""
    try:
        return run.streams.ask(f"\n{question}\nDo you want to apply these changes? Only `yes` is accepted: ") == b"yes"
    except KeyboardInterrupt:
        run.streams.print_message("\nStopped. Nothing was changed.")
        raise
