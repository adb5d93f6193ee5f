"""Commands that only look: they plan with clients that have no calls that write."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from reconciler.cli.failure import CommandError, fail, problem
from reconciler.cli.flow import (
    Options,
    Planning,
    declaration,
    inputs_of,
    load_files,
    load_here,
    opened_clients,
    wish_of,
)
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import DEFAULT_FILE, FileOptions
from reconciler.cli.saved import next_words, sources_of
from reconciler.config.load import Inputs, Loaded, no_file_configuration
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Plan
from reconciler.operations.files import write_file
from reconciler.operations.saved_plan import is_saved_plan, sealed
from reconciler.output.formats import Reporter
from reconciler.output.terminal import Streams, visible
from reconciler.providers.registry import open_reader
from reconciler.view.documents import PlanView
from reconciler.view.outcome import Outcome, stopped_outcome
from reconciler.view.redact import view_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a command that can't write has seen, and from what."""

    streams: Streams
    reporter: Reporter
    inputs: Inputs
    plan: Plan
    diagnostics: tuple[Diagnostic, ...]


def look(invocation: Invocation, options: Options, read: Callable[[Inputs], Loaded]) -> Look:
    """Load, list and plan with clients that can't write.

    Args:
        invocation: the run.
        options: what was asked for.
        read: how the configuration is had.
    """
    reporter = invocation.report(options.output)
    streams = invocation.streams(color=options.output.color)
    inputs = inputs_of(invocation, options.inputs, accounts=options.filters.accounts)
    configuration, diagnostics = load_files(streams, read(inputs))
    reporter.begin(diagnostics)
    wish = wish_of(options.filters, destroy=options.destroy, fail_on_unmanaged=options.fail_on_unmanaged)
    planning = Planning(invocation=invocation, configuration=configuration, wish=wish, reporter=reporter)
    with opened_clients(planning, inputs, open_reader) as clients:
        plan = planning.plan(clients)
    if invocation.stop.is_asked():
        ended = stopped_outcome(invocation.stop.signal)
        raise CommandError([problem("stopped", ended.words)], ended.code, ended.words)
    return Look(streams=streams, reporter=reporter, inputs=inputs, plan=plan, diagnostics=diagnostics)


def load_or_default(invocation: Invocation, options: FileOptions) -> Callable[[Inputs], Loaded]:
    """How `list` and `export` have their configuration: from the files, or without any, as the usual account.

    A usual file that is empty counts as none: it is what `export > webhooks.yaml` makes before it begins.
    """
    usual = Path(DEFAULT_FILE)
    named = bool(options.files or invocation.environment.get("RECONCILER_FILE"))
    if named or (usual.exists() and not (usual.is_file() and usual.stat().st_size == 0)):
        return load_here
    return lambda inputs: no_file_configuration(inputs, declaration)


def show(
    invocation: Invocation, options: Options, outcome: Callable[[PlanView], Outcome], *, out: Path | None = None
) -> int:
    """Look, and say the plan: `plan` and `drift`.

    Args:
        invocation: the run.
        options: what was asked for.
        outcome: how the command ends.
        out: where to save the plan; not where an account could not be read.
    Returns:
        The exit code.
    """
    found = look(invocation, options, load_here)
    view = view_plan(found.plan, found.diagnostics)
    found.reporter.plan(view)
    code = found.reporter.end(outcome(view))
    if out is not None:
        _save(found, view, out, options.inputs.allowed_hosts)
    return code


def _save(found: Look, view: PlanView, out: Path, allowed_hosts: Iterable[str]) -> None:
    name = visible(str(out))
    if view.not_checked:
        found.streams.tell("The plan was not saved: not every account could be read.")
        return
    sources = sources_of(found.inputs)
    try:
        if out.is_file() and not _holds_saved_plan(out):
            _refuse(f"{name} already exists and is not a saved plan")
        write_file(out, sealed(view, found.plan, sources), overwrite=True, private=True)
    except OSError as error:
        _refuse(f"{name} can't be written: {error.strerror}")
    found.streams.tell(next_words(view, sources, out, allowed_hosts))


def _holds_saved_plan(path: Path) -> bool:
    with path.open("rb") as file:
        return is_saved_plan(file.read(100))


def _refuse(message: str) -> NoReturn:
    fail(message, "Give `--out` a name of its own, in a place that can be written.", code="output-file")
