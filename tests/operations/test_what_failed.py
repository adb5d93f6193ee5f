"""What failed takes nothing with it: whatever is refused or fails, for how many runs it does, nobody goes deaf."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.plan import Verdict
from reconciler.model.report import Outcome
from reconciler.model.webhook import Desired, Remote
from reconciler.sandbox.faults import DROP_ANSWER, RESET_REQUEST, Action, Answer, When
from tests.support.builders import absent, account, entry, hook
from tests.support.replay import Delivery, received, states
from tests.support.site import Site, outcomes, writes

CREATED, UPDATED, ALL = "transaction_created", "transaction_updated", "all"
NEW, OLD = "https://new.example.com", "https://old.example.com"
OWNER = account(owns=["/*", f"{NEW}/*"])
ABSENT = replace(OWNER, absent=(absent(f"{OLD}/*"), absent("/absent")))

KINDS: dict[str, tuple[Sequence[Desired], Sequence[Remote], Account]] = {
    "event-changed": ([entry("a", "/a", UPDATED)], [hook("1", "/a", CREATED)], OWNER),
    "events-of-three-changed": (
        [entry(name, f"/{name}", UPDATED) for name in "abc"],
        [hook(name, f"/{name}", CREATED) for name in "abc"],
        OWNER,
    ),
    "kind-flipped": ([entry("a", is_test=True)], [hook("1")], OWNER),
    "path-moved": ([entry("a", "/new")], [hook("1", "/old")], OWNER),
    "host-moved": (
        [entry(name, f"{NEW}/{name}") for name in "abcde"],
        [hook(name, f"/{name}") for name in "abcde"],
        OWNER,
    ),
    "moved-to-one-that-is-off": ([entry("a", "/new")], [hook("1", "/old"), hook("2", "/new", active=False)], OWNER),
    "absent-makes-room-elsewhere": ([entry("a", "/a")], [hook("1", f"{OLD}/a")], ABSENT),
    "absent-makes-room-for-what-is-off": (
        [entry("a", "/a")],
        [hook("1", f"{OLD}/other"), hook("2", "/a", active=False)],
        ABSENT,
    ),
    "absent-beside-a-new-one": ([entry("a", "/absent", UPDATED)], [hook("1", "/absent", CREATED)], ABSENT),
    "all-becomes-singles": ([entry("a", "/a", CREATED), entry("b", "/a", UPDATED)], [hook("1", "/a", ALL)], OWNER),
    "singles-become-all": ([entry("a", "/a", ALL)], [hook("1", "/a", CREATED), hook("2", "/a", UPDATED)], OWNER),
    "all-replaced-by-one-that-is-off": (
        [entry("a", "/new", ALL)],
        [hook("1", "/old", ALL), hook("2", "/new", ALL, active=False)],
        OWNER,
    ),
    "blue-off-and-green-on": (
        [entry("blue", "/blue", active=False), entry("green", "/green")],
        [hook("1", "/blue"), hook("2", "/green", active=False)],
        OWNER,
    ),
    "another-event-off-and-on": (
        [entry("a", "/x", CREATED, active=False), entry("b", "/x", UPDATED)],
        [hook("1", "/x", CREATED), hook("2", "/x", UPDATED, active=False)],
        OWNER,
    ),
    "token-rotated-and-event-dropped": (
        [entry("a", "/a?token=new")],
        [hook("1", "/a?token=old"), hook("2", "/a?token=old", CREATED)],
        OWNER,
    ),
}
HOW: dict[str, Action] = {
    "refused": Answer(status=400),
    "conflicts": Answer(status=409),
    "fails": Answer(status=500),
    "is-down": Answer(status=503),
    "is-lost": RESET_REQUEST,
}
FAILURES = {f"{method}-{name}": (method, action) for method in ("POST", "PUT") for name, action in HOW.items()}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("kind", KINDS)
def test_nobody_goes_deaf_in_three_runs_that_fail(site: Site, kind: str, failure: str) -> None:
    desired, there, owner = KINDS[kind]
    method, action = FAILURES[failure]
    site.put(*there)
    before = site.webhooks()
    with site.fault(action, method, optional=True):
        for _ in range(3):
            site.plan(desired, [owner]).apply(8)
    moments = [received(state) for state in states(before, site.log())]
    wanted = [wanted for wanted in desired if wanted.fields["active"]]
    places = {(wanted.key.endpoint.reveal(), wanted.fields["is_test"]) for wanted in wanted}
    events = {str(wanted.fields["event"]) for wanted in wanted}
    for moment in moments:
        # Whoever received anything and is wanted to still does, and each wanted event is still received somewhere.
        assert places & _places(moments[0]) <= _places(moment)
        assert events & _events(moments[0]) <= _events(moment)
    widened = any(entry.took_effect and entry.method in ("POST", "PUT") for entry in site.log())
    assert widened or moments[0] <= moments[-1]
    assert site.apply(desired, [owner]).is_complete
    assert not site.plan(desired, [owner]).plan.has_changes


def _places(moment: frozenset[Delivery]) -> set[tuple[str, bool]]:
    return {(endpoint, is_test) for endpoint, is_test, _ in moment}


def _events(moment: frozenset[Delivery]) -> set[str]:
    return {event for _, _, event in moment}


SLOTS = st.tuples(
    st.sampled_from(["/a", "/b", f"{NEW}/a", "/absent"]), st.sampled_from([CREATED, UPDATED, ALL]), st.booleans()
)
HOOKS = st.lists(st.tuples(SLOTS, st.booleans()), max_size=4, unique_by=lambda one: one[0])


@settings(max_examples=40, deadline=None)
@given(
    wanted=HOOKS,
    there=HOOKS,
    method=st.sampled_from(["POST", "PUT", "DELETE"]),
    action=st.sampled_from([Answer(status=400), Answer(status=503), DROP_ANSWER]),
    when=st.sampled_from([*(When(nth=k) for k in (1, 2, 3)), When(since=2), When()]),
)
def test_what_was_received_and_is_wanted_is_received_at_the_end_whatever_fails(
    wanted: list[tuple[tuple[str, str, bool], bool]],
    there: list[tuple[tuple[str, str, bool], bool]],
    method: str,
    action: Action,
    when: When,
) -> None:
    desired = [
        entry(f"n{number}", path, event, is_test=is_test, active=active)
        for number, ((path, event, is_test), active) in enumerate(wanted)
    ]
    with Site() as site:
        site.put(
            *(
                hook(str(number), path, event, is_test=is_test, active=active)
                for number, ((path, event, is_test), active) in enumerate(there)
            )
        )
        before = received(site.webhooks())
        goal = received_by(desired)
        for _ in range(2):
            with site.fault(action, method, when=when, optional=True):
                site.plan(desired, [ABSENT]).apply()
            assert before & goal <= received(site.webhooks())


def received_by(desired: Sequence[Desired]) -> frozenset[Delivery]:
    """What is delivered where once a file is applied."""
    with Site() as site:
        assert site.apply(desired, [ABSENT]).is_complete
        return received(site.webhooks())


def test_guard_judges_again_what_is_really_there(site: Site) -> None:
    site.put(hook("1", "/off", CREATED), hook("2", "/on", UPDATED, active=False))
    desired = [entry("off", "/off", CREATED, active=False), entry("on", "/on", UPDATED)]
    run = site.plan(desired, allowed_losses=None)
    with site.fault(Answer(status=422), "PUT", "/webhooks/2"):
        report = run.apply()
    assert outcomes(report) == [
        ("~ on[transaction_updated]", Outcome.FAILED),
        ("~ off[transaction_created]", Outcome.HELD),
    ]
    assert [result.verdict for result in report.results] == [Verdict.FINE, Verdict.NOTHING_LEFT]
    assert writes(site.log()) == []


def test_guard_looks_whether_what_is_to_stay_is_there(site: Site) -> None:
    site.put(hook("1", "/goes", CREATED), hook("2", "/stays", UPDATED))
    run = site.plan([entry("stays", "/stays", UPDATED)], allowed_losses=None)
    site.remove("2")
    report = run.apply()
    assert [(result.outcome, result.verdict) for result in report.results] == [(Outcome.HELD, Verdict.NOTHING_LEFT)]
    assert list(site.webhooks()) == ["1"]


def test_losses_that_were_agreed_to_are_not_judged_again(site: Site) -> None:
    site.put(hook("1", "/off", CREATED), hook("2", "/on", UPDATED, active=False))
    desired = [entry("off", "/off", CREATED, active=False), entry("on", "/on", UPDATED)]
    with site.fault(Answer(status=422), "PUT", "/webhooks/2"):
        report = site.plan(desired, allowed_losses=1).apply()
    assert [result.outcome for result in report.results] == [Outcome.FAILED, Outcome.DONE]


def test_what_is_held_says_what_it_waits_for(site: Site) -> None:
    site.put(hook("1", "/old"))
    run = site.plan([entry("a", "/new")])
    with site.fault(Answer(status=400), "POST"):
        _, held = run.apply().results
    assert (held.outcome, held.waits_for) == (Outcome.HELD, run.plan.planned[0].changes[0].address)
