"""Draws cases in which everything meets everything: few endpoints, few events, many ways to go wrong."""

from __future__ import annotations

import random

from msgspec.structs import replace

from reconciler.sandbox.faults import (
    DROP_ANSWER,
    LATE_BAD_GATEWAY,
    REFUSE,
    RESET_ANSWER,
    RESET_REQUEST,
    Action,
    Answer,
    Rule,
    When,
)
from tests.robustness.case import (
    FOREIGN_SECRET,
    HOOKS,
    OLD_SECRET,
    SECRETS,
    Absent,
    Account,
    Case,
    Death,
    Entry,
    Hook,
    Meddling,
    Mode,
    real,
)
from tests.robustness.expected import endpoint_of, is_named, is_named_absent, matches
from tests.support.lies import HONEST, Lies

ELSEWHERE = "http://127.0.0.2:9/webhooks"  # nobody's; who goes there is seen in the trap's place of it
URLS = (
    f"{HOOKS}/a?token=${{HOOK_A}}",
    f"{HOOKS}/a",
    f"{HOOKS}/b",
    f"{HOOKS}/b?tenant=x&token=${{HOOK_B}}",
    f"{HOOKS}/c/${{PATH_C}}",
    "https://other.example.net/a",
)
REMOTE_URLS = (
    *map(real, URLS),
    f"{HOOKS}/a?token={OLD_SECRET}",
    f"{HOOKS}/b?tenant=x&token={OLD_SECRET}",
    f"{HOOKS}/gone",
    f"https://elsewhere.example.org/{FOREIGN_SECRET}",
    f"https://user:{FOREIGN_SECRET}@hooks.example.com/a",
)
EVENTS = ("transaction_created", "track_updated", "all")
PATTERNS = (f"{HOOKS}/*", f"{HOOKS}/a", f"{HOOKS}/c/*", "https://*.example.net/a")
ABSENT = (
    Absent(url=f"{HOOKS}/b"),
    Absent(url=f"{HOOKS}/a", events=("all",)),
    Absent(url=f"{HOOKS}/gone"),
    Absent(url="https://elsewhere.example.org/*"),
    Absent(url=f"{HOOKS}/c/*", events=("track_updated",)),
)
KNOWN = (
    Absent(url=f"{HOOKS}/gone"),
    Absent(url=f"{HOOKS}/a", events=("all",)),
    Absent(url="https://other.example.net/*"),
)
PROTECT = (f"{HOOKS}/b", f"{HOOKS}/c/*", f"{HOOKS}/gone")
WAYS = (
    *(*["missing"] * 2, *["renamed"] * 3, *["off"] * 2, "rotated", *["all"] * 2, "twins", *["in step"] * 2),
    *(*["other event"] * 2, "other kind", "other host", *["two places"] * 2),
)
TROUBLES = (
    *(
        *["replaced"] * 4,
        *["faults"] * 5,
        *["death"] * 2,
        *["overlap"] * 2,
        *["meddling"] * 3,
        "lies",
        "calm",
        "guarded",
    ),
)
LIKELY, UNLIKELY = 0.5, 0.25
MODES = {"overlap": [Mode.APPLY], "meddling": [Mode.APPLY, Mode.SAVED]}
METHODS = ("GET", "POST", "PUT", "DELETE")
REFUSED: tuple[Action, ...] = (
    *(Answer(status=status) for status in (400, 401, 403, 404, 409, 422, 429)),
    *(Answer(status=status, retry_after=wait) for status, wait in ((429, "1"), (503, "2"), (429, "soon"))),
)
NOT_DONE: tuple[Action, ...] = (RESET_REQUEST, Answer(status=500), Answer(status=503), REFUSE)
LOST: tuple[Action, ...] = (
    *(RESET_ANSWER, DROP_ANSWER, LATE_BAD_GATEWAY, Action(cut=20), Action(short=0)),
    Answer(acts=True, status=200, body=b"<html>", content_type="text/html"),
)
ODD: tuple[Action, ...] = (
    Answer(status=307, location=ELSEWHERE),
    *(Action(pause=0.0001), Action(short=30)),
)
FAULTS = (REFUSED, NOT_DONE, LOST, ODD)
"""What goes wrong: refused, not done and nobody knows it, done and nobody knows it, and all the rest."""
WHEN: tuple[When, ...] = (*(When(nth=k) for k in (1, 1, 2, 3, 4)), When(since=2), When(), When(chance=0.3))
LIES = (
    *(Lies(count_off=1), Lies(count_off=-1, count_lists=1), Lies(lag=1), Lies(lag=3)),
    *(Lies(next_page=ELSEWHERE), Lies(next_page="?page=1&results=3"), Lies(next_page="?page=99")),
)
TOKENS = ("shippo_live_Q5d83Vn50xH2ycB64kt9LrUm", "shippo_test_B8z27Xf91wG3nsK06jd5PvTc")


