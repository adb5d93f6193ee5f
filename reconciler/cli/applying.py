"""`apply` and `destroy`: plan, ask, do it, verify."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from reconciler import __version__
from reconciler.cli.flow import (
    ERROR,
    Options,
    Planning,
    fail,
    inputs_of,
    load_files,
    load_here,
    opened_clients,
    wish_of,
)
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import ApplyOptions
from reconciler.model.plan import Plan
from reconciler.model.reading import NotRead
from reconciler.operations.apply import apply
from reconciler.output.narrator import JsonNarrator, Narrator, TextNarrator
from reconciler.output.progress import display_for
from reconciler.output.stream import Stream
from reconciler.output.terminal import Streams
from reconciler.planning.planner import same_plan
from reconciler.providers.client import Writer
from reconciler.providers.registry import open_writer
from reconciler.view.masking import view_plan
from reconciler.view.outcome import (
    declined_outcome,
    nothing_to_do_outcome,
    plan_words,
    refusal_outcome,
    report_outcome,
)
from reconciler.view.report_view import ResultMask, view_report


def run_apply(invocation: Invocation, options: Options, applying: ApplyOptions) -> int:
    """Make the provider match the file.

    Args:
        invocation: the run.
        options: what was asked for.
        applying: how it is done.
    Returns:
        The exit code.
    """
    streams = invocation.streams(color=options.output.color)
    inputs = inputs_of(invocation, options.inputs, accounts=options.filters.accounts)
    if not applying.auto_approve:
        _check_that_it_can_ask(streams, options, inputs.files)
    configuration, diagnostics = load_files(streams, lambda: load_here(inputs))
    narrator = _narrator(invocation, streams, options)
    narrator.begin(__version__, diagnostics)
    planning = Planning(
        invocation=invocation,
        streams=streams,
        configuration=configuration,
        wish=wish_of(options.filters, destroy=options.destroy),
        progress=narrator,
    )
    with opened_clients(planning, inputs, open_writer) as clients:
        plan = _agreed_plan(planning, clients, narrator, applying)
        if isinstance(plan, int):
            return plan
        changes = sum(len(account.changes) for account in plan.planned)
        with invocation.stop.finishing(), narrator.live(ResultMask(plan), changes):
            writers = {name: client for name, client in clients.items() if not isinstance(client, NotRead)}
            report = apply(plan, writers, invocation.stop, narrator, applying.parallelism)
    view = view_report(report)
    return narrator.end(report_outcome(view), view)


def _agreed_plan(
    planning: Planning, clients: Mapping[str, Writer | NotRead], narrator: Narrator, applying: ApplyOptions
) -> Plan | int:
    """The plan that is to be carried out, or the exit code where none is.

    After a "yes" the accounts are listed again; where that gives another plan, it is shown and asked for again.
    """
    plan = planning.plan(clients)
    while True:
        view = view_plan(plan)
        narrator.plan(view)
        if planning.invocation.stop.is_asked():
            return ERROR
        if plan.is_refused:
            return narrator.end(refusal_outcome(view))
        if not plan.has_changes:
            return narrator.end(nothing_to_do_outcome(view))
        if applying.auto_approve:
            return plan
        if not _says_yes(planning.streams, plan_words(view)):
            return narrator.end(declined_outcome())
        again = planning.plan(clients)
        if same_plan(again, plan):
            return again
        planning.streams.tell("The account changed meanwhile. This is the plan now:")
        plan = again


def _check_that_it_can_ask(streams: Streams, options: Options, files: tuple[str, ...]) -> None:
    if options.output.format == "json":
        fail(streams, "`--format json` can't ask for consent", "Add `--auto-approve`.")
    if "-" in files:
        fail(streams, "standard input holds the file, so nobody can be asked on it", "Add `--auto-approve`.")
    if not streams.interactive:
        fail(
            streams,
            "there is no terminal to ask on",
            "Look at `reconciler plan`, then apply with `--auto-approve`.",
        )


def _says_yes(streams: Streams, question: str) -> bool:
    """Ask on the terminal; only `yes` is a yes."""
    streams.err.write(f"\n{question}\nDo this? Only `yes` is taken for a yes: ")
    streams.err.flush()
    return sys.stdin.readline().strip() == "yes"


def _narrator(invocation: Invocation, streams: Streams, options: Options) -> Narrator:
    if options.output.format == "json":
        return JsonNarrator(Stream(streams.say, invocation.clock.now))
    return TextNarrator(streams, options.output.verbosity, display_for(streams, options.output.verbosity))
