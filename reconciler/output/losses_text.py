"""Losses as text: which endpoints would stop receiving events; of a refusal, why, and what would allow them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.configuration import AbsentPlace
from reconciler.model.plan import ANY_OTHER_EVENT
from reconciler.output.escaping import visible
from reconciler.output.fitting import fitted
from reconciler.output.terminal import Style
from reconciler.view.outcome import GUARD_WORDS
from reconciler.view.results import ReportView
from reconciler.view.rows import AccountRow, LossRow, Remedy

ABSENT_WORDS = {
    AbsentPlace.NEW_AT_TOP: "add this to the file",
    AbsentPlace.AT_TOP: "add this to `absent` at the top of the file",
    AbsentPlace.IN_ACCOUNT: "add this to `absent` of account {name}",
    AbsentPlace.NEW_IN_ACCOUNT: "add this to account {name}",
    AbsentPlace.NEW_IN_ACCOUNT_REPEATING_TOP: (
        "add this to account {name}, together with the items of the top-level `absent`, which then no longer "
        "applies to this account"
    ),
}
"""Where what must go is to be named."""
_AT_TOP = (AbsentPlace.NEW_AT_TOP, AbsentPlace.AT_TOP)
_IN_LIST = (AbsentPlace.AT_TOP, AbsentPlace.IN_ACCOUNT)
_MOST_EVENTS = 10
"""How many events of a loss are named; of more, as of a webhook for every event, only the first three."""


def losses_text(account: AccountRow, losses: Sequence[LossRow], style: Style) -> Iterator[str]:
    """The endpoints that would stop receiving events."""
    if not losses:
        return
    allowed = account.max_losses if account.allowed_losses is None else account.allowed_losses
    title = f"  Losses ({account.losses}, allowed: {allowed}): endpoints that would stop receiving these events"
    yield from ("", style.paint(title, "bold", "red" if account.remedy else "yellow"))
    for loss in losses:
        scope = f" ({visible(loss.scope)})" if loss.scope else ""
        yield f"    {visible(loss.url)}{scope}  {visible(events_text(loss.events))}"


def loss_groups(losses: Sequence[LossRow], report: ReportView | None) -> Iterator[tuple[str, str, list[LossRow]]]:
    """Losses with a title and a sentence: those to come; after an apply those that happened, and the others."""
    if report is None:
        yield "Losses", "These endpoints would stop receiving these events.", [*losses]
        return
    yield "Losses", "These endpoints no longer receive these events.", [one for one in losses if one in report.lost]
    words = "Not all of the changes that these come from are done, or confirmed."
    yield "Losses that did not happen, or only in part", words, [one for one in losses if one not in report.lost]


def refusal_text(account: AccountRow, losses: Sequence[LossRow], style: Style, width: int | None) -> Iterator[str]:
    """Why a guard refuses the losses, and what would allow them; lines for the file are never broken."""
    if account.remedy is None:
        return
    lines, place = account.remedy.absent, account.remedy.absent_place
    how = remedy_text(account.remedy, f"{ABSENT_WORDS[place].format(name=visible(account.name))}:")
    yield from ("", style.paint(f"  Refused: {GUARD_WORDS[account.verdict]}.", "bold", "red"))
    yield from fitted(f"  {how}", width)
    if not lines:
        return
    yield from ("", *absent_lines(account.remedy))
    if unlisted := sum(loss.absent is None for loss in losses):
        yield from ("", f"  ({unlisted} of the losses can't be listed under `absent`.)")


def remedy_text(remedy: Remedy, lines: str = "") -> str:
    """What would allow losses: the option, and what to do with the lines for the file, where there are some."""
    or_lines = f", or {lines}" if lines and remedy.absent else "."
    return f"If this is intended, add `--allow-losses {remedy.allow_losses}`{or_lines}"


def absent_lines(remedy: Remedy) -> Iterator[str]:
    """The lines for the file that would let the losses through."""
    margin = "" if remedy.absent_place in _AT_TOP else "    "
    if remedy.absent_place not in _IN_LIST:
        yield f"{margin}absent:"
    for line in remedy.absent:
        yield f"{margin}  - url: {visible(line.url)}"
        yield f"{margin}    events: [{visible(', '.join(map(_yaml_word, line.events)))}]"


def events_text(events: Sequence[str]) -> str:
    """The events of a loss, in brief."""
    if len(events) <= _MOST_EVENTS:
        return ", ".join(events)
    if events[-1] == ANY_OTHER_EVENT:
        return f"{len(events) - 1} events and any other event"
    return f"{', '.join(events[:3])} and {len(events) - 3} more events"


def _yaml_word(event: str) -> str:
    """An event as an item of a YAML list: a `*` alone would be an alias."""
    return f"'{event}'" if event.startswith("*") else event
