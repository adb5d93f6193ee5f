"""Judges a case by the server's log and snapshots, never by what the commands say of themselves alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.sandbox.store import Webhook
from tests.robustness.case import Account, Case, Mode
from tests.robustness.effects import (
    fields_of,
    losses_were_told,
    never_deaf,
    no_blind_resend,
    no_gap,
    something_is_left,
    what_failed_takes_nothing,
    writes_are_asked_for,
)
from tests.robustness.expected import Expected, endpoint_of, expected_of, is_protected, key_of
from tests.robustness.stage import ALLOW, BACKUP_FILE, PLAN_FILE, Hung, Phase, Stage
from tests.robustness.words import honest, leaks_in_files, words
from tests.support.replay import received


class Played(Struct, frozen=True, kw_only=True):
    """What came of a case.

    Attributes:
        broken: which promises were broken; empty where none was.
        phases: what was seen.
    """

    broken: tuple[str, ...]
    phases: tuple[Phase, ...]

    @property
    def kinds(self) -> list[str]:
        """Of each broken promise the first word."""
        return [line.partition(":")[0] for line in self.broken]

    def text(self) -> str:
        """What was broken, and what happened, for a person."""
        return "\n".join([*self.broken, *(line for phase in self.phases for line in phase.lines())])


def play(case: Case, defect: str = "") -> Played:
    """Play a case, with a planted defect or without."""
    with Stage(case, defect) as stage:
        try:
            broken = list(_play(stage))
        except Hung as hung:
            broken = [f"hang: `{hung}` doesn't end"]
        if stage.was_lured():
            broken.append("token: an address that leads elsewhere was followed")
        broken += leaks_in_files(stage)
        return Played(broken=tuple(broken), phases=tuple(stage.phases))


def _play(stage: Stage) -> Iterator[str]:
    case = stage.case
    if case.mode is Mode.SAVED:
        saved = stage.calm("plan", "--out", PLAN_FILE, *(ALLOW if case.allow else ()))
        yield from _looks(saved)
    trouble = stage.trouble()
    yield from _troubled(case, trouble)
    phases = [trouble]
    for _ in range(case.again):
        phases.append(stage.trouble())
        yield from _troubled(case, phases[-1])
    for account in case.accounts:
        yield from never_deaf(case, account, phases)
    if case.mode is Mode.BACKUP and (stage.folder / BACKUP_FILE).exists() and not case.meddling:
        yield from _restored(stage, trouble)
    yield from _healed(stage)


def _troubled(case: Case, phase: Phase) -> Iterator[str]:
    """The promises that hold while things go wrong."""
    for told in phase.told:
        yield from words(case, told)
    if case.mode is Mode.LOOK:
        yield from _looks(phase)
    for account in case.accounts:
        yield from writes_are_asked_for(case, account, phase)
        yield from no_gap(case, account, phase)
        yield from what_failed_takes_nothing(case, account, phase)
        yield from losses_were_told(case, account, phase)
        yield from something_is_left(case, account, phase)
        yield from no_blind_resend(case, account, phase)
    yield from _guards(case, phase)
    yield from _result(case, phase)
    yield from honest(case, phase)


def _looks(phase: Phase) -> Iterator[str]:
    if phase.writes():
        yield "looking: a command that looks sent a write"


def _guards(case: Case, phase: Phase) -> Iterator[str]:
    """A refusal, and a list that can't be trusted, let no write through."""
    codes = {told.code for told in phase.told}
    if codes == {3} and phase.writes():
        yield "guard: code 3, and something was sent"
    readable = case.tells_the_truth and not any(rule.method == "GET" for rule in case.faults)
    refused = any(expected_of(case, account, phase.listed[account.name]).is_refused for account in case.accounts)
    if readable and refused and not case.allow and case.mode is not Mode.LOOK:
        if phase.writes():
            yield "guard: losses that nobody allowed were written"
        if case.is_calm and codes != {3}:
            yield f"guard: losses that nobody allowed ended with {codes}"
    stale = case.mode is Mode.SAVED and any(
        _is_stale(case, account, phase.listed[account.name], phase.before[account.name]) for account in case.accounts
    )
    if stale and (phase.writes() or 0 in codes):
        yield f"guard: a stale plan ended with {codes} and sent {len(phase.writes())} writes"
    lies = case.lies
    if lies.next_page is not None or (lies.count_off and lies.count_lists is None):
        if phase.writes():
            yield "incomplete: an account whose list can't be trusted was written to"
        if 0 in codes:
            yield "incomplete: a list that can't be trusted ended with 0"


LEFT_UNCHECKED = "could not be checked to the end"
"""What a run says that can't list again, since others write: its doubles are the next apply's to delete."""


def _is_stale(case: Case, account: Account, then: Mapping[str, Webhook], now: Mapping[str, Webhook]) -> bool:
    """Whether what a saved plan touches is no longer what it was."""
    old, new = expected_of(case, account, then), expected_of(case, account, now)
    touched = old.gone | old.updated
    return (old.gone, old.updated, old.creates) != (new.gone, new.updated, new.creates) or any(
        object_id not in now or fields_of(then[object_id]) != fields_of(now[object_id]) for object_id in touched
    )


