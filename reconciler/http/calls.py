"""Makes a call as often as it may be made: waits for its turn, sends it, and has the policies decide what follows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.http import errors
from reconciler.http.exchange import NoReply, Reply, Request
from reconciler.http.pacing import CallClass, ClientContext, Throttle
from reconciler.http.retry import http_date, may_have_acted, retry_after, retry_of
from reconciler.http.transport import Session
from reconciler.model.configuration import Account
from reconciler.model.destination import Destination
from reconciler.model.destination import destination_of as model_destination_of
from reconciler.model.event import Called, Waiting
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url
from reconciler.model.url_error import UrlError

_SUCCESS = range(200, 300)
_TOO_MANY_REQUESTS = 429
_SERVICE_UNAVAILABLE = 503
_SECONDS = re.compile(r"[0-9]{1,12}")
_VISIBLE = re.compile(r"[\x21-\x7e]+")


class Caller:
    """An account's way to its provider. Safe to use from several threads.

    Args:
        account: whose calls they are.
        context: clock, listener, allowed hosts, and what the clients of a run share.
        headers: all but the one that authorises.
    Raises:
        ProviderError: DENIED, where the account's token may not go to its base URL.
    """

    def __init__(self, account: Account, context: ClientContext, *, headers: Mapping[str, str]) -> None:
        self.account = account
        self.context = context
        self.destination = destination_of(account, context.allowed_hosts)
        authorization = (account.provider.auth.header, _authorization(account))
        self.session = Session(self.destination, authorization=authorization, headers=headers, timeout=account.timeout)
        self.budget = context.call_budget_of(account, self.destination.origin)

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
        call = _Call(self, request, call_class, shown)
        try:
            return call.make()
        except ProviderError as error:
            error.may_have_acted = call.may_have_acted
            raise


class _Call:
    """One call on its way, through all its attempts."""

    def __init__(self, caller: Caller, request: Request, call_class: CallClass, shown: str) -> None:
        self.may_have_acted = False
        self._caller = caller
        self._account = caller.account
        self._throttled = None if caller.account.provider.rest is None else caller.account.provider.rest.throttled
        self._clock = caller.context.clock
        self._listener = caller.context.listener
        self._budget = caller.budget
        self._request = request
        self._call_class = call_class
        self._shown = shown
        self._number = 1

    def make(self) -> Reply:
        cost = 0  # of the last retry
        while True:
            self._wait_for_turn()
            outcome, asks_to_wait = self._send()
            if asks_to_wait:
                continue  # no attempt: the throttle waits before the next
            if isinstance(outcome, Reply) and outcome.status in _SUCCESS:
                self._budget.refund(cost)
                return outcome
            self.may_have_acted = self.may_have_acted or may_have_acted(self._request.method, outcome)
            retry = retry_of(self._request.method, self._number, outcome, self._clock.chance())
            if retry is None or not self._budget.spend(retry.cost):
                raise self._error(outcome)
            self._number += 1
            cost = retry.cost
            if outcome.status == _SERVICE_UNAVAILABLE:
                self._check_throttle(outcome.status)
            if retry.wait > self._budget.throttle.wait(self._clock.monotonic()):
                self._sleep(retry.wait, f"attempt {self._number} of a call comes after a pause")

    def _wait_for_turn(self) -> None:
        """Wait until the provider wants to be called, and a slot is free."""
        limiter = self._budget.limiter
        while True:
            if self._clock.stopping():
                raise self._interrupted()
            self._check_throttle(0)
            wait, reason = self._budget.throttle.wait(self._clock.monotonic()), "the provider asks to wait"
            if not wait:
                wait, reason = limiter.take(self._call_class), limiter.reason(self._call_class)
                if not wait:
                    return
                share = limiter.refused_share(self._call_class)
                self._budget.set_throttle(Throttle.paced, wait, share, self._clock.monotonic())
                self._check_throttle(0)
            self._sleep(wait, reason)

    def _send(self) -> tuple[Reply | NoReply, bool]:
        """Send the call once; whether the answer asks to wait and send it again."""
        began = self._clock.monotonic()
        asks_to_wait = False
        try:
            outcome = self._caller.session.send(self._request)
            asks_to_wait = isinstance(outcome, Reply) and self._asks_to_wait(outcome)
        finally:
            self._budget.limiter.give_back(self._call_class, refused=asks_to_wait)
        now = self._clock.monotonic()
        self._listener(
            Called(
                account=self._account.name,
                method=self._request.method,
                path=self._shown,
                status=outcome.status,
                seconds=now - began,
                attempt=self._number,
            )
        )
        if isinstance(outcome, Reply):
            told = self._told(outcome)
            if asks_to_wait:
                self._budget.set_throttle(Throttle.refused, sent_at=began, now=now, told=told)
                self._check_throttle(outcome.status)
            else:
                self._budget.set_throttle(Throttle.succeeded, began)
                if outcome.status == _SERVICE_UNAVAILABLE and told is not None:
                    self._budget.set_throttle(Throttle.told, told, now)
        return outcome, asks_to_wait

    def _asks_to_wait(self, reply: Reply) -> bool:
        """Whether an answer says that the call comes too soon."""
        declared = self._throttled
        if reply.status == _TOO_MANY_REQUESTS or declared is None or reply.status != declared.status:
            return reply.status == _TOO_MANY_REQUESTS
        return reply.headers.get(declared.header) == declared.value or "retry-after" in reply.headers

    def _told(self, reply: Reply) -> float | None:
        """The seconds that an answer says to wait; None where it doesn't say."""
        now = http_date(reply.headers.get("date")) or self._clock.now()
        if (value := reply.headers.get("retry-after")) is not None:
            return retry_after(value, now)
        if self._throttled is None or not self._asks_to_wait(reply):
            return None
        until = reply.headers.get(self._throttled.until, "")
        return max(float(until) - now.timestamp(), 0.0) if _SECONDS.fullmatch(until) else None

    def _check_throttle(self, status: int) -> None:
        """Raise where the provider wants to be left alone for longer than a run may wait."""
        throttle = self._budget.throttle
        wait = throttle.wait(self._clock.monotonic())
        if throttle.given_up and wait:
            raise errors.limited(self._account, wait, self._clock.now(), status)

    def _sleep(self, seconds: float, reason: str) -> None:
        if self._budget.is_news(self._clock.monotonic(), seconds, reason):
            self._listener(Waiting(account=self._account.name, seconds=seconds, reason=reason))
        if not self._clock.sleep(seconds):
            raise self._interrupted()

    def _error(self, outcome: Reply | NoReply) -> ProviderError:
        if isinstance(outcome, Reply):
            return errors.refusal(self._account, self._request, outcome)
        return errors.no_reply(self._account, self._caller.destination.origin, outcome)

    def _interrupted(self) -> ProviderError:
        return errors.interrupted(self._account, may_have_acted=self.may_have_acted)


