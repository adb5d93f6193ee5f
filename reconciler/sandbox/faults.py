"""Faults: which requests fail, and in which of the ways of real services."""

import random
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, assert_never

from reconciler.sandbox.messages import Response


class Action:
    """What is done to a request. One that `reply_to` doesn't know does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Action):
    """Answer this, and don't carry the request out.

    Attributes:
        retry_after: the value of a `Retry-After` header: seconds, a date, or nonsense; None: no such header.
        location: the value of a `Location` header, for a redirect; None: no such header.
    """

    status: int
    body: bytes = b'{"detail": "Made up by the sandbox."}'
    content_type: str = "application/json"
    retry_after: str | None = None
    location: str | None = None

    def response(self) -> Response:
        """The answer as it is sent."""
        headers = {"Content-Type": self.content_type, "Retry-After": self.retry_after, "Location": self.location}
        given = tuple((name, value) for name, value in headers.items() if value is not None)
        return Response(status=self.status, headers=given, body=self.body)


BAD_GATEWAY: Final = Answer(
    status=502,
    body=b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n",
    content_type="text/html",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceAnswer(Action):
    """Carry the request out, and answer this in place of what is true."""

    answer: Answer = BAD_GATEWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class DropAnswer(Action):
    """Carry the request out, and close the connection without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetAnswer(Action):
    """Carry the request out, and reset the connection without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetRequest(Action):
    """Reset the connection when the request has been read; don't carry it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutAnswer(Action):
    """Carry the request out, send the answer's head and this many bytes of its body, then close the connection."""

    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortenAnswer(Action):
    """Carry the request out, and answer with the first bytes of the body as if they were all: valid HTTP, cut JSON."""

    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DripAnswer(Action):
    """Carry the request out, and send the answer a byte at a time, each after so many seconds."""

    pause: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(Action):
    """Carry the request out, and never answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Action):
    """Reset the connection, don't carry the request out, and refuse all connections from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a client gets.

    Attributes:
        response: what is sent; None: nothing, the connection is closed.
        cut: after how many bytes of the body the connection is closed; None: all is sent.
        pause: seconds before each byte; None: all is sent at once.
        resets: the connection is reset.
        hangs: the connection stays as it is until the client closes it.
    """

    response: Response | None = None
    cut: int | None = None
    pause: float | None = None
    resets: bool = False
    hangs: bool = False

    @property
    def ends(self) -> bool:
        """Whether the connection ends with it."""
        return self.response is None or self.cut is not None


def reply_to(action: Action | None, act: Callable[[], Response]) -> Reply:
    """Do what an action says.

    Args:
        action: the action; None: there is none, all goes well.
        act: carries the request out.
    """
    match action:
        case Answer():
            return Reply(response=action.response())
        case ResetRequest() | Refuse():
            return Reply(resets=True)
    response = act()
    match action:
        case ReplaceAnswer(answer=answer):
            return Reply(response=answer.response())
        case DropAnswer():
            return Reply()
        case ResetAnswer():
            return Reply(resets=True)
        case Hang():
            return Reply(hangs=True)
        case CutAnswer(after=after):
            return Reply(response=response, cut=after)
        case ShortenAnswer(after=after):
            return Reply(response=replace(response, body=response.body[:after]))
        case DripAnswer(pause=pause):
            return Reply(response=response, pause=pause)
        case _:
            return Reply(response=response)


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """Every request that the rule is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nth:
    """Only the k-th of them; the first is 1."""

    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    """The k-th of them and all that follow; the first is 1."""

    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """Each of them with this probability, from 0 to 1."""

    probability: float


When = Every | Nth | From | Chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which requests, and what is done to them.

    Attributes:
        action: what is done.
        method: the HTTP method, in upper case; None: any.
        path: the path without its query, `*` standing for anything.
        when: which of the requests with that method and path.
    """

    action: Action
    method: str | None = None
    path: str = "*"
    when: When = Every()

    def matches(self, method: str, path: str) -> bool:
        """Whether the rule is about such requests, `when` aside."""
        pattern = ".*".join(re.escape(piece) for piece in self.path.split("*"))
        return self.method in (None, method) and re.fullmatch(pattern, path, re.DOTALL) is not None


class CountedRule:
    """A rule at work, with what it counted.

    Attributes:
        rule: the rule.
        seen: requests of its method and path so far, whoever decided about them.
        applied: requests so far to which it was applied.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.seen = 0
        self.applied = 0

    def is_due(self, rng: random.Random) -> bool:
        """Whether the rule applies to the request that was seen last."""
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


class Faults:
    """The rules at work at a server. Safe under threads.

    Args:
        rules: the rules; the first that applies to a request decides, all that match count it.
        seed: what chance starts from, so that runs are alike.
    """

    def __init__(self, rules: Iterable[Rule] = (), seed: int = 0) -> None:
        self._rules = [CountedRule(rule) for rule in rules]
        self._rng = random.Random(seed)  # noqa: S311 - faults, not secrets
        self._lock = threading.Lock()

    @property
    def is_refusing(self) -> bool:
        """Whether connections are refused now."""
        with self._lock:
            return any(armed.applied and isinstance(armed.rule.action, Refuse) for armed in self._rules)

    def reply(self, method: str, path: str, act: Callable[[], Response]) -> Reply:
        """Decide about a request, and do what the rule says.

        Args:
            method: the request's method.
            path: its path, without the query.
            act: carries it out.
        """
        armed = self._decide(method, path)
        return reply_to(None if armed is None else armed.rule.action, act)

    def _decide(self, method: str, path: str) -> CountedRule | None:
        with self._lock:
            matching = [armed for armed in self._rules if armed.rule.matches(method, path)]
            for armed in matching:
                armed.seen += 1
            decided = next((armed for armed in matching if armed.is_due(self._rng)), None)
            if decided is not None:
                decided.applied += 1
            return decided
