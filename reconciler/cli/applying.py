"""`apply` and `destroy`: plan, ask, do it, verify."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.cli.backup import write_backup
from reconciler.cli.failure import fail
from reconciler.cli.flow import (
    Options,
    Planning,
    inputs_of,
    load_files,
    load_here,
    opened_clients,
    wish_of,
)
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import ApplyOptions
from reconciler.cli.saved import SavedPlan, read_plan_file
from reconciler.config.files import STANDARD_INPUT
from reconciler.model.plan import Plan
from reconciler.model.reading import NotRead
from reconciler.operations.apply import apply
from reconciler.output.formats import Reporter
from reconciler.output.terminal import Streams
from reconciler.providers.client import Writer
from reconciler.providers.registry import open_writer
from reconciler.view.documents import PlanView
from reconciler.view.outcome import (
    Outcome,
    declined_outcome,
    nothing_to_do_outcome,
    plan_words,
    refusal_outcome,
    report_outcome,
    stale_outcome,
    stopped_outcome,
    unreadable_outcome,
)
from reconciler.view.redact import view_plan
from reconciler.view.report_view import ResultMask, view_report


def run_apply(invocation: Invocation, options: Options, applying: ApplyOptions, planfile: Path | None = None) -> int:
    """Make the provider match the file.

    Args:
        invocation: the run.
        options: what was asked for.
        applying: how it is done.
        planfile: a saved plan that is carried out exactly, or refused.
    Returns:
        The exit code.
    """
    reporter = invocation.report(options.output, applies=True)
    streams = invocation.streams(color=options.output.color)
    saved = None if planfile is None else _saved(streams, options, planfile)
    wish = wish_of(options.filters, destroy=options.destroy) if saved is None else saved.wish
    given = options.inputs if saved is None else saved.inputs(options.inputs)
    inputs = inputs_of(invocation, given, accounts=wish.filters.accounts)
    if saved is None and not applying.auto_approve:
        _check_that_it_can_ask(streams, reporter, options.output.format, inputs.files)
    configuration, diagnostics = load_files(streams, load_here(inputs))
    reporter.begin(diagnostics)
    planning = Planning(invocation=invocation, configuration=configuration, wish=wish, reporter=reporter)
    with opened_clients(planning, inputs, open_writer) as clients:
        if saved is None:
            plan = _agreed_plan(planning, clients, streams, applying)
        else:
            plan = _saved_plan(planning, clients, saved)
        if isinstance(plan, int):
            if applying.backup is not None:
                streams.tell("No backup was written, because nothing was changed.")
            return plan
        # From here on a signal only asks: no half of a backup is left, and no change goes without its report.
        with invocation.stop.finishing():
            if applying.backup is not None:
                write_backup(streams, plan, applying.backup, invocation.environment)
            return _carried_out(planning, plan, clients, applying.parallelism)


def _carried_out(planning: Planning, plan: Plan, clients: Mapping[str, Writer | NotRead], parallelism: int) -> int:
    """Do what the plan says and report it; the exit code."""
    reporter = planning.reporter
    changes = sum(len(account.changes) for account in plan.planned)
    with reporter.live(ResultMask(plan), changes):
        writers = {name: client for name, client in clients.items() if not isinstance(client, NotRead)}
        invocation = planning.invocation
        report = apply(plan, writers, invocation.stop, invocation.clock.sleep, reporter, parallelism)
    view = view_report(report)
    return reporter.end(report_outcome(view), view)


def _agreed_plan(
    planning: Planning, clients: Mapping[str, Writer | NotRead], streams: Streams, applying: ApplyOptions
) -> Plan | int:
    """The plan that is to be carried out, or the exit code where none is.

    After a "yes" the accounts are listed again; where that gives another plan, it is shown and asked for again.
    """
    reporter = planning.reporter
    plan = planning.plan(clients)
    while True:
        view = view_plan(plan)
        reporter.plan(view)
        ended = _nothing_to_carry_out(planning, plan, view)
        if ended is not None:
            return reporter.end(ended)
        if applying.auto_approve:
            return plan
        if not _says_yes(streams, plan_words(view)):
            return reporter.end(declined_outcome())
        again = planning.plan(clients)
        if again.essence() == plan.essence():
            return again
        unread = again.not_planned and not plan.not_planned
        streams.tell(
            "Not every account could be listed again. This is the new plan:"
            if unread
            else "The account has changed in the meantime. This is the new plan:"
        )
        plan = again


def _saved_plan(planning: Planning, clients: Mapping[str, Writer | NotRead], saved: SavedPlan) -> Plan | int:
    """The present plan where it is the saved one, or the exit code. All accounts must be readable."""
    reporter = planning.reporter
    plan = planning.plan(clients)
    view = view_plan(plan)
    reporter.plan(view)
    if planning.invocation.stop.is_asked():
        return reporter.end(stopped_outcome(planning.invocation.stop.signal))
    if plan.not_planned:
        return reporter.end(unreadable_outcome(view))
    if differences := saved.differences(plan, view):
        reporter.stale(differences)
        return reporter.end(stale_outcome())
    ended = _nothing_to_carry_out(planning, plan, view)
    return plan if ended is None else reporter.end(ended)


def _nothing_to_carry_out(planning: Planning, plan: Plan, view: PlanView) -> Outcome | None:
    """Why a plan is not carried out: the run was stopped, a guard refuses, or there is nothing to do."""
    if planning.invocation.stop.is_asked():
        return stopped_outcome(planning.invocation.stop.signal)
    if plan.is_refused:
        return refusal_outcome(view)
    return None if plan.has_changes else nothing_to_do_outcome(view)


def _saved(streams: Streams, options: Options, planfile: Path) -> SavedPlan:
    filters = options.filters
    if filters.accounts or filters.targets or filters.allow_losses is not None or options.destroy:
        fail(
            "a saved plan can't be changed by `--account`, `--target`, `--allow-losses` or `--destroy`",
            "Remove these options, or save a new plan with them.",
        )
    saved = read_plan_file(planfile)
    if STANDARD_INPUT in saved.inputs(options.inputs).files and streams.interactive:
        fail("the plan was made from standard input, which is now a terminal", "Give the file with `-f FILE`.")
    return saved


def _check_that_it_can_ask(streams: Streams, reporter: Reporter, format_: str, files: tuple[str, ...]) -> None:
    if not reporter.can_ask:
        fail(f"`--format {format_}` can't ask for approval", "Add `--auto-approve`.")
    if STANDARD_INPUT in files:
        fail("standard input is used for the file, so it can't be used to ask for approval", "Add `--auto-approve`.")
    if not streams.interactive:
        fail(
            "there is no terminal to ask for approval",
            "Review `reconciler plan`, then apply with `--auto-approve`.",
        )


def _says_yes(streams: Streams, question: str) -> bool:
    """Ask on the terminal; only `yes` is a yes."""
    try:
        return streams.ask(f"\n{question}\nDo you want to apply these changes? Only `yes` is accepted: ") == b"yes"
    except KeyboardInterrupt:
        streams.tell("\nStopped. Nothing was changed.")
        raise
