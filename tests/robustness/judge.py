"""Judges a case by the server's log and snapshots, never by what the commands say of themselves alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reconciler.sandbox.records import LogEntry, Webhook
from tests.robustness.case import FOREIGN_SECRET, OLD_SECRET, SECRETS, Account, Case, Mode, Told
from tests.robustness.expected import Expected, Key, endpoint_of, expected_of, key_of
from tests.robustness.stage import ALLOW, BACKUP_FILE, PLAN_FILE, Hung, Phase, Stage
from tests.support.replay import received, states

WINDOW = 8  # characters of a secret that may stand nowhere
_ENDED = (0, 1, 3)
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
_DEATHS = {"SIGKILL": (-9,), "SIGTERM": (143, -15), "SIGINT": (130,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a case.

    Attributes:
        broken: which promises were broken; empty where none was.
        phases: what was seen.
    """

    broken: tuple[str, ...]
    phases: tuple[Phase, ...] = field(repr=False)

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
        broken += _leaks_in_files(stage)
        return Played(broken=tuple(broken), phases=tuple(stage.phases))


def _play(stage: Stage) -> Iterator[str]:
    case = stage.case
    if case.mode is Mode.SAVED:
        saved = stage.calm("plan", "--out", PLAN_FILE, *(ALLOW if case.allow else ()))
        yield from _looks(saved)
    trouble = stage.trouble()
    yield from _troubled(case, trouble)
    if case.mode is Mode.BACKUP and (stage.folder / BACKUP_FILE).exists() and not case.meddling:
        yield from _restored(stage, trouble)
    yield from _healed(stage)


def _troubled(case: Case, phase: Phase) -> Iterator[str]:
    """The promises that hold while things go wrong."""
    for told in phase.told:
        yield from _words(case, told)
    if case.mode is Mode.LOOK:
        yield from _looks(phase)
    for account in case.accounts:
        yield from _writes_are_asked_for(case, account, phase)
        yield from _no_gap(case, account, phase)
        yield from _no_blind_resend(case, account, phase)
    yield from _guards(case, phase)
    yield from _result(case, phase)
    yield from _honest(case, phase)


def _words(case: Case, told: Told) -> Iterator[str]:
    """Every ending is one of the contract's, without a traceback, and no secret shows."""
    deaths = _DEATHS[case.death.signal] if case.death is not None else ()
    looked = (2,) if told.arguments[0] in ("plan", "drift") else ()
    name = " ".join(told.arguments)
    if told.code not in (*_ENDED, *deaths, *looked):
        yield f"ending: `{name}` ended with {told.code}: {told.err[-300:]}"
    for text in (told.out, told.err):
        if "Traceback" in text or "this is a bug" in text:
            yield f"traceback: `{name}`: {text[-600:]}"
        for secret in _leaks(case, text):
            yield f"leak: `{name}` shows {secret}: {text[-1500:]}"


def _looks(phase: Phase) -> Iterator[str]:
    if phase.writes():
        yield "looking: a command that looks sent a write"


