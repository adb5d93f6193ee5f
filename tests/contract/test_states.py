"""Each state of a table is applied; then nothing differs, and nothing more is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec import Struct

from reconciler.model.webhook import Settings
from tests.contract.bench import Bench, Wanted
from tests.contract.hooks import ALL, ELSEWHERE, A, B, C, Hook
from tests.contract.subjects import PIGEONRY_SUBJECT, SUBJECTS, Subject


class Case(Struct, frozen=True, kw_only=True):
    """What the account has, and what the file wants."""

    id: str
    there: tuple[Hook, ...] = ()
    wanted: Wanted


CASES = (
    Case(id="create", wanted={"a": Hook()}),
    Case(id="create-with-events", wanted={"a": Hook(events=(A, B, C))}),
    Case(id="create-switched-off", wanted={"a": Hook(active=False), "b": Hook(path="/b")}),
    Case(id="in-step", there=(Hook(events=(A, B)),), wanted={"a": Hook(events=(A, B))}),
    Case(id="events-in-another-order", there=(Hook(events=(B, A, C)),), wanted={"a": Hook(events=(C, A, B))}),
    Case(id="rotate-the-token", there=(Hook(path="/a?token=1"),), wanted={"a": Hook(path="/a?token=2")}),
    Case(id="token-comes", there=(Hook(),), wanted={"a": Hook(path="/a?token=2")}),
    Case(id="token-goes", there=(Hook(path="/a?x=1&token=1"),), wanted={"a": Hook(path="/a?x=1")}),
    Case(id="switch-off", there=(Hook(events=(A, B)),), wanted={"a": Hook(events=(A, B), active=False)}),
    Case(id="switch-on", there=(Hook(active=False),), wanted={"a": Hook()}),
    Case(id="off-and-stays-off", there=(Hook(active=False),), wanted={"a": Hook(active=False)}),
    Case(id="remove", there=(Hook(path="/a"), Hook(path="/b", events=(A, B))), wanted={"a": Hook()}),
    Case(id="remove-everything", there=(Hook(path="/a"), Hook(path="/b", events=(A, B))), wanted={}),
    Case(id="rename", there=(Hook(path="/old", events=(A, B)),), wanted={"a": Hook(path="/new", events=(A, B))}),
    Case(
        id="swap-two-urls",
        there=(Hook(path="/a", events=(A,)), Hook(path="/b", events=(B,))),
        wanted={"a": Hook(path="/b", events=(A,)), "b": Hook(path="/a", events=(B,))},
    ),
    Case(id="another-spelling", there=(Hook(path="/a%7Eb?x=1&y"),), wanted={"a": Hook(path="/a~b?y&x=1")}),
    Case(
        id="another-tenant",
        there=(Hook(path="/a?tenant=acme"), Hook(path="/a?tenant=globex")),
        wanted={"a": Hook(path="/a?tenant=acme", events=(B,))},
    ),
    Case(id="duplicates", there=(Hook(), Hook(), Hook()), wanted={"a": Hook()}),
    Case(
        id="duplicates-that-differ",
        there=(Hook(path="/a?token=1", active=False), Hook(path="/a?token=2"), Hook(path="/a?token=3")),
        wanted={"a": Hook(path="/a?token=4")},
    ),
    Case(
        id="duplicates-with-other-events",
        there=(Hook(events=(A, C)), Hook(events=(A, B)), Hook(events=(B,))),
        wanted={"a": Hook(events=(A, B))},
    ),
    Case(id="duplicates-nobody-wants", there=(Hook(), Hook(active=False)), wanted={}),
    Case(id="add-an-event", there=(Hook(events=(A,)),), wanted={"a": Hook(events=(A, B))}),
    Case(id="drop-an-event", there=(Hook(events=(A, B)),), wanted={"a": Hook(events=(B,))}),
    Case(id="one-event-for-another", there=(Hook(events=(A, B)),), wanted={"a": Hook(events=(B, C))}),
    Case(
        id="drop-an-event-and-switch-off",
        there=(Hook(events=(A, B)),),
        wanted={"a": Hook(events=(B,), active=False)},
    ),
    Case(
        id="drop-an-event-and-switch-on",
        there=(Hook(events=(A, B), active=False),),
        wanted={"a": Hook(events=(B,))},
    ),
    Case(
        id="an-event-moves",
        there=(Hook(path="/a", events=(A, B)), Hook(path="/b", events=(C,))),
        wanted={"a": Hook(path="/a", events=(A,)), "b": Hook(path="/b", events=(B, C))},
    ),
    Case(id="everything-takes-over", there=(Hook(events=(A, B)),), wanted={"a": Hook(events=(ALL,))}),
    Case(id="single-events-take-over", there=(Hook(events=(ALL,)),), wanted={"a": Hook(events=(A, B, C))}),
    Case(
        id="several-at-once",
        there=(
            Hook(path="/rotated?token=1"),
            Hook(path="/off"),
            Hook(path="/on", active=False),
            Hook(path="/old"),
            Hook(path="/gone", events=(A, B, C)),
            Hook(path="/twice", events=(B,)),
            Hook(path="/twice", events=(B,)),
            Hook(path="/fewer", events=(A, B)),
            Hook(path="/same"),
        ),
        wanted={
            "made": Hook(path="/made", events=(B, C)),
            "rotated": Hook(path="/rotated?token=2"),
            "off": Hook(path="/off", active=False),
            "on": Hook(path="/on"),
            "renamed": Hook(path="/new"),
            "twice": Hook(path="/twice", events=(B, C)),
            "fewer": Hook(path="/fewer", events=(B,)),
            "same": Hook(path="/same"),
        },
    ),
)

OTHERS = (
    Hook(path=f"{ELSEWHERE}/a"),
    Hook(path=f"{ELSEWHERE}/a", active=False),
    Hook(path=f"{ELSEWHERE}/a?token=1", events=(A, B, "brand_new")),
)
"""What nobody here owns: other people's, also twice, and with an event that nobody knows."""


