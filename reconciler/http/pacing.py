"""What the clients of a run share, so that together they call no more, and wait no longer, than they may."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.configuration import Account, Destination, destination_of
from reconciler.model.known_urls import KnownUrls
from reconciler.model.provider import RateLimits
from reconciler.model.report import Expected, Listener
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url

if TYPE_CHECKING:  # loads requests
    from reconciler.http.transport import Connections

# All in seconds.
WINDOW = 60.0  # that a provider's limits are counted over
MARGIN = 0.25  # added to it, for two clocks that don't run equally fast
UNTOLD_WAITS = (15.0, 30.0, 60.0)  # where a 429 doesn't say: the first time, the second, and every time after that
SHORTEST_WAIT = 1.0  # after a 429 that says not to wait at all; when the next one says so too, it counts as untold
LONGEST_WAIT_OF_A_RUN = 300.0  # that a run may wait in all, the pacing that repeated calls cause included
LONG = 60.0  # that limits make calls take, from which on it is said before
NOTICEABLE = 1.0  # waits are told that are so long, or last so much longer than what was told for their reason

READERS = 10
"""How many pages of lists are asked for at once, by all lists of a run together, before another page names them."""

BUDGET = 500
REFUND_OF_CLEAN_CALL = 1


class Clock(Protocol):
    """Time (UTC, and seconds that only ever grow) and chance (from 0 up to, not including, 1), which tests can hold.

    `sleep` gives False at once when the run is asked to stop; while it is `stopping`, no new call starts.
    """

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> bool: ...
    def chance(self) -> float: ...
    def stopping(self) -> bool: ...


class CallClass(Enum):
    """What a call counts as; its value is the word for several."""

    WRITE = "writes"
    GET = "reads"
    LIST = "lists"

    __hash__ = object.__hash__  # that of `Enum` hashes the name anew each time


class Throttle(Struct, frozen=True, kw_only=True):
    """The waits that a provider asks for, by 429 or `Retry-After`."""

    open_at: float = 0.0  # when the next call may be sent
    waited: float = 0.0  # seconds so far, those until then and the share of pacing that refused calls cause included
    paced_until: float = 0.0  # until when pacing was counted
    refusals: int = 0  # how many 429s came one after another that didn't say how long to wait
    given_up: bool = False  # the wait until `open_at` is longer than a run may wait

    def refused(self, *, sent_at: float, now: float, told: float | None) -> Throttle:
        """A call was answered with 429, which says to wait for `told` seconds, or doesn't say."""
        if told is not None and told >= SHORTEST_WAIT:
            return self.asked_to_wait(told, now)
        if sent_at < self.open_at:
            return self  # sent before the wait for another call's refusal: one refusal, not two
        wait = UNTOLD_WAITS[min(self.refusals, len(UNTOLD_WAITS) - 1)]
        if told is not None and not self.refusals:
            wait = SHORTEST_WAIT
        return replace(self, refusals=self.refusals + 1).asked_to_wait(wait, now)

    def asked_to_wait(self, seconds: float, now: float) -> Throttle:
        """The provider asks that nothing is sent for a while."""
        open_at = now + seconds
        if open_at <= self.open_at:
            return self
        more = max(open_at - max(now, self.open_at, self.paced_until), 0.0)  # no second is counted twice
        # Who has given up stays so until then, however little later another call's answer says that is.
        still_given_up = self.given_up and now < self.open_at
        if still_given_up or self.waited + more > LONGEST_WAIT_OF_A_RUN:
            return replace(self, open_at=open_at, given_up=True)
        return replace(self, open_at=open_at, waited=self.waited + more, given_up=False)

    def paced(self, seconds: float, share: float, now: float) -> Throttle:
        """A call begins to wait for a slot, a share of it (of 1) due to refused calls; no second counts twice."""
        end = now + seconds
        more = share * max(end - max(now, self.paced_until, self.open_at), 0.0)
        if more and self.waited + more > LONGEST_WAIT_OF_A_RUN:
            return replace(self, open_at=max(end, self.open_at), given_up=True)
        return replace(self, waited=self.waited + more, paced_until=max(end, self.paced_until)) if share else self

    def succeeded(self, sent_at: float) -> Throttle:
        return replace(self, refusals=0) if self.refusals and sent_at >= self.open_at else self

    def wait(self, now: float) -> float:
        return max(self.open_at - now, 0.0)


