"""Makes a call as often as it may be made: waits for its turn, sends it, and has the policies decide what follows."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping

from reconciler.http import errors
from reconciler.http.exchange import ApiRequest, NoReply, Reply, http_date, may_have_acted, retry_after, retry_of
from reconciler.http.pacing import CallClass, ClientContext
from reconciler.http.transport import Connections, Session
from reconciler.model.configuration import Account, Destination
from reconciler.model.diagnostic import UrlError
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.report import Called, Waiting
from reconciler.model.rest import Throttled
from reconciler.model.secret import SecretText

_SUCCESS = range(200, 300)
_TOO_MANY_REQUESTS = 429
_SERVICE_UNAVAILABLE = 503
_SECONDS = re.compile(r"[0-9]{1,12}")
_VISIBLE = re.compile(r"[\x21-\x7e]+")


class Caller:
    """An account's way to its provider, DENIED where its token may not go there. Safe to use from several threads."""

    def __init__(
        self, account: Account, context: ClientContext, *, headers: Mapping[str, str], throttled: Throttled | None
    ) -> None:
        self.destination = checked_destination(account, context)
        self._account = account
        self._throttled = throttled
        self._clock = context.clock
        self._listener = context.listener
        self._context = context
        origin = self.destination.origin
        self._budget = context.budget(origin, account)
        connections = context.connections.get(origin) or context.connections.setdefault(
            origin, Connections(self.destination)
        )
        known = account.provider.name, account.token
        credentials = context.credentials.get(known)
        if credentials is None:
            credentials = context.credentials[known] = _credentials(account)
        authorization = (account.provider.auth.header, credentials)
        self.session = Session(
            self.destination,
            authorization=authorization,
            headers=headers,
            timeout=account.timeout,
            connections=connections,
        )

    def call(self, request: ApiRequest, call_class: CallClass, shown: str) -> Reply:
        """Send a request until it succeeds, fails for good, or may not be sent again; events say the path as `shown`.

        An error's `may_have_acted` is about all its attempts.
        """
        clock, budget = self._clock, self._budget
        number, cost, acted = 1, 0, False  # of the attempt; of the last retry; whether any attempt may have
        try:
            while True:
                self._wait_for_turn(call_class, again=acted)
                outcome, asks_to_wait = self._send(request, call_class, shown, number)
                if asks_to_wait:
                    continue  # no attempt: the throttle waits before the next
                if isinstance(outcome, Reply) and outcome.status in _SUCCESS:
                    budget.refund(cost)
                    return outcome
                acted = acted or may_have_acted(request.method, outcome)
                retry = retry_of(request.retried_as, number, outcome, clock.chance())
                if retry is None or not budget.spend(retry[1]):
                    raise errors.failure(self._account, self.destination.origin, request, outcome)
                number += 1
                wait, cost = retry
                if outcome.status == _SERVICE_UNAVAILABLE:
                    self._check_throttle(outcome.status)
                if wait > budget.throttle.wait(clock.monotonic()):
                    self._sleep(wait, f"retrying a request (attempt {number})", again=acted)
        except ProviderError as error:
            error.may_have_acted = acted
            raise

    def announce_lists(self, calls: int) -> None:
        """So many more pages of a list are to be read: say how long that takes, if it is long."""
        self._context.announce(self._budget, CallClass.LIST, calls, self._account.name, "listing the webhooks")

    def _wait_for_turn(self, call_class: CallClass, *, again: bool) -> None:
        clock, budget = self._clock, self._budget
        while True:
            if clock.stopping():
                raise errors.interrupted(self._account, again=again)
            self._check_throttle(0)
            wait, reason = budget.throttle.wait(clock.monotonic()), "the provider asks to wait"
            if not wait:
                wait = budget.take(call_class)
                if not wait:
                    return
                reason = budget.reason(call_class)
                self._check_throttle(0)
            self._sleep(wait, reason, again=again)

    def _send(
        self, request: ApiRequest, call_class: CallClass, shown: str, number: int
    ) -> tuple[Reply | NoReply, bool]:
        """Send the call once; whether the answer asks to wait and send it again."""
        clock, budget = self._clock, self._budget
        began = clock.monotonic()
        asks_to_wait, told = False, None
        try:
            outcome = self.session.send(request)
            if isinstance(outcome, Reply):
                asks_to_wait, told = self._wait_asked_for(outcome.status, outcome.headers)
        finally:
            budget.give_back(call_class, refused=asks_to_wait)
        now = clock.monotonic()
        name, method, status, seconds = self._account.name, request.method, outcome.status, now - began
        self._listener(Called(account=name, method=method, path=shown, status=status, seconds=seconds, attempt=number))
        if status:
            budget.answered(sent_at=began, now=now, refused=asks_to_wait, told=told)
        if asks_to_wait:
            self._check_throttle(status)
        return outcome, asks_to_wait

    def _wait_asked_for(self, status: int, headers: Mapping[str, str]) -> tuple[bool, float | None]:
        """Whether an answer says that the call comes too soon, and the seconds that it says to wait."""
        asks, until, said = status == _TOO_MANY_REQUESTS, "", self._throttled
        if said is not None and (asks or status == said.status):
            asks = asks or headers.get(said.header) == said.value or "retry-after" in headers
            until = headers.get(said.until, "") if asks else ""
        if not asks and status != _SERVICE_UNAVAILABLE:
            return False, None
        now = http_date(headers.get("date")) or self._clock.now()
        if "retry-after" in headers:
            return asks, retry_after(headers["retry-after"], now)
        return asks, max(float(until) - now.timestamp(), 0.0) if _SECONDS.fullmatch(until) else None

    def _check_throttle(self, status: int) -> None:
        """Raise where the provider wants to be left alone for longer than a run may wait."""
        throttle = self._budget.throttle
        wait = throttle.wait(self._clock.monotonic())
        if throttle.given_up and wait:
            raise errors.limited(self._account, wait, self._clock.now(), status)

    def _sleep(self, seconds: float, reason: str, *, again: bool) -> None:
        if self._budget.is_news(self._clock.monotonic(), seconds, reason):
            self._listener(Waiting(account=self._account.name, seconds=seconds, reason=reason))
        if not self._clock.sleep(seconds):
            raise errors.interrupted(self._account, again=again)