def _writes_are_asked_for(case: Case, account: Account, phase: Phase) -> Iterator[str]:
    """Only what the file asks for is created, changed and deleted; what isn't owned stays as it is."""
    asked = [expected_of(case, account, there[account.name]) for there in (phase.listed, phase.before)]
    made: set[str] = set()
    keys: set[Key] = set()
    switched = {
        object_id
        for object_id, one in phase.before[account.name].items()
        if object_id in phase.listed[account.name] and _fields(one) != _fields(phase.listed[account.name][object_id])
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
            elif key:
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


def _fields(one: Webhook) -> tuple[str, str, bool, bool]:
    """What a plan is about: the rest is kept by the server."""
    return one.url, one.event, one.active, one.is_test


def _is_asked_create(expected: Expected, key: Key, made: Webhook) -> bool:
    wanted = expected.wanted.get(key)
    # The key may have been there when others listed: then its own create is a duplicate that is taken back.
    return wanted is not None and made.active and (bool(wanted.object_id) or made.url == wanted.url)


def _no_gap(case: Case, account: Account, phase: Phase) -> Iterator[str]:
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


def _final(expected: Expected, before: Mapping[str, Webhook]) -> dict[str, Webhook]:
    """Everything that is to be there in the end, by something unique."""
    found = {object_id: before[object_id] for object_id in expected.untouched}
    for key, wanted in expected.wanted.items():
        _, event, is_test = key
        there = before.get(wanted.object_id) or _SOME
        found[str(key)] = replace(there, url=wanted.url, event=event, active=wanted.active, is_test=is_test)
    return found


def _no_blind_resend(case: Case, account: Account, phase: Phase) -> Iterator[str]:
    """Between two creates of one key by one run, the account was listed."""
    if len(phase.told) > 1 or not case.tells_the_truth:
        return
    sent: set[Key] = set()
    for entry in phase.log[account.name]:
        if entry.method == "GET" and entry.path == "/webhooks":
            sent.clear()
        elif entry.method == "POST" and entry.took_effect and entry.webhook is not None:
            key = key_of(entry.webhook)
            if key is not None and key in sent:
                yield f"resent: {key} was created again without a look"
            if key is not None:
                sent.add(key)


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


def _is_stale(case: Case, account: Account, then: Mapping[str, Webhook], now: Mapping[str, Webhook]) -> bool:
    """Whether what a saved plan touches is no longer what it was."""
    old, new = expected_of(case, account, then), expected_of(case, account, now)
    touched = old.gone | old.updated
    return (old.gone, old.updated, old.creates) != (new.gone, new.updated, new.creates) or any(
        object_id not in now or _fields(then[object_id]) != _fields(now[object_id]) for object_id in touched
    )


def _result(case: Case, phase: Phase) -> Iterator[str]:
    """Code 0 means that it is as wanted; runs at once leave one webhook a key."""
    if case.mode is Mode.LOOK or not case.tells_the_truth or case.meddling:
        return
    for account in case.accounts:
        expected = expected_of(case, account, phase.before[account.name])
        if all(told.code == 0 for told in phase.told):
            yield from _differences(expected, phase.before[account.name], phase.after[account.name], "result")
        elif case.is_calm and not expected.is_refused:
            yield from _doubles(expected, phase.after[account.name])


def _doubles(expected: Expected, after: Mapping[str, Webhook]) -> Iterator[str]:
    found = Counter(key_of(one) for object_id, one in after.items() if object_id not in expected.untouched)
    for key in expected.wanted:
        if found[key] > 1:
            yield f"duplicate: {found[key]} webhooks of {key} after all had ended"


def _honest(case: Case, phase: Phase) -> Iterator[str]:
    """What a run reports as done is so, and what it reports as not done isn't."""
    if not case.json or len(phase.told) != 1 or case.mode is Mode.LOOK or not case.tells_the_truth or case.meddling:
        return
    effects = {
        (entry.method, entry.object_id) for entries in phase.log.values() for entry in entries if entry.took_effect
    }
    after = {object_id: one for there in phase.after.values() for object_id, one in there.items()}
    last: dict[tuple[str, str], Mapping[str, str]] = {}
    for line in phase.told[0].out.splitlines():
        said = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
        if said.get("type") in ("apply_complete", "apply_errored"):
            last[said["hook"]["resource"]["addr"], said["hook"]["action"]] = said["hook"]
    for (address, action), hook in last.items():
        object_id, outcome = hook["object_id"], hook["outcome"]
        there = object_id in after
        if outcome in ("done", "already") and object_id and there is (action == "delete"):
            # A switched-off webhook that is gone delivers as much.
            yield f"report: {address} {action} is {outcome}, and isn't"
        method = {"update": "PUT", "delete": "DELETE"}.get(action)
        if outcome in ("failed", "held", "not_started") and (method, object_id) in effects:
            yield f"report: {address} {action} is {outcome}, and was done"


def _restored(stage: Stage, trouble: Phase) -> Iterator[str]:
    """A backup brings back what was claimed, object ids aside."""
    case = stage.case
    phase = stage.calm("apply", "-f", BACKUP_FILE, "--env-file", f"{BACKUP_FILE}.env", "--auto-approve", *ALLOW)
    for told in phase.told:
        yield from _words(case, told)
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
    yield from _words(case, told)
    if told.code:
        yield f"converge: a calm apply ended with {told.code}: {told.out[-300:]}{told.err[-300:]}"
    for account in case.accounts:
        there = phase.before[account.name]
        expected = expected_of(case, account, there)
        yield from _differences(expected, there, phase.after[account.name], "converge")
        yield from _writes_are_asked_for(case, account, phase)
        yield from _no_gap(case, account, phase)


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
        if key_of(one) not in expected.wanted:
            yield f"{name}: {one} is still there"


def _leaks(case: Case, text: str) -> list[str]:
    """The secrets of which some characters in a row stand in a text."""
    values = {**SECRETS, "an old secret": OLD_SECRET, "a foreign secret": FOREIGN_SECRET}
    values |= {f"the token of {account.name}": account.token.split("_", 2)[2] for account in case.accounts}
    return [
        name
        for name, value in values.items()
        if any(value[start : start + WINDOW] in text for start in range(len(value) - WINDOW + 1))
    ]


def _leaks_in_files(stage: Stage) -> list[str]:
    return [
        f"leak: {path.name} has {secret}"
        for path in stage.folder.iterdir()
        if path.name not in (f"{BACKUP_FILE}.env", "webhooks.yaml")
        for secret in _leaks(stage.case, path.read_text(encoding="utf-8", errors="replace"))
    ]
