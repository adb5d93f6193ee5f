"""`from reconciler import load, plan, apply`: the command's steps, for a program of one's own; see `docs/library.md`.

They call what the command calls, so that its guarantees hold. Nothing here prints, exits or takes signals, and nothing
that these functions give or raise shows a secret, however it is printed: it is masked, or sealed (`model.secret`).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from reconciler import arguments
from reconciler.config.limits import MOST_OF_A_FILE, read_stream
from reconciler.config.load import Inputs
from reconciler.config.load import load as load_files
from reconciler.http.pacing import ClientContext
from reconciler.model.configuration import Configuration as ModelConfiguration
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.known_urls import KnownUrls
from reconciler.model.plan import Filters
from reconciler.model.plan import Plan as ModelPlan
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Event
from reconciler.model.secret import SecretText, sealed
from reconciler.operations.account import apply as apply_plan
from reconciler.operations.places import list_places
from reconciler.operations.reading import clients_of, read_accounts
from reconciler.operations.signals import Stop, SystemClock
from reconciler.output.diagnostics import diagnostic_text
from reconciler.output.terminal import Style
from reconciler.planning.places import ListedPlaces
from reconciler.planning.planner import PlanOptions
from reconciler.planning.planner import plan as plan_accounts
from reconciler.planning.targets import selected_accounts
from reconciler.planning.unmatched import unmatched_accounts, unmatched_in_plan
from reconciler.providers.registry import INSTALLED, Reader, open_reader, open_writer
from reconciler.view.codec import json_line
from reconciler.view.documents import PlanView
from reconciler.view.outcome import plan_words, report_outcome
from reconciler.view.redact import view_plan
from reconciler.view.results import ReportView, ResultRow, view_report
from reconciler.view.rows import Failure, Row

_Found = TypeVar("_Found")


class ReconcilerError(Exception):
    """What these functions raise; nothing was changed."""


class ConfigurationError(ReconcilerError):
    """Something is wrong with the files, a variable or an argument. `str` is what the command prints."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(diagnostic_text(one, Style(on=False)) for one in self.diagnostics))


class PlanRefusedError(ReconcilerError):
    """A guard refuses the plan, or it was made with `allow_unset`."""


class PlanChangedError(ReconcilerError):
    """The plan isn't the one that would be made now, which is `plan`."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(f"the plan is out of date. Now: {plan.summary}")


@sealed
@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the files say."""

    files: tuple[str, ...]  #: As they were given.
    accounts: tuple[str, ...]  #: The accounts' names, as far as they were asked for.
    warnings: tuple[Diagnostic, ...]  #: What is allowed but unwise.
    _patterns: tuple[str, ...] = field(repr=False)
    _allowed_hosts: frozenset[str] = field(repr=False)
    _model: ModelConfiguration = field(repr=False)


@sealed
@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `apply` would do."""

    summary: str  #: In one line, such as `Plan: 1 to create, 0 to update, 0 to delete.`
    document: PlanView = field(repr=False)  #: What `plan` shows, under the names of `plan.schema.json`.
    _configuration: Configuration = field(repr=False)
    _model: ModelPlan = field(repr=False)

    @property
    def changes(self) -> tuple[Row, ...]:
        """What would be done, in the order of work."""
        return self.document.changes

    @property
    def is_refused(self) -> bool:
        """Whether a guard refuses it; `document.refused` has the accounts, and what would allow it."""
        return self._model.is_refused

    @property
    def errors(self) -> Mapping[str, Failure]:
        """The accounts that could not be read, and why: an apply leaves them alone."""
        return {one.name: one.error for one in self.document.accounts if one.error is not None}

    def json(self) -> str:
        """What `reconciler plan --format json` prints."""
        return json_line(self.document.in_full())


@sealed
@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a plan."""

    summary: str  #: In one line, such as `Apply complete: 1 created, 0 updated, 0 deleted.`
    is_complete: bool  #: Whether everything is as wanted, in every account.
    _view: ReportView = field(repr=False)

    @property
    def results(self) -> tuple[ResultRow, ...]:
        """Each change, and what became of it."""
        return self._view.results

    @property
    def errors(self) -> Mapping[str, Failure]:
        """The accounts that could not be checked to the end, and why."""
        return self._view.errors


