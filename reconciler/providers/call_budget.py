"""What all calls with one token at one origin share: the limiter, the retry budget and the provider's own waits."""

from __future__ import annotations

import threading

from reconciler.model.configuration import Account
from reconciler.model.secret import SecretText
from reconciler.providers.clock import Clock
from reconciler.providers.rate import RateLimiter
from reconciler.providers.retry import Budget
from reconciler.providers.throttle import SharedThrottle

NOTICEABLE = 1.0
"""Waits of this many seconds are told, and those that last this much longer than what was told for their reason."""


class CallBudget:
    """One origin's and token's limiter, budget and throttle. Safe to use from several threads."""

    def __init__(self, limiter: RateLimiter) -> None:
        self.limiter = limiter
        self.budget = Budget()
        self.throttle = SharedThrottle()
        self._told_until: dict[str, float] = {}
        self._lock = threading.Lock()

    def is_news(self, now: float, seconds: float, reason: str) -> bool:
        """Whether a wait that begins now is worth telling: many calls wait for the same moment."""
        with self._lock:
            if seconds < NOTICEABLE or now + seconds < self._told_until.get(reason, 0.0) + NOTICEABLE:
                return False
            self._told_until[reason] = now + seconds
            return True


def call_budget_of(
    account: Account, origin: str, shared: dict[tuple[str, SecretText], CallBudget], clock: Clock
) -> CallBudget:
    """The budget that an account shares with every other one of the same origin and token.

    Args:
        account: whose calls they are.
        origin: where they go, in normal form.
        shared: what there is in this run; a new one is added.
        clock: the run's.
    """
    return shared.setdefault((origin, account.token), CallBudget(RateLimiter(account.limits, clock)))