class CallBudget:
    """What all calls with one token at one origin share: limits, the waits asked for, and what retries may cost.

    No 60 seconds hold more calls of a class than its limit: a call takes up its slot from before it is sent until a
    window after its end. The provider counts it somewhere between the two, so that however long the way there takes,
    its window never holds more than ours. The cost of retries is bounded, so that a dead provider isn't called on and
    on. Safe to use from several threads.
    """

    def __init__(self, clock: Clock, shards: int = 1) -> None:
        self.throttle = Throttle()
        self._clock, self._shards = clock, shards
        self._limits: dict[CallClass, int | None] = dict.fromkeys(CallClass)
        self._last: RateLimits | None = None  # that were kept: those of the next account mostly are the same
        self._running = dict.fromkeys(CallClass, 0)
        self._announced = dict.fromkeys(CallClass, 0)
        self._ended: dict[CallClass, deque[float]] = {call_class: deque() for call_class in CallClass}
        self._refused: dict[CallClass, deque[float]] = {call_class: deque() for call_class in CallClass}  # of these
        self._left = BUDGET
        self._told_until: dict[str, float] = {}
        self._lock = threading.Lock()

    def limit(self, limits: RateLimits) -> None:
        """Keep these limits, too: of several accounts with one token the strictest count, for calls made before too.

        All shards have them together: each takes its part, at least a call a minute.
        """
        if limits is self._last:
            return
        found = {CallClass.WRITE: limits.write, CallClass.GET: limits.get, CallClass.LIST: limits.list}
        with self._lock:
            self._last = limits
            for call_class, number in found.items():
                part = None if number is None else max(number // self._shards, 1)
                both = [one for one in (self._limits[call_class], part) if one is not None]
                self._limits[call_class] = min(both, default=None)

    def take(self, call_class: CallClass) -> float:
        """Take a slot for a call, which `give_back` must follow: 0; else the seconds after which to ask again.

        They count as asked for by the provider as far as refused calls take up the slots.
        """
        with self._lock:
            limit, now = self._limits[call_class], self._clock.monotonic()
            ended, refused = self._ended[call_class], self._refused[call_class]
            for ends in (ended, refused):
                while ends and ends[0] + WINDOW + MARGIN <= now:
                    ends.popleft()
            if limit is None or self._running[call_class] + len(ended) < limit:
                self._running[call_class] += 1
                self._announced[call_class] = max(self._announced[call_class] - 1, 0)
                return 0.0
            # Where all slots are taken by running calls, the soonest possible end is now.
            wait = (ended[0] if ended else now) + WINDOW + MARGIN - now
            refused_share = len(refused) / (self._running[call_class] + len(ended) or 1)
            self.throttle = self.throttle.paced(wait, refused_share, now)
            return wait

    def give_back(self, call_class: CallClass, *, refused: bool = False) -> None:
        """The call is over, so that its slot is free a window from now; `refused` where it has to be made again."""
        with self._lock:
            self._running[call_class] -= 1
            now = self._clock.monotonic()
            self._ended[call_class].append(now)
            if refused:
                self._refused[call_class].append(now)

    def announce(self, call_class: CallClass, calls: int) -> float:
        """So many calls will be made, too: the seconds until all that were announced can have been sent."""
        with self._lock:
            self._announced[call_class] += calls
            announced, limit, now = self._announced[call_class], self._limits[call_class], self._clock.monotonic()
            if limit is None or not announced:
                return 0.0
            # Each waits for the end of the one that many before it, as if it took no time itself.
            ends = [*self._ended[call_class], *[now] * self._running[call_class]]
            rounds, place = divmod(announced - 1, limit)
            before = len(ends) + place - limit
            return max(ends[before] + WINDOW + MARGIN - now if before >= 0 else 0.0, 0.0) + rounds * (WINDOW + MARGIN)

    def reason(self, call_class: CallClass) -> str:
        to_whom = f" to each of {self._shards} shards" if self._shards > 1 else ""
        return f"the provider allows {self._limits[call_class]} {call_class.value} a minute{to_whom}"

    def answered(self, *, sent_at: float, now: float, refused: bool, told: float | None) -> None:
        """A call was answered: refused until later, or not; and said to wait for `told` seconds, or didn't say."""
        with self._lock:
            if refused:
                self.throttle = self.throttle.refused(sent_at=sent_at, now=now, told=told)
            else:
                self.throttle = self.throttle.succeeded(sent_at)
                self.throttle = self.throttle if told is None else self.throttle.asked_to_wait(told, now)

    def spend(self, cost: int) -> bool:
        """Take out the cost of a retry; False where there isn't that much."""
        with self._lock:
            if cost > self._left:
                return False
            self._left -= cost
            return True

    def refund(self, cost: int) -> None:
        """A call succeeded: give back what its last retry cost, or a little where it had none."""
        with self._lock:
            self._left = min(self._left + (cost or REFUND_OF_CLEAN_CALL), BUDGET)

    def is_news(self, now: float, seconds: float, reason: str, least: float = NOTICEABLE) -> bool:
        """Whether a wait that begins now is worth telling: many calls wait for the same moment."""
        with self._lock:
            if seconds < least or now + seconds < self._told_until.get(reason, 0.0) + least:
                return False
            self._told_until[reason] = now + seconds
            return True


class ClientContext(Struct, frozen=True, kw_only=True):
    """What every client of a run is given beside its account.

    The listener is told of pages, waits and calls, from several threads at once. `allowed_hosts` (with an optional
    `:port`) may get a token beside the provider's own and loopback. Accounts of the same origin (in normal form) and
    token share one of the `call_budgets`, those of an origin its `connections`, those of a provider one of the
    `readers`, and those of a provider and token what is sent of it; the clients fill all of these in. All lists share
    the `page_readers`, and runs of so many `shards`, of which this is one, the limits.
    """

    clock: Clock
    listener: Listener
    secret_params: frozenset[str]
    allowed_hosts: frozenset[str] = frozenset()
    shards: int = 1
    urls: KnownUrls = field(default_factory=KnownUrls)  # that the files write
    call_budgets: dict[tuple[str, SecretText], CallBudget] = field(default_factory=dict)
    connections: dict[str, Connections] = field(default_factory=dict)
    readers: dict[object, Any] = field(default_factory=dict)  # of a provider's webhooks
    credentials: dict[tuple[str, SecretText], SecretText] = field(default_factory=dict)
    page_readers: threading.Semaphore = field(default_factory=lambda: threading.BoundedSemaphore(READERS))
    _destinations: dict[tuple[str, str], Destination] = field(default_factory=dict)  # thousands of accounts have one

    def destination(self, account: Account) -> Destination:
        """Where an account's calls go; UrlError where its token may not go there."""
        known = account.base_url, account.provider.name
        found = self._destinations.get(known)
        if found is None:
            url = parse_url(SecretText.literal(account.base_url))
            found = self._destinations[known] = destination_of(url, account.provider, self.allowed_hosts)
        return found

    def budget(self, origin: str, account: Account) -> CallBudget:
        """What the calls with an account's token at an origin share; the strictest limits of its accounts count."""
        found = self.call_budgets.get((origin, account.token))
        if found is None:
            found = self.call_budgets.setdefault((origin, account.token), CallBudget(self.clock, self.shards))
        found.limit(account.limits)
        return found

    def announce(self, budget: CallBudget, call_class: CallClass, calls: int, account: str, what: str) -> None:
        """Say how long calls will take that an account is about to make, where limits make that long."""
        seconds = budget.announce(call_class, calls)
        if budget.is_news(self.clock.monotonic(), seconds, f"{what} takes long", LONG):
            self.listener(Expected(account=account, what=what, seconds=seconds, reason=budget.reason(call_class)))