def load(  # noqa: PLR0913 - the command's options, by name
    *files: arguments.FilePath,
    variables: Mapping[str, str] | None = None,
    var_files: arguments.FilePath | Iterable[arguments.FilePath] = (),
    env_files: arguments.FilePath | Iterable[arguments.FilePath] = (),
    environment: Mapping[str, str] | None = None,
    accounts: str | Iterable[str] = (),
    base_url: str | None = None,
    allowed_hosts: str | Iterable[str] = (),
    allow_unset: bool = False,
) -> Configuration:
    """Read and check files; nothing is sent.

    Args:
        files: one or more files or folders, which are one configuration.
        variables: plain values, as `--var`.
        var_files: files of plain values, as `--var-file`.
        env_files: files of `NAME=value` lines, as `--env-file`.
        environment: instead of `os.environ`. Options of the command that stand there (`RECONCILER_…`) don't count.
        accounts: only these, as `--account`.
        base_url: of the account's API instead of the file's, as `--base-url`.
        allowed_hosts: other hosts that tokens may be sent to, as `--allow-host`.
        allow_unset: as `--allow-unset`: such a plan can't be applied.

    Raises:
        ConfigurationError: something is wrong with them.
        TypeError: an argument has a type that it can't have.
    """
    if not files:
        raise TypeError("load() takes one or more files")
    inputs = Inputs(
        files=arguments.paths("files", files),
        variables={} if variables is None else arguments.values("variables", variables),
        var_files=arguments.paths("var_files", var_files),
        env_files=arguments.paths("env_files", env_files),
        environment=arguments.values("environment", os.environ if environment is None else environment),
        accounts=arguments.texts("accounts", accounts),
        base_url=None if base_url is None else arguments.text("base_url", base_url),
        allowed_hosts=frozenset(arguments.texts("allowed_hosts", allowed_hosts)),
        allow_unset=arguments.flag("allow_unset", value=allow_unset),
        standard_input=lambda: read_stream(sys.stdin.buffer, MOST_OF_A_FILE),
    )
    del environment  # no traceback that shows what is here is to show its values
    try:
        loaded = load_files(inputs, INSTALLED)
    except ProviderError as error:  # of a package with a provider
        problem = Diagnostic(severity=Severity.ERROR, code="account-unread", message=error.message, help=error.help)
        raise ConfigurationError([problem]) from None
    if loaded.configuration is None:
        raise ConfigurationError(loaded.diagnostics)
    if unmatched := unmatched_accounts(loaded.configuration, inputs.accounts):
        raise ConfigurationError(unmatched)
    return Configuration(
        files=loaded.configuration.files,
        accounts=tuple(account.name for account in selected_accounts(loaded.configuration, inputs.accounts)),
        warnings=loaded.diagnostics,
        _patterns=inputs.accounts,
        _allowed_hosts=inputs.allowed_hosts,
        _model=loaded.configuration,
    )


def plan(
    configuration: Configuration,
    *,
    targets: str | Iterable[str] = (),
    excludes: str | Iterable[str] = (),
    allowed_losses: int | None = None,
    destroy: bool = False,
    resend_secrets: bool = False,
) -> Plan:
    """List the accounts and decide what to do; nothing is changed.

    Args:
        configuration: from `load`.
        targets: only these webhooks, as `--target`.
        excludes: all but these, as `--exclude`.
        allowed_losses: how many endpoints of each account may lose events, as `--allow-losses`.
        destroy: delete what the file owns, as `--destroy`.
        resend_secrets: send secrets again that can't be read back, as `--resend-secrets`.

    Raises:
        ConfigurationError: a target or exclude means no webhook.
        TypeError, ValueError: an argument has a type or a value that it can't have.
    """
    arguments.check_made_by("load", configuration, Configuration)
    options = PlanOptions(
        filters=Filters(
            accounts=configuration._patterns,
            targets=arguments.texts("targets", targets),
            excludes=arguments.texts("excludes", excludes),
        ),
        allowed_losses=None if allowed_losses is None else arguments.number("allowed_losses", allowed_losses, 0),
        destroy=arguments.flag("destroy", value=destroy),
        resend_secrets=arguments.flag("resend_secrets", value=resend_secrets),
    )
    stop = Stop()
    found, context = _to_its_end(lambda: _with_places(configuration, stop), stop)
    accounts = selected_accounts(found.configuration, configuration._patterns)
    with clients_of(accounts, open_reader, context, found.errors) as clients:
        return _to_its_end(lambda: _planned(configuration, found, clients, options, stop), stop)


