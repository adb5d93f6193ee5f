"""The plan as people read it. What it says in each case is in `tests/scenarios`; here is what holds for every plan."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

import pytest
import yaml
from hypothesis import given, settings
from msgspec.structs import replace

from reconciler.model.configuration import AbsentPlace
from reconciler.model.plan import Action, Plan, Verdict
from reconciler.model.webhook import Remote
from reconciler.output.losses_text import events_text, refusal_text
from reconciler.output.plan_text import head_text, plan_text
from reconciler.output.terminal import Style
from reconciler.providers.github import GITHUB
from reconciler.view.outcome import plan_words
from reconciler.view.redact import view_plan
from reconciler.view.rows import AbsentLine, AccountRow, Remedy, Row, Standing
from tests.support.builders import DAY, absent, account, entry, hook, planned, url
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


@pytest.mark.parametrize("verbosity", [0, 1])
def test_duplicate_is_said_once(verbosity: int) -> None:
    plan = planned([entry("a")], [hook("1"), hook("again", day=2)])
    text = plan_text(view_plan(plan), PLAIN, verbosity)
    assert (text.count("@again"), text.lower().count("duplicate")) == (1, 1)


@pytest.mark.parametrize("targets", [(), ("*",)])
@pytest.mark.parametrize("accounts", [["default"], ["default", "other"]])
def test_that_nothing_changes_is_said_once(accounts: list[str], targets: tuple[str, ...]) -> None:
    wanted = [entry("a", account=name) for name in accounts]
    here = [account(name, base_url=f"https://{name}.example.com") for name in accounts]
    view = view_plan(planned(wanted, {name: [hook(name)] for name in accounts}, here, targets=targets))
    text = f"{plan_text(view, PLAIN)}\n{plan_words(view)}"
    matching = 0 if targets else len(accounts)
    assert (text.count("No changes"), text.count("matches the configuration")) == (1, matching)


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


def test_quiet_is_one_line_a_change() -> None:
    assert plan_text(view_plan(_colourful()), PLAIN, -1).splitlines() == [
        "+ b[track_updated]  create: moved, replaces @2",
        "- @2  delete: moved, replaced by b[track_updated]  https://hooks.example.com/c",
        "~ a[track_updated]  update in place: switched off at the provider",
    ]


def test_drift_says_first_what_happened_and_then_what_apply_would_do() -> None:
    remotes = [
        hook("1", "/a", active=False),
        hook("2", "/secret?token=old"),
        hook("3", "/new", "batch_created"),
        hook("4", "/twice"),
        hook("5", "/twice", day=2),
        hook("6", "/gone", "batch_purchased"),
        hook("7", "/moved/on", "all"),
        replace(hook("8", "https://evil.example.net/x", "transaction_updated"), updated=DAY + timedelta(days=9)),
    ]
    desired = [
        entry("a"),
        entry("secret", "/secret?token=new"),
        entry("twice", "/twice"),
        entry("missing", "/missing", "track_updated"),
        entry("moved", "/moved", "all"),
        entry("stolen", "/stolen", "transaction_updated"),
    ]
    owner = account(owns=["/*"], absents=[absent("/gone")], max_losses=9)
    view = view_plan(planned(desired, remotes, [owner]))
    when = ", last changed 2026-01-02 00:00:00 UTC"
    assert plan_text(view, PLAIN, -1, is_drift=True).splitlines() == [
        "+ missing[track_updated]  deleted at the provider, or never created",
        "+ moved[all]  URL changed: probably @7",
        "- @7  URL changed: probably moved[all]  https://hooks.example.com/moved/on",
        "+ stolen[transaction_updated]  URL changed at the provider: probably @8",
        "~ a[track_updated]  switched off at the provider",
        "~ secret[track_updated]  secret changed",
        "- @3  added at the provider  https://hooks.example.com/new",
        "- @5  added at the provider: a duplicate of twice[track_updated]  https://hooks.example.com/twice",
        "- @6  still at the provider, or added again: listed under absent  https://hooks.example.com/gone",
    ]
    assert f"  ~ a[track_updated]  switched off at the provider{when}; `apply` would update it" in plan_text(
        view, PLAIN, is_drift=True
    )


@pytest.mark.parametrize(("limit", "color"), [(3, 33), (0, 31)], ids=["allowed", "refused"])
def test_only_a_refused_loss_is_red(limit: int, color: int) -> None:
    remotes = [hook("1"), hook("2", "/b"), hook("3", "/c")]
    text = plan_text(view_plan(planned([entry("a")], remotes, [account(max_losses=limit)])), COLOUR)
    assert re.search(rf"\x1b\[1;{color}m  Losses", text)
    assert ("\x1b[1;31m  Refused" in text) is (limit == 0)


def test_losing_every_event_is_told_in_brief() -> None:
    owner = replace(account(max_losses=0), provider=GITHUB, scope=())
    fields = GITHUB.normalise({"url": url("/all"), "events": frozenset({"*"})})
    text = plan_text(view_plan(planned([], [Remote(id="1", key=GITHUB.key_of(fields), fields=fields)], [owner])), PLAIN)
    assert re.search(r"https://hooks.example.com/all  \d+ events and any other event\n", text)


def test_an_event_of_a_line_for_the_file_is_yaml_and_is_never_broken() -> None:
    line = AbsentLine(url="https://hooks.example.com/" + "long/" * 20, events=("*", "push"))
    remedy = Remedy(allow_losses=1, absent=(line,), absent_place=AbsentPlace.NEW_AT_TOP)
    refused = replace(ROW, remedy=remedy, verdict=Verdict.TOO_MANY)
    text = "\n".join(refusal_text(refused, [], PLAIN, 80))
    assert yaml.safe_load(text[text.index("absent:") :]) == {"absent": [{"url": line.url, "events": ["*", "push"]}]}


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


def _without_endpoints(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(replace(row, endpoint=None) for row in rows)


@settings(max_examples=100)
@given(world=worlds())
def test_what_a_brief_view_leaves_out_is_in_no_plan_that_people_read(world: World) -> None:
    made = planned(world.desired, world.remotes, [world.account])
    whole, brief = view_plan(made), view_plan(made, brief=True)
    assert plan_text(brief, PLAIN) == plan_text(whole, PLAIN)
    whole = replace(
        whole,
        resource_changes=_without_endpoints(whole.resource_changes),
        unmanaged=_without_endpoints(whole.unmanaged),
        known=_without_endpoints(whole.known),
        duplicates=_without_endpoints(whole.duplicates),
    )
    assert replace(brief, resource_changes=whole.resource_changes) == whole
    left_out = [row for row in whole.resource_changes if row not in brief.resource_changes]
    assert [row.webhook_address for row in left_out if row.action is not Action.NONE or row.field_changes] == []