def checked_destination(account: Account, context: ClientContext) -> Destination:
    """Where an account's calls go; DENIED where its token may not go there, or can't be sent at all."""
    try:
        found = context.destination(account)
    except UrlError as error:
        message = f"the account's `base_url` can't be used: {error.message}"
        denied = ProviderError(ErrorKind.DENIED, message, error.help)
    else:
        if account.token or not account.provider.auth.optional:
            _check_header("token", account.token)
        for setting, value in account.header_settings:
            _check_header(setting.name, value)
        return found
    raise denied


def _credentials(account: Account) -> SecretText:
    """What the header says; nothing where an account does without a token."""
    token, provider = account.token, account.provider
    if not token:
        return token
    scheme = provider.scheme_of(token.reveal())
    if provider.auth.is_basic:  # RFC 7617: a user name and an empty password
        token = SecretText.environment("", b64encode(f"{token.reveal()}:".encode()).decode())
    gap = "" if scheme.endswith("=") else " "
    return SecretText.joined((SecretText.literal(scheme), token), gap) if scheme else token


def _check_header(what: str, value: SecretText) -> None:
    """Only visible ASCII goes into a header: a line break would begin another one."""
    if _VISIBLE.fullmatch(value.reveal()):
        return
    names = ", ".join(f"`{name}`" for name in value.variables())
    message, end = f"the {what} is empty", ""
    if value:
        message = f"the {what} contains white space, a line break or another character that isn't allowed in a header"
        end = ": often it is a line break at the end"
    help_ = f"Check the value of {names}{end}." if names else f"Check the account's {what}{end}."
    raise ProviderError(ErrorKind.DENIED, message, help_)
