"""Plays a case: a sandbox with its accounts, the runs with all that goes wrong, then calm runs that must heal it.

What was seen is kept as plain values for the judge.
"""

from __future__ import annotations

import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import Answer, Rule, When
from reconciler.sandbox.store import Webhook
from tests.robustness.case import Case, Mode, Told, file_text, variables
from tests.robustness.child import Running, run_here
from tests.robustness.drawing import ELSEWHERE
from tests.support.faults import ArmedRule, HoldAnswer, HoldRequest
from tests.support.lies import HONEST, Lies
from tests.support.sandbox import LogEntry, Sandbox
from tests.support.site import Ticks

There = Mapping[str, Mapping[str, Webhook]]
"""What each account has: by the account's name, then by id."""
ALLOW = ("--allow-losses", "99")
PLAN_FILE, BACKUP_FILE = "saved.plan", "backup.yaml"
_A_MOMENT = 0.003  # seconds
TOO_LONG = 20.0  # seconds for a run; the longest need two


class Phase(Struct, frozen=True, kw_only=True):
    """What happened while some commands ran.

    Attributes:
        listed: what the accounts had when the first run listed them.
        before: what they had when the first write could come; others may have changed something in between.
        after: what they had when all had ended.
        log: the requests of each account, by its name.
        applied: how often each rule did something.
    """

    told: tuple[Told, ...]
    listed: There
    before: There
    after: There
    log: Mapping[str, tuple[LogEntry, ...]]
    applied: tuple[int, ...] = ()

    def lines(self) -> Iterator[str]:
        """What happened, for a person who looks into a failure."""
        for told in self.told:
            yield f"$ reconciler {' '.join(told.arguments)}"
            yield f"{told.out}{told.err}ended with {told.code}"
        for name, entries in self.log.items():
            for entry in entries:
                effect = "" if entry.method == "GET" else f" {'done' if entry.took_effect else 'not done'}"
                yield f"  {name}: {entry.method} {entry.path} {entry.query} {entry.status}{effect}"

    def writes(self) -> list[LogEntry]:
        """Every request that would change something."""
        return [entry for entries in self.log.values() for entry in entries if entry.method != "GET"]


class Hung(Exception):  # noqa: N818 - a finding
    """A command that doesn't end."""


