"""A small case for each planted defect, as `python -m tests.robustness defects --examples` prints them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from reconciler.sandbox.faults import RESET_ANSWER, RESET_REQUEST, Answer, Rule, When
from tests.robustness.case import HOOKS, OLD_SECRET, Absent, Account, Case, Entry, Hook, Meddling, Mode
from tests.support.lies import Lies

_LIVE, _TRIAL = "shippo_live_Q5d83Vn50xH2ycB64kt9LrUm", "shippo_test_B8z27Xf91wG3nsK06jd5PvTc"
_OWNS = (
    "https://hooks.example.com/*",
    "https://hooks.example.com/a",
    "https://hooks.example.com/c/*",
    "https://*.example.net/a",
)

_OWNER = Account(name="live", token=_LIVE, owns=(f"{HOOKS}/*",))
_NO_CREATE = (Rule(action=Answer(status=422), method="POST"),)
_NO_UPDATE = (Rule(action=Answer(status=422), method="PUT", when=When(nth=1)),)


def _entry(path: str, event: str = "track_updated", *, active: bool = True) -> Entry:
    name = path.strip("/").partition("?")[0]
    return Entry(name=name, account="live", url=HOOKS + path, events=(event,), active=active)


def _hook(path: str, event: str = "track_updated", *, active: bool = True) -> Hook:
    return Hook(account="live", url=HOOKS + path, event=event, active=active)


SMALLEST: Mapping[str, tuple[str, Case]] = {
    "a lost create is sent again without a look": (
        "resent",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=_OWNS),),
            entries=(
                Entry(
                    name="entry-2",
                    account="live",
                    url="https://hooks.example.com/a?token=${HOOK_A}",
                    events=("transaction_created",),
                    ignore=("active",),
                ),
            ),
            faults=(Rule(action=RESET_ANSWER, method="POST", when=When(nth=1)),),
        ),
    ),
    "what narrows comes first": (
        "gap",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=("https://hooks.example.com/*",)),),
            entries=(
                Entry(
                    name="entry-4",
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=${HOOK_B}",
                    events=("all",),
                    ignore=("url",),
                ),
            ),
            hooks=(
                Hook(
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=r3W9ePm83hV5ycL0az72GxTd",
                    event="all",
                    day=2,
                ),
                Hook(
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=r3W9ePm83hV5ycL0az72GxTd",
                    event="all",
                    active=False,
                ),
            ),
        ),
    ),
    "the first page is taken for the list": (
        "result",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=("https://hooks.example.com/*",)),),
            entries=(),
            hooks=(
                Hook(
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=r3W9ePm83hV5ycL0az72GxTd",
                    event="all",
                    day=3,
                ),
                Hook(
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=r3W9ePm83hV5ycL0az72GxTd",
                    event="all",
                    active=False,
                ),
                Hook(account="live", url="https://hooks.example.com/gone", event="track_updated", day=2),
                Hook(
                    account="live", url="https://user:Y0c64Ks29vF8tmJ37op5RgWn@hooks.example.com/a", event="all", day=2
                ),
            ),
        ),
    ),
    "successors aren't looked at before a webhook is narrowed": (
        "gap",
        Case(
            accounts=(
                Account(
                    name="trial",
                    token=_TRIAL,
                    owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*", "https://*.example.net/a"),
                ),
            ),
            entries=(
                Entry(
                    name="entry-0",
                    account="trial",
                    url="https://hooks.example.com/c/${PATH_C}",
                    events=("transaction_created",),
                ),
            ),
            hooks=(
                Hook(
                    account="trial",
                    url="https://hooks.example.com/c/H6n52Tv06pB4skD19fq8MwEj",
                    event="all",
                    is_test=True,
                    day=3,
                ),
            ),
            faults=(Rule(action=Answer(status=422), method="POST", when=When(nth=1)),),
        ),
    ),
    "what moves doesn't wait for its new place": (
        "took",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=("https://hooks.example.com/*",)),),
            entries=(
                Entry(name="entry", account="live", url="https://hooks.example.com/a", events=("track_updated",)),
            ),
            hooks=(Hook(account="live", url="https://hooks.example.com/gone", event="track_updated"),),
            faults=(Rule(action=Answer(status=422), method="POST"),),
        ),
    ),
    "another event or kind at its endpoint isn't waited for": (
        "took",
        Case(
            accounts=(_OWNER,), entries=(_entry("/a", "transaction_created"),), hooks=(_hook("/a"),), faults=_NO_CREATE
        ),
    ),
    "creates aren't waited for": (
        "took",
        Case(accounts=(_OWNER,), entries=(_entry("/a"),), hooks=(_hook("/gone"),), faults=_NO_CREATE),
    ),
    "what is switched on isn't waited for": (
        "took",
        Case(
            accounts=(_OWNER,),
            entries=(_entry("/a"),),
            hooks=(_hook("/gone"), _hook("/a", active=False)),
            faults=_NO_UPDATE,
        ),
    ),
    "updates in place aren't waited for": (
        "took",
        Case(
            accounts=(_OWNER,),
            entries=(_entry("/a?token=${HOOK_A}"),),
            hooks=(_hook(f"/a?token={OLD_SECRET}"), _hook("/a", "transaction_created")),
            faults=_NO_UPDATE,
        ),
    ),
    "only deletes wait": (
        "took",
        Case(
            accounts=(_OWNER,),
            entries=(_entry("/a"), _entry("/b", active=False)),
            hooks=(_hook("/a", active=False), _hook("/b")),
            parallelism=1,
            faults=_NO_UPDATE,
        ),
    ),
    "what absent names doesn't wait": (
        "took",
        Case(
            accounts=(replace(_OWNER, absent=(Absent(url=f"{HOOKS}/gone"),)),),
            entries=(_entry("/a"),),
            hooks=(_hook("/gone"),),
            faults=_NO_CREATE,
        ),
    ),
    "the guards aren't judged again": (
        "guard",
        Case(
            accounts=(_OWNER,),
            entries=(_entry("/a"), _entry("/b", "transaction_created", active=False)),
            hooks=(_hook("/a", active=False), _hook("/b", "transaction_created")),
            faults=_NO_UPDATE,
            allow=False,
        ),
    ),
    "a move that can be read two ways is one": (
        "guard",
        Case(
            accounts=(replace(_OWNER, max_losses=1),),
            entries=(_entry("/a"),),
            hooks=(_hook("/gone"), _hook("/b")),
            allow=False,
        ),
    ),
    "a delete beside a create is no loss": (
        "guard",
        Case(
            accounts=(replace(_OWNER, max_losses=0),),
            entries=(_entry("/a", "transaction_created"),),
            hooks=(_hook("/gone"),),
            allow=False,
        ),
    ),
    "three losses are always allowed": (
        "guard",
        Case(
            accounts=(replace(_OWNER, max_losses=None),),
            entries=(_entry("/a"),),
            hooks=(_hook("/a"), _hook("/gone"), _hook("/b")),
            allow=False,
        ),
    ),
    "secrets aren't compared": (
        "result",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=_OWNS),),
            entries=(
                Entry(
                    name="entry-2",
                    account="live",
                    url="https://hooks.example.com/a?token=${HOOK_A}",
                    events=("all",),
                    ignore=("active",),
                ),
            ),
            hooks=(
                Hook(
                    account="live", url="https://hooks.example.com/a?token=L1b38Gd17zC7xrN52uy6KvSh", event="all", day=2
                ),
            ),
        ),
    ),
    "is_test isn't part of the key": (
        "result",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=("https://hooks.example.com/*",)),),
            entries=(),
            hooks=(Hook(account="live", url="https://hooks.example.com/gone", event="track_updated", day=2),),
        ),
    ),
    "duplicates aren't looked for after creates": (
        "result",
        Case(
            accounts=(Account(name="trial", token=_TRIAL, owns=_OWNS, max_losses=0),),
            entries=(
                Entry(
                    name="entry-0",
                    account="trial",
                    url="https://hooks.example.com/c/${PATH_C}",
                    events=("all",),
                    is_test=False,
                ),
            ),
            runs=2,
            barrier="POST",
        ),
    ),
    "the newest duplicate stays": (
        "unasked",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=("https://hooks.example.com/*",)),),
            entries=(
                Entry(
                    name="entry-4",
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=${HOOK_B}",
                    events=("all",),
                    ignore=("url",),
                ),
            ),
            hooks=(
                Hook(
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=r3W9ePm83hV5ycL0az72GxTd",
                    event="all",
                    day=2,
                ),
                Hook(
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=r3W9ePm83hV5ycL0az72GxTd",
                    event="all",
                    active=False,
                ),
            ),
        ),
    ),
    "what nobody owns is deleted": (
        "unowned",
        Case(
            accounts=(Account(name="trial", token=_TRIAL, owns=_OWNS),),
            entries=(),
            hooks=(Hook(account="trial", url="https://hooks.example.com/a", event="track_updated"),),
        ),
    ),
    "protect is forgotten": (
        "unowned",
        Case(
            accounts=(
                Account(
                    name="trial",
                    token=_TRIAL,
                    owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*"),
                    protect=("https://hooks.example.com/gone",),
                ),
            ),
            entries=(),
            hooks=(
                Hook(
                    account="trial",
                    url="https://hooks.example.com/gone",
                    event="track_updated",
                    active=False,
                    is_test=True,
                ),
            ),
        ),
    ),
    "known is forgotten": (
        "unowned",
        Case(
            accounts=(replace(_OWNER, known=(Absent(url=f"{HOOKS}/gone"),)),),
            entries=(),
            hooks=(_hook("/gone"),),
        ),
    ),
    "absent is forgotten": (
        "result",
        Case(
            accounts=(
                Account(
                    name="live",
                    token=_LIVE,
                    owns=_OWNS,
                    absent=(
                        Absent(url="https://hooks.example.com/b"),
                        Absent(url="https://hooks.example.com/a", events=("all",)),
                    ),
                ),
            ),
            entries=(),
            hooks=(
                Hook(account="live", url="https://hooks.example.com/b", event="track_updated", active=False, day=2),
            ),
        ),
    ),
    "the guard is forgotten": (
        "guard",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=_OWNS),),
            entries=(),
            hooks=(
                Hook(
                    account="live",
                    url="https://hooks.example.com/a?token=k7Uq2Zx41cQ9uwm8Rty30jNb",
                    event="transaction_created",
                ),
            ),
            allow=False,
        ),
    ),
    "a guard refuses only its own account": (
        "guard",
        Case(
            accounts=(
                Account(
                    name="live",
                    token=_LIVE,
                    owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*", "https://*.example.net/a"),
                ),
                Account(name="trial", token=_TRIAL, owns=_OWNS),
            ),
            entries=(),
            hooks=(
                Hook(
                    account="trial",
                    url="https://hooks.example.com/a?token=L1b38Gd17zC7xrN52uy6KvSh",
                    event="track_updated",
                    is_test=True,
                ),
            ),
            allow=False,
        ),
    ),
    "what is narrowed is no loss": (
        "guard",
        Case(
            accounts=(
                Account(
                    name="live",
                    token=_LIVE,
                    owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*"),
                    max_losses=0,
                ),
            ),
            entries=(
                Entry(
                    name="entry-4",
                    account="live",
                    url="https://hooks.example.com/a?token=${HOOK_A}",
                    events=("transaction_created",),
                    ignore=("active",),
                ),
            ),
            hooks=(
                Hook(
                    account="live",
                    url="https://hooks.example.com/a?token=L1b38Gd17zC7xrN52uy6KvSh",
                    event="track_updated",
                    day=3,
                ),
            ),
            allow=False,
        ),
    ),
    "half a list is enough": (
        "incomplete",
        Case(
            accounts=(
                Account(
                    name="live",
                    token=_LIVE,
                    owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*", "https://*.example.net/a"),
                ),
            ),
            entries=(),
            lies=Lies(next_page="?page=1&results=3"),
        ),
    ),
    "writes come without a read": (
        "stale",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=_OWNS),),
            entries=(),
            hooks=(
                Hook(account="live", url="https://hooks.example.com/a", event="track_updated", active=False, day=3),
                Hook(
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=r3W9ePm83hV5ycL0az72GxTd",
                    event="track_updated",
                    active=False,
                    is_test=True,
                    day=2,
                ),
            ),
            meddling=(Meddling(what="switch", k=1),),
        ),
    ),
    "a lost answer counts as done": (
        "result",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=_OWNS),),
            entries=(
                Entry(
                    name="entry-2",
                    account="live",
                    url="https://hooks.example.com/a?token=${HOOK_A}",
                    events=("transaction_created",),
                    ignore=("active",),
                ),
            ),
            faults=(Rule(action=RESET_REQUEST, method="POST", when=When(nth=1)),),
        ),
    ),
    "URLs are shown whole": (
        "leak",
        Case(
            accounts=(
                Account(
                    name="trial",
                    token=_TRIAL,
                    owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*", "https://*.example.net/a"),
                ),
            ),
            entries=(),
            hooks=(
                Hook(
                    account="trial",
                    url="https://hooks.example.com/a?token=L1b38Gd17zC7xrN52uy6KvSh",
                    event="track_updated",
                    active=False,
                    is_test=True,
                ),
            ),
        ),
    ),
    "active is always sent as true": (
        "converge",
        Case(
            accounts=(
                Account(
                    name="trial", token=_TRIAL, owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*")
                ),
            ),
            entries=(
                Entry(
                    name="entry-2", account="trial", url="https://hooks.example.com/a", events=("all",), active=False
                ),
            ),
            hooks=(
                Hook(
                    account="trial",
                    url="https://hooks.example.com/a?token=k7Uq2Zx41cQ9uwm8Rty30jNb",
                    event="all",
                    is_test=True,
                    day=3,
                ),
            ),
        ),
    ),
    "redirects are followed": (
        "token",
        Case(
            accounts=(
                Account(
                    name="live", token=_LIVE, owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*")
                ),
            ),
            entries=(
                Entry(
                    name="entry-4",
                    account="live",
                    url="https://hooks.example.com/a?token=${HOOK_A}",
                    events=("transaction_created",),
                    ignore=("active",),
                ),
            ),
            hooks=(
                Hook(
                    account="live",
                    url="https://hooks.example.com/a?token=L1b38Gd17zC7xrN52uy6KvSh",
                    event="transaction_created",
                    day=2,
                ),
            ),
            faults=(Rule(action=Answer(status=307, location="http://127.0.0.2:9/webhooks"), method="PUT"),),
        ),
    ),
    "every apply ends with 0": (
        "result",
        Case(
            accounts=(
                Account(
                    name="live", token=_LIVE, owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*")
                ),
            ),
            entries=(
                Entry(
                    name="entry-4",
                    account="live",
                    url="https://hooks.example.com/a?token=${HOOK_A}",
                    events=("transaction_created",),
                    ignore=("active",),
                ),
            ),
            hooks=(
                Hook(
                    account="live",
                    url="https://hooks.example.com/a?token=L1b38Gd17zC7xrN52uy6KvSh",
                    event="transaction_created",
                    day=2,
                ),
            ),
            faults=(Rule(action=Answer(status=404), method="PUT"),),
        ),
    ),
    "what is off is created": (
        "unasked",
        Case(
            accounts=(
                Account(
                    name="trial", token=_TRIAL, owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*")
                ),
            ),
            entries=(
                Entry(
                    name="entry-2", account="trial", url="https://hooks.example.com/a", events=("all",), active=False
                ),
            ),
        ),
    ),
    "a stale plan is carried out": (
        "guard",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=_OWNS),),
            entries=(),
            hooks=(
                Hook(account="live", url="https://hooks.example.com/gone", event="transaction_created"),
                Hook(
                    account="live",
                    url="https://hooks.example.com/c/H6n52Tv06pB4skD19fq8MwEj",
                    event="track_updated",
                    active=False,
                    day=3,
                ),
                Hook(
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=r3W9ePm83hV5ycL0az72GxTd",
                    event="all",
                ),
            ),
            mode=Mode.SAVED,
            meddling=(Meddling(what="twin", k=2),),
        ),
    ),
    "ignored fields are updated": (
        "unasked",
        Case(
            accounts=(Account(name="trial", token=_TRIAL, owns=_OWNS),),
            entries=(
                Entry(
                    name="entry-3",
                    account="trial",
                    url="https://hooks.example.com/c/${PATH_C}",
                    events=("track_updated",),
                    active=False,
                    ignore=("active",),
                ),
            ),
            hooks=(
                Hook(
                    account="trial",
                    url="https://hooks.example.com/c/H6n52Tv06pB4skD19fq8MwEj",
                    event="track_updated",
                    is_test=True,
                    day=2,
                ),
            ),
        ),
    ),
    "what was switched off stays off": (
        "result",
        Case(
            accounts=(Account(name="live", token=_LIVE, owns=("https://hooks.example.com/*",)),),
            entries=(
                Entry(
                    name="entry-4",
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=${HOOK_B}",
                    events=("all",),
                    ignore=("url",),
                ),
            ),
            hooks=(
                Hook(
                    account="live",
                    url="https://hooks.example.com/b?tenant=x&token=r3W9ePm83hV5ycL0az72GxTd",
                    event="all",
                    active=False,
                ),
            ),
        ),
    ),
    "a backup has no secrets": (
        "backup",
        Case(
            accounts=(
                Account(
                    name="trial",
                    token=_TRIAL,
                    owns=("https://hooks.example.com/a", "https://hooks.example.com/c/*", "https://*.example.net/a"),
                ),
            ),
            entries=(),
            hooks=(
                Hook(
                    account="trial",
                    url="https://hooks.example.com/c/H6n52Tv06pB4skD19fq8MwEj",
                    event="all",
                    is_test=True,
                    day=3,
                ),
            ),
            mode=Mode.BACKUP,
        ),
    ),
}
"""By the defect's name: the kind of promise that it breaks first, and the case."""
