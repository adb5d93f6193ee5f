"""Read before write: what is no longer what the plan saw is left alone and named; what is as wanted is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.model.report import Outcome
from reconciler.model.webhook import Desired, Remote
from tests.support.builders import entry, hook
from tests.support.site import Site, outcomes, writes

ROTATED = (entry("a", "/a?token=2"), hook("1", "/a?token=1"))
ON = (entry("a"), hook("1", active=False))
OFF = (entry("a", active=False), hook("1"))
BOTH = (entry("a", "/a?token=2"), hook("1", "/a?token=1", active=False))
GONE = (None, hook("1"))


@pytest.mark.parametrize(
    ("pair", "meanwhile", "expected"),
    [
        pytest.param(
            ROTATED, lambda site: site.change("1", path="/a?token=3"), Outcome.CHANGED_MEANWHILE, id="another-token"
        ),
        pytest.param(
            ROTATED, lambda site: site.change("1", active=False), Outcome.CHANGED_MEANWHILE, id="another-field"
        ),
        pytest.param(ROTATED, lambda site: site.change("1", path="/b"), Outcome.CHANGED_MEANWHILE, id="another-place"),
        pytest.param(
            BOTH, lambda site: site.change("1", active=True), Outcome.CHANGED_MEANWHILE, id="half-of-it-is-done"
        ),
        pytest.param(ROTATED, lambda site: site.change("1", path="/a?token=2"), Outcome.ALREADY, id="already-rotated"),
        pytest.param(ON, lambda site: site.change("1", active=True), Outcome.ALREADY, id="already-on"),
        pytest.param(OFF, lambda site: site.change("1", active=False), Outcome.ALREADY, id="already-off"),
        pytest.param(ROTATED, lambda site: site.remove("1"), Outcome.GONE_MEANWHILE, id="removed"),
        pytest.param(ON, lambda site: site.remove("1"), Outcome.GONE_MEANWHILE, id="removed-and-not-switched-on"),
        pytest.param(OFF, lambda site: site.remove("1"), Outcome.ALREADY, id="removed-delivers-as-little-as-off"),
        pytest.param(
            GONE, lambda site: site.change("1", path="/a?token=2"), Outcome.CHANGED_MEANWHILE, id="delete-of-changed"
        ),
        pytest.param(
            GONE, lambda site: site.change("1", active=False), Outcome.CHANGED_MEANWHILE, id="delete-of-switched-off"
        ),
        pytest.param(GONE, lambda site: site.remove("1"), Outcome.ALREADY, id="delete-of-removed"),
    ],
)
def test_what_changed_since_the_plan_is_not_written(
    site: Site, pair: tuple[Desired | None, Remote], meanwhile: Callable[[Site], None], expected: Outcome
) -> None:
    desired, there = pair
    site.put(there)
    run = site.plan([] if desired is None else [desired])
    meanwhile(site)
    now = site.webhooks()
    report = run.apply()
    (result,) = report.results
    assert (result.outcome, result.object_id) == (expected, "1")
    assert writes(site.log()) == []
    assert site.webhooks() == now
    assert report.is_complete == (expected is Outcome.ALREADY)
    assert not (result.is_done and result.error)


@pytest.mark.parametrize("pair", [ROTATED, ON, OFF, GONE], ids=["rotated", "on", "off", "gone"])
def test_what_was_only_touched_since_the_plan_is_written(site: Site, pair: tuple[Desired | None, Remote]) -> None:
    desired, there = pair
    site.put(there)
    run = site.plan([] if desired is None else [desired])
    site.change("1")  # the provider's own times differ now
    assert run.apply().is_complete
    assert len(writes(site.log())) == 1


def test_duplicate_that_became_the_only_one_is_not_deleted(site: Site) -> None:
    site.put(hook("1", day=1), hook("2", day=2), hook("3", day=3))
    run = site.plan([entry("a")])
    site.remove("1")
    assert outcomes(run.apply()) == [("- @2", Outcome.HELD), ("- @3", Outcome.HELD)]
    assert writes(site.log()) == []


def test_create_whose_key_appeared_since_the_plan_ends_with_the_older_one(site: Site) -> None:
    run = site.plan([entry("a")])
    site.put(hook("theirs"))
    assert run.apply().is_complete
    assert list(site.webhooks()) == ["theirs"]