def draw(start: int, number: int) -> Case:
    """Draw a case.

    Args:
        start: which campaign.
        number: which of its cases; the same case for the same two numbers, at any time.
    """
    rng = random.Random(f"{start}:{number}")  # noqa: S311 - cases, not secrets
    trouble = rng.choice(TROUBLES)
    if trouble in ("replaced", "guarded"):
        return _replaced(rng) if trouble == "replaced" else _guarded(rng)
    accounts = tuple(_account(rng, which) for which in rng.choice([(0,), (0,), (1,), (0, 1)]))
    entries = _entries(rng, accounts)
    several = trouble == "overlap"
    faults = trouble == "faults" or (trouble in ("death", "overlap") and rng.random() < UNLIKELY)
    mode = rng.choice(MODES.get(trouble, [Mode.APPLY, Mode.APPLY, Mode.APPLY, *Mode]))
    return Case(
        accounts=accounts,
        entries=entries,
        hooks=_hooks(rng, accounts, entries),
        mode=mode,
        again=2 if trouble == "faults" and mode is Mode.APPLY else 0,
        runs=rng.randint(2, 4) if several else 1,
        barrier=rng.choice(["", *METHODS]) if several else "",
        parallelism=rng.choice([1, 4]),
        faults=_faults(rng) if faults else (),
        lies=rng.choice([HONEST, *LIES]) if trouble == "lies" else HONEST,
        moves=trouble == "lies" and rng.random() < LIKELY,
        meddling=tuple(_meddling(rng) for _ in range(rng.randint(1, 2))) if trouble == "meddling" else (),
        death=_death(rng) if trouble == "death" else None,
        page_size=50 if trouble == "meddling" else rng.choice([3, 50]),  # others come in after whole lists
        hides=rng.random() < UNLIKELY,
        allow=rng.random() > UNLIKELY,
        verbosity=rng.choice([(), ("-v",), ("-vv",), ("-q",)]),
        json=rng.random() < LIKELY,
    )


def _account(rng: random.Random, which: int) -> Account:
    return Account(
        name=("live", "trial")[which],
        token=TOKENS[which],
        owns=rng.choice([PATTERNS, PATTERNS, PATTERNS[:1], PATTERNS[1:], PATTERNS[1:3]]),
        absent=tuple(rng.sample(ABSENT, rng.choice([0, 0, 1, 2]))),
        protect=rng.choice([(), (), *((pattern,) for pattern in PROTECT)]),
        known=tuple(rng.sample(KNOWN, rng.choice([0, 0, 0, 1]))),
        max_losses=rng.choice([0, 1, 3, None, None]),
    )


