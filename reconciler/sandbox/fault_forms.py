"""Reads the faults of the command line, such as `503:POST@2`, as rules."""

import re
from collections.abc import Mapping
from typing import Final

from reconciler.sandbox.faults import (
    BAD_GATEWAY,
    Action,
    Answer,
    Chance,
    CutAnswer,
    DripAnswer,
    DropAnswer,
    Every,
    From,
    Hang,
    Nth,
    Refuse,
    ReplaceAnswer,
    ResetAnswer,
    ResetRequest,
    Rule,
    ShortenAnswer,
    When,
)

FORMS: Final = """\
[CHANCE%:]WHAT[:METHOD][@WHICH], where WHAT is one of

  503, 429/5    any status, 400 to 599, nothing done; /5 adds Retry-After: 5
  html          502 with an HTML page, nothing done
  html-after    the same, but the request was carried out
  drop          carried out, then the connection is closed without an answer
  reset-after   carried out, then the connection is reset
  reset-before  the connection is reset, nothing done
  cut, cut/20   carried out, the connection is closed after 10 (here 20)
                bytes of the answer's body
  short/20      carried out, the answer's body is its first 10 (here 20)
                bytes, and says so; short/0: no body
  redirect      307 to another host, nothing done
  hang          carried out, never answered
  drip, drip/9  carried out, answered a byte every 100 (here 9) ms
  refuse        the connection is reset, nothing done; connections are
                refused from then on

METHOD is GET, POST, PUT or DELETE (else any), WHICH is 3 for the third
such request only or 3+ for that one and all later ones (else every one),
and CHANCE the probability for each, in percent.
Examples: 503  503:POST  429/5@3  drop:POST@1  html:GET  20%:503"""

_FAULT: Final = re.compile(
    r"(?:(?P<chance>[0-9]{1,3}(?:\.[0-9]+)?)%:)?"
    r"(?P<what>[45][0-9]{2}|html|html-after|drop|reset-after|reset-before|cut|short|redirect|hang|drip|refuse)"
    r"(?:/(?P<number>[0-9]{1,6}))?"
    r"(?::(?P<method>GET|POST|PUT|DELETE))?"
    r"(?:@(?P<which>[1-9][0-9]{0,5})(?P<later>\+)?)?",
    re.ASCII | re.IGNORECASE,
)
_CUT_AFTER: Final = 10  # bytes
_DRIP: Final = 100  # milliseconds
_PLAIN: Final[Mapping[str, Action]] = {
    "html": BAD_GATEWAY,
    "html-after": ReplaceAnswer(answer=BAD_GATEWAY),
    "drop": DropAnswer(),
    "reset-after": ResetAnswer(),
    "reset-before": ResetRequest(),
    "redirect": Answer(status=307, location="https://elsewhere.example/webhooks"),
    "hang": Hang(),
    "refuse": Refuse(),
}
_TAKES_A_NUMBER: Final = ("cut", "short", "drip")


def parse_fault(text: str) -> Rule:
    """Read one fault.

    Args:
        text: `[CHANCE%:]WHAT[:METHOD][@WHICH]`, see `FORMS`, which the command's help shows.

    Returns:
        The rule that makes it happen.

    Raises:
        ValueError: it is not a fault; the text says which forms there are.
    """
    found = _FAULT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a fault. A fault is {FORMS}")
    what, number = found["what"].lower(), found["number"]
    if number is not None and not (what.isdigit() or what in _TAKES_A_NUMBER):
        raise ValueError(f"{text!r}: only a status, {', '.join(_TAKES_A_NUMBER)} take a number. A fault is {FORMS}")
    if found["chance"] and found["which"]:
        raise ValueError(f"{text!r}: a fault has a chance or a place (@), not both. A fault is {FORMS}")
    if found["chance"] and not 0 < float(found["chance"]) <= 100:  # noqa: PLR2004 - percent
        raise ValueError(f"{text!r}: a chance is above 0 % and at most 100 %. A fault is {FORMS}")
    return Rule(
        action=_action(what, number),
        method=None if found["method"] is None else found["method"].upper(),
        when=_when(found),
    )


def _action(what: str, number: str | None) -> Action:
    match what:
        case "cut":
            return CutAnswer(after=int(number or _CUT_AFTER))
        case "short":
            return ShortenAnswer(after=int(number or _CUT_AFTER))
        case "drip":
            return DripAnswer(pause=int(number or _DRIP) / 1000)
        case _ if what in _PLAIN:
            return _PLAIN[what]
        case _:
            return Answer(status=int(what), retry_after=number)


def _when(found: re.Match[str]) -> When:
    if found["chance"]:
        return Chance(probability=float(found["chance"]) / 100)
    if found["which"]:
        k = int(found["which"])
        return From(k=k) if found["later"] else Nth(k=k)
    return Every()
