"""A rule at work in a fault proxy: counts what it saw, and holds calls until they are released."""

import asyncio
import random
import threading
from typing import assert_never

from reconciler.sandbox.rules import Chance, Every, From, Nth, Rule


class ArmedRule:
    """A rule at work; what `FaultProxy.add()` gives. Its public methods are for any thread but the proxy's own.

    Attributes:
        rule: the rule.
        seen: requests of its method and path so far, whoever decided about them.
        applied: requests so far to which it was applied.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.seen = 0
        self.applied = 0
        self._changed = threading.Condition()
        self._held: list[asyncio.Future[bool]] = []

    @property
    def held(self) -> int:
        """How many calls it holds now."""
        with self._changed:
            return len(self._held)

    def wait_until_held(self, count: int = 1, *, timeout: float = 10.0) -> None:
        """Block until it holds that many calls at once.

        Args:
            count: how many calls.
            timeout: for how many seconds to wait.

        Raises:
            TimeoutError: they didn't come.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._held) >= count, timeout):
                raise TimeoutError(f"{len(self._held)} of {count} calls were held after {timeout} seconds")

    def wait_until_applied(self, count: int = 1, *, timeout: float = 10.0) -> None:
        """Block until it was applied that many times.

        Args:
            count: how many times.
            timeout: for how many seconds to wait.

        Raises:
            TimeoutError: it wasn't.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.applied >= count, timeout):
                raise TimeoutError(f"the rule was applied {self.applied} times, not {count}, after {timeout} seconds")

    def release(self) -> None:
        """Let all calls that are held now go on. Later ones are held again, unless the rule is removed first."""
        self._settle(go_on=True)

    def abandon(self) -> None:
        """Close the connections of all calls that are held now; a request held before forwarding never gets there."""
        self._settle(go_on=False)

    def decides(self, method: str, path: str, rng: random.Random, *, already_decided: bool) -> bool:
        """Count a request, and say whether the rule applies to it. For the proxy.

        Args:
            method: the request's method.
            path: its path, without the query.
            rng: where chance comes from.
            already_decided: a rule before this one applies: count only.
        """
        if not self.rule.matches(method, path):
            return False
        with self._changed:
            self.seen += 1
            if already_decided or not self._is_due(rng):
                return False
            self.applied += 1
            self._changed.notify_all()
            return True

    async def hold(self) -> bool:
        """Hold a call, in the proxy's loop, until it is released or abandoned.

        Returns:
            Whether it may go on.
        """
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        with self._changed:
            self._held.append(future)
            self._changed.notify_all()
        try:
            return await future
        finally:
            with self._changed:
                if future in self._held:
                    self._held.remove(future)

    def _is_due(self, rng: random.Random) -> bool:
        match self.rule.when:
            case Every():
                return True
            case Nth(k=k):
                return self.seen == k
            case From(k=k):
                return self.seen >= k
            case Chance(probability=probability):
                return rng.random() < probability
            case _:
                assert_never(self.rule.when)

    def _settle(self, *, go_on: bool) -> None:
        with self._changed:
            waiting, self._held = self._held, []
        for future in waiting:
            future.get_loop().call_soon_threadsafe(_set, future, go_on)


def _set(future: asyncio.Future[bool], go_on: bool) -> None:  # noqa: FBT001 - a callback's arguments have no names
    if not future.done():
        future.set_result(go_on)