def destination_of(account: Account, allowed_hosts: frozenset[str]) -> Destination:
    """Where an account's calls go, if its token may go there.

    Args:
        account: its base URL, token and headers are looked at.
        allowed_hosts: hosts, with an optional `:port`, that the user allows outside the file.
    Raises:
        ProviderError: DENIED, where the token may not go there, or can't be sent at all.
    """
    try:
        found = model_destination_of(parse_url(SecretText.literal(account.base_url)), account.provider, allowed_hosts)
    except UrlError as error:
        denied = _denied(f"the account's `base_url` can't be used: {error.message}", error.help)
    else:
        if account.token or not account.provider.auth.optional:
            _check_header("token", account.token)
        for setting, value in account.header_settings:
            _check_header(setting.name, value)
        return found
    raise denied


def _check_header(what: str, value: SecretText) -> None:
    """Only visible ASCII goes into a header: a line break would begin another one."""
    if _VISIBLE.fullmatch(value.reveal()):
        return
    names = ", ".join(f"`{name}`" for name in value.variables())
    where = f"Check the value of {names}" if names else f"Check the account's {what}"
    if not value:
        raise _denied(f"the {what} is empty", f"{where}.")
    raise _denied(
        f"the {what} contains white space, a line break or another character that isn't allowed in a header",
        f"{where}: often it is a line break at the end.",
    )


def _denied(message: str, help_: str) -> ProviderError:
    return ProviderError(kind=ErrorKind.DENIED, message=message, help=help_)


def _authorization(account: Account) -> SecretText:
    """The value of the header that authorises; empty where an account does without a token."""
    scheme = account.provider.scheme_of(account.token.reveal())
    if not (account.token and scheme):
        return account.token
    return SecretText.joined((SecretText.literal(scheme), account.token), " ")
