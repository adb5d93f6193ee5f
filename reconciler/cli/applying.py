"""The steps of `apply` and `destroy`: plan, ask for approval, save a backup, carry out, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.invocation import Invocation, fail, problem
from reconciler.cli.loading import inputs_of
from reconciler.cli.options import options_of_url
from reconciler.cli.run import Run
from reconciler.cli.writing import written
from reconciler.config.files import STANDARD_INPUT
from reconciler.model.plan import Plan
from reconciler.operations.account import apply
from reconciler.operations.pace import announce_changes
from reconciler.operations.reading import Clients
from reconciler.output.escaping import shell_word, visible
from reconciler.providers.registry import Writer, open_writer
from reconciler.view import outcome
from reconciler.view.documents import PlanView
from reconciler.view.redact import view_plan
from reconciler.view.results import ResultMask, view_report

if TYPE_CHECKING:
    from reconciler.cli.saved import SavedPlan
    from reconciler.operations.secret_sinks import Sink


def apply_plan(invocation: Invocation, saved: SavedPlan | None) -> int:
    """Plan, ask, do it, verify. A saved plan is carried out exactly, or refused."""
    if saved is None and not invocation.options.auto_approve:
        _check_can_ask(invocation)
    sink = _sink(invocation)
    run = Run(invocation)
    if saved is not None:
        run.reporter.saved(saved.seal.digest)
    backup = invocation.options.backup
    with run.clients(open_writer) as clients:
        plan = _agreed_plan(run, clients, saved)
        if isinstance(plan, outcome.CommandResult):
            return run.reporter.end(plan)
        # From here on a signal only asks: no half of a backup is left, and no change goes without its report.
        with run.stop.finishing():
            if backup is not None:
                _write_backup(run, plan, backup)
            return _carried_out(run, plan, clients, sink)


def _sink(invocation: Invocation) -> Sink | None:
    """Who takes the secrets that providers make, if anybody; the command ends where it can't be."""
    path, command_ = invocation.options.sink_file, invocation.options.sink_command
    if path is None and command_ is None:
        return None
    from reconciler.operations.secret_sinks import SecretCommand, SecretFile  # noqa: PLC0415 - few runs need them

    if path is not None and command_ is not None:
        fail("`--secrets-to` and `--secrets-command` can't be used together", "Use only one of the two.")
    try:
        if command_ is not None:
            return SecretCommand(command_)
        if path is not None:
            file = SecretFile(path)
            file.check()
            return file
    except OSError as error:
        fail(f"{visible(str(path))} can't be written: {error.strerror}", "Give `--secrets-to` another path.")
    except ValueError as error:
        what = "`--secrets-command`" if path is None else visible(str(path))
        fail(f"{what} can't be used: {error}", "Give an env file, a new file, or a command.")
    return None


def _agreed_plan(run: Run, clients: Clients[Writer], saved: SavedPlan | None) -> Plan | outcome.CommandResult:
    """The plan that is to be carried out, or how the run ends where none is.

    After a "yes" the accounts are listed again; where that gives another plan, it is shown and asked for again.
    """
    is_whole = not run.reporter.is_brief or run.invocation.options.backup is not None
    plan = run.plan(clients, is_whole=is_whole)
    while True:
        view = view_plan(plan, brief=run.reporter.is_brief)
        (run.reporter.plan if saved is None else run.reporter.reviewed)(view)
        ended = _nothing_to_carry_out(run, plan, view, saved)
        if ended is not None:
            return ended
        if saved is not None or run.invocation.options.auto_approve:
            run.reporter.heading(outcome.plan_words(view))
            return plan
        if not _says_yes(run, outcome.plan_words(view)):
            return outcome.DECLINED
        again = run.plan(clients, is_whole=is_whole)
        if again.essence() == plan.essence():
            return again
        run.streams.print_message("The plan has changed in the meantime. This is the new plan:")
        plan = again