def _entries(rng: random.Random, accounts: tuple[Account, ...]) -> tuple[Entry, ...]:
    """Valid ones: owned, no key twice, none named absent."""
    found: list[Entry] = []
    taken: set[tuple[str, str, str, bool]] = set()
    for number in range(rng.randint(0, 6)):
        account = rng.choice(accounts)
        url = rng.choice(URLS)
        kind = None if rng.random() > UNLIKELY else not account.is_test
        events = rng.sample(EVENTS, rng.randint(1, 2))
        endpoint = endpoint_of(real(url))
        keys = {event: (account.name, endpoint, event, account.is_test if kind is None else kind) for event in events}
        kept = tuple(e for e in events if keys[e] not in taken and _is_allowed(account, url, e))
        if not kept:
            continue
        taken |= {keys[event] for event in kept}
        found.append(
            Entry(
                name=f"entry-{number}",
                account=account.name,
                url=url,
                events=kept,
                active=rng.random() > UNLIKELY,
                is_test=kind,
                ignore=rng.choice([(), (), (), ("active",), ("url",)]),
            )
        )
    return tuple(found)


def _hooks(rng: random.Random, accounts: tuple[Account, ...], entries: tuple[Entry, ...]) -> tuple[Hook, ...]:
    """What the accounts have: mostly what the entries once said, and some that others made."""
    kinds = {account.name: account.is_test for account in accounts}
    found: list[Hook] = []
    for entry in entries:
        for event in entry.events:
            hook = Hook(
                account=entry.account,
                url=real(entry.url),
                event=event,
                is_test=kinds[entry.account] if entry.is_test is None else entry.is_test,
                day=rng.randint(1, 3),
            )
            found += _came_apart(hook, rng.choice(WAYS))
    for account in accounts:
        for _ in range(rng.randint(0, 3)):
            found.append(
                Hook(
                    account=account.name,
                    url=rng.choice(REMOTE_URLS),
                    event=rng.choice(EVENTS),
                    active=rng.random() > UNLIKELY,
                    is_test=account.is_test if rng.random() > UNLIKELY else not account.is_test,
                    day=rng.randint(1, 3),
                )
            )
    return tuple(found)


def _came_apart(hook: Hook, way: str) -> list[Hook]:
    """What there is of a webhook that a file names."""
    old = hook.url.replace(SECRETS["HOOK_A"], OLD_SECRET).replace(SECRETS["HOOK_B"], OLD_SECRET)
    ways = {
        "missing": [],
        "off": [replace(hook, active=False)],
        "rotated": [replace(hook, url=old)],
        "renamed": [replace(hook, url=f"{HOOKS}/gone")],
        "all": [replace(hook, event="all")],
        "other event": [replace(hook, event=next(event for event in EVENTS if event != hook.event))],
        "other kind": [replace(hook, is_test=not hook.is_test)],
        "other host": [replace(hook, url=hook.url.replace(HOOKS, "https://other.example.net"))],
        "two places": [replace(hook, url=f"{HOOKS}/gone"), replace(hook, url=f"{HOOKS}/older")],
        "twins": [hook, replace(hook, day=2), replace(hook, day=1, active=False)],
    }
    return ways.get(way, [hook])


def _replaced(rng: random.Random) -> Case:
    """What there is is to be replaced, and what is to replace it can't be made or changed, or nobody knows it.

    By another event, kind, place or token, or by an entry that is off; what goes is owned, or named absent.
    """
    account = Account(
        name="live",
        token=TOKENS[0],
        owns=PATTERNS[:1],
        absent=rng.choice([(), (), (Absent(url=f"{HOOKS}/gone"),)]),
        max_losses=3,
    )
    entries = tuple(
        Entry(
            name=f"entry-{number}",
            account=account.name,
            url=url,
            events=(rng.choice(EVENTS),),
            active=number == 0 or rng.random() < LIKELY,
        )
        for number, url in enumerate(rng.sample((URLS[0], *URLS[2:4]), rng.randint(1, 2)))
    )
    hooks: list[Hook] = []
    for entry in entries:
        there = Hook(account=account.name, url=real(entry.url), event=entry.events[0])
        gone = replace(there, url=f"{HOOKS}/gone")
        other = replace(there, event=next(event for event in EVENTS if event != there.event))
        switched = replace(there, active=False)
        (old,) = _came_apart(there, "rotated")
        if not entry.active:
            hooks.append(there)
        else:
            ways = [[gone], [other], [replace(there, is_test=True)], [switched], [switched, gone], [old, other]]
            hooks += rng.choice(ways)
    lasting: tuple[When, ...] = (When(), When(nth=1))
    when = rng.choice(lasting)
    action = rng.choice((Answer(status=422), Answer(status=422), rng.choice(LOST)))
    return Case(
        accounts=(account,),
        entries=entries,
        hooks=tuple(hooks),
        parallelism=1,
        faults=(Rule(action=action, method=rng.choice(["POST", "PUT"]), when=when),),
        allow=rng.random() < LIKELY,
        again=2,
    )