def _field_cases(subject: Subject) -> Iterator[Case]:
    """Each field of its own, then all at once."""
    before = {name: pair[0] for name, pair in subject.changes.items()}
    after = {name: pair[1] for name, pair in subject.changes.items()}
    for name in subject.changes:
        yield Case(
            id=f"change-{name}",
            there=(Hook(others={name: before[name]}),),
            wanted={"a": Hook(others={name: after[name]})},
        )
    if subject.changes:
        yield Case(
            id="change-everything",
            there=(Hook(path="/a?token=1", others=before),),
            wanted={"a": Hook(path="/a?token=2", events=(B,), active=False, others=after)},
        )


def _settings(before: Settings, after: Settings) -> tuple[tuple[Hook, ...], Wanted]:
    return (Hook(others={"settings": before}),), {"a": Hook(others={"settings": after})}


_NESTED = {
    "settings-changed-deep-inside": _settings({"retry": {"limit": 3}}, {"retry": {"limit": 5}}),
    "settings-said-or-left-out": _settings(
        {"retry": {"limit": 3, "delays": [1, 5, 5]}, "headers": {}}, {"headers": {}}
    ),
    "settings-with-something-new": _settings({}, {"headers": {"X-Loft": "north"}}),
    "settings-with-something-less": _settings({"headers": {"X-Loft": "north"}}, {}),
    "settings-whose-list-says-it-once": _settings({"retry": {"delays": [1, 5, 5]}}, {"retry": {"delays": [1, 5]}}),
    "settings-under-a-name-with-underscores": _settings({"headers": {"__x": "1"}}, {"headers": {"__x": "2"}}),
    "settings-of-another-type": _settings({"retry": {"limit": 3}}, {"retry": {"limit": "3"}}),
    "settings-that-are-nothing": _settings({"retry": {"limit": 3}}, {"retry": {"limit": None}}),
    "settings-that-are-no-object-any-more": _settings({"retry": {"limit": 3}}, {"retry": "never"}),
}
_OF_PIGEONRY = tuple(Case(id=name, there=there, wanted=wanted) for name, (there, wanted) in _NESTED.items())


def _table() -> Iterator[object]:
    for subject in SUBJECTS:
        more = _OF_PIGEONRY if subject is PIGEONRY_SUBJECT else ()
        for case in (*CASES, *_field_cases(subject), *more):
            yield pytest.param(subject, case, id=f"{subject}-{case.id}")


@pytest.mark.parametrize(("subject", "case"), list(_table()))
def test_state_is_applied_once_and_holds(subject: Subject, case: Case) -> None:
    with Bench(subject) as bench:
        bench.put(*OTHERS)
        others = bench.server.webhooks()
        bench.put(*case.there)
        bench.converge(case.wanted, others)


@pytest.mark.parametrize(
    ("there", "entry", "expected"),
    [
        pytest.param(
            Hook(path="/a?token=1", active=False),
            Hook(path="/a?token=2", ignored=("active",)),
            Hook(path="/a?token=2", active=False),
            id="the-switch",
        ),
        pytest.param(
            Hook(path="/a?token=1", active=False),
            Hook(path="/a?token=2", ignored=("url",)),
            Hook(path="/a?token=1"),
            id="the-token",
        ),
        pytest.param(
            Hook(path="/a?token=1", active=False),
            Hook(path="/a?token=2", ignored=("url", "active")),
            Hook(path="/a?token=1", active=False),
            id="both",
        ),
    ],
)
def test_ignored_fields_are_left_as_they_are_whatever_else_is_changed(
    bench: Bench, there: Hook, entry: Hook, expected: Hook
) -> None:
    bench.put(there)
    assert bench.apply({"a": entry}).is_complete
    bench.check({"a": expected}, {})
    assert not bench.plan({"a": entry}).plan.has_changes


@pytest.mark.parametrize("field", sorted(PIGEONRY_SUBJECT.changes))
def test_any_field_of_a_provider_may_be_ignored(loft: Bench, field: str) -> None:
    before, after = ({name: pair[side] for name, pair in loft.subject.changes.items()} for side in (0, 1))
    loft.put(Hook(others=before))
    assert loft.apply({"a": Hook(others=after, ignored=(field,))}).is_complete
    loft.check({"a": Hook(others={**after, field: before[field]})}, {})


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_states_are_applied_one_after_another(bench: Bench, backwards: bool) -> None:  # noqa: FBT001 - of the table
    bench.put(*OTHERS)
    others = bench.server.webhooks()
    cases = (*CASES, *_field_cases(bench.subject))
    for case in reversed(cases) if backwards else cases:
        bench.converge(case.wanted, others)
