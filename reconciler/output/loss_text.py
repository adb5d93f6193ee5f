"""What a plan would cost, and what would let it, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from reconciler.model.configuration import AbsentPlace
from reconciler.model.plan import Verdict
from reconciler.output.style import Style
from reconciler.output.terminal import visible
from reconciler.view.rows import AccountRow, LossRow


def losses_text(account: AccountRow, losses: list[LossRow], style: Style) -> Iterator[str]:
    """The endpoints of an account that would stop receiving events; nothing where there are none."""
    if not losses:
        return
    allowed = account.max_losses if account.allowed_losses is None else account.allowed_losses
    yield ""
    title = f"  Losses ({account.losses}, allowed: {allowed}): endpoints that would stop receiving these events"
    yield style.paint(title, "bold", "red")
    for loss in losses:
        scope = f" ({visible(loss.scope)})" if loss.scope else ""
        yield f"    {visible(loss.url)}{scope}  {visible(', '.join(loss.events))}"
    yield from _refusal(account, losses)


def _refusal(account: AccountRow, losses: Iterable[LossRow]) -> Iterator[str]:
    """Why a guard refuses an account, and what would let it; nothing where it doesn't."""
    if not account.is_refused:
        return
    why = "more losses than allowed"
    if account.verdict is Verdict.NOTHING_LEFT:
        why = "no endpoint that this configuration owns would receive events any more"
    yield ""
    yield f"  Refused: {why}."
    speakable = [loss.absent for loss in losses if loss.absent is not None]
    meant = f"If this is intended, add `--allow-losses {account.losses}`"
    if not speakable:
        yield f"  {meant}."
        return
    where, margin, is_new = _where(account)
    yield f"  {meant}, or {where}:"
    yield ""
    if is_new:
        yield f"{margin}absent:"
    for line in dict.fromkeys(speakable):
        yield f"{margin}  - url: {visible(line.url)}"
        yield f"{margin}    events: [{visible(', '.join(line.events))}]"
    if len(speakable) < account.losses:
        yield ""
        yield f"  ({account.losses - len(speakable)} of the losses can't be listed there.)"


def _where(account: AccountRow) -> tuple[str, str, bool]:
    """Where what must go is to be named: in words, at which margin it can be pasted, and whether the key is new."""
    name, margin = visible(account.name), "    "
    match account.absent_place:
        case AbsentPlace.NEW_AT_TOP:
            return "add this to the file", "", True
        case AbsentPlace.AT_TOP:
            return "add this to `absent` at the top of the file", "", False
        case AbsentPlace.IN_ACCOUNT:
            return f"add this to `absent` of account {name}", margin, False
        case AbsentPlace.NEW_IN_ACCOUNT:
            return f"add this to account {name}", margin, True
        case AbsentPlace.NEW_IN_ACCOUNT_REPEATING_TOP:
            repeat = "with the items of the top-level `absent`, which then no longer applies to this account"
            return f"add this to account {name}, {repeat}", margin, True
        case _:
            assert_never(account.absent_place)
