"""Runs of the engine against one server, from files as people write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from msgspec import Struct

from reconciler.config.load import Inputs, load
from reconciler.http.pacing import ClientContext
from reconciler.model.configuration import DEFAULT_PROVIDER, Account, Configuration
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.field import ReadsBack
from reconciler.model.plan import Plan
from reconciler.model.provider import Provider
from reconciler.model.reading import ProviderError
from reconciler.model.report import Event, Report
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Desired, Remote
from reconciler.operations.account import apply
from reconciler.operations.reading import Clients, read_accounts
from reconciler.operations.signals import Stop, SystemClock
from reconciler.planning.planner import PlanOptions, plan
from reconciler.providers.registry import INSTALLED, Writer, open_writer
from reconciler.providers.rest import RestWriter
from reconciler.testing.clock import HurriedClock
from reconciler.testing.samples import HOST, SECRETS, events_of
from reconciler.testing.servers import LoggingServer, MemoryServer

Entry = Mapping[str, object]
"""An entry of a file; a `url` that begins with `/` is below the address that only this run has."""


class Run(Struct, frozen=True, kw_only=True):
    """A plan, and what it takes to carry it out."""

    plan: Plan
    stop: Stop
    clock: SystemClock
    clients: Mapping[str, Writer | ProviderError]
    events: list[Event]
    taken: dict[str, SecretText]  # the secrets that the provider made, by the names that they were passed on under

    def apply(self, parallelism: int = 4) -> Report:
        writers = {name: client for name, client in self.clients.items() if not isinstance(client, ProviderError)}
        return apply(self.plan, writers, self.stop, self.clock.sleep, self.events.append, parallelism, sink=self._take)

    def _take(self, name: str, secret: SecretText) -> None:
        self.taken[name] = secret


class Bench:
    """One account of a provider at one server. A context manager that leaves nothing behind: also no webhooks.

    `place` is the name of where its webhooks are, at a provider that has places.
    """

    def __init__(self, provider: Provider, server: LoggingServer, token: str, place: str = "") -> None:
        self.provider = provider
        self.server = server
        self.token = token
        self.place = place or next((setting.example for setting in provider.required_places), "")
        self.prefix = f"{HOST}/{uuid4().hex}"
        self.taken: dict[str, SecretText] = {}
        self._open = ExitStack()
        self._loaded: dict[tuple[str, str], Configuration] = {}  # by the file and the token

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.server, self._open:
            if not isinstance(self.server, MemoryServer):
                self.server.fail()
                self.clear()

    @property
    def memory(self) -> MemoryServer | None:
        """The server, if it is in memory."""
        return self.server if isinstance(self.server, MemoryServer) else None

    def entry(self, path: str = "/a", /, **said: Any) -> Entry:  # noqa: ANN401 - what files may say
        return {"url": path, "events": events_of(self.provider)[:1], **said}

    def load(self, entries: Mapping[str, Entry], *, token: str = "", base_url: str = "") -> Configuration:
        """The configuration of a file with these entries, which owns all that this run makes."""
        names = self.provider.required_places
        setting = next((one.setting for one in names if self._fits(one.pattern)), "") if names else ""
        kind, pin = self.provider.kind_of(self.token), self.provider.auth.kind_setting
        account = {
            "provider": self.provider.name,
            "token": "${SUITE_TOKEN}",
            "base_url": base_url or self.server.base_url,
            **({setting: [self.place]} if setting else {}),
            **({pin: kind.name} if pin and kind is not None else {}),
        }
        document = {
            "version": 1,
            "accounts": {"suite": account},
            "owns": [f"{self.prefix}/*"],
            "webhooks": {
                name: {**self._taking(name), **entry, "url": self._absolute(str(entry["url"])), "public_path": True}
                for name, entry in entries.items()
            },
        }
        text, given = json.dumps(document, indent=1), token or self.token
        if (text, given) not in self._loaded:
            loaded = load(
                Inputs(
                    files=("-",),
                    variables={},
                    env_files=(),
                    environment={**SECRETS, "SUITE_TOKEN": given},
                    allowed_hosts=frozenset(),
                    standard_input=text.encode,
                ),
                {DEFAULT_PROVIDER: INSTALLED[DEFAULT_PROVIDER], self.provider.name: self.provider},
            )
            assert loaded.configuration is not None, [f"{one.message} {one.help}" for one in loaded.diagnostics]
            self._loaded[text, given] = loaded.configuration
        return self._loaded[text, given]

    def desired(self, entry: Entry) -> Desired:
        """The one webhook that an entry named `a` means."""
        (desired,) = self.load({"a": entry}).desired
        return desired

    def plan(
        self, entries: Mapping[str, Entry], *, token: str = "", base_url: str = "", resend_secrets: bool = False
    ) -> Run:
        """Begin a run: open the account, list it, plan."""
        configuration = self.load(entries, token=token, base_url=base_url)
        stop = Stop()
        clock = HurriedClock(stop) if self.memory else SystemClock(stop)
        events: list[Event] = []
        context = ClientContext(clock=clock, listener=events.append, secret_params=configuration.secret_params)
        clients = self._open.enter_context(Clients(configuration.accounts, lambda one: self._writer(one, context)))
        options = PlanOptions(allowed_losses=99, resend_secrets=resend_secrets)
        made = plan(configuration, read_accounts(clients), options, clock.now())
        return Run(plan=made, stop=stop, clock=clock, clients=clients, events=events, taken=self.taken)

    def apply(self, entries: Mapping[str, Entry], *, resend_secrets: bool = False) -> Report:
        """Plan and apply; everything must be done."""
        run = self.plan(entries, resend_secrets=resend_secrets)
        assert [account.error.message for account in run.plan.not_planned] == []
        report = run.apply()
        assert report.is_complete, words_of(report)
        return report

    @cached_property
    def writer(self) -> Writer:
        """A client of the account."""
        (account,) = self.load({}).accounts
        context = ClientContext(clock=HurriedClock(), listener=lambda _: None, secret_params=BUILT_IN_SECRET_PARAMS)
        writer = self._writer(account, context)
        self._open.callback(writer.close)
        return writer

    def remotes(self) -> tuple[Remote, ...]:
        """What the account has that is this run's, in the order of the list."""
        remotes = self.writer.list().remotes
        return tuple(remote for remote in remotes if self._is_ours(remote))

    def create(self, entry: Entry) -> Remote:
        """Make the webhook that an entry means, without a plan."""
        return self.writer.create(self.desired(entry).fields)

    def clear(self) -> None:
        """Delete what this run has made."""
        for remote in self.remotes():
            self.writer.delete(remote.id)

    def check(self, entries: Mapping[str, Entry]) -> dict[str, Remote]:
        """See that the server has what is wanted and nothing else, and that nothing is left to do; by entry."""
        wanted = self.load(entries).desired
        remotes = self.remotes()
        there = {remote.key: remote for remote in remotes}
        assert len(there) == len(remotes) == len(wanted)
        for desired in wanted:
            differs = self.differing(desired, there[desired.key])
            assert differs == [], f"{', '.join(differs)} of {desired.address.name} read back otherwise than wanted"
        mark = len(self.server.writes())
        again = self.plan(entries)
        changes = [change for account in again.plan.planned for change in account.changes]
        assert changes == [], "a plan just after an apply must be empty"
        assert again.plan.not_planned == ()
        assert again.apply().is_complete
        assert self.server.writes()[mark:] == (), "what is in step must not be sent"
        return {desired.address.name: there[desired.key] for desired in wanted}

    def differing(self, desired: Desired, remote: Remote) -> list[str]:
        """The fields that read back, and not as wanted."""
        return [
            spec.name
            for spec in self.provider.fields
            if spec.reads_back is ReadsBack.CLEAR
            and spec.name not in desired.ignored
            and remote.fields[spec.name] != desired.fields[spec.name]
        ]

    def _taking(self, name: str) -> Entry:
        """Where the secret goes that a provider makes."""
        return {"secret_to": f"MADE_{name.upper()}"} if self.provider.makes_secrets else {}

    def _absolute(self, path: str) -> str:
        return self.prefix + path if path.startswith("/") else path

    def _is_ours(self, remote: Remote) -> bool:
        endpoint = self.provider.endpoint_of(remote.fields)
        return endpoint is not None and endpoint.path.startswith(f"{self.prefix.removeprefix(HOST)}/")

    def _fits(self, pattern: str) -> bool:
        return re.fullmatch(pattern, self.place) is not None

    def _writer(self, account: Account, context: ClientContext) -> Writer:
        """A client, also of a declaration that no package has installed."""
        is_installed = self.provider.rest is None or INSTALLED.get(self.provider.name) is self.provider
        return open_writer(account, context) if is_installed else RestWriter(account, context)


def words_of(report: Report) -> str:
    """What became of the changes that were not done, for who reads why a test failed."""
    failed = [result for result in report.results if result.error is not None]
    said = [f"{result.change.action.value} {result.change.address}: {result.error}" for result in failed]
    return "; ".join(said) or f"not complete: {report.accounts}"
