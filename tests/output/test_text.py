"""The plan as people read it. What it says in each case is in `tests/scenarios`; here is what holds for every plan."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from reconciler.model.plan import Action, Plan, Verdict
from reconciler.output.losses_text import events_text
from reconciler.output.plan_text import head_text, plan_text
from reconciler.output.terminal import Style
from reconciler.view.redact import view_plan
from reconciler.view.rows import AccountRow, Standing
from tests.support.builders import absent, account, entry, hook, planned
from tests.support.drawing import World, worlds
from tests.view.hostile import HOSTILE, HostileRun, hostile_runs

PLAIN, COLOUR = Style(on=False), Style(on=True)
SGR = re.compile(r"\x1b\[[0-9;]*m")


def _colourful() -> Plan:
    return planned(
        [entry("a"), entry("b", "/b")], [hook("1", active=False), hook("2", "/c"), hook("3", "http://h.io/a")]
    )


def test_colour_changes_no_character() -> None:
    view = view_plan(_colourful())
    coloured = plan_text(view, COLOUR, 1)
    assert SGR.sub("", coloured) == plan_text(view, PLAIN, 1)
    for sign, color in (("+ b[track_updated]", 32), ("~ a[track_updated]", 33), ("- @2", 31)):
        assert f"\x1b[1;{color}m{sign}\x1b[0m" in coloured


def test_without_colour_there_is_no_escape() -> None:
    assert "\x1b" not in plan_text(view_plan(_colourful()), PLAIN, 2)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_every_block_prints_only_what_is_printable(text: str) -> None:
    remotes = [
        hook(f"{text}1", active=False),
        hook(f"{text}2", day=2),
        hook(f"{text}3", "/lost", text),
        hook(f"{text}4", "/kept", active=False),
        hook(f"{text}5", "http://h.io/a", "track_updated"),
        hook(f"{text}6", f"https://h.io/{text}", text),
        hook(f"{text}7", "/absent", text),
    ]
    unknown = [replace(remote, unknown=(text,)) for remote in remotes]
    owner = account(protect=["/kept"], absents=[absent("/absent")], max_losses=0)
    made = planned([entry("a"), entry("kept", "/kept")], unknown, [owner], targets=["*", text])
    said = plan_text(view_plan(made), PLAIN, 2)
    for block in (
        "update in place",
        "duplicate of",
        "listed under absent",
        "Losses",
        "Refused",
        "Protected",
        "Unmanaged",
        "Duplicates",
        "hint",
        "Filtered",
    ):
        assert block in said
    for line in said.split("\n"):
        assert line.isprintable()
        assert not re.match(r"\s*::", line)
    assert "##[" not in said


@settings(max_examples=50)
@given(run=hostile_runs())
def test_plan_text_prints_only_what_is_printable_and_ours(run: HostileRun) -> None:
    view = view_plan(run.plan)
    text = plan_text(view, COLOUR, 2)
    assert SGR.sub("", text) == plan_text(view, PLAIN, 2)
    for line in SGR.sub("", text).split("\n"):
        assert line.isprintable()
        assert not re.match(r"\s*::", line)
    assert "##[" not in text


@settings(max_examples=50)
@given(run=hostile_runs())
def test_plan_text_names_every_change_once_and_every_account(run: HostileRun) -> None:
    view = view_plan(run.plan)
    lines = plan_text(view, PLAIN).split("\n")
    heads = [line for line in lines if re.match(r"  [+~-] (?!url: )", line)]
    assert len(heads) == view.summary.changes
    assert sum(line.startswith("Account ") for line in lines) == len(view.accounts)
    if view.is_filtered:
        assert any(line.startswith("Filtered by ") for line in lines)


ROW = AccountRow(
    name="live",
    provider="shippo",
    title="Shippo",
    mode="live",
    status=Standing.IN_STEP,
    listed=130,
    count=130,
    error=None,
    verdict=Verdict.FINE,
    allowed_losses=None,
    remedy=None,
)


@pytest.mark.parametrize(("number", "text"), [(2, "e0, e1"), (10, "e8, e9"), (70, "e0, e1, e2 and 67 more events")])
def test_many_events_are_told_in_brief(number: int, text: str) -> None:
    assert events_text([f"e{one}" for one in range(number)]).endswith(text)


@pytest.mark.parametrize(
    ("account", "text"),
    [
        pytest.param(ROW, "Account live (Shippo, live mode): 130 of 130 webhooks listed", id="counted"),
        pytest.param(
            replace(ROW, count=131),
            "Account live (Shippo, live mode): 130 webhooks listed (the provider counts 131; not checked)",
            id="count-not-trusted",
        ),
        pytest.param(
            replace(ROW, listed=1, count=1), "Account live (Shippo, live mode): 1 of 1 webhook listed", id="one"
        ),
        pytest.param(
            replace(ROW, count=None, mode=None), "Account live (Shippo): 130 webhooks listed", id="no-count-and-no-mode"
        ),
        pytest.param(
            replace(ROW, status=Standing.NOT_CHECKED, count=None),
            "Account live (Shippo, live mode): not checked",
            id="not-checked",
        ),
    ],
)
def test_head_line(account: AccountRow, text: str) -> None:
    assert head_text(account) == text


@settings(max_examples=100)
@given(world=worlds())
def test_what_a_brief_view_leaves_out_is_in_no_plan_that_people_read(world: World) -> None:
    made = planned(world.desired, world.remotes, [world.account])
    whole, brief = view_plan(made), view_plan(made, brief=True)
    assert plan_text(brief, PLAIN) == plan_text(whole, PLAIN)
    assert replace(brief, resource_changes=whole.resource_changes) == whole
    left_out = [row for row in whole.resource_changes if row not in brief.resource_changes]
    assert [row.address for row in left_out if row.action is not Action.NONE or row.field_changes] == []
