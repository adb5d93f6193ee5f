"""A sandbox with accounts, and runs against it as the commands make them; judged by the sandbox's own log."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from reconciler.http.pacing import ClientContext
from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account
from reconciler.model.plan import Filters, Plan
from reconciler.model.reading import ProviderError
from reconciler.model.report import Event, Outcome, Report
from reconciler.model.secret import SecretText
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Remote
from reconciler.operations.account import apply
from reconciler.operations.reading import Clients, read_accounts
from reconciler.operations.signals import Stop
from reconciler.planning.planner import PlanOptions, plan
from reconciler.providers.registry import Writer, open_writer
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import Action, Rule, When
from reconciler.sandbox.store import Webhook
from tests.support import builders
from tests.support.clock import FakeClock
from tests.support.faults import ArmedRule, LiveFaults
from tests.support.lies import HONEST, Lies
from tests.support.sandbox import LogEntry, Sandbox

LATER = 1_800_000_000.0
"""Seconds since the epoch: after every day that `builders.hook` can name."""


class Ticks:
    """A sandbox's clock that goes on by itself with every look at it, so that no two webhooks are of one age.

    Args:
        step: seconds from look to look; 0: all are of one age.
    """

    def __init__(self, step: float = 1.0) -> None:
        self._now = LATER
        self._step = step
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            self._now += self._step
            return self._now


class RunClock(FakeClock):
    """A run's clock, which ends its sleeps when the run is asked to stop.

    Args:
        stop: the run's.
        stop_at_sleep: the number of the sleep during which SIGINT comes; 0 for never.
    """

    def __init__(self, stop: Stop, *, stop_at_sleep: int = 0) -> None:
        super().__init__(stop_at_sleep=stop_at_sleep)
        self._stop = stop

    def sleep(self, seconds: float) -> bool:
        goes_on = super().sleep(seconds)
        if not goes_on:
            self._stop.ask(signal.SIGINT)
        return goes_on and not self._stop.is_asked()

    def stopping(self) -> bool:
        return self._stop.is_asked()


class Run(Struct, frozen=True, kw_only=True):
    """One run of a configuration: its plan, and what it takes to carry it out.

    Attributes:
        plan: made when the run began; the accounts may have changed since.
        events: what the run told.
    """

    plan: Plan
    stop: Stop
    clock: RunClock
    events: list[Event]
    clients: Mapping[str, Writer | ProviderError]

    def apply(self, parallelism: int = 4) -> Report:
        """Carry the plan out."""
        writers = {name: client for name, client in self.clients.items() if not isinstance(client, ProviderError)}
        return apply(self.plan, writers, self.stop, self.clock.sleep, self.events.append, parallelism)


class Site:
    """A sandbox and runs against it. A context manager that leaves nothing behind.

    Args:
        options: how the sandbox behaves; None: every webhook of another age.
        lies: in which ways it doesn't behave as it should.

    Attributes:
        sandbox: the server; its log is the judge.
    """

    def __init__(self, options: SandboxOptions | None = None, lies: Lies = HONEST) -> None:
        self.sandbox = Sandbox(options or SandboxOptions(clock=Ticks()), lies)
        self._clients = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clients.close()
        self.sandbox.close()

    @property
    def faults(self) -> LiveFaults:
        """What makes calls fail."""
        return self.sandbox.faults

    def put(self, *remotes: Remote, owner: Account | None = None) -> None:
        """Let an account have these webhooks; nothing is written to the log."""
        for remote in remotes:
            there, event = remote.fields["url"], remote.fields["event"]
            assert isinstance(there, Url | SecretText)
            assert isinstance(event, str)
            self.sandbox.store.create(
                _token(owner),
                object_id=remote.id,
                url=there.reveal(),
                event=event,
                active=remote.fields["active"] is True,
                is_test=remote.fields["is_test"] is True,
                created=remote.created,
            )

    def change(self, object_id: str, *, path: str | None = None, active: bool | None = None) -> None:
        """Change a webhook of the usual account as somebody else would; nothing is written to the log."""
        changes: dict[str, str | bool] = {} if path is None else {"url": builders.HOST + path}
        if active is not None:
            changes["active"] = active
        assert self.sandbox.store.update(_token(), object_id, **changes) is not None

    def remove(self, object_id: str) -> None:
        """Remove a webhook of the usual account as somebody else would; nothing is written to the log."""
        assert self.sandbox.store.delete(_token(), object_id)

    def webhooks(self, owner: Account | None = None) -> dict[str, Webhook]:
        """What an account has, by id, oldest first."""
        return {webhook.object_id: webhook for webhook in self.sandbox.store.list(_token(owner))}

    def log(self, owner: Account | None = None, *, after: int = 0) -> tuple[LogEntry, ...]:
        """The requests of an account that reached the sandbox; `after` is a `mark()`."""
        token = _token(owner)
        return tuple(entry for entry in self.sandbox.log(after=after) if entry.account == token)

    def mark(self) -> int:
        """Where the log ends now."""
        return self.sandbox.mark()

    def plan(
        self,
        desired: Sequence[Desired] = (),
        accounts: Sequence[Account] = (),
        *,
        allowed_losses: int | None = 99,
        targets: Sequence[str] = (),
        destroy: bool = False,
        stop_at_sleep: int = 0,
    ) -> Run:
        """Begin a run: open the accounts (moved to this sandbox), list them, and plan.

        Args:
            desired: the entries.
            accounts: the accounts; the usual one where none is given.
            allowed_losses: as `--allow-losses`, large unless a test is about guards.
            targets: as `--target`.
            destroy: as `--destroy`.
            stop_at_sleep: the number of the sleep during which SIGINT comes; 0 for never.
        """
        made = builders.configuration(desired, accounts)
        here = Accounts(replace(owner, base_url=self.sandbox.base_url) for owner in made.accounts)
        made = replace(made, accounts=here)
        stop = Stop()
        clock = RunClock(stop, stop_at_sleep=stop_at_sleep)
        events: list[Event] = []
        context = ClientContext(clock=clock, listener=events.append, secret_params=made.secret_params)
        clients = self._clients.enter_context(Clients(here, lambda owner: open_writer(owner, context)))
        options = PlanOptions(filters=Filters(targets=tuple(targets)), destroy=destroy, allowed_losses=allowed_losses)
        planned = plan(made, read_accounts(clients), options, clock.now())
        return Run(plan=planned, stop=stop, clock=clock, events=events, clients=clients)

    def apply(self, desired: Sequence[Desired] = (), accounts: Sequence[Account] = ()) -> Report:
        """Plan and apply at once."""
        return self.plan(desired, accounts).apply()

    @contextmanager
    def fault(
        self,
        action: Action,
        method: str | None = None,
        path: str = "*",
        when: When = When(),  # noqa: B008 - it is frozen
        *,
        optional: bool = False,
    ) -> Iterator[ArmedRule]:
        """Meanwhile calls fail as a rule says. A rule that was never applied fails the test unless it is optional."""
        armed = self.faults.add(Rule(action=action, method=method, path=path, when=when))
        try:
            yield armed
        finally:
            self.faults.remove(armed)
        assert optional or armed.applied, f"{armed.rule} was never applied"


def calls(entries: Sequence[LogEntry]) -> list[str]:
    """Requests in short: `GET /webhooks/1`."""
    return [f"{entry.method} {entry.path}" for entry in entries]


def writes(entries: Sequence[LogEntry]) -> list[str]:
    """The requests that would change something, in short."""
    return calls([entry for entry in entries if entry.method != "GET"])


def outcomes(report: Report) -> list[tuple[str, Outcome]]:
    """Results in short: `("+ orders[track_updated]", Outcome.DONE)`."""
    return [(builders.sign(result.change), result.outcome) for result in report.results]


def _token(owner: Account | None = None) -> str:
    return (owner or builders.account()).token.reveal()
