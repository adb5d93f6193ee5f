"""A provider's server, and runs of the engine against it, as the commands make them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from reconciler.http.pacing import ClientContext
from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account, Configuration
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.redaction import Redaction
from reconciler.model.report import Event, Report
from reconciler.model.secret import SecretText
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Scope
from reconciler.operations.reading import Clients, read_accounts
from reconciler.operations.signals import Stop
from reconciler.planning.planner import PlanOptions, plan
from reconciler.providers.registry import Reader, Writer, open_reader, open_writer
from reconciler.testing.servers import Call, Kept
from tests.contract.hooks import Hook, as_kept, entries_of, fields_of
from tests.contract.judge import gaps, readable, there
from tests.contract.subjects import Subject
from tests.support.builders import patterns
from tests.support.site import Run, RunClock

Wanted = Mapping[str, Hook]
"""A file's entries by name."""


class Bench:
    """One server of a subject, and runs against it. A context manager that leaves nothing behind.

    Args:
        subject: the provider.
        page_size: webhooks on a page of the server's list.

    Attributes:
        server: judges.
    """

    def __init__(self, subject: Subject, page_size: int = 25) -> None:
        self.subject = subject
        self.provider = subject.provider
        self._open = ExitStack()
        self._page_size = page_size

    def __enter__(self) -> Self:
        self.server = self._open.enter_context(self.subject.serve(self._page_size))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def scope(self) -> Scope:
        """The kind of webhook that the account owns."""
        kind = self.provider.kind_of(self.subject.token)
        return () if kind is None else kind.scope

    def account(self, *, token: str = "", base_url: str = "") -> Account:
        """The account that owns everything at the usual host."""
        return Account(
            name="default",
            provider=self.provider,
            token=SecretText.environment("TOKEN", token or self.subject.token),
            base_url=base_url or self.server.base_url,
            timeout=5.0,
            scope=self.scope,
            owns=patterns("/*"),
        )

    def put(self, *hooks: Hook) -> list[str]:
        """Let the account have these webhooks, in the order of their ages; their ids."""
        return [
            self.server.put(as_kept(self.provider, fields))
            for hook in hooks
            for _, fields in fields_of(self.provider, hook, self.scope)
        ]

    def entries(self, wanted: Wanted) -> tuple[Desired, ...]:
        """What a file with these entries wants."""
        return tuple(
            entry
            for name, hook in wanted.items()
            for entry in entries_of(self.provider, "default", name, hook, self.scope)
        )

    def plan(self, wanted: Wanted, account: Account | None = None) -> Run:
        """Begin a run: open the account, list it, plan."""
        owner, desired = account or self.account(), self.entries(wanted)
        urls = (entry.fields["url"] for entry in desired)
        configuration = Configuration(
            accounts=Accounts((owner,)),
            desired=desired,
            redaction=Redaction(url for url in urls if isinstance(url, Url)),
        )
        stop = Stop()
        clock = RunClock(stop)
        events: list[Event] = []
        context = self._context(clock, events)
        clients = self._open.enter_context(Clients(configuration.accounts, lambda each: open_writer(each, context)))
        planned = plan(configuration, read_accounts(clients), PlanOptions(allowed_losses=99), clock.now())
        return Run(plan=planned, stop=stop, clock=clock, events=events, clients=clients)

    def apply(self, wanted: Wanted) -> Report:
        """Plan and apply at once."""
        return self.plan(wanted).apply()

    def reader(self, account: Account | None = None) -> Reader:
        """A client that can only look."""
        reader = open_reader(account or self.account(), self._context(RunClock(Stop()), []))
        self._open.callback(reader.close)
        return reader

    def writer(self) -> Writer:
        """A client that can also change things."""
        writer = open_writer(self.account(), self._context(RunClock(Stop()), []))
        self._open.callback(writer.close)
        return writer

    def converge(self, wanted: Wanted, others: Mapping[str, Kept]) -> None:
        """Apply a state and see that it holds: all is there, nothing else was touched, and nothing is left to do.

        Args:
            wanted: the state.
            others: what the server has that nobody here owns.
        """
        before, mark = self.server.webhooks(), len(self.server.calls())
        report = self.apply(wanted)
        assert report.is_complete, report
        calls = self.server.calls()
        self.check(wanted, others)
        assert gaps(self.provider, before, calls[mark:]) == set()
        again = self.plan(wanted)
        assert [change for account in again.plan.planned for change in account.changes] == []
        assert again.apply().is_complete
        assert [call for call in self.server.calls()[len(calls) :] if call.is_write] == []

    def check(self, wanted: Wanted, others: Mapping[str, Kept]) -> None:
        """See that the server has what is wanted, once each, and all else as it was."""
        now = self.server.webhooks()
        assert {object_id: now.get(object_id) for object_id in others} == dict(others)
        owned = there(self.provider, {object_id: kept for object_id, kept in now.items() if object_id not in others})
        expected = {entry.key: readable(self.provider, entry.fields) for entry in self.entries(wanted)}
        if not self.provider.lists_inactive:
            # Off and absent deliver the same there: what is off needn't be there.
            expected = {
                key: fields for key, fields in expected.items() if key in owned or self.provider.is_live(fields)
            }
        assert owned == expected

    def writes(self) -> list[Call]:
        """The requests so far that asked for a change."""
        return [call for call in self.server.calls() if call.is_write]

    def _context(self, clock: RunClock, events: list[Event]) -> ClientContext:
        return ClientContext(clock=clock, listener=events.append, secret_params=BUILT_IN_SECRET_PARAMS)
