"""One exchange with a provider as values: what is sent and answered, or why not; and whether it is made again.

Numbers of the retry policy: the AWS SDKs' standard retry mode. An answer that asks to wait is no attempt: `pacing.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import lru_cache
from typing import ClassVar, NoReturn

import msgspec
from msgspec import Struct, field

from reconciler.model.webhook import Fields

ATTEMPTS = 3
BASE = 0.05  # seconds: the longest wait after the first attempt; it doubles with each
COST = 5
COST_OF_TIME_OUT = 10

REQUEST_TIMEOUT = 408  # a gateway may say it of a request that it has passed on
RETRIED_STATUSES = frozenset({REQUEST_TIMEOUT, 500, 502, 503, 504, *range(520, 525)})
"""Failures that pass. 520 to 524 are a content network's, for an origin that gives it no answer."""
REPEATABLE_METHODS = frozenset({"GET", "PUT", "DELETE"})

_REFUSALS = frozenset(range(400, 500)) - {REQUEST_TIMEOUT}
_SECONDS = re.compile(r"[0-9]+")
_FARTHEST = 10.0 * 365 * 86400  # seconds: later is as late, and the calendar ends


class ApiRequest(Struct, frozen=True, kw_only=True):
    """What is sent."""

    method: str
    target: str  # path and query, percent-encoded, with a slash at the beginning
    body: bytes | None = None
    content_type: str = "application/json"
    fields: Fields = field(default_factory=dict)  # in the body: what is secret of them must not show
    is_collection: bool = False  # whether it goes to all webhooks, so that a 404 doesn't mean that one is gone
    headers: Mapping[str, str] = field(default_factory=dict)  # beside those of every request

    @property
    def retried_as(self) -> str:
        """The method whose rule says whether it is sent again: what sets values of one webhook does so twice."""
        return "PUT" if self.method in ("PATCH", "POST") and not self.is_collection else self.method

    def __repr__(self) -> str:
        return f"ApiRequest({self.method})"


class Reply(Struct, frozen=True, kw_only=True):
    """What was answered, in whole and decompressed."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    next_page: str = ""  # where the `Link` header says that a list goes on
    redirect: str = ""  # the origin that a redirect points to

    def __repr__(self) -> str:
        return f"Reply({self.status})"  # what was answered may hold secrets


class Ending(Enum):
    """How an attempt ended without an answer that can be read."""

    NOT_SENT = "not sent"  # no connection came about
    TIMED_OUT = "timed out"  # sent, and no answer in time
    BROKEN = "broken"  # sent, and the connection broke before the whole answer was here
    UNUSABLE = "unusable"  # answered, with something that can't be read: too large, or badly encoded
    HOPELESS = "hopeless"  # not sent, and another attempt would end alike: a certificate that isn't trusted, say


class NoReply(Struct, frozen=True):
    """Why there is no answer to read. The message goes on after the origin, and holds no secret and no path."""

    ending: Ending
    message: str
    help: str
    status: ClassVar[int] = 0


NOT_THE_API = "Check that `base_url` is the provider's API."
PROXY_CREDENTIALS = NoReply(
    Ending.HOPELESS,
    "can't be reached: the proxy asks for a user name and a password (407)",
    "Add them to `HTTPS_PROXY`: `http://USER:PASSWORD@HOST:PORT`, percent-encoded.",
)


class UnexpectedAnswerError(Exception):
    """An answer that isn't what the API promises; says what is wrong, and quotes nothing but field names."""


def parse_json(body: bytes) -> object:
    """An object or an array in plain JSON values; `UnexpectedAnswerError` where it is neither."""
    # Turned into words outside of the handlers, so that no exception that quotes the body is kept as a context.
    document: object = None
    reason = "is JSON, but neither an object nor a list"
    with suppress(msgspec.MsgspecError, ValueError, RecursionError):
        document = msgspec.json.decode(body)  # in a third of the time, but it refuses more than `json` does
    try:
        if document is None:
            document = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError:
        reason = "isn't UTF-8"
    except RecursionError:
        reason = "is nested too deeply"
    except ValueError:
        reason = "isn't JSON"
    if not isinstance(document, dict | list):
        raise UnexpectedAnswerError(reason)
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def may_have_acted(method: str, outcome: Reply | NoReply) -> bool:
    """Whether the provider may have carried an attempt out. A 4xx (408 aside) is a refusal; all else is uncertain."""
    if method == "GET":
        return False
    if isinstance(outcome, Reply):
        return outcome.status not in _REFUSALS
    return outcome.ending not in (Ending.NOT_SENT, Ending.HOPELESS)


def retry_of(method: str, number: int, outcome: Reply | NoReply, chance: float) -> tuple[float, int] | None:
    """What follows a failed attempt: another one where the failure passes; of a create only where nothing was sent.

    Given are the seconds to wait before it, and what it takes out of the budget. Attempts are numbered from 1; `chance`
    says where in its range the wait lies (full jitter).
    """
    ending = None if isinstance(outcome, Reply) else outcome.ending
    passes = ending in (Ending.NOT_SENT, Ending.TIMED_OUT, Ending.BROKEN) or outcome.status in RETRIED_STATUSES
    is_repeatable = method in REPEATABLE_METHODS or ending is Ending.NOT_SENT
    if number >= ATTEMPTS or not (passes and is_repeatable):
        return None
    cost = COST_OF_TIME_OUT if ending is Ending.TIMED_OUT else COST
    return chance * BASE * 2 ** (number - 1), cost


def retry_after(value: str, now: datetime) -> float | None:
    """The seconds from `now` (UTC) that a `Retry-After` says, 0 for a date that has passed; None where it is neither.

    Source: RFC 9110, 10.2.3.
    """
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _FARTHEST)
    date = http_date(text)
    return None if date is None else min(max((date - now).total_seconds(), 0.0), _FARTHEST)


@lru_cache(maxsize=64)  # the answers of a second have the same one
def http_date(value: str | None) -> datetime | None:
    """The date in a header; None where there is none that can be read."""
    try:
        date = parsedate_to_datetime((value or "").strip())
        return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, IndexError):
        return None
