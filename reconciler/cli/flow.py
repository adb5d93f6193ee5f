"""The steps that several commands share: load the files, open and read accounts, plan, and say what was found."""

from __future__ import annotations

import difflib
import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from reconciler.cli.failure import CommandError, fail
from reconciler.cli.invocation import Invocation
from reconciler.cli.options import DEFAULT_FILE, FileOptions, FilterOptions, OutputOptions
from reconciler.config.load import Inputs, Loaded, load
from reconciler.model.configuration import Account, Configuration
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Filters, Plan
from reconciler.model.provider import Provider
from reconciler.model.reading import NotRead
from reconciler.operations.read import opened, read_accounts
from reconciler.output.diagnostics import tell
from reconciler.output.formats import Reporter
from reconciler.output.terminal import Streams
from reconciler.planning.planner import Wish, plan
from reconciler.planning.targets import selected_accounts
from reconciler.providers.client import Reader, Surroundings

_Client = TypeVar("_Client", bound=Reader)


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


def load_files(streams: Streams, loaded: Loaded) -> tuple[Configuration, tuple[Diagnostic, ...]]:
    """What was loaded.

    Returns:
        The configuration, and what was said of it: warnings only, which are on standard error by then.
    Raises:
        CommandError: something is wrong with the files.
    """
    if loaded.configuration is None:
        raise CommandError(loaded.diagnostics)
    tell(streams, loaded.diagnostics)
    # What was loaded stays to the end: the collector need not look at it again and again.
    gc.freeze()
    return loaded.configuration, loaded.diagnostics


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Makes plans of one configuration, as often as it is asked.

    Attributes:
        invocation: clock and stop.
        configuration: what is wanted.
        wish: filters, destroy, allowed losses.
        reporter: is told what happens.
    """

    invocation: Invocation
    configuration: Configuration
    wish: Wish
    reporter: Reporter

    def accounts(self) -> tuple[Account, ...]:
        """The accounts that the filters let through.

        Raises:
            CommandError: a pattern means none.
        """
        patterns = self.wish.filters.accounts
        for pattern in patterns:
            if not selected_accounts(self.configuration, (pattern,)):
                names = ", ".join(account.name for account in self.configuration.accounts)
                fail(f"`--account {pattern}`: account not found", f"The accounts are: {names}.")
        return selected_accounts(self.configuration, patterns)

    def plan(self, clients: Mapping[str, Reader | NotRead]) -> Plan:
        """List the accounts and plan.

        Raises:
            CommandError: a target means nothing.
        """
        with self.invocation.stop.finishing(), self.reporter.live():
            readings = read_accounts(clients)
        made = plan(self.configuration, readings, self.wish, self.invocation.clock.now())
        for target in made.unmatched_targets:
            fail(f"`--target {target}`: webhook not found", self._near(target))
        return made

    def _near(self, target: str) -> str:
        addresses = [wanted.address for wanted in self.configuration.desired]
        names = {text for one in addresses for text in (one.name, one.text(long=False), one.text(long=True))}
        near = ", ".join(difflib.get_close_matches(target, sorted(names)))
        return f"Similar addresses: {near}." if near else "`reconciler list` shows all addresses."


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
        listener=planning.reporter,
        secret_params=planning.configuration.secret_params,
        allowed_hosts=inputs.allowed_hosts,
    )
    with opened(planning.accounts(), lambda account: open_client(account, surroundings)) as clients:
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
