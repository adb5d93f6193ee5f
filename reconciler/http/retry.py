"""Whether a failed attempt is made again, and after how long; and the headers that say when.

Numbers: the AWS SDKs' standard retry mode. An answer that asks to wait is no attempt: see `pacing.py`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from reconciler.http.exchange import Ending, NoReply, Reply

ATTEMPTS = 3
BASE = 0.05  # seconds: the longest wait after the first attempt; it doubles with each
LONGEST = 20.0  # seconds: no wait is longer, `Retry-After` aside
COST = 5
COST_OF_TIME_OUT = 10

REQUEST_TIMEOUT = 408  # a gateway may say it of a request that it has passed on
RETRIED_STATUSES = frozenset({REQUEST_TIMEOUT, 500, 502, 503, 504, *range(520, 525)})
"""Failures that pass. 520 to 524 are a content network's, for an origin that gives it no answer."""
REPEATABLE_METHODS = frozenset({"GET", "PUT", "DELETE"})

_REFUSALS = frozenset(range(400, 500)) - {REQUEST_TIMEOUT}
_SECONDS = re.compile(r"[0-9]+")
_FARTHEST = 10.0 * 365 * 86400  # seconds: later is as late, and the calendar ends


def may_have_acted(method: str, outcome: Reply | NoReply) -> bool:
    """Whether the provider may have carried an attempt out. A 4xx (408 aside) is a refusal; all else is uncertain."""
    if method == "GET":
        return False
    if isinstance(outcome, Reply):
        return outcome.status not in _REFUSALS
    return outcome.ending not in (Ending.NOT_SENT, Ending.HOPELESS)


def retry_of(method: str, number: int, outcome: Reply | NoReply, chance: float) -> tuple[float, int] | None:
    """What follows a failed attempt: another one where the failure passes; of a POST only where nothing was sent.

    Given are the seconds to wait before it, and what it takes out of the budget. Attempts are numbered from 1; `chance`
    says where in its range the wait lies (full jitter).
    """
    ending = None if isinstance(outcome, Reply) else outcome.ending
    passes = ending in (Ending.NOT_SENT, Ending.TIMED_OUT, Ending.BROKEN) or outcome.status in RETRIED_STATUSES
    is_repeatable = method in REPEATABLE_METHODS or ending is Ending.NOT_SENT
    if number >= ATTEMPTS or not (passes and is_repeatable):
        return None
    cost = COST_OF_TIME_OUT if ending is Ending.TIMED_OUT else COST
    return chance * min(BASE * 2 ** (number - 1), LONGEST), cost


def retry_after(value: str, now: datetime) -> float | None:
    """The seconds from `now` (UTC) that a `Retry-After` says, 0 for a date that has passed; None where it is neither.

    Source: RFC 9110, 10.2.3.
    """
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _FARTHEST)
    date = http_date(text)
    return None if date is None else min(max((date - now).total_seconds(), 0.0), _FARTHEST)


def http_date(value: str | None) -> datetime | None:
    """The date in a header; None where there is none that can be read."""
    try:
        date = parsedate_to_datetime((value or "").strip())
        return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, IndexError):
        return None
