"""Whether a failed attempt is made again, and after how long: an attempt in, a decision out.

Numbers: the AWS SDKs' standard retry mode. A 429 is no attempt: see `throttle.py`.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

ATTEMPTS = 3
BASE = 0.05
"""Seconds: the longest wait after the first attempt; it doubles with each."""
LONGEST = 20.0
"""Seconds: no wait is longer, `Retry-After` aside."""

BUDGET = 500
COST = 5
COST_OF_TIME_OUT = 10
REFUND_OF_CLEAN_CALL = 1

REQUEST_TIMEOUT = 408
RETRIED_STATUSES = frozenset({REQUEST_TIMEOUT, 500, 502, 503, 504, *range(520, 525)})
"""Failures that pass. 520 to 524 are a content network's, for an origin that gives it no answer."""
READING_METHODS = frozenset({"GET"})
REPEATABLE_METHODS = frozenset({"GET", "PUT", "DELETE"})

_OK = range(200, 300)
_NOT_ACTED = frozenset(range(400, 500)) - {REQUEST_TIMEOUT}
"""A gateway may say 408 of a request that it has passed on."""
_SECONDS = re.compile(r"[0-9]+")
_FARTHEST = 10.0 * 365 * 86400
"""Seconds: later is as late, and the calendar ends."""


class Ending(Enum):
    """How an attempt ended."""

    ANSWERED = "answered"
    NOT_SENT = "not sent"
    """No connection came about, so nothing was sent."""
    TIMED_OUT = "timed out"
    """Sent, and no answer in time."""
    BROKEN = "broken"
    """Sent, and the connection broke before the whole answer was here."""
    UNUSABLE = "unusable"
    """Answered, with something that can't be read: too large, or badly encoded."""
    HOPELESS = "hopeless"
    """Nothing was sent, and another attempt would end alike: a certificate that isn't trusted, say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a call, when it is over.

    Attributes:
        method: the HTTP method.
        number: 1 for the first; attempts answered with 429 aren't counted.
        ending: how it ended.
        status: the HTTP status, 0 where there was no answer.
    """

    method: str
    number: int
    ending: Ending
    status: int = 0

    @property
    def succeeded(self) -> bool:
        """Whether the provider says that it did what was asked."""
        return self.ending is Ending.ANSWERED and self.status in _OK

    @property
    def may_have_acted(self) -> bool:
        """Whether the provider may have carried it out. A 4xx (408 aside) is a refusal; all else is uncertain."""
        if self.method in READING_METHODS or self.ending in (Ending.NOT_SENT, Ending.HOPELESS):
            return False
        return self.ending is not Ending.ANSWERED or self.status not in _NOT_ACTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows an attempt.

    Attributes:
        again: whether to make another one.
        wait: seconds to wait before.
        cost: what it takes out of the budget.
    """

    again: bool
    wait: float = 0.0
    cost: int = 0


STOP = Decision(again=False)


def decide(attempt: Attempt, chance: float) -> Decision:
    """Say whether a failed attempt is made again.

    Args:
        attempt: the attempt; neither a success nor a 429.
        chance: from 0 up to, not including, 1: where in its range the wait lies (full jitter).
    Returns:
        Again for calls that may be repeated, where the failure is one that passes; a call that may be carried out
        twice (POST) only where nothing was sent.
    """
    if attempt.number >= ATTEMPTS:
        return STOP
    match attempt.ending:
        case Ending.NOT_SENT:
            passes = True
        case Ending.TIMED_OUT | Ending.BROKEN:
            passes = attempt.method in REPEATABLE_METHODS
        case Ending.ANSWERED:
            passes = attempt.method in REPEATABLE_METHODS and attempt.status in RETRIED_STATUSES
        case Ending.UNUSABLE | Ending.HOPELESS:
            passes = False
    if not passes:
        return STOP
    return Decision(
        again=True,
        wait=chance * min(BASE * 2 ** (attempt.number - 1), LONGEST),
        cost=COST_OF_TIME_OUT if attempt.ending is Ending.TIMED_OUT else COST,
    )


class Budget:
    """What all retries of an origin and token may cost together, so that a dead provider isn't called on and on.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._left = BUDGET
        self._lock = threading.Lock()

    def spend(self, cost: int) -> bool:
        """Take out the cost of a retry; False, and nothing is taken, where there isn't that much."""
        with self._lock:
            if cost > self._left:
                return False
            self._left -= cost
            return True

    def refund(self, cost: int) -> None:
        """A call succeeded: give back what its last retry cost, or a little where it had none."""
        with self._lock:
            self._left = min(self._left + (cost or REFUND_OF_CLEAN_CALL), BUDGET)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Read a `Retry-After` header.

    Args:
        value: the header, seconds or an HTTP date; None where there is none.
        now: the time of day (UTC) when it was said.
    Returns:
        Seconds from then, 0 for a date that has passed; None where it says nothing that can be read.
    Source: RFC 9110, 10.2.3.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _FARTHEST)
    date = http_date(text)
    return None if date is None else min(max((date - now).total_seconds(), 0.0), _FARTHEST)


def http_date(value: str | None) -> datetime | None:
    """Read a header that holds an HTTP date; None where there is none that can be read."""
    if value is None:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - loads half of the mail package, for a header that seldom comes

    try:
        date = parsedate_to_datetime(value.strip())
        return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, IndexError):
        return None
