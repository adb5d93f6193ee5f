"""Makes a call as often as it may be made: waits for its turn, sends it, and has the policies decide what follows."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.configuration import Account
from reconciler.model.destination import Destination
from reconciler.model.reading import ProviderError
from reconciler.model.report import Called, Waiting
from reconciler.model.secret import SecretText
from reconciler.providers import refusals
from reconciler.providers.call_budget import CallBudget, call_budget_of
from reconciler.providers.client import ClientContext
from reconciler.providers.destination import destination_of
from reconciler.providers.exchange import NoReply, Reply, Request
from reconciler.providers.rate import CallClass
from reconciler.providers.retry import Attempt, Ending, decide, http_date, retry_after
from reconciler.providers.session import Session

_TOO_MANY_REQUESTS = 429
_SERVICE_UNAVAILABLE = 503
_SECONDS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """What there is once it is known that the account's token may go where it is to go."""

    destination: Destination
    session: Session
    call_budgets: CallBudget


class Caller:
    """An account's way to its provider. Safe to use from several threads.

    Args:
        account: whose calls they are.
        context: clock, listener, allowed hosts, and what the clients of a run share.
        headers: all but the one that authorises.
    """

    def __init__(self, account: Account, context: ClientContext, *, headers: Mapping[str, str]) -> None:
        self._account = account
        self._context = context
        self._headers = headers
        self._opened: _Open | None = None
        self._lock = threading.Lock()

    @property
    def destination(self) -> Destination:
        """Where calls go.

        Raises:
            ProviderError: DENIED, where the token may not go there.
        """
        return self._open().destination

    def call(self, request: Request, call_class: CallClass, shown: str) -> Reply:
        """Send a request until it succeeds, fails for good, or may not be sent again.

        Args:
            request: its target begins with the destination's path.
            call_class: what it counts as.
            shown: the path as events may show it.
        Returns:
            The answer, with a status from 200 to 299.
        Raises:
            ProviderError: it failed; `may_have_acted` is about all its attempts.
        """
        return _Call(self._account, self._context, self._open(), request, call_class, shown).make()

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.session.close()

    def _open(self) -> _Open:
        with self._lock:
            if self._opened is None:
                account = self._account
                destination = destination_of(account, self._context.allowed_hosts)
                self._opened = _Open(
                    destination=destination,
                    session=Session(
                        destination,
                        authorization=(account.provider.auth.header, _authorization(account)),
                        headers=self._headers,
                        timeout=account.timeout,
                    ),
                    call_budgets=call_budget_of(
                        account, destination.origin, self._context.call_budgets, self._context.clock
                    ),
                )
            return self._opened


