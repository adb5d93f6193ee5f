"""Faults: which requests fail, and in which of the ways of real services."""

import random
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from reconciler.sandbox.messages import Response

FORMS: Final = """\
[CHANCE%:]WHAT[:METHOD][@WHICH], where WHAT is one of

  503, 429/5    any status, 400 to 599, nothing done; /5 adds Retry-After: 5
  html          502 with an HTML page, nothing done
  html-after    the same, but the request was carried out
  drop          carried out, then the connection is closed without a response
  reset-after   carried out, then the connection is reset
  reset-before  the connection is reset, nothing done
  cut, cut/20   carried out, the connection is closed after 10 (here 20)
                bytes of the response body
  short/20      carried out, the response body is only its first 10 (here 20)
                bytes, with a Content-Length to match; short/0: no body
  redirect      307 to another host, nothing done
  hang          carried out, but no response is sent
  drip, drip/9  carried out, one byte of the response every 100 (here 9) ms
  refuse        the connection is reset, nothing done; connections are
                refused from then on

METHOD is GET, POST, PUT, PATCH or DELETE (else any), WHICH is 3 for the
third such request only or 3+ for that one and all later ones (else every
one), and CHANCE, if there is no WHICH, the probability for each: a
percentage above 0. Only where a number is shown above may there be one.
Examples: 503  503:POST  429/5@3  drop:POST@1  html:GET  20%:503"""


class Action(Struct, frozen=True, kw_only=True):
    """What is done to a request; where nothing is said, all goes well."""

    acts: bool = True  # the request is carried out
    instead: Literal["close", "reset", "hang"] | None = None  # of an answer; hang: until the client closes
    refuses: bool = False  # connections are refused from then on
    short: int | None = None  # the answer's body is this many of its first bytes, and says so: valid HTTP, cut JSON
    cut: int | None = None  # after how many bytes of the answer's body the connection is closed
    pause: float | None = None  # seconds before each byte of the answer

    def respond(self, act: Callable[[], Response]) -> Response | None:
        """Carry the request out by `act()`, where it is to be, and say what is answered."""
        response = act() if self.acts else None
        if response is None or self.instead is not None:
            return None
        return response if self.short is None else replace(response, body=response.body[: self.short])


class Answer(Action, frozen=True, kw_only=True):
    """Answer this, whatever is true; a header that is None isn't sent."""

    acts: bool = False
    status: int
    body: bytes = b'{"detail": "Made up by --fault."}'
    content_type: str = "application/json"
    retry_after: str | None = None  # seconds, a date, or nonsense
    location: str | None = None

    def respond(self, act: Callable[[], Response]) -> Response:
        if self.acts:
            act()
        headers = {"Content-Type": self.content_type, "Retry-After": self.retry_after, "Location": self.location}
        given = tuple((name, value) for name, value in headers.items() if value is not None)
        return Response(status=self.status, headers=given, body=self.body)


BAD_GATEWAY: Final = Answer(
    status=502,
    body=b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n",
    content_type="text/html",
)
LATE_BAD_GATEWAY: Final = replace(BAD_GATEWAY, acts=True)
DROP_ANSWER: Final = Action(instead="close")
RESET_ANSWER: Final = Action(instead="reset")
RESET_REQUEST: Final = Action(acts=False, instead="reset")
HANG: Final = Action(instead="hang")
REFUSE: Final = Action(acts=False, instead="reset", refuses=True)
_FORMS: Final[Mapping[str, Action]] = {
    "html": BAD_GATEWAY,
    "html-after": LATE_BAD_GATEWAY,
    "drop": DROP_ANSWER,
    "reset-after": RESET_ANSWER,
    "reset-before": RESET_REQUEST,
    "redirect": Answer(status=307, location="https://elsewhere.example/webhooks"),
    "hang": HANG,
    "refuse": REFUSE,
}
_NUMBERED_FORMS: Final[Mapping[str, Callable[..., Action]]] = {
    "cut": lambda size=10: Action(cut=size),
    "short": lambda size=10: Action(short=size),
    "drip": lambda milliseconds=100: Action(pause=milliseconds / 1000),
}
_FAULT: Final = re.compile(
    r"(?:(?P<chance>[0-9]{1,3}(?:\.[0-9]+)?)%:)?"
    rf"(?:(?P<form>{'|'.join(_FORMS)})|(?P<what>[45][0-9]{{2}}|{'|'.join(_NUMBERED_FORMS)})(?:/(?P<number>[0-9]{{1,6}}))?)"
    r"(?::(?P<method>GET|POST|PUT|PATCH|DELETE))?"
    r"(?:@(?P<which>[1-9][0-9]{0,5})(?P<later>\+)?)?",
    re.ASCII | re.IGNORECASE,
)


