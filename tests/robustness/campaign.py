"""Draws and plays many cases, searches for planted defects, and makes a case that shows something smaller."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields, replace

from tests.robustness.case import Account, Case
from tests.robustness.drawing import draw
from tests.robustness.judge import Played, play

CRASHES = ("traceback", "ending")
"""What a defect shows as that no longer fits the code it is planted into."""


class Find(Struct, frozen=True, kw_only=True):
    """A case that shows something.

    Attributes:
        draws: how many cases were drawn until then.
        case: the case.
        broken: the first promise that it breaks.
    """

    draws: int
    case: Case
    broken: str


def figures(played: Played, case: Case) -> Counter[str]:
    """What a case adds to the figures of a campaign."""
    found: Counter[str] = Counter(cases=1)
    found[f"mode: {case.mode.value}"] += 1
    found["runs that overlapped"] += case.runs if case.runs > 1 else 0
    found["lists that lied"] += not case.tells_the_truth
    for number, phase in enumerate(played.phases):
        found["commands"] += len(phase.told)
        found["requests"] += sum(map(len, phase.log.values()))
        found["writes that took effect"] += sum(entry.took_effect for entry in phase.writes())
        found["faults and held calls"] += sum(phase.applied)
        found["cases with a fault that came"] += any(phase.applied)
        for told in phase.told:
            if told.code not in (0, 1, 2, 3):
                found[f"commands that ended with {told.code}"] += 1
            elif told.code == 3 and number:
                found["commands that were refused"] += 1
    found.update(f"broken: {kind}" for kind in played.kinds)
    return found


def campaign(
    runs: int, start: int, on_case: Callable[[int, Case, Played], None], goes_on: Callable[[], bool] = lambda: True
) -> None:
    """Draw and play so many cases.

    Args:
        runs: how many.
        start: which campaign.
        on_case: is given each case, its number, and what came of it.
        goes_on: whether to play more.
    """
    for number in range(runs):
        if not goes_on():
            return
        case = draw(start, number)
        on_case(number, case, play(case))


def search(defect: str, most: int, start: int) -> Find | None:
    """Draw cases until one shows a planted defect; None where so many don't."""
    for number in range(most):
        case = draw(start, number)
        found = [line for line in play(case, defect).broken if line.partition(":")[0] not in CRASHES]
        if found:
            return Find(draws=number + 1, case=case, broken=found[0])
    return None


def as_code(value: object) -> str:
    """A case as a test writes it: without what it leaves alone."""
    if isinstance(value, tuple):
        return f"({', '.join(map(as_code, value))}{',' if len(value) == 1 else ''})"
    if not isinstance(value, Struct):
        return repr(value)
    said = [
        f"{one.name}={as_code(found)}" for one in fields(value) if (found := getattr(value, one.name)) != one.default
    ]
    return f"{type(value).__name__}({', '.join(said)})"


def smallest(case: Case, shows: Callable[[Case], bool]) -> Case:
    """Make a case smaller for as long as it shows the same."""
    while (smaller := next((one for one in _smaller(case) if shows(one)), None)) is not None:
        case = smaller
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """Cases with one thing less."""
    for one in fields(Case):
        value: object = getattr(case, one.name)
        if one.default is not NODEFAULT and value != one.default:
            yield _with(case, one.name, one.default)
        if isinstance(value, tuple) and one.name != "accounts":
            for number in range(len(value)):
                yield _with(case, one.name, value[:number] + value[number + 1 :])
    for account in case.accounts:
        yield from _with_less_of(case, account)
    for entry in case.entries:
        for event in entry.events if len(entry.events) > 1 else ():
            less = replace(entry, events=(event,))
            yield replace(case, entries=tuple(less if one is entry else one for one in case.entries))


def _with_less_of(case: Case, account: Account) -> Iterator[Case]:
    others = tuple(one for one in case.accounts if one is not account)
    used = {entry.account for entry in case.entries} | {hook.account for hook in case.hooks}
    if others and account.name not in used:
        yield replace(case, accounts=others)
    for less in (replace(account, absent=()), replace(account, protect=()), replace(account, max_losses=3)):
        if less != account:
            yield replace(case, accounts=tuple(less if one is account else one for one in case.accounts))


def _with(case: Case, name: str, value: object) -> Case:
    changes: dict[str, Any] = {name: value}
    return replace(case, **changes)


def draw_share(runs: int, start: int) -> Counter[str]:
    """Play so many cases; says those that break something, and gives the figures."""
    total: Counter[str] = Counter()

    def note(number: int, case: Case, played: Played) -> None:
        total.update(figures(played, case))
        if played.broken:
            small = smallest(case, lambda one: play(one).kinds[:1] == played.kinds[:1])
            _say(f"seed {start}, case {number}:\n{played.text()}\nthe smallest such case:\n{as_code(small)}\n")

    campaign(runs, start, note)
    return total


def look_for(name: str, *, most: int, start: int, example: bool) -> Find | None:
    """Search for a planted defect, and say what was found.

    Args:
        name: the defect.
        most: draws.
        start: what the drawing starts from.
        example: also make the case smaller, and say it as a test has it.
    """
    find = search(name, most, start)
    if find is not None:
        _say(f"{find.draws:>4} draws: {name}: {find.broken[:120]}")
        if example:
            kind = find.broken.partition(":")[0]
            small = smallest(find.case, lambda one: kind in play(one, name).kinds)
            _say(f"EXAMPLE {name!r}: ({kind!r}, {as_code(small)}),")
    return find


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
