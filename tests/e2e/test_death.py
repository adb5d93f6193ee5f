"""SIGKILL at every call of an apply, of a saved plan, and of the way back: the next run finishes what was begun."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from reconciler.sandbox.faults import Rule, When
from tests.e2e.dying import APPLY, WANTED, Patient, calls_of, kept, writes_in
from tests.e2e.tool import HOST, WAIT
from tests.support.faults import HoldAnswer, HoldRequest

BACKUP = "back.yaml"
RESTORE = (*APPLY, "-f", BACKUP, "--env-file", f"{BACKUP}.env")


def test_apply_killed_before_any_call_is_sent_is_finished_by_the_next(patient: Callable[[], Patient]) -> None:
    # Before the k-th is sent is also after the answer to the one before it.
    calls = calls_of(patient(), *APPLY)
    assert len(calls) > 20
    for k in range(1, len(calls) + 1):
        dead = patient()
        dead.dies(HoldRequest(), k, *APPLY)
        assert len(dead.log()) == k - 1
        again = dead.run(*APPLY)
        assert again.code == 0, (k, again.all)
        dead.check_finished()


def test_apply_killed_between_any_effect_and_its_answer_is_finished_by_the_next(
    patient: Callable[[], Patient],
) -> None:
    # A call that only reads leaves the provider as it was: killed there is killed before it was sent.
    for k in writes_in(calls_of(patient(), *APPLY)):
        dead = patient()
        dead.dies(HoldAnswer(), k, *APPLY)
        assert dead.log()[-1].took_effect
        again = dead.run(*APPLY)
        assert again.code == 0, (k, again.all)
        dead.check_finished()


@pytest.mark.parametrize("action", [HoldRequest(), HoldAnswer()], ids=["unsent", "unanswered"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_apply_killed_with_many_calls_under_way_is_finished_by_the_next(
    patient: Callable[[], Patient], action: HoldRequest | HoldAnswer, method: str
) -> None:
    dead = patient()
    with dead.holding(Rule(action=action, method=method)) as held:
        with dead.start("apply", "--auto-approve", "--allow-losses", "9") as command:
            held.wait_until_held(3)
            command.process.kill()
            assert command.end().code == -signal.SIGKILL
        held.abandon()
    assert dead.run(*APPLY).code == 0
    dead.check_finished()


def test_create_that_arrives_after_its_run_and_the_next_are_over_makes_no_lasting_duplicate(
    patient: Callable[[], Patient],
) -> None:
    for k in [k for k, method in enumerate(calls_of(patient(), *APPLY), 1) if method == "POST"]:
        dead = patient()
        with dead.holding(Rule(action=HoldRequest(), when=When(nth=k))) as held:
            with dead.start(*APPLY) as command:
                held.wait_until_held()
                command.process.kill()
                assert command.end().code == -signal.SIGKILL
            assert dead.run(*APPLY).code == 0
            dead.check_finished()
            arrived = len(dead.log()) + 1
            held.release()
        end = time.monotonic() + WAIT
        while len(dead.log()) < arrived:
            assert time.monotonic() < end
            time.sleep(0.01)  # only so that the provider gets its turn
        assert len(dead.there()) == len(WANTED) + 1
        assert dead.run(*APPLY).code == 0
        dead.check_finished()


def test_saved_plan_that_was_killed_is_done_whole_by_the_next_or_refused_as_stale(
    patient: Callable[[], Patient],
) -> None:
    first = patient()
    assert first.run("plan", "--allow-losses", "9", "--out", "saved.plan").code == 0
    apply = ("apply", "saved.plan", "--parallelism", "1")
    calls = calls_of(first, *apply)
    deaths: list[tuple[HoldRequest | HoldAnswer, int]] = [(HoldRequest(), 1), (HoldRequest(), writes_in(calls)[0])]
    deaths += [(HoldAnswer(), k) for k in (*writes_in(calls)[::2], len(calls))]
    for action, k in deaths:
        dead = patient()
        assert dead.run("plan", "--allow-losses", "9", "--out", "saved.plan").code == 0
        dead.dies(action, k, *apply)
        begun, mark = dead.there() != dead.before, dead.sandbox.mark()
        again = dead.run(*apply)
        if begun:
            assert (again.code, dead.writes(mark)) == (3, []), (k, again.all)
            assert "[track_updated]: " in again.err.split("the saved plan is out of date:", 1)[1]
            again = dead.run(*APPLY)
        assert again.code == 0, (k, again.all)
        dead.check_finished()


def _check_restored(dead: Patient) -> None:
    """The account delivers what it did before the apply that was killed; one of two duplicates is enough."""
    assert dead.run("plan", "-f", BACKUP, "--env-file", f"{BACKUP}.env", "--detailed-exitcode").code == 0
    expected = kept(dead.before)
    expected[f"{HOST}/twice", "track_updated", True] = 1
    assert kept(dead.there()) == expected
    assert [dead.there().get(other.object_id) for other in dead.untouchable] == dead.untouchable


def test_backup_is_there_before_the_first_write_and_leads_back_from_any_death(patient: Callable[[], Patient]) -> None:
    apply = (*APPLY, "--backup", BACKUP)
    calls = calls_of(patient(), *apply)
    dead = patient()
    dead.dies(HoldAnswer(), 1, *apply)
    assert sorted(path.name for path in dead.folder.iterdir()) == ["webhooks.yaml"]
    for k in writes_in(calls):
        dead = patient()
        dead.dies(HoldAnswer(), k, *apply)
        back = dead.run(*RESTORE)
        assert back.code == 0, (k, back.all)
        _check_restored(dead)


def test_restore_killed_at_any_call_is_finished_by_the_next(patient: Callable[[], Patient]) -> None:
    def broken() -> Patient:
        half = patient()
        # The last write of a restore is this one's first delete.
        half.dies(HoldAnswer(), middle, *APPLY, "--backup", BACKUP)
        return half

    writes = writes_in(calls_of(patient(), *APPLY))
    middle = writes[len(writes) * 3 // 4]
    for k in writes_in(calls_of(broken(), *RESTORE)):
        dead = broken()
        dead.dies(HoldAnswer(), k, *RESTORE)
        back = dead.run(*RESTORE)
        assert back.code == 0, (k, back.all)
        _check_restored(dead)
