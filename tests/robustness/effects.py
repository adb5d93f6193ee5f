"""What the server's log says: whether each write was asked for, and whether every moment between them was all right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from reconciler.sandbox.store import Webhook
from tests.robustness.case import Account, Case
from tests.robustness.expected import ALL, Expected, Key, Place, Wanted, endpoint_of, expected_of, key_of
from tests.robustness.stage import Phase
from tests.support.replay import UNNAMED, received, states
from tests.support.sandbox import LogEntry

_SOME = Webhook(
    object_id="to come",
    object_created="2026-01-01T00:00:00.000Z",
    object_updated="2026-01-01T00:00:00.000Z",
    object_owner="",
    url="",
    event="",
    active=True,
    is_test=False,
)


def writes_are_asked_for(case: Case, account: Account, phase: Phase) -> Iterator[str]:
    """Only what the file asks for is created, changed and deleted; what isn't owned stays as it is."""
    asked = [expected_of(case, account, there[account.name]) for there in (phase.listed, phase.before)]
    made: set[str] = set()
    keys: set[Key] = set()
    hidden: set[str] = set()
    switched = {
        object_id
        for object_id, one in phase.before[account.name].items()
        if object_id in phase.listed[account.name]
        and fields_of(one) != fields_of(phase.listed[account.name][object_id])
    }
    for entry in phase.log[account.name]:
        if not entry.took_effect or entry.object_id is None:
            continue
        if entry.method == "POST":
            assert entry.webhook is not None
            key = key_of(entry.webhook)
            made.add(entry.object_id)
            if key is None or not any(_is_asked_create(one, key, entry.webhook) for one in asked):
                yield f"unasked: {entry.webhook} was created"
            else:
                keys.add(key)
        elif entry.object_id not in made:
            if not any(_is_taken_for_survivor(one, entry, hidden) for one in asked):
                yield from _write_is_asked_for(entry, account, phase, asked, keys, switched)
            if case.hides and case.runs > 1 and entry.webhook is not None and not entry.webhook.active:
                hidden.add(entry.object_id)


def _is_taken_for_survivor(expected: Expected, entry: LogEntry, hidden: set[str]) -> bool:
    """Whether a twin of what is to be off is switched off by a run from which another's switching off hid the survivor.

    Such a list doesn't let the run know better; see docs/guarantees.md.
    """
    if entry.object_id not in expected.twins or entry.webhook is None or entry.webhook.active:
        return False
    key = key_of(entry.webhook)
    wanted = None if key is None else expected.wanted.get(key)
    return wanted is not None and not wanted.active and wanted.object_id in hidden


def _write_is_asked_for(
    entry: LogEntry, account: Account, phase: Phase, asked: list[Expected], keys: set[Key], switched: set[str]
) -> Iterator[str]:
    object_id = entry.object_id or ""
    one = phase.before[account.name].get(object_id)
    if all(object_id in each.untouched for each in asked):
        yield f"unowned: {entry.method} of {one}"
    allowed = [each.gone if entry.method == "DELETE" else each.updated for each in asked]
    repaired = one is not None and key_of(one) in keys  # the duplicate rule for what was created
    if not any(object_id in ids for ids in allowed) and not repaired:
        yield f"unasked: {entry.method} of {one}"
    elif object_id in switched and not repaired:
        yield f"stale: {entry.method} of {one}, which somebody changed after it was listed"


def fields_of(one: Webhook) -> tuple[str, str, bool, bool]:
    """What a plan is about: the rest is kept by the server."""
    return one.url, one.event, one.active, one.is_test


def _is_asked_create(expected: Expected, key: Key, made: Webhook) -> bool:
    wanted = expected.wanted.get(key)
    # The key may have been there when others listed: then its own create is a duplicate that is taken back.
    return wanted is not None and made.active and (bool(wanted.object_id) or made.url == wanted.url)


def no_gap(case: Case, account: Account, phase: Phase) -> Iterator[str]:
    """What is received before and is to be received after, is received at every moment."""
    before = phase.before[account.name]
    expected = expected_of(case, account, before)
    if case.death is None and case.allow is False and expected.is_refused:
        return  # nothing is written: `_guards` looks
    goal = received(_final(expected, before))
    for state in states(before, phase.log[account.name]):
        missing = (received(before) & goal) - received(state)
        if missing:
            yield f"gap: {account.name} didn't receive {min(missing)}"
            return