def _guarded(rng: random.Random) -> Case:
    """The guard minds what goes: an entry may have become either of two, or what is to stay can't be switched on."""
    account = Account(name="live", token=TOKENS[0], owns=PATTERNS[:1], max_losses=rng.choice([1, None]))
    entry = Entry(name="entry", account="live", url=rng.choice(URLS[:2]), events=EVENTS[:1])
    there = Hook(account="live", url=real(entry.url), event=EVENTS[0])
    case = Case(accounts=(account,), entries=(entry,), allow=rng.random() < UNLIKELY)
    if rng.random() < LIKELY:
        return replace(case, hooks=tuple(_came_apart(there, "two places")))
    goes = Entry(name="goes", account="live", url=rng.choice(URLS[2:4]), events=EVENTS[1:2], active=False)
    hooks = (replace(there, active=False), replace(there, url=real(goes.url), event=EVENTS[1]))
    fault = Rule(action=Answer(status=422), method="PUT", when=When(nth=1))
    return replace(case, entries=(entry, goes), hooks=hooks, faults=(fault,))


def _faults(rng: random.Random) -> tuple[Rule, ...]:
    """One to three, or one that lasts: what is to be made or changed is refused, or fails, whatever is tried."""
    if rng.random() < UNLIKELY:
        actions: tuple[Action, ...] = (
            *(Answer(status=status) for status in (400, 422, 503)),
            DROP_ANSWER,
            RESET_REQUEST,
        )
        lasting: tuple[When, ...] = (When(), When(), When(since=2), When(nth=1))
        action = rng.choice(actions)
        return (Rule(action=action, method=rng.choice(["POST", "PUT"]), when=rng.choice(lasting)),)
    return tuple(_fault(rng) for _ in range(rng.randint(1, 3)))


def _fault(rng: random.Random) -> Rule:
    method = rng.choice(["GET", "POST", "POST", "PUT", "DELETE"])
    path = rng.choice(["/webhooks", "/webhooks/*"]) if method == "GET" else "*"
    action = rng.choice(rng.choice(FAULTS))
    if path == "/webhooks/*" and action == Answer(status=404):
        action = Answer(status=500)  # "gone" is the one word of a provider that has to be believed
    return Rule(action=action, method=method, path=path, when=rng.choice(WHEN))


def _death(rng: random.Random) -> Death:
    return Death(
        signal=rng.choice(["SIGKILL", "SIGKILL", "SIGTERM", "SIGINT"]),
        method=rng.choice([None, None, "POST", "DELETE"]),
        k=rng.randint(1, 6),
        after_effect=rng.random() < LIKELY,
    )


def _meddling(rng: random.Random) -> Meddling:
    return Meddling(what=rng.choice(["remove", "switch", "twin"]), k=rng.randint(0, 5))


def _is_allowed(account: Account, url: str, event: str) -> bool:
    key = endpoint_of(real(url)), event, account.is_test
    named = is_named_absent(account, key) or is_named(account.known, key)  # both ways at once: see the guarantees
    return matches(account.owns, key[0]) and not named