class Stage:
    """A case on its stage; a context manager that leaves nothing behind.

    Attributes:
        phases: what was seen so far.

    Args:
        case: the case.
        defect: the planted defect of the commands; empty for none.
    """

    def __init__(self, case: Case, defect: str = "") -> None:
        self.case = case
        self._defect = defect
        self.phases: list[Phase] = []
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name) / "work"
        self.folder.mkdir()
        self._sandbox = Sandbox(SandboxOptions(clock=Ticks(), page_size=case.page_size, hide_inactive=case.hides))
        self._trap = socket.create_server(("127.0.0.1", 0))
        self._trap.settimeout(0)
        for number, hook in enumerate(case.hooks):
            account = next(account for account in case.accounts if account.name == hook.account)
            self._sandbox.store.create(
                account.token,
                url=hook.url,
                event=hook.event,
                active=hook.active,
                is_test=hook.is_test,
                object_id=f"r{number * 7 % 10}-{number}",
                created=datetime(2026, 1, hook.day, tzinfo=UTC),
            )
        (self.folder / "webhooks.yaml").write_text(file_text(case, self._sandbox.base_url), encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sandbox.close()
        self._trap.close()
        self._temporary.cleanup()

    def there(self) -> There:
        """What the accounts have now."""
        return {
            account.name: {one.object_id: one for one in self._sandbox.store.list(account.token)}
            for account in self.case.accounts
        }

    def was_lured(self) -> bool:
        """Whether somebody followed an address that leads elsewhere."""
        try:
            self._trap.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def calm(self, *arguments: str) -> Phase:
        """Run one command while nothing goes wrong."""
        if self._defect:
            return self._phase([arguments], rules=(), death=None, barrier=None, listing=None)
        before, mark = self.there(), self._sandbox.mark()
        told = run_here(self.folder, arguments, variables(self.case))
        log = self._logs(mark)
        return self._seen(Phase(told=(told,), listed=before, before=before, after=self.there(), log=log))

    def _seen(self, phase: Phase) -> Phase:
        self.phases.append(phase)
        return phase

    def trouble(self) -> Phase:
        """Run the case's commands while all that it names goes wrong."""
        case = self.case
        rules: list[ArmedRule] = []

        def arm(rule: Rule) -> ArmedRule:
            rules.append(self._sandbox.faults.add(rule))
            return rules[-1]

        death = barrier = listing = None
        if case.death is not None:
            hold = HoldAnswer() if case.death.after_effect else HoldRequest()
            death = arm(Rule(action=hold, method=case.death.method, when=When(nth=case.death.k)))
        if case.barrier:
            path = "/webhooks" if case.barrier == "GET" else "*"
            barrier = arm(Rule(action=HoldRequest(), method=case.barrier, path=path))
        listed = self.there()
        if case.meddling and case.mode is Mode.SAVED:
            self._meddle()
        elif case.meddling:
            listing = arm(Rule(action=HoldAnswer(), method="GET", path="/webhooks"))
        for rule in case.faults:
            arm(self._led_elsewhere(rule))
        self._sandbox.lie(self._lies())
        phase = self._phase(self._commands(), rules=tuple(rules), death=death, barrier=barrier, listing=listing)
        self._sandbox.lie(HONEST)
        return replace(phase, listed=listed)

    def _commands(self) -> list[tuple[str, ...]]:
        case = self.case
        out = ("--format", "json") if case.json else ()
        if case.mode is Mode.LOOK:
            return [("plan", *out, *case.verbosity), ("drift", *out), ("list", *out), ("export", *case.verbosity)]
        allow = ALLOW if case.allow else ()
        options = ("--parallelism", str(case.parallelism), *out, *case.verbosity)
        if case.mode is Mode.SAVED:
            return [("apply", PLAN_FILE, *options)]
        backup = ("--backup", BACKUP_FILE) if case.mode is Mode.BACKUP else ()
        return [("apply", "--auto-approve", *allow, *options, *backup)] * case.runs

    def _lies(self) -> Lies:
        lies = self.case.lies
        if lies.next_page == ELSEWHERE:
            lies = replace(lies, next_page=self._trap_url())
        return replace(lies, meanwhile=self._move) if self.case.moves else lies

    def _led_elsewhere(self, rule: Rule) -> Rule:
        if isinstance(rule.action, Answer) and rule.action.location == ELSEWHERE:
            return replace(rule, action=replace(rule.action, location=self._trap_url()))
        return rule

    def _trap_url(self) -> str:
        host, port = self._trap.getsockname()
        return urlsplit(ELSEWHERE)._replace(netloc=f"{host}:{port}").geturl()

    def _move(self, _number: int) -> None:
        """Somebody removes a webhook that no file can mean, and makes another, while the list is read."""
        for account in self.case.accounts:
            for one in self._sandbox.store.list(account.token):
                if "@" in one.url or "elsewhere" in one.url:
                    self._sandbox.store.delete(account.token, one.object_id)
                    return

    def _start(self, arguments: tuple[str, ...]) -> Running:
        return Running(self.folder, arguments, variables(self.case), self._defect)

    def _phase(
        self,
        commands: list[tuple[str, ...]],
        *,
        rules: tuple[ArmedRule, ...],
        death: ArmedRule | None,
        barrier: ArmedRule | None,
        listing: ArmedRule | None,
    ) -> Phase:
        # First of all: a run may have listed and written as soon as it is started.
        listed = before = self.there()
        mark = self._sandbox.mark()
        runs = [self._start(arguments) for arguments in commands]
        end = time.monotonic() + TOO_LONG
        while alive := [run for run in runs if run.is_alive]:
            if time.monotonic() > end:
                for run in alive:
                    run.send(signal.SIGKILL)
                    run.wait(1)
                raise Hung(" ".join(alive[0].arguments))
            if listing is not None and listing.held == len(self.case.accounts):
                self._meddle()
                before = self.there()
                self._disarm(listing)
                listing = None
            if death is not None and death.held:
                self._end(runs[0], death)
            if barrier is not None and barrier.held >= len(alive):
                barrier.release()
            alive[0].wait(_A_MOMENT)
        for rule in rules:
            self._disarm(rule)
        after = self.there()
        told = tuple(run.told() for run in runs)
        return self._seen(
            Phase(
                told=told,
                listed=listed,
                before=before,
                after=after,
                log=self._logs(mark),
                applied=tuple(rule.applied for rule in rules),
            )
        )

    def _disarm(self, rule: ArmedRule) -> None:
        self._sandbox.faults.remove(rule)

    def _end(self, run: Running, death: ArmedRule) -> None:
        """Send the signal; what is held never arrives where the sender is killed before its effect."""
        assert self.case.death is not None
        number = signal.Signals[self.case.death.signal]
        run.send(number)
        if number is signal.SIGKILL:
            run.wait(1)
            death.abandon()
        else:
            death.release()

    def _meddle(self) -> None:
        for account in self.case.accounts:
            for step in self.case.meddling:
                there = self._sandbox.store.list(account.token)
                if step.k >= len(there):
                    continue
                one = there[step.k]
                if step.what == "remove":
                    self._sandbox.store.delete(account.token, one.object_id)
                elif step.what == "switch":
                    self._sandbox.store.update(account.token, one.object_id, active=not one.active)
                else:
                    self._sandbox.store.create(account.token, url=one.url, event=one.event, is_test=one.is_test)

    def _logs(self, mark: int) -> Mapping[str, tuple[LogEntry, ...]]:
        log = self._sandbox.log(after=mark)
        keys = {account.name: account.token for account in self.case.accounts}
        return {name: tuple(entry for entry in log if entry.account == key) for name, key in keys.items()}
