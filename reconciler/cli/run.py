"""The steps of a command that plans, in the order that they are taken: load, open and list the accounts, plan."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from reconciler.cli.invocation import CommandError, Invocation, problem
from reconciler.cli.loading import inputs_of
from reconciler.cli.options import DEFAULT_FILE
from reconciler.config.load import load
from reconciler.http.pacing import ClientContext
from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Configuration
from reconciler.model.diagnostic import Severity
from reconciler.model.known_urls import KnownUrls
from reconciler.model.plan import Filters, Plan
from reconciler.model.webhook import Desired
from reconciler.operations.pace import announce_lists
from reconciler.operations.places import list_places
from reconciler.operations.reading import Clients, Opener, clients_of, read_each
from reconciler.output.diagnostics import print_diagnostics
from reconciler.planning.planner import Planning, PlanOptions
from reconciler.planning.shards import in_shard, numbers_of
from reconciler.planning.targets import is_meant, selected_accounts, unmatched_filters, with_own_addresses
from reconciler.planning.unmatched import unmatched_accounts, unmatched_in_plan, unmatched_webhooks
from reconciler.providers.registry import INSTALLED, Reader, open_reader
from reconciler.view.outcome import count_text, stopped_outcome

_Client = TypeVar("_Client", bound=Reader)


def filtered_accounts(configuration: Configuration, patterns: tuple[str, ...]) -> Accounts:
    """The accounts that `--account` lets through; ends the command where a pattern means none."""
    if unmatched := unmatched_accounts(configuration, patterns):
        raise CommandError(unmatched)
    return selected_accounts(configuration, patterns)


_NEW_OBJECTS = 100_000  # from how many on the collector looks at them, while they are made to stay


@contextmanager
def _built_to_stay() -> Iterator[None]:
    """What is built meanwhile stays to the end, and has few cycles: the collector looks at it rarely.

    It would else for each few hundred objects, and at all of them for each quarter that comes in. It stays on: what
    goes wrong in calls leaves cycles, with what was answered in them, and a run that waits for limits may last long.
    """
    before = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*before)


class Run:
    """A command that has loaded its files, and can plan as often as it needs to.

    The invocation stands apart, since `--help` makes one and loads none of what is needed here. Where no file is needed
    and there is none, the usual account is meant. An unset variable is an error unless `offline`.

    Raises:
        CommandError: something is wrong with the files.
    """

    def __init__(self, invocation: Invocation, *, needs_file: bool = True, offline: bool = False) -> None:
        self.invocation = invocation
        self.reporter = invocation.reporter
        self.stop = invocation.stop
        self.streams = invocation.streams
        self.inputs = inputs_of(invocation, offline=offline)
        files = self.inputs.files if needs_file or not _means_no_file(invocation) else ()
        loaded = load(replace(self.inputs, files=files), INSTALLED)
        gc.freeze()  # what was loaded stays to the end: the collector need not look at it again and again
        if loaded.configuration is None:
            raise CommandError(loaded.diagnostics)
        self.configuration = loaded.configuration
        self.diagnostics = loaded.diagnostics  # no errors
        invocation.kept.append(loaded)
        self._print_advice()
        self.reporter.begin(loaded.diagnostics)

    def _print_advice(self) -> None:
        """What is said of files without errors: warnings are counted, since `validate` is for whoever writes a file."""
        options = self.invocation.options
        warnings = [one for one in self.diagnostics if one.severity is Severity.WARNING]
        if options.verbose:
            print_diagnostics(self.streams, self.diagnostics)
            return
        print_diagnostics(self.streams, (one for one in self.diagnostics if one.severity is not Severity.WARNING))
        if warnings and not options.quiet:
            found = count_text(len(warnings), "warning")
            self.streams.print_message(f"{found} about the file: see `reconciler validate`, or use `-v`.")

    def clients(self, open_client: Opener[_Client]) -> Clients[_Client]:
        """Clients of the accounts that the filters let through, closed at the end; each filter must mean one.

        From here on the configuration has an account for each place that its patterns mean.
        """
        patterns, shard = self.inputs.accounts, self.invocation.options.shard
        filtered_accounts(self.configuration, patterns)
        self.context = context = ClientContext(
            clock=self.invocation.clock,
            listener=self.reporter,
            secret_params=self.configuration.secret_params,
            allowed_hosts=self.inputs.allowed_hosts,
            shards=1 if shard is None else numbers_of(shard)[1],
            urls=KnownUrls(self.configuration.desired),
        )
        with self.stop.finishing():
            found = list_places(self.configuration, patterns, context)
        if found.problems:
            raise CommandError(found.problems)
        self.configuration = found.configuration
        accounts = in_shard(filtered_accounts(self.configuration, patterns), shard)
        return clients_of(accounts, open_client, context, found.errors)

    def plan(self, clients: Clients[_Client], *, is_whole: bool = True) -> Plan:
        """List the accounts and plan; each target must mean something.

        Where it need not be whole, there is only a count of places in which there is nothing to say.
        """
        options = self.invocation.options
        asked = PlanOptions(
            filters=self.filters,
            destroy=options.destroy,
            allowed_losses=options.allowed_losses,
            resend_secrets=options.resend_secrets,
            fail_on_unmanaged=options.fail_on_unmanaged,
        )
        planning = Planning(self.configuration, asked, self.invocation.clock.now(), lets_go=not is_whole)
        # What is read of thousands of places is let go again: the collector is needed.
        stays = is_whole or not self.configuration.accounts.has_listed
        with _built_to_stay() if stays else nullcontext():
            with self.stop.finishing(), self.reporter.live():
                announce_lists(clients.accounts, self.context)
                read_each(clients, planning.add)
            made = planning.plan()
        self.invocation.kept.append(made)
        if unmatched := unmatched_in_plan(made):
            raise CommandError(unmatched)
        return made

    @property
    def filters(self) -> Filters:
        options = self.invocation.options
        return Filters(
            accounts=options.accounts, targets=options.targets, excludes=options.excludes, shard=options.shard
        )

    def selected(self) -> tuple[Desired, ...]:
        """The webhooks of the file that the filters let through; each filter must mean something."""
        filters = with_own_addresses(self.filters, self.configuration)
        names = {account.name for account in filtered_accounts(self.configuration, self.inputs.accounts)}
        desired = [wanted for wanted in self.configuration.desired if wanted.address.account in names]
        unmatched = unmatched_filters({wanted.address for wanted in desired}, filters)
        if errors := unmatched_webhooks(self.configuration, filters, unmatched):
            raise CommandError(errors)
        return tuple(wanted for wanted in desired if is_meant(filters, wanted.address))

    def look(self, *, is_whole: bool = True) -> Plan:
        """Plan with clients that can't write; the command ends here if the run was stopped."""
        with self.clients(open_reader) as clients:
            made = self.plan(clients, is_whole=is_whole)
        self.end_if_stopped()
        return made

    def end_if_stopped(self) -> None:
        """End the command here if the run was stopped."""
        if self.stop.is_asked():
            ended = stopped_outcome(self.stop.signal)
            raise CommandError([problem("stopped", ended.words)], ended.code, ended.words)


def _means_no_file(invocation: Invocation) -> bool:
    """Whether no file is named, and the usual one isn't there, or empty, as `export > webhooks.yaml` makes it first."""
    usual = Path(DEFAULT_FILE)
    named = invocation.options.files or invocation.environment.get("RECONCILER_FILE")
    return not named and (not usual.exists() or (usual.is_file() and usual.stat().st_size == 0))