def apply(plan: Plan, *, parallelism: int = 10, secrets: Callable[[str, str], object] | None = None) -> Report:
    """Carry out exactly this plan. The accounts are listed again first: that must give the same plan.

    Ctrl-C lets running requests finish and starts no new ones; then its `KeyboardInterrupt` has a note of what was
    done.

    Args:
        plan: from `plan`.
        parallelism: how many changes are made in parallel, from 1 to 64.
        secrets: takes the secrets that providers make for new webhooks, each by the name of its `secret_to` and its
            value, from any thread; as `--secrets-to`. What it raises is that change's failure.

    Raises:
        PlanRefusedError: a guard refuses it, it was made with `allow_unset`, or it needs `secrets`.
        PlanChangedError: it is out of date.
        TypeError, ValueError: an argument has a type or a value that it can't have.
    """
    arguments.check_made_by("plan", plan, Plan)
    arguments.number("parallelism", parallelism, 1, arguments.MOST_PARALLEL)
    if plan.is_refused:
        raise PlanRefusedError(plan.summary)
    if plan.document.unset_variables:
        raise PlanRefusedError(f"a plan made with `allow_unset` is never applied. {plan.summary}")
    if plan._model.made_secrets and secrets is None:
        raise PlanRefusedError(f"the provider makes secrets, and `secrets` is missing. {plan.summary}")
    configuration, made, stop = plan._configuration, plan._model, Stop()

    def sink(name: str, value: SecretText) -> None:
        assert secrets is not None  # else none is made  # noqa: S101
        try:
            secrets(name, value.reveal())
        except Exception as error:  # noqa: BLE001 - whatever the caller's code does
            message = f"`secrets` raised {type(error).__name__} for `{name}`"
            raise ProviderError(ErrorKind.REFUSED, message) from None

    options = PlanOptions(
        filters=made.filters,
        allowed_losses=made.allowed_losses,
        destroy=made.destroy,
        resend_secrets=made.resend_secrets,
    )
    found, context = _to_its_end(lambda: _with_places(configuration, stop), stop)
    accounts = selected_accounts(found.configuration, configuration._patterns)
    with clients_of(accounts, open_writer, context, found.errors) as clients:

        def applied() -> Report:
            again = _planned(configuration, found, clients, options, stop)
            if again._model.essence() != made.essence():
                raise PlanChangedError(again)
            sleep = SystemClock(stop).sleep
            report = apply_plan(again._model, clients, stop, sleep, _unheard, parallelism, sink=sink)
            return Report(
                summary=report_outcome(report).words, is_complete=report.is_complete, _view=view_report(report)
            )

        return _to_its_end(applied, stop)


def _planned(
    configuration: Configuration,
    found: ListedPlaces,
    clients: Mapping[str, Reader | ProviderError],
    options: PlanOptions,
    stop: Stop,
) -> Plan:
    now = SystemClock(stop).now()
    made = plan_accounts(found.configuration, read_accounts(clients), options, now)
    if unmatched := unmatched_in_plan(made):
        raise ConfigurationError(unmatched)
    view = view_plan(made, configuration.warnings)
    return Plan(summary=plan_words(view), document=view, _configuration=configuration, _model=made)


def _with_places(configuration: Configuration, stop: Stop) -> tuple[ListedPlaces, ClientContext]:
    """The configuration with an account for each place that its patterns mean now, and what clients are given."""
    model, hosts, clock = configuration._model, configuration._allowed_hosts, SystemClock(stop)
    context = ClientContext(
        clock=clock,
        listener=_unheard,
        secret_params=model.secret_params,
        allowed_hosts=hosts,
        urls=KnownUrls(model.desired),
    )
    found = list_places(model, configuration._patterns, context)
    if problems := found.problems or unmatched_accounts(found.configuration, configuration._patterns):
        raise ConfigurationError(problems)
    return found, context


def _to_its_end(work: Callable[[], _Found], stop: Stop) -> _Found:
    """What the work gives. Where Ctrl-C interrupts it, it stops as the command does, and the interrupt goes on."""
    with ThreadPoolExecutor(1) as thread:  # the interrupt comes to the main thread, wherever that is
        future = thread.submit(work)
        try:
            return future.result()
        except KeyboardInterrupt as interrupt:
            stop.ask(signal.SIGINT)
            found = None if future.exception() else future.result()
            interrupt.add_note(found.summary if isinstance(found, Report) else "Nothing was changed.")
            raise


def _unheard(_event: Event) -> None:
    """Nobody is told of what happens meanwhile: the report says what became of it."""
