"""No endpoint misses an event that it receives at both ends, by the server's own log, also where a call fails."""

from __future__ import annotations

import pytest

from reconciler.model.plan import Action, Phase
from reconciler.model.report import Outcome
from reconciler.sandbox.faults import Answer, Rule
from tests.contract.bench import Bench, Wanted
from tests.contract.hooks import ALL, A, B, C, Hook
from tests.contract.judge import gaps, silences

MOVES = [
    pytest.param((Hook(events=(A, B)),), {"a": Hook(events=(ALL,))}, id="everything-takes-over"),
    pytest.param((Hook(events=(ALL,)),), {"a": Hook(events=(A, B))}, id="single-events-take-over"),
    pytest.param(
        (Hook(path="/a", events=(A, B)), Hook(path="/b", events=(C,))),
        {"a": Hook(path="/a", events=(A,)), "b": Hook(path="/b", events=(B, C))},
        id="another-webhook-takes-an-event-over",
    ),
    pytest.param(
        (Hook(path="/a", events=(A, B)),),
        {"a": Hook(path="/a", events=(A,)), "b": Hook(path="/b", events=(B,))},
        id="a-new-webhook-takes-an-event-over",
    ),
    pytest.param(
        (Hook(path="/a", events=(A, B)),),
        {"a": Hook(path="/a", events=(A, B), active=False), "b": Hook(path="/b", events=(A, B))},
        id="a-new-webhook-takes-over-from-one-that-is-switched-off",
    ),
    pytest.param((Hook(path="/old", events=(A, B)),), {"a": Hook(path="/new", events=(A, B))}, id="another-url"),
    pytest.param(
        (Hook(events=(A, C)), Hook(events=(A, B)), Hook(events=(B,))),
        {"a": Hook(events=(A, B))},
        id="the-survivor-takes-over-from-its-duplicates",
    ),
]


@pytest.mark.parametrize(("there", "wanted"), MOVES)
@pytest.mark.parametrize("parallelism", [1, 8])
def test_nothing_is_missed_while_events_move(
    bench: Bench, there: tuple[Hook, ...], wanted: Wanted, parallelism: int
) -> None:
    bench.put(*there)
    before = bench.server.webhooks()
    assert bench.plan(wanted).apply(parallelism).is_complete
    bench.check(wanted, {})
    assert gaps(bench.provider, before, bench.server.calls()) == set()
    assert silences(bench.provider, before, bench.server.calls()) == set()


@pytest.mark.parametrize(("there", "wanted"), MOVES)
def test_nothing_is_missed_where_what_is_to_take_over_fails(
    bench: Bench, there: tuple[Hook, ...], wanted: Wanted
) -> None:
    bench.put(*there)
    before = bench.server.webhooks()
    run = bench.plan(wanted)
    armed = [bench.server.faults.add(Rule(action=Answer(status=422), method=method)) for method in ("POST", "PUT")]
    report = run.apply(8)
    for rule in armed:
        bench.server.faults.remove(rule)
    assert any(rule.applied for rule in armed) is not report.is_complete
    assert gaps(bench.provider, before, bench.server.calls()) == set()
    bench.apply(wanted)
    bench.check(wanted, {})
    assert gaps(bench.provider, before, bench.server.calls()) == set()


def test_update_that_drops_an_event_belongs_to_the_narrowing_phase(loft: Bench) -> None:
    loft.put(Hook(path="/fewer", events=(A, B)), Hook(path="/more", events=(A,)), Hook(path="/other", events=(A,)))
    wanted = {
        "fewer": Hook(path="/fewer", events=(A,)),
        "more": Hook(path="/more", events=(A, B)),
        "other": Hook(path="/other", events=(B,)),
    }
    (account,) = loft.plan(wanted).plan.planned
    assert [(change.phase, change.address.name) for change in account.changes] == [
        (Phase.WIDEN, "more"),
        (Phase.NARROW, "fewer"),
        (Phase.NARROW, "other"),
    ]


def test_duplicate_stays_until_its_survivor_has_its_events(loft: Bench) -> None:
    # The survivor gets an event and loses one, in one call; the duplicate delivers the new one until then.
    survivor, duplicate = loft.put(Hook(events=(A, C)), Hook(events=(B,)))
    run = loft.plan({"a": Hook(events=(A, B))})
    (account,) = run.plan.planned
    assert [(change.action, change.phase) for change in account.changes] == [
        (Action.UPDATE, Phase.NARROW),
        (Action.DELETE, Phase.NARROW),
    ]
    armed = loft.server.faults.add(Rule(action=Answer(status=422), method="PUT"))
    assert [result.outcome for result in run.apply(8).results] == [Outcome.FAILED, Outcome.HELD]
    assert list(loft.server.webhooks()) == [survivor, duplicate]
    loft.server.faults.remove(armed)
    loft.converge({"a": Hook(events=(A, B))}, {})
