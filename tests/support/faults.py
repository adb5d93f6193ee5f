"""Faults that come and go while a server runs, calls that are held, and what became of each request."""

from __future__ import annotations

import threading
from collections.abc import Callable

from msgspec import Struct

from reconciler.sandbox.faults import Action, CountedRule, Faults, Rule
from reconciler.sandbox.messages import Response
from reconciler.sandbox.server import HttpServer


class HoldRequest(Action, frozen=True, kw_only=True):
    """Hold the request until it is released, then carry it out."""


class HoldAnswer(Action, frozen=True, kw_only=True):
    """Carry the request out, and hold the answer until it is released."""


class Received(Struct, frozen=True, kw_only=True):
    """One request that reached the server, and what was done to it.

    Attributes:
        path: without the query.
        rule: the rule that was applied; None: all went well.
        answered: the status of the answer that was sent whole; None: there was no such answer.
    """

    method: str
    path: str
    rule: Rule | None
    answered: int | None


class ArmedRule(CountedRule):
    """A rule at work; what `LiveFaults.add()` gives."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._changed = threading.Condition()
        self._held: list[list[bool]] = []
        self._for_good: bool | None = None  # what becomes of every call from now on; None: it is held

    @property
    def held(self) -> int:
        """How many calls it holds now."""
        with self._changed:
            return len(self._held)

    def wait_until_held(self, count: int = 1, *, timeout: float = 10.0) -> None:
        """Block until it holds that many calls at once; TimeoutError after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._held) >= count, timeout):
                raise TimeoutError(f"{len(self._held)} of {count} calls were held after {timeout} seconds")

    def wait_until_applied(self, count: int = 1, *, timeout: float = 10.0) -> None:
        """Block until it was applied that many times; TimeoutError after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.applied >= count, timeout):
                raise TimeoutError(f"the rule was applied {self.applied} times, not {count}, after {timeout} seconds")

    def release(self) -> None:
        """Let all calls that are held now go on. Later ones are held again, unless the rule is removed first."""
        self._settle(go_on=True)

    def abandon(self) -> None:
        """Close the connections of all calls that are held now; a held request is never carried out."""
        self._settle(go_on=False)

    def end(self, *, go_on: bool) -> None:
        """Hold no call from now on, also none about which was decided before: let all go on, or abandon them."""
        with self._changed:
            self._for_good = go_on
        self._settle(go_on=go_on)

    def hold(self) -> bool:
        """In a call's thread: wait until it is released or abandoned; whether it goes on."""
        mine: list[bool] = []
        with self._changed:
            if self._for_good is not None:
                return self._for_good
            self._held.append(mine)
            self._changed.notify_all()
            self._changed.wait_for(lambda: mine)
            return mine[0]

    def was_applied(self) -> None:
        """Wake who waits for it."""
        with self._changed:
            self._changed.notify_all()

    def _settle(self, *, go_on: bool) -> None:
        with self._changed:
            for one in self._held:
                one.append(go_on)
            self._held = []
            self._changed.notify_all()


class LiveFaults(Faults):
    """Rules that can be added and removed while a server runs, and a log.

    Args:
        server: takes connections again when a rule that refuses them is removed.
    """

    def __init__(self, server: HttpServer) -> None:
        super().__init__()
        self._server = server
        self._log: list[Received] = []

    def add(self, rule: Rule) -> ArmedRule:
        """Let a rule work from now on, after those that are there."""
        armed = ArmedRule(rule)
        with self._lock:
            self._rules.append(armed)
        return armed

    def remove(self, armed: ArmedRule) -> None:
        """Let a rule work no longer, release what it holds, and take connections again where it refused them."""
        with self._lock:
            self._rules = [other for other in self._rules if other is not armed]
        armed.end(go_on=True)
        if armed.rule.action.refuses:
            self._server.heed_refusals()

    def armed(self) -> tuple[ArmedRule, ...]:
        """The rules at work, in their order. One with `applied == 0` did nothing so far."""
        with self._lock:
            return tuple(rule for rule in self._rules if isinstance(rule, ArmedRule))

    def log(self) -> tuple[Received, ...]:
        """What was received, in the order in which it was decided about the answers."""
        with self._lock:
            return tuple(self._log)

    def end(self) -> None:
        """Abandon what is held, now and from now on."""
        for armed in self.armed():
            armed.end(go_on=False)

    def respond(self, method: str, path: str, act: Callable[[], Response]) -> tuple[Action, Response | None]:
        armed = self._decide(method, path)
        assert isinstance(armed, ArmedRule | None)
        action = Action() if armed is None else armed.rule.action
        if armed is not None:
            armed.was_applied()
        answer = None
        if armed is None or not isinstance(action, HoldRequest) or armed.hold():
            answer = action.respond(act)
        if armed is not None and isinstance(action, HoldAnswer) and not armed.hold():
            answer = None
        whole = answer is not None and (action.cut is None or action.cut >= len(answer.body))
        received = Received(
            method=method,
            path=path,
            rule=None if armed is None else armed.rule,
            answered=answer.status if answer is not None and whole else None,
        )
        # Before the client can notice, so that who waits for the client finds it.
        with self._lock:
            self._log.append(received)
        return action, answer
