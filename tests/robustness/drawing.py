"""Draws cases in which everything meets everything: few endpoints, few events, many ways to go wrong."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

from hypothesis import strategies as st

from reconciler.sandbox.lies import HONEST, Lies
from reconciler.sandbox.rules import (
    Action,
    Answer,
    Chance,
    CutAnswer,
    DripAnswer,
    DropAnswer,
    Every,
    From,
    Nth,
    Refuse,
    ReplaceAnswer,
    ResetAnswer,
    ResetRequest,
    Rule,
    ShortenAnswer,
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
    Absent(url="https://elsewhere.example.org/*"),
    Absent(url=f"{HOOKS}/c/*", events=("track_updated",)),
)
PROTECT = (f"{HOOKS}/b", f"{HOOKS}/c/*", f"{HOOKS}/gone")
WAYS = (*["missing"] * 2, *["renamed"] * 3, "off", "rotated", *["all"] * 2, "twins", "in step")
TROUBLES = (*["faults"] * 5, *["death"] * 2, *["overlap"] * 2, *["meddling"] * 2, "lies", "calm")
MODES = {"overlap": [Mode.APPLY], "meddling": [Mode.APPLY, Mode.SAVED]}
METHODS = ("GET", "POST", "PUT", "DELETE")
REFUSED: tuple[Action, ...] = (
    *(Answer(status=status) for status in (400, 401, 403, 404, 409, 422, 429)),
    *(Answer(status=status, retry_after=wait) for status, wait in ((429, "1"), (503, "2"), (429, "soon"))),
)
NOT_DONE: tuple[Action, ...] = (ResetRequest(), Answer(status=500), Answer(status=503), Refuse())
LOST: tuple[Action, ...] = (
    *(ResetAnswer(), DropAnswer(), ReplaceAnswer(), CutAnswer(after=20), ShortenAnswer(after=0)),
    ReplaceAnswer(answer=Answer(status=200, body=b"<html>", content_type="text/html")),
)
ODD: tuple[Action, ...] = (
    Answer(status=307, location=ELSEWHERE),
    *(DripAnswer(pause=0.0001), ShortenAnswer(after=30)),
)
FAULTS = (REFUSED, NOT_DONE, LOST, ODD)
"""What goes wrong: refused, not done and nobody knows it, done and nobody knows it, and all the rest."""
WHEN: tuple[When, ...] = (*(Nth(k=k) for k in (1, 1, 2, 3, 4)), From(k=2), Every(), Chance(probability=0.3))
LIES = (
    *(Lies(count_off=1), Lies(count_off=-1, count_lists=1), Lies(lag=1), Lies(lag=3)),
    *(Lies(next_page=ELSEWHERE), Lies(next_page="?page=1&results=3"), Lies(next_page="?page=99")),
)
TOKENS = ("shippo_live_Q5d83Vn50xH2ycB64kt9LrUm", "shippo_test_B8z27Xf91wG3nsK06jd5PvTc")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Whole cases; what goes wrong is drawn first, so that each kind of trouble is as frequent as the others."""
    trouble = draw(st.sampled_from(TROUBLES))
    accounts = tuple(draw(st.lists(_accounts(), min_size=1, max_size=2, unique_by=lambda account: account.name)))
    entries = draw(_entries(accounts))
    several = trouble == "overlap"
    faults = trouble == "faults" or (trouble in ("death", "overlap") and draw(st.integers(0, 3)) == 0)
    return Case(
        accounts=accounts,
        entries=entries,
        hooks=draw(_hooks(accounts, entries)),
        mode=draw(st.sampled_from(MODES.get(trouble, [Mode.APPLY, Mode.APPLY, Mode.APPLY, *Mode]))),
        runs=draw(st.integers(2, 4)) if several else 1,
        barrier=draw(st.sampled_from(["", *METHODS])) if several else "",
        parallelism=draw(st.sampled_from([1, 4])),
        faults=tuple(draw(st.lists(_faults(), min_size=1, max_size=3))) if faults else (),
        lies=draw(st.sampled_from([HONEST, *LIES])) if trouble == "lies" else HONEST,
        moves=trouble == "lies" and draw(st.booleans()),
        meddling=tuple(draw(st.lists(_meddling(), min_size=1, max_size=2))) if trouble == "meddling" else (),
        death=draw(_deaths()) if trouble == "death" else None,
        page_size=50 if trouble == "meddling" else draw(st.sampled_from([3, 50])),  # others come in after whole lists
        hides=draw(st.integers(0, 3)) == 0,
        allow=draw(st.integers(0, 2)) != 0,
        verbosity=draw(st.sampled_from([(), ("-v",), ("-vv",), ("-q",)])),
        json=draw(st.booleans()),
    )