class _Call:
    """One call on its way, through all its attempts."""

    def __init__(
        self,
        account: Account,
        context: ClientContext,
        opened: _Open,
        request: Request,
        call_class: CallClass,
        shown: str,
    ) -> None:
        self._account = account
        self._throttled = None if account.provider.rest is None else account.provider.rest.throttled
        self._clock = context.clock
        self._listener = context.listener
        self._opened = opened
        self._politeness = opened.call_budgets
        self._request = request
        self._call_class = call_class
        self._shown = shown
        self._number = 1
        self._cost = 0  # of the last retry
        self._may_have_acted = False

    def make(self) -> Reply:
        while True:
            outcome = self._send()
            if isinstance(outcome, Reply):
                if self._asks_to_wait(outcome):
                    continue  # no attempt: the throttle waits before the next
                attempt = self._attempt(Ending.ANSWERED, outcome.status)
                if attempt.succeeded:
                    self._politeness.budget.refund(self._cost)
                    return outcome
            else:
                attempt = self._attempt(outcome.ending)
            self._may_have_acted = self._may_have_acted or attempt.may_have_acted
            self._prepare_next(attempt, outcome)

    def _attempt(self, ending: Ending, status: int = 0) -> Attempt:
        return Attempt(method=self._request.method, number=self._number, ending=ending, status=status)

    def _prepare_next(self, attempt: Attempt, outcome: Reply | NoReply) -> None:
        """Wait for the next attempt, or raise where there is none."""
        decision = decide(attempt, self._clock.chance())
        if not (decision.again and self._politeness.budget.spend(decision.cost)):
            raise self._error(outcome)
        self._number += 1
        self._cost = decision.cost
        if attempt.status == _SERVICE_UNAVAILABLE:
            self._check_throttle(attempt.status)
        if decision.wait > self._politeness.throttle.state.wait(self._clock.monotonic()):
            self._sleep(decision.wait, f"attempt {self._number} of a call comes after a pause")

    def _send(self) -> Reply | NoReply:
        """Wait for the call's turn and send it once."""
        self._wait_for_turn()
        began = self._clock.monotonic()
        refused = False
        try:
            outcome = self._opened.session.send(self._request)
            refused = isinstance(outcome, Reply) and self._asks_to_wait(outcome)
        finally:
            self._politeness.limiter.give_back(self._call_class, refused=refused)
        now = self._clock.monotonic()
        self._listener(
            Called(
                account=self._account.name,
                method=self._request.method,
                path=self._shown,
                status=outcome.status if isinstance(outcome, Reply) else 0,
                seconds=now - began,
                attempt=self._number,
            )
        )
        if isinstance(outcome, Reply):
            self._heed(outcome, began, now)
        return outcome

    def _wait_for_turn(self) -> None:
        """Wait until the provider wants to be called, and a slot is free."""
        throttle, limiter = self._politeness.throttle, self._politeness.limiter
        while True:
            if self._clock.stopping():
                raise self._interrupted()
            self._check_throttle(0)
            wait, reason = throttle.state.wait(self._clock.monotonic()), "the provider asks to wait"
            if not wait:
                wait, reason = limiter.take(self._call_class), limiter.reason(self._call_class)
                if not wait:
                    return
                throttle.paced(wait, limiter.refused_share(self._call_class), self._clock.monotonic())
                self._check_throttle(0)
            self._sleep(wait, reason)

    def _heed(self, reply: Reply, sent_at: float, now: float) -> None:
        """Note what an answer says about calling again."""
        told = self._told(reply)
        if self._asks_to_wait(reply):
            self._politeness.throttle.refused(sent_at=sent_at, now=now, told=told)
            self._check_throttle(reply.status)
            return
        self._politeness.throttle.succeeded(sent_at)
        if reply.status == _SERVICE_UNAVAILABLE and told is not None:
            self._politeness.throttle.told(told, now)

    def _asks_to_wait(self, reply: Reply) -> bool:
        """Whether an answer says that the call comes too soon."""
        if reply.status == _TOO_MANY_REQUESTS:
            return True
        said = self._throttled
        if said is None or reply.status != said.status:
            return False
        return reply.headers.get(said.header) == said.value or "retry-after" in reply.headers

    def _told(self, reply: Reply) -> float | None:
        """The seconds that an answer says to wait; None where it doesn't say."""
        now = http_date(reply.date) or self._clock.now()
        if (value := reply.headers.get("retry-after")) is not None:
            return retry_after(value, now)
        if self._throttled is None or not self._asks_to_wait(reply):
            return None
        until = reply.headers.get(self._throttled.until, "")
        return max(float(until) - now.timestamp(), 0.0) if _SECONDS.fullmatch(until) else None

    def _check_throttle(self, status: int) -> None:
        """Raise where the provider wants to be left alone for longer than a run may wait."""
        state, now = self._politeness.throttle.state, self._clock.monotonic()
        if state.given_up and state.wait(now):
            raise refusals.limited(
                self._account,
                state.wait(now),
                self._clock.now(),
                may_have_acted=self._may_have_acted,
                status=status,
            )

    def _sleep(self, seconds: float, reason: str) -> None:
        if self._politeness.is_news(self._clock.monotonic(), seconds, reason):
            self._listener(Waiting(account=self._account.name, seconds=seconds, reason=reason))
        if not self._clock.sleep(seconds):
            raise self._interrupted()

    def _error(self, outcome: Reply | NoReply) -> ProviderError:
        if isinstance(outcome, Reply):
            return refusals.refusal(self._account, self._request, outcome, may_have_acted=self._may_have_acted)
        origin = self._opened.destination.origin
        return refusals.no_reply(self._account, origin, outcome, may_have_acted=self._may_have_acted)

    def _interrupted(self) -> ProviderError:
        return refusals.interrupted(self._account, may_have_acted=self._may_have_acted)


def _authorization(account: Account) -> SecretText:
    """The value of the header that authorises; empty where an account does without a token."""
    scheme = account.provider.scheme_of(account.token.reveal())
    if not (account.token and scheme):
        return account.token
    return SecretText.joined((SecretText.literal(scheme), account.token), " ")