def _result(case: Case, phase: Phase) -> Iterator[str]:
    """Code 0 means that it is as wanted; runs at once leave one webhook a key."""
    if case.mode is Mode.LOOK or not case.tells_the_truth or case.meddling:
        return
    codes = {told.code for told in phase.told}
    for account in case.accounts:
        expected = expected_of(case, account, phase.before[account.name])
        if case.runs > 1:
            # Under protect a run takes back only what it surely made: several may stay.
            kept = {key: one for key, one in expected.wanted.items() if not is_protected(account, key)}
            expected = replace(expected, wanted=kept)
        if codes == {0}:
            yield from _differences(expected, phase.before[account.name], phase.after[account.name], "result")
        elif case.is_calm and 3 not in codes and not any(LEFT_UNCHECKED in told.out + told.err for told in phase.told):
            yield from _doubles(case, expected, phase.after[account.name])


def _doubles(case: Case, expected: Expected, after: Mapping[str, Webhook]) -> Iterator[str]:
    # Where what is off is hidden, a late run takes a twin of what another has switched off for the survivor.
    off = {key for key, wanted in expected.wanted.items() if case.hides and not wanted.active}
    taken = {one.object_id for one in after.values() if not one.active and key_of(one) in off} & expected.twins
    spared = expected.untouched | taken
    found = Counter(key_of(one) for object_id, one in after.items() if object_id not in spared)
    for key in expected.wanted:
        if found[key] > 1:
            yield f"duplicate: {found[key]} webhooks of {key} after all had ended"


def _restored(stage: Stage, trouble: Phase) -> Iterator[str]:
    """A backup brings back what was claimed, object ids aside."""
    case = stage.case
    phase = stage.calm("apply", "-f", BACKUP_FILE, "--env-file", f"{BACKUP_FILE}.env", "--auto-approve", *ALLOW)
    for told in phase.told:
        yield from words(case, told)
        if told.code:
            yield f"backup: restoring it ended with {told.code}: {told.err[-400:]}"
    for account in case.accounts:
        then, now = trouble.before[account.name], phase.after[account.name]
        claimed = {
            endpoint_of(one.url)
            for object_id, one in then.items()
            if object_id not in expected_of(case, account, then).untouched
        }
        lost = {one for one in received(then) - received(now) if one[0] in claimed}
        # Of the other kind only what a file names is its own: what the apply made of it, the backup can't take back.
        kind = account.is_test
        more = {one for one in received(now) - received(then) if one[0] in claimed and one[1] is kind}
        if lost or more:
            yield f"backup: {account.name} lacks {sorted(lost)} and has {sorted(more)} beside"


def _healed(stage: Stage) -> Iterator[str]:
    """Once nothing goes wrong any more, one apply makes it as wanted, and the next has nothing to do."""
    case = stage.case
    if not case.allow:
        yield from _refused_or_done(stage)
    phase = stage.calm("apply", "--auto-approve", *ALLOW)
    yield from _troubled_by_nothing(case, phase)
    again = stage.calm("apply", "--auto-approve", *ALLOW)
    if again.writes() or again.told[0].code:
        yield f"fixed point: another apply ended with {again.told[0].code} and sent {len(again.writes())} writes"


def _troubled_by_nothing(case: Case, phase: Phase) -> Iterator[str]:
    (told,) = phase.told
    yield from words(case, told)
    if told.code:
        yield f"converge: a calm apply ended with {told.code}: {told.out[-300:]}{told.err[-300:]}"
    for account in case.accounts:
        there = phase.before[account.name]
        expected = expected_of(case, account, there)
        yield from _differences(expected, there, phase.after[account.name], "converge")
        yield from writes_are_asked_for(case, account, phase)
        yield from no_gap(case, account, phase)


def _refused_or_done(stage: Stage) -> Iterator[str]:
    """Without consent an apply is refused exactly where the contract says, and then sends nothing."""
    case = stage.case
    phase = stage.calm("apply", "--auto-approve")
    plans = [expected_of(case, account, phase.before[account.name]) for account in case.accounts]
    code = 3 if any(plan.is_refused for plan in plans) else 0
    if phase.told[0].code != code:
        yield f"guard: ended with {phase.told[0].code}, not {code}: {phase.told[0].out[-400:]}"
    if code and phase.writes():
        yield "guard: code 3, and something was sent"


def _differences(
    expected: Expected, before: Mapping[str, Webhook], after: Mapping[str, Webhook], name: str
) -> Iterator[str]:
    """What is not as the model says."""
    for object_id in sorted(expected.untouched):
        if after.get(object_id) != before.get(object_id):
            yield f"unowned: {before.get(object_id)} is now {after.get(object_id)}"
    rest = {object_id: one for object_id, one in after.items() if object_id not in expected.untouched}
    for key, wanted in expected.wanted.items():
        found = [one for one in rest.values() if key_of(one) == key]
        if wanted.object_id in expected.untouched:
            continue
        if len(found) != 1 or (found[0].url, found[0].active) != (wanted.url, wanted.active):
            yield f"{name}: {key} is {found}, not {wanted}"
        elif wanted.object_id and found[0].object_id != wanted.object_id:
            yield f"{name}: {key} is another webhook than the one that was there"
    for one in rest.values():
        if one.object_id in before and key_of(one) not in expected.wanted:
            yield f"{name}: {one} is still there"
