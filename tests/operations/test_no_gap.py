"""No gap: what an endpoint receives at both ends of an apply it receives at every moment of it; else it is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from _pytest.mark import ParameterSet
from msgspec import Struct

from reconciler.model.plan import Action
from reconciler.model.reading import ErrorKind
from reconciler.model.report import Outcome
from reconciler.model.webhook import Desired, Remote
from reconciler.sandbox import faults
from reconciler.sandbox.faults import DROP_ANSWER, RESET_ANSWER, Answer, When
from tests.support.builders import absent, account, entry, hook, only, planned
from tests.support.replay import gaps
from tests.support.site import Site, outcomes, writes

CREATED, UPDATED, ALL = "transaction_created", "transaction_updated", "all"
ELSEWHERE = "https://new.example.com"
ACCOUNT = account(owns=["/*", ELSEWHERE + "/*"], absents=[absent("/absent", ALL)])

CHANGES = {
    "token-rotated": ([entry("a", "/a?token=2")], [hook("1", "/a?token=1")]),
    "path-renamed": ([entry("a", "/b")], [hook("1", "/a")]),
    "host-renamed": ([entry("a", ELSEWHERE + "/a")], [hook("1", "/a")]),
    "single-switched-off-and-all-created": (
        [entry("off", "/a", CREATED, active=False), entry("all", "/a", ALL)],
        [hook("1", "/a", CREATED)],
    ),
    "all-switched-off-and-singles-created": (
        [entry("off", "/a", ALL, active=False), entry("a", "/a", CREATED), entry("b", "/a", UPDATED)],
        [hook("1", "/a", ALL)],
    ),
    "all-becomes-singles": ([entry("a", "/a", CREATED), entry("b", "/a", UPDATED)], [hook("1", "/a", ALL)]),
    "all-becomes-singles-of-which-one-is-switched-on": (
        [entry("a", "/a", CREATED), entry("b", "/a", UPDATED)],
        [hook("1", "/a", ALL), hook("2", "/a", CREATED, active=False)],
    ),
    "singles-become-all": ([entry("a", "/a", ALL)], [hook("1", "/a", CREATED), hook("2", "/a", UPDATED)]),
    "single-becomes-all-that-is-switched-on": (
        [entry("a", "/a", ALL)],
        [hook("1", "/a", CREATED), hook("2", "/a", ALL, active=False)],
    ),
    "urls-swapped": (
        [entry("a", "/b", CREATED), entry("b", "/a", UPDATED), entry("both", "/a", CREATED)],
        [hook("1", "/a", CREATED), hook("2", "/b", UPDATED)],
    ),
    "survivor-switched-on": (
        [entry("a")],
        [hook("1", active=False, day=1), hook("2", day=2), hook("3", day=3)],
    ),
    "survivor-gets-its-token": (
        [entry("a", "/a?token=2")],
        [hook("1", "/a?token=1", day=1), hook("2", "/a?token=2", day=2)],
    ),
    "survivor-unchanged": ([entry("a")], [hook("1", day=1), hook("2", day=2)]),
    "live-one-survives": (
        [entry("a", ignored=["active"])],
        [hook("1", active=False, day=1), hook("2", day=2)],
    ),
    "absent-all-becomes-single": ([entry("a", "/absent", CREATED)], [hook("1", "/absent", ALL)]),
    "single-beside-all": ([entry("a", "/a", ALL)], [hook("1", "/a", ALL), hook("2", "/a", CREATED)]),
}

CREATE, UPDATE, DELETE = frozenset({Action.CREATE}), frozenset({Action.UPDATE}), frozenset({Action.DELETE})
ANY = CREATE | UPDATE | DELETE


class Fault(Struct, frozen=True):
    """What fails during a whole apply, and the actions of which at least one must be planned for it to matter."""

    name: str
    matters: frozenset[Action]
    action: faults.Action
    method: str | None
    path: str = "*"


FAULTS = (
    Fault("creates-fail", CREATE, Answer(status=500), "POST"),
    Fault("creates-are-refused", CREATE, Answer(status=409), "POST"),
    Fault("creates-are-lost", CREATE, RESET_ANSWER, "POST"),
    Fault("updates-fail", UPDATE, Answer(status=503), "PUT"),
    Fault("updates-are-lost", UPDATE, DROP_ANSWER, "PUT"),
    Fault("deletes-are-lost", DELETE, DROP_ANSWER, "DELETE"),
    Fault("list-fails", CREATE, Answer(status=500), "GET", "/webhooks"),
    Fault("reads-fail", UPDATE | DELETE, Answer(status=500), "GET", "/webhooks/*"),
    Fault("denied", ANY, Answer(status=401), None),
)


@pytest.mark.parametrize(("desired", "there"), [pytest.param(*pair, id=name) for name, pair in CHANGES.items()])
def test_every_moment_delivers_what_both_ends_deliver(site: Site, desired: list[Desired], there: list[Remote]) -> None:
    site.put(*there)
    before = site.webhooks()
    run = site.plan(desired, [ACCOUNT])
    assert run.apply(8).is_complete
    assert gaps(before, site.log()) == set()
    assert not site.plan(desired, [ACCOUNT]).plan.has_changes


def _combinations() -> Iterator[ParameterSet]:
    for name, (desired, there) in CHANGES.items():
        doing = {change.action for change in only(planned(desired, there, [ACCOUNT])).changes}
        for fault in FAULTS:
            if doing & fault.matters:
                yield pytest.param(desired, there, fault, id=f"{name}-{fault.name}")


@pytest.mark.parametrize(("desired", "there", "fault"), list(_combinations()))
def test_no_moment_of_a_failing_apply_and_of_the_next_is_a_gap(
    site: Site, desired: list[Desired], there: list[Remote], fault: Fault
) -> None:
    site.put(*there)
    before = site.webhooks()
    run = site.plan(desired, [ACCOUNT])
    with site.fault(fault.action, fault.method, fault.path):
        run.apply()
    assert site.apply(desired, [ACCOUNT]).is_complete
    assert gaps(before, site.log()) == set()
    assert not site.plan(desired, [ACCOUNT]).plan.has_changes


@pytest.mark.parametrize(
    ("desired", "there", "fault", "expected"),
    [
        pytest.param(
            [entry("a", "/b")],
            [hook("1", "/a")],
            ("POST", Answer(status=409)),
            [("+ a[track_updated]", Outcome.FAILED), ("- @1", Outcome.HELD)],
            id="renamed-and-the-create-is-refused",
        ),
        pytest.param(
            [entry("a", "/a", CREATED), entry("b", "/a", UPDATED)],
            [hook("1", "/a", ALL), hook("2", "/gone")],
            ("POST", Answer(status=409)),
            [
                ("+ a[transaction_created]", Outcome.FAILED),
                ("+ b[transaction_updated]", Outcome.DONE),
                ("- @1", Outcome.HELD),
                ("- @2", Outcome.DONE),
            ],
            id="one-of-the-singles-is-refused-and-what-is-nobodys-goes",
        ),
        pytest.param(
            [entry("off", "/a", ALL, active=False), entry("a", "/a", CREATED)],
            [hook("1", "/a", ALL)],
            ("POST", Answer(status=409)),
            [("+ a[transaction_created]", Outcome.FAILED), ("~ off[all]", Outcome.HELD)],
            id="switch-off-and-the-create-is-refused",
        ),
        pytest.param(
            [entry("a")],
            [hook("1", active=False, day=1), hook("2", day=2)],
            ("PUT", Answer(status=400)),
            [("~ a[track_updated]", Outcome.FAILED), ("- @2", Outcome.HELD)],
            id="survivor-is-not-switched-on",
        ),
        pytest.param(
            [entry("a", "/a", ALL)],
            [hook("1", "/a", ALL, active=False), hook("2", "/a", CREATED)],
            ("PUT", Answer(status=200)),
            [("~ a[all]", Outcome.UNKNOWN), ("- @2", Outcome.HELD)],
            id="nobody-knows-whether-all-is-switched-on",
        ),
    ],
)
def test_narrowing_is_held_back_where_what_was_to_carry_its_events_failed(
    site: Site,
    desired: list[Desired],
    there: list[Remote],
    fault: tuple[str, faults.Action],
    expected: list[tuple[str, Outcome]],
) -> None:
    site.put(*there)
    run = site.plan(desired)
    method, action = fault
    with site.fault(action, method, when=When(nth=1)):
        report = run.apply(1)
    assert outcomes(report) == expected
    held = {result.object_id for result in report.results if result.outcome is Outcome.HELD}
    assert held <= set(site.webhooks())
    assert not [call for call in writes(site.log()) if call.rpartition("/")[2] in held]


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(lambda site: site.remove("1"), id="removed"),
        pytest.param(lambda site: site.change("1", active=False), id="switched-off"),
        pytest.param(lambda site: site.change("1", path="/else"), id="moved"),
    ],
)
@pytest.mark.parametrize("beside", [[], [entry("new", "/new")]], ids=["without-a-list", "with-a-list"])
@pytest.mark.parametrize(
    ("desired", "there"),
    [
        pytest.param(entry("a"), hook("2", day=2), id="duplicate"),
        pytest.param(entry("a", "/a", ALL), hook("2", "/a", CREATED), id="single-beside-all"),
        pytest.param(entry("a", "/a", CREATED), hook("2", "/a", ALL), id="all-beside-single"),
    ],
)
def test_narrowing_is_held_back_where_an_unchanged_carrier_is_not_there_any_more(
    site: Site, desired: Desired, there: Remote, beside: list[Desired], meanwhile: Callable[[Site], None]
) -> None:
    event = desired.fields["event"]
    assert isinstance(event, str)
    site.put(hook("1", "/a", event, day=1), there)
    run = site.plan([desired, *beside])
    meanwhile(site)
    report = run.apply()
    assert outcomes(report)[-1] == ("- @2", Outcome.HELD)
    assert "2" in site.webhooks()
    assert [call for call in writes(site.log()) if "DELETE" in call] == []


def test_carrier_whose_token_changed_meanwhile_still_carries(site: Site) -> None:
    site.put(hook("1", day=1), hook("2", day=2))
    run = site.plan([entry("a")])
    site.change("1", path="/a?token=2")
    assert outcomes(run.apply()) == [("- @2", Outcome.DONE)]


def test_narrowing_that_is_held_back_by_a_failing_read_says_why(site: Site) -> None:
    site.put(hook("1", day=1), hook("2", day=2))
    run = site.plan([entry("a")])
    with site.fault(Answer(status=500), "GET", "/webhooks/1"):
        (result,) = run.apply().results
    assert result.outcome is Outcome.HELD
    assert result.error is not None
    assert (result.error.kind, result.error.status) == (ErrorKind.REFUSED, 500)


def test_loss_that_was_agreed_to_needs_no_carrier(site: Site) -> None:
    site.put(hook("1", "/a", ALL))
    assert outcomes(site.apply()) == [("- @1", Outcome.DONE)]
    assert site.webhooks() == {}


def test_what_moves_to_another_host_and_path_stays_where_its_new_place_can_not_be_made(site: Site) -> None:
    owner = account(owns=["/*", "https://new.example.com/*"])
    site.put(hook("one", "/one"), hook("two", "/two"), hook("other", "/other", "all"))
    with site.fault(Answer(status=400), "POST"):
        report = site.apply([entry("new", "https://new.example.com/a")], [owner])
    assert sorted(site.webhooks()) == ["one", "other", "two"]
    assert Counter(outcome for _, outcome in outcomes(report)) == {Outcome.FAILED: 1, Outcome.HELD: 3}