def _nothing_to_carry_out(
    run: Run, plan: Plan, view: PlanView, saved: SavedPlan | None
) -> outcome.CommandResult | None:
    """Why a plan is not carried out: the run was stopped, a guard refuses, or there is nothing to do.

    A saved plan needs all its accounts, and must be the present one.
    """
    if run.stop.is_asked():
        return outcome.stopped_outcome(run.stop.signal)
    is_whole = not plan.not_planned
    if saved is not None and is_whole and (differences := saved.differences(plan, view)):
        words, help_ = "the saved plan is out of date", "Save and review a new plan with `reconciler plan --out FILE`."
        run.reporter.validation([problem("plan-stale", f"{words}: {one}", help_) for one in differences])
        return outcome.STALE
    given = run.invocation.options
    if plan.made_secrets and not plan.is_refused and given.sink_file is None and given.sink_command is None:
        names = ", ".join(f"`{name}`" for name in plan.made_secrets)
        message = f"the provider makes secrets that it shows only once, and nobody takes them: {names}"
        help_ = "Add `--secrets-to FILE`, or `--secrets-command COMMAND`, which gets `NAME=value` as its input."
        run.reporter.validation([problem("secrets-sink", message, help_)])
        return outcome.NO_SINK
    may_go_on = plan.has_changes and not plan.is_refused and (saved is None or is_whole)
    return None if may_go_on else outcome.unapplied_outcome(view)


def _write_backup(run: Run, plan: Plan, path: Path) -> None:
    """Write FILE and FILE.env, both or none: what the file owns as it is."""
    from reconciler.export.document import backup_file  # noqa: PLC0415 - few runs need them
    from reconciler.export.write import env_text, yaml_text  # noqa: PLC0415

    env_path = path.with_name(f"{path.name}.env")
    files = f"-f {shell_word(path.name)}", f"--env-file {shell_word(env_path.name)}"
    way_back = " ".join(("reconciler apply", *files, *options_of_url(run.invocation.options)))
    file = backup_file(plan, run.invocation.environment, way_back)
    texts = [("--backup", env_path, env_text(file.variables)), ("--backup", path, yaml_text(file))]
    with written(texts, so_far="Nothing was changed. "):
        pass
    run.streams.print_message(f"Wrote the backup to {visible(str(path))} and {visible(str(env_path))}.")
    if file.unknown:
        unknown = ", ".join(file.unknown)
        run.streams.print_message(f"The provider doesn't return secrets: to restore the backup, also set {unknown}.")


def _carried_out(run: Run, plan: Plan, clients: Clients[Writer], sink: Sink | None) -> int:
    """Do what the plan says and report it; the exit code."""
    clock, parallelism = run.invocation.clock, run.invocation.options.parallelism
    with run.reporter.live(ResultMask(plan)):
        announce_changes(plan, run.context)
        report = apply(plan, clients, run.stop, clock.sleep, run.reporter, parallelism, sink=sink)
    view = view_report(report, lists_done=run.reporter.lists_done)
    return run.reporter.end(outcome.report_outcome(report), view)


def _check_can_ask(invocation: Invocation) -> None:
    if not invocation.reporter.can_ask:
        fail(f"`--format {invocation.options.format}` can't ask for approval", "Add `--auto-approve`.")
    if STANDARD_INPUT in inputs_of(invocation).files:
        fail("standard input is used for the file, so it can't be used to ask for approval", "Add `--auto-approve`.")
    if not invocation.streams.interactive:
        what = "there is no terminal to ask for approval"
        fail(what, "Review the output of `reconciler plan`, then apply with `--auto-approve`.")


def _says_yes(run: Run, question: str) -> bool:
    """Ask on the terminal; only `yes` is a yes."""
    try:
        return run.streams.ask(f"\n{question}\nDo you want to apply these changes? Only `yes` is accepted: ") == b"yes"
    except KeyboardInterrupt:
        run.streams.print_message("\nStopped. Nothing was changed.")
        raise
