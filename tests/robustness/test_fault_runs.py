"""The promises under everything that goes wrong: drawn cases, as many as a fixed time allows.

`python -m tests.robustness runs` draws many more; every case that once broke something is kept below.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest
from msgspec.structs import replace

from reconciler.sandbox.faults import DROP_ANSWER, Answer, Rule, When
from tests.robustness.campaign import as_code, campaign, figures, smallest
from tests.robustness.case import HOOKS, Account, Case, Entry, Hook, Meddling, Mode
from tests.robustness.judge import Played, play
from tests.support.faults import HoldAnswer

BUDGET = 6.0
"""Seconds of drawing in the usual run."""
MOST = 60
ENOUGH = 10

ACCOUNT = Account(name="live", token="shippo_live_Q5d83Vn50xH2ycB64kt9LrUm", owns=(f"{HOOKS}/*",))
ENTRY = Entry(name="entry", account="live", url=f"{HOOKS}/a?token=${{HOOK_A}}", events=("track_updated",))
CASE = Case(accounts=(ACCOUNT,), entries=(ENTRY,))


def test_drawn_cases_break_no_promise() -> None:
    began = time.monotonic()
    total: Counter[str] = Counter()
    broken: list[tuple[Case, Played]] = []

    def note(_number: int, case: Case, played: Played) -> None:
        total.update(figures(played, case))
        if played.broken:
            broken.append((case, played))

    def goes_on() -> bool:
        return not broken and (total["cases"] < ENOUGH or time.monotonic() - began < BUDGET)

    campaign(MOST, 0, note, goes_on)
    if broken:
        case, played = broken[0]
        small = smallest(case, lambda one: play(one).kinds[:1] == played.kinds[:1])
        pytest.fail(f"{played.text()}\nAs a test: assert not play({as_code(small)}).broken")
    assert total["cases"] >= ENOUGH
    assert total["cases with a fault that came"] > 0
    assert total["writes that took effect"] > total["cases"]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            replace(CASE, faults=(Rule(action=DROP_ANSWER, method="POST", when=When(nth=1)),)), id="lost create"
        ),
        pytest.param(replace(CASE, runs=4, barrier="POST"), id="four at once"),
        pytest.param(
            replace(
                CASE,
                hooks=(
                    Hook(account="live", url=f"{HOOKS}/gone", event="track_updated"),
                    Hook(account="live", url=f"{HOOKS}/b", event="all"),
                ),
                faults=(Rule(action=Answer(status=503), method="POST", when=When()),),
            ),
            id="create of a rename fails",
        ),
        pytest.param(
            replace(
                CASE,
                hooks=(Hook(account="live", url=f"{HOOKS}/a", event="track_updated"),),
                meddling=(Meddling(what="switch", k=0), Meddling(what="switch", k=0)),
            ),
            id="switched off and on again",
        ),
        pytest.param(
            replace(
                CASE,
                accounts=(replace(ACCOUNT, name="trial", token="shippo_test_B8z27Xf91wG3nsK06jd5PvTc"),),
                entries=(replace(ENTRY, account="trial", events=("all", "transaction_created"), is_test=False),),
                mode=Mode.BACKUP,
            ),
            id="backup of the other kind",
        ),
    ],
)
def test_case_that_once_mattered_breaks_no_promise(case: Case) -> None:
    played = play(case)
    assert not played.broken, played.text()


def test_run_that_does_not_end_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.robustness.stage.TOO_LONG", 0.5)
    hangs = replace(CASE, faults=(Rule(action=HoldAnswer(), method="GET"),))
    assert play(hangs).broken == ("hang: `apply --auto-approve --allow-losses 99 --parallelism 4` doesn't end",)