def what_failed_takes_nothing(case: Case, account: Account, phase: Phase) -> Iterator[str]:
    """What narrows waits for all that widens at its endpoint, and for its events wherever they are to arrive."""
    if case.meddling or not case.tells_the_truth:
        return
    before, log = phase.before[account.name], phase.log[account.name]
    expected = expected_of(case, account, before)
    for state, entry in zip(states(before, log), log, strict=False):
        now = state.get(entry.object_id or "")
        if not entry.took_effect or now is None or not now.active or now.object_id not in before:
            continue
        if entry.method != "DELETE" and (entry.webhook is None or entry.webhook.active):
            continue
        for key, wanted in expected.wanted.items():
            elsewhere = now.object_id not in expected.twins and key[2] is now.is_test and _overlap(key[1], now.event)
            waited = key[0] == endpoint_of(now.url) or elsewhere
            if waited and wanted.active and not _stands(state, key, wanted):
                yield f"took: {account.name}: {entry.method} of {now.event} at {now.url} before {key} was there"
                return


def _stands(state: Mapping[str, Webhook], key: Key, wanted: Wanted) -> bool:
    return any(one.active and key_of(one) == key and one.url == wanted.url for one in state.values())


def losses_were_told(case: Case, account: Account, phase: Phase) -> Iterator[str]:
    """Who lost an event was to lose it, by the plan; what moves loses it where its new place is there."""
    if case.meddling or not case.tells_the_truth:
        return
    before, after = phase.before[account.name], phase.after[account.name]
    expected = expected_of(case, account, before)
    there = {key_of(one) for one in after.values() if one.active} - {None}
    moved = {key_of(before[old]): key for old, key in expected.moved.items()}
    now = received(after)
    for place, events in expected.receiving.items():
        for event in events:
            lost = (*place, UNNAMED if event == ALL else event) not in now
            new = {moved.get((place[0], one, place[1])) for one in (event, ALL)}
            if lost and place not in expected.losses and not new & there:
                yield f"lost: {account.name}: {event} at {place}, which no plan said"


def something_is_left(case: Case, account: Account, phase: Phase) -> Iterator[str]:
    """Without consent there is always something that the configuration owns and that receives."""
    if case.allow or case.meddling or not case.tells_the_truth:
        return
    before = phase.before[account.name]
    expected = expected_of(case, account, before)
    claimed = (
        expected.receiving.keys()
        | expected.protected
        | {(key[0], key[2]) for key, one in expected.wanted.items() if one.active}
    )
    if not expected.receiving:
        return
    for state in states(before, phase.log[account.name]):
        if not claimed & _places(state):
            yield f"guard: {account.name}: nothing that is owned receives any more"
            return


def never_deaf(case: Case, account: Account, phases: Sequence[Phase]) -> Iterator[str]:
    """Who receives anything before, and is wanted to, receives something at every moment, however often it fails."""
    if case.meddling or not case.tells_the_truth:
        return
    first = phases[0].before[account.name]
    wanted = {(key[0], key[2]) for key, one in expected_of(case, account, first).wanted.items() if one.active}
    for phase in phases:
        for state in states(phase.before[account.name], phase.log[account.name]):
            deaf = (_places(first) & wanted) - _places(state)
            if deaf:
                yield f"gap: {account.name}: {min(deaf)} received nothing any more"
                return


def _places(state: Mapping[str, Webhook]) -> set[Place]:
    return {(endpoint, is_test) for endpoint, is_test, _ in received(state)}


def _overlap(one: str, other: str) -> bool:
    return one == other or ALL in (one, other)


def _final(expected: Expected, before: Mapping[str, Webhook]) -> dict[str, Webhook]:
    """Everything that is to be there in the end, by something unique."""
    found = {object_id: before[object_id] for object_id in expected.untouched}
    for key, wanted in expected.wanted.items():
        _, event, is_test = key
        there = before.get(wanted.object_id) or _SOME
        found[str(key)] = replace(there, url=wanted.url, event=event, active=wanted.active, is_test=is_test)
    return found


def no_blind_resend(case: Case, account: Account, phase: Phase) -> Iterator[str]:
    """Between two creates of one key by one run, the account was listed."""
    if len(phase.told) > 1 or not case.tells_the_truth:
        return
    sent: set[Key] = set()
    for entry in phase.log[account.name]:
        if entry.method == "GET" and entry.path == "/webhooks":
            sent.clear()
        elif entry.method == "POST" and entry.took_effect and entry.webhook is not None:
            key = key_of(entry.webhook)
            if key in sent:
                yield f"resent: {key} was created again without a look"
            if key is not None:
                sent.add(key)
