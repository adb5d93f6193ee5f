"""The steps that several commands share: load the files, open and read accounts, plan, and say what was found."""

from __future__ import annotations

import difflib
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import click

from reconciler.cli.invocation import Invocation
from reconciler.cli.options import DEFAULT_FILE, FileOptions, FilterOptions, OutputOptions
from reconciler.config.load import Inputs, Loaded, load
from reconciler.model.configuration import Account, Configuration
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Filters, Plan
from reconciler.model.provider import Provider
from reconciler.model.reading import NotRead
from reconciler.operations.read import opened, read_accounts
from reconciler.output.diagnostics import diagnostic_text
from reconciler.output.narrator import Narrator
from reconciler.output.progress import Progress
from reconciler.output.style import Style
from reconciler.output.terminal import Streams, visible
from reconciler.planning.planner import Wish, plan
from reconciler.planning.targets import selected_accounts
from reconciler.providers.client import Reader, Surroundings
from reconciler.view.outcome import Outcome

ERROR = 1

_Client = TypeVar("_Client", bound=Reader)


def fail(streams: Streams, message: str, help_: str = "", *, code: str = "option", exit_code: int = ERROR) -> NoReturn:
    """End the command with an error.

    Args:
        streams: where it is said.
        message: what is wrong, in one sentence.
        help_: what to do.
        code: the diagnostic's.
        exit_code: the command's.
    """
    tell(streams, [Diagnostic(severity=Severity.ERROR, code=code, message=message, help=help_)])
    raise click.exceptions.Exit(exit_code)


def tell(streams: Streams, diagnostics: Iterable[Diagnostic]) -> None:
    """Say diagnostics on standard error."""
    style = Style(streams.err_color)
    for diagnostic in diagnostics:
        streams.tell(diagnostic_text(diagnostic, style))


def finish(streams: Streams, outcome: Outcome) -> int:
    """Say the last words of a command whose results are text, and give its exit code."""
    streams.say(Style(streams.out_color).paint(visible(outcome.words), "bold"))
    return outcome.code


def inputs_of(
    invocation: Invocation, options: FileOptions, *, accounts: tuple[str, ...] = (), offline: bool = False
) -> Inputs:
    """What the loader is given: the options, and the two environment variables that may set one."""
    environment = invocation.environment
    files = options.files or tuple(filter(None, [environment.get("RECONCILER_FILE")])) or (DEFAULT_FILE,)
    hosts = (host.strip() for host in environment.get("RECONCILER_ALLOW_HOSTS", "").split(","))
    return Inputs(
        files=files,
        variables=options.variables,
        var_files=options.var_files,
        env_files=options.env_files,
        environment=environment,
        allowed_hosts=options.allowed_hosts | frozenset(filter(None, hosts)),
        accounts=accounts,
        offline=offline,
        standard_input=invocation.standard_input,
    )


def declaration(name: str) -> Provider | None:
    """A provider's declaration; loads the registry only when a file is read."""
    from reconciler.providers import registry  # noqa: PLC0415

    return registry.declaration(name)


def load_here(inputs: Inputs) -> Loaded:
    """Load the files, with the providers that there are."""
    return load(inputs, declaration)


def load_files(streams: Streams, read: Callable[[], Loaded]) -> tuple[Configuration, tuple[Diagnostic, ...]]:
    """Load the files and say what is wrong with them; the command ends where that is an error.

    Returns:
        The configuration, and what was said of it: warnings only.
    """
    loaded = read()
    tell(streams, loaded.diagnostics)
    if loaded.configuration is None:
        raise click.exceptions.Exit(ERROR)
    # What was loaded stays to the end: the collector need not look at it again and again.
    gc.freeze()
    return loaded.configuration, loaded.diagnostics


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Makes plans of one configuration, as often as it is asked.

    Attributes:
        invocation: clock and stop.
        streams: where complaints go.
        configuration: what is wanted.
        wish: filters, destroy, allowed losses.
        progress: is told what happens.
    """

    invocation: Invocation
    streams: Streams
    configuration: Configuration
    wish: Wish
    progress: Progress | Narrator

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts that the filters let through; the command ends where a pattern means none."""
        patterns = self.wish.filters.accounts
        for pattern in patterns:
            if not selected_accounts(self.configuration, (pattern,)):
                names = ", ".join(account.name for account in self.configuration.accounts)
                fail(self.streams, f"`--account {pattern}` means no account", f"The accounts are: {names}.")
        return selected_accounts(self.configuration, patterns)

    def plan(self, clients: Mapping[str, Reader | NotRead]) -> Plan:
        """List the accounts and plan; the command ends where a target means nothing."""
        with self.invocation.stop.finishing(), self.progress.live():
            readings = read_accounts(clients)
        made = plan(self.configuration, readings, self.wish, self.invocation.clock.now())
        if made.unmatched_targets:
            self._refuse_target(made.unmatched_targets[0])
        return made

    def _refuse_target(self, target: str) -> NoReturn:
        names = {wanted.address.text(long=False) for wanted in self.configuration.desired}
        names |= {wanted.address.name for wanted in self.configuration.desired}
        names |= {wanted.address.text(long=True) for wanted in self.configuration.desired}
        near = ", ".join(difflib.get_close_matches(target, sorted(names)))
        help_ = f"Near it are: {near}." if near else "`reconciler list` shows the addresses there are."
        fail(self.streams, f"`--target {target}` means no webhook", help_)


def wish_of(filters: FilterOptions, *, destroy: bool = False, fail_on_unmanaged: bool = False) -> Wish:
    """What was asked for beside the files."""
    return Wish(
        filters=Filters(accounts=filters.accounts, targets=filters.targets),
        destroy=destroy,
        fail_on_unmanaged=fail_on_unmanaged,
        allowed_losses=filters.allow_losses,
    )


@contextmanager
def opened_clients(
    planning: Planning, inputs: Inputs, open_client: Callable[[Account, Surroundings], _Client]
) -> Iterator[Mapping[str, _Client | NotRead]]:
    """Clients of the accounts that the filters let through, closed at the end."""
    surroundings = Surroundings(
        clock=planning.invocation.clock,
        listener=planning.progress,
        secret_params=planning.configuration.secret_params,
        allowed_hosts=inputs.allowed_hosts,
    )
    with opened(planning.accounts, lambda account: open_client(account, surroundings)) as clients:
        yield clients


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a command that plans was given.

    Attributes:
        inputs: which files.
        filters: what narrows the run.
        output: how it talks.
        destroy: whether to delete what the file describes.
        fail_on_unmanaged: whether unmanaged webhooks are drift whatever the file says.
    """

    inputs: FileOptions
    filters: FilterOptions
    output: OutputOptions
    destroy: bool = False
    fail_on_unmanaged: bool = False