class When(Struct, frozen=True, kw_only=True):
    """Which of a rule's requests, the first being 1, each of them with this chance, from 0 to 1."""

    nth: int | None = None  # only this one
    since: int = 1  # none before this one
    chance: float = 1.0

    def applies(self, number: int, rng: random.Random) -> bool:
        return self.nth in (None, number) and number >= self.since and (self.chance == 1 or rng.random() < self.chance)


class Rule(Struct, frozen=True, kw_only=True):
    """Which requests, and what is done to them."""

    action: Action
    method: str | None = None  # in upper case; None: any
    path: str = "*"  # without the query, `*` standing for anything
    when: When = When()  # which of the requests with that method and path

    def matches(self, method: str, path: str) -> bool:
        pattern = ".*".join(re.escape(piece) for piece in self.path.split("*"))
        return self.method in (None, method) and re.fullmatch(pattern, path, re.DOTALL) is not None


def parse_fault(text: str) -> Rule:
    """Read one fault of the command line, see `FORMS`.

    Raises:
        ValueError: it is not a fault; the text says which forms there are.
    """
    found = _FAULT.fullmatch(text)
    chance = float(found["chance"] or 100) / 100 if found else 0.0
    if found is None or not 0 < chance <= 1 or (found["chance"] and found["which"]):
        raise ValueError(f"{text!r} is not a valid fault. A fault is {FORMS}")
    form, number = (found["form"] or found["what"]).lower(), found["number"]
    if form.isdigit():
        action: Action = Answer(status=int(form), retry_after=number)
    elif form in _FORMS:
        action = _FORMS[form]
    else:
        action = _NUMBERED_FORMS[form](*([int(number)] if number else []))
    which = {} if found["which"] is None else {"since" if found["later"] else "nth": int(found["which"])}
    return Rule(action=action, method=found["method"] and found["method"].upper(), when=When(chance=chance, **which))


class CountedRule:
    """A rule at work."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.seen = 0  # requests of its method and path, whichever rule decides about them
        self.applied = 0  # those that it decided about


class Faults:
    """The rules at work at a server: the first that applies to a request decides, all that match count it."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = [CountedRule(rule) for rule in rules]
        self._rng = random.Random(0)  # noqa: S311 - faults, not secrets; runs are alike
        self._lock = threading.Lock()

    @property
    def is_refusing(self) -> bool:
        with self._lock:
            return any(counted.applied and counted.rule.action.refuses for counted in self._rules)

    def respond(self, method: str, path: str, act: Callable[[], Response]) -> tuple[Action, Response | None]:
        """Decide about a request, and do what is decided; `act()` carries it out."""
        counted = self._decide(method, path)
        action = Action() if counted is None else counted.rule.action
        return action, action.respond(act)

    def _decide(self, method: str, path: str) -> CountedRule | None:
        with self._lock:
            matching = [counted for counted in self._rules if counted.rule.matches(method, path)]
            for counted in matching:
                counted.seen += 1
            for counted in matching:
                if counted.rule.when.applies(counted.seen, self._rng):
                    counted.applied += 1
                    return counted
            return None
