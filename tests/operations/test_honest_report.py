"""Drawn worlds, meddlers and faults: the report never claims what isn't so, and the next apply finishes the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hypothesis import given, note, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.plan import Action as Doing
from reconciler.model.plan import Change, Claim
from reconciler.model.report import Event, Finished, Outcome, Report, Result, Started
from reconciler.model.url import Url
from reconciler.model.webhook import Desired
from reconciler.planning.claim import Claims
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.checks import EVENTS
from reconciler.sandbox.faults import (
    DROP_ANSWER,
    LATE_BAD_GATEWAY,
    RESET_ANSWER,
    RESET_REQUEST,
    Action,
    Answer,
    Rule,
    When,
)
from reconciler.sandbox.store import Webhook
from tests.support.builders import url
from tests.support.drawing import World, worlds
from tests.support.replay import gaps
from tests.support.site import Site, Ticks, calls, outcomes

WRITES: tuple[Action, ...] = (
    *(Answer(status=status) for status in (400, 401, 404, 409, 500, 503)),
    *(RESET_REQUEST, RESET_ANSWER, DROP_ANSWER, Action(cut=20), LATE_BAD_GATEWAY),
)
READS: tuple[Action, ...] = (Answer(status=500), RESET_REQUEST, DROP_ANSWER)
WHEN = (When(), *(When(nth=k) for k in (1, 2, 3)), *(When(since=k) for k in (2, 3)))


class Trouble(Struct, frozen=True, kw_only=True):
    """What goes wrong between a plan and the end of its apply.

    Attributes:
        rules: of the sandbox.
        removed: webhooks that somebody removes after the plan.
        switched: webhooks that somebody switches on or off after the plan.
    """

    rules: tuple[Rule, ...]
    removed: frozenset[str]
    switched: frozenset[str]


@st.composite
def _rules(draw: st.DrawFn) -> Rule:
    method = draw(st.sampled_from(["POST", "PUT", "DELETE", "GET"]))
    return Rule(
        action=draw(st.sampled_from(READS if method == "GET" else WRITES)),
        method=method,
        path=draw(st.sampled_from(["/webhooks", "/webhooks/*"])) if method == "GET" else "*",
        when=draw(st.sampled_from(WHEN)),
    )


@st.composite
def _troubled(draw: st.DrawFn) -> tuple[World, Trouble]:
    world = draw(worlds())
    # Of events that nobody knows the sandbox makes none.
    world = replace(world, desired=tuple(wanted for wanted in world.desired if wanted.key.event in EVENTS))
    ids = [remote.id for remote in world.remotes]
    some = st.frozensets(st.sampled_from(ids), max_size=1) if ids else st.just(frozenset[str]())
    rules = tuple(draw(st.lists(_rules(), max_size=3)))
    return world, Trouble(rules=rules, removed=draw(some), switched=draw(some))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(drawn=_troubled(), hide_inactive=st.booleans(), parallelism=st.sampled_from([1, 4]))
def test_report_is_honest_and_the_next_apply_finishes_the_work(
    drawn: tuple[World, Trouble],
    hide_inactive: bool,  # noqa: FBT001 - drawn
    parallelism: int,
) -> None:
    world, trouble = drawn
    with Site(SandboxOptions(clock=Ticks(), hide_inactive=hide_inactive)) as site:
        site.put(*world.remotes)
        run = site.plan(world.desired, [world.account])
        _meddle(site, trouble)
        before = site.webhooks()
        armed = [site.faults.add(rule) for rule in trouble.rules]
        report = run.apply(parallelism)
        for rule in armed:
            site.faults.remove(rule)
        note(f"{outcomes(report)}\n{calls(site.log())}")
        _check_honesty(report, before, site.webhooks())
        _check_story(run.events, report)

        assert site.apply(world.desired, [world.account]).is_complete
        assert not site.plan(world.desired, [world.account]).plan.has_changes
        _check_keys(world, site.webhooks(), hide_inactive=hide_inactive)
        _check_untouched(world, before, site.webhooks())
        assert gaps(before, site.log()) == set()


def _meddle(site: Site, trouble: Trouble) -> None:
    for object_id in trouble.switched:
        site.change(object_id, active=not site.webhooks()[object_id].active)
    for object_id in trouble.removed:
        site.remove(object_id)


def _check_honesty(report: Report, before: Mapping[str, Webhook], after: Mapping[str, Webhook]) -> None:
    """Done is done, not done is not done; of what is unknown both may be."""
    for result in report.results:
        match result.outcome:
            case Outcome.DONE | Outcome.ALREADY:
                assert _is_made(result, after), result
            case Outcome.UNKNOWN | Outcome.UNVERIFIED | Outcome.NOT_AS_WANTED | Outcome.OTHER_KEY:
                pass
            case _:
                assert _is_unmade(result, before, after), result


def _check_story(events: Sequence[Event], report: Report) -> None:
    """Each change has one end, which is what the report says, and one start before it, unless it was never begun."""
    story = [event for event in events if isinstance(event, Started | Finished)]
    ends = [event.result for event in story if isinstance(event, Finished)]
    assert Counter(map(_told, ends)) == Counter(map(_told, report.results))
    begun: set[tuple[object, ...]] = set()
    for event in story:
        if isinstance(event, Started):
            assert (event.change.address, event.change.action) not in begun
            begun.add((event.change.address, event.change.action))
        elif event.result.outcome is not Outcome.NOT_STARTED:
            assert _told(event.result)[:2] in begun


def _told(result: Result) -> tuple[object, ...]:
    return (result.change.address, result.change.action, result.outcome)


def _is_made(result: Result, after: Mapping[str, Webhook]) -> bool:
    there = after.get(result.object_id)
    if result.change.action is Doing.DELETE:
        return there is None
    if there is None:
        return result.change.wanted["active"] is False
    return _has_fields(there, result.change)


def _is_unmade(result: Result, before: Mapping[str, Webhook], after: Mapping[str, Webhook]) -> bool:
    remote = result.change.remote
    if remote is not None:
        return remote.id not in before or after.get(remote.id) == before[remote.id]
    return not any(_has_fields(after[object_id], result.change) for object_id in after.keys() - before.keys())


def _has_fields(there: Webhook, change: Change) -> bool:
    wanted = change.wanted["url"]
    assert isinstance(wanted, Url)
    ignored = change.desired.ignored if change.desired is not None else frozenset()
    same = url(there.url).endpoint == wanted.endpoint if "url" in ignored else url(there.url) == wanted
    rest = (there.event, there.active, there.is_test)
    return same and rest == tuple(change.wanted[name] for name in ("event", "active", "is_test"))


def _check_keys(world: World, after: Mapping[str, Webhook], *, hide_inactive: bool) -> None:
    """Every wanted key has one webhook, where nothing is protected or hidden."""
    found = Counter(
        (url(webhook.url).endpoint, webhook.event, webhook.is_test)
        for webhook in after.values()
        if "@" not in webhook.url and (webhook.active or not hide_inactive)
    )
    for wanted in world.desired:
        if wanted.key.endpoint not in world.account.protect:
            number = found[wanted.key.endpoint, str(wanted.key.event), bool(wanted.fields["is_test"])]
            assert number == 1 or (number == 0 and _may_be_absent(wanted)), wanted


def _may_be_absent(wanted: Desired) -> bool:
    return wanted.fields["active"] is False


def _check_untouched(world: World, before: Mapping[str, Webhook], after: Mapping[str, Webhook]) -> None:
    claims = Claims(world.account, world.desired)
    for remote in world.remotes:
        if claims.of(remote) in (Claim.NONE, Claim.PROTECTED):
            assert after.get(remote.id) == before.get(remote.id)