@st.composite
def _accounts(draw: st.DrawFn) -> Account:
    which = draw(st.sampled_from([0, 0, 1]))
    return Account(
        name=("live", "trial")[which],
        token=TOKENS[which],
        owns=draw(st.sampled_from([PATTERNS, PATTERNS, PATTERNS[:1], PATTERNS[1:], PATTERNS[1:3]])),
        absent=tuple(draw(st.lists(st.sampled_from(ABSENT), max_size=2, unique=True))),
        protect=draw(st.sampled_from([(), (), *((pattern,) for pattern in PROTECT)])),
        max_losses=draw(st.sampled_from([0, 0, 1, 3])),
    )


@st.composite
def _entries(draw: st.DrawFn, accounts: tuple[Account, ...]) -> tuple[Entry, ...]:
    """Valid ones: owned, no key twice, none named absent."""
    found: list[Entry] = []
    taken: set[tuple[str, str, str, bool]] = set()
    for number in range(draw(st.sampled_from([0, 1, 2, 3, 4, 5, 6]))):
        account = draw(st.sampled_from(accounts))
        url = draw(st.sampled_from(URLS))
        kind = draw(st.sampled_from([None, None, None, not account.is_test]))
        events = draw(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=2, unique=True))
        endpoint = _without_token(url)
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
                active=draw(st.integers(0, 4)) != 0,
                is_test=kind,
                ignore=tuple(draw(st.lists(st.sampled_from(["active", "url"]), max_size=1))),
            )
        )
    return tuple(found)


@st.composite
def _hooks(draw: st.DrawFn, accounts: tuple[Account, ...], entries: tuple[Entry, ...]) -> tuple[Hook, ...]:
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
                day=draw(st.integers(1, 3)),
            )
            found += _came_apart(hook, draw(st.sampled_from(WAYS)))
    for account in accounts:
        for _ in range(draw(st.integers(0, 3))):
            found.append(
                Hook(
                    account=account.name,
                    url=draw(st.sampled_from(REMOTE_URLS)),
                    event=draw(st.sampled_from(EVENTS)),
                    active=draw(st.integers(0, 4)) != 0,
                    is_test=account.is_test if draw(st.integers(0, 4)) else not account.is_test,
                    day=draw(st.integers(1, 3)),
                )
            )
    return tuple(found)


def _came_apart(hook: Hook, way: str) -> list[Hook]:
    """What there is of a webhook that a file names."""
    match way:
        case "missing":
            return []
        case "off":
            return [replace(hook, active=False)]
        case "rotated":
            old = hook.url.replace(SECRETS["HOOK_A"], OLD_SECRET).replace(SECRETS["HOOK_B"], OLD_SECRET)
            return [replace(hook, url=old)]
        case "renamed":
            return [replace(hook, url=f"{HOOKS}/gone")]
        case "all":
            return [replace(hook, event="all")]
        case "twins":
            return [hook, replace(hook, day=2), replace(hook, day=1, active=False)]
        case _:
            return [hook]


@st.composite
def _faults(draw: st.DrawFn) -> Rule:
    method = draw(st.sampled_from(["GET", "POST", "POST", "PUT", "DELETE"]))
    path = draw(st.sampled_from(["/webhooks", "/webhooks/*"])) if method == "GET" else "*"
    action = draw(st.sampled_from(draw(st.sampled_from(FAULTS))))
    return Rule(action=action, method=method, path=path, when=draw(st.sampled_from(WHEN)))


@st.composite
def _deaths(draw: st.DrawFn) -> Death:
    return Death(
        signal=draw(st.sampled_from(["SIGKILL", "SIGKILL", "SIGTERM", "SIGINT"])),
        method=draw(st.sampled_from([None, None, "POST", "DELETE"])),
        k=draw(st.integers(1, 6)),
        after_effect=draw(st.booleans()),
    )


@st.composite
def _meddling(draw: st.DrawFn) -> Meddling:
    return Meddling(what=draw(st.sampled_from(["remove", "switch", "twin"])), k=draw(st.integers(0, 5)))


def _is_allowed(account: Account, url: str, event: str) -> bool:
    place = url.partition("?")[0]
    named = (item for item in account.absent if fnmatchcase(place, item.url))
    return any(fnmatchcase(place, pattern) for pattern in account.owns) and not any(
        not item.events or event in item.events for item in named
    )


def _without_token(url: str) -> str:
    return real(url).partition("?token=")[0].partition("&token=")[0]
