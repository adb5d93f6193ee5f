"""What the server's log says: whether each write was asked for, and whether every moment between them was all right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.sandbox.records import LogEntry, Webhook
from tests.robustness.case import Account, Case
from tests.robustness.expected import ALL, Expected, Key, expected_of, key_of
from tests.robustness.stage import Phase
from tests.support.replay import received, states

_SOME = Webhook(
    object_id="to come",
    object_created=datetime(2026, 1, 1, tzinfo=UTC),
    object_updated=datetime(2026, 1, 1, tzinfo=UTC),
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
            yield from _write_is_asked_for(entry, account, phase, asked, keys, switched)


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


def moves_wait(case: Case, account: Account, phase: Phase) -> Iterator[str]:
    """A webhook that the file doesn't name goes only once every new one that shares its event is there."""
    if case.meddling or not case.tells_the_truth:
        return
    before = phase.before[account.name]
    expected = expected_of(case, account, before)
    missing = {key for key, wanted in expected.wanted.items() if not wanted.object_id}
    for entry in phase.log[account.name]:
        if not entry.took_effect or entry.object_id is None:
            continue
        if entry.method == "POST" and entry.webhook is not None:
            missing -= {key_of(entry.webhook)}
        elif entry.method == "DELETE" and entry.object_id in expected.left and before[entry.object_id].active:
            gone = before[entry.object_id]
            waited = [key for key in missing if key[2] is gone.is_test and _overlap(key[1], gone.event)]
            if waited:
                yield f"gap: {account.name} lost {gone.event} of {gone.url} before {waited[0]} was there"
                return


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
