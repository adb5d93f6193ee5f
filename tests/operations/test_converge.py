"""An apply without faults: the provider is as the file says, nothing more is sent than it takes, and then nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from reconciler.model.configuration import Account
from reconciler.model.report import Outcome
from reconciler.model.webhook import Desired, Remote
from reconciler.sandbox.api import SandboxOptions
from tests.support.builders import HOST, absent, account, entry, hook
from tests.support.replay import gaps
from tests.support.site import Site, Ticks, calls, outcomes, writes

CREATED, UPDATED, BATCH, ALL = "transaction_created", "transaction_updated", "batch_created", "all"

# One of everything: creates, a token rotated, one switched on, one switched off, a rename, a duplicate, one not in the
# file, one named absent, one in step; and what is nobody's business.
MIXED = [
    entry("new", "/new", CREATED),
    entry("rotated", "/rotated?token=2"),
    entry("on", "/on"),
    entry("off", "/off", active=False),
    entry("renamed", "/renamed/to", BATCH),
    entry("twice", "/twice"),
    entry("same", "/same"),
]
MIXED_THERE = [
    hook("rotated", "/rotated?token=1"),
    hook("on", "/on", active=False),
    hook("off", "/off"),
    hook("renamed", "/renamed/from", BATCH),
    hook("twice", "/twice", day=1),
    hook("twice-again", "/twice", day=2),
    hook("same", "/same"),
    hook("gone", "/gone"),
    hook("absent", "https://old.example.com/a"),
    hook("protected", "/protected"),
    hook("unmanaged", "https://elsewhere.example.com/a"),
    hook("other-kind", "/same", is_test=True),
]
MIXED_ACCOUNT = account(absents=[absent("https://old.example.com/*")], protect=["/protected"])


def _kept(site: Site) -> set[tuple[str, str, bool, bool]]:
    return {
        (webhook.url.removeprefix(HOST), webhook.event, webhook.active, webhook.is_test)
        for webhook in site.webhooks().values()
    }


def test_everything_is_as_the_file_says_and_nothing_else_is_touched(site: Site) -> None:
    site.put(*MIXED_THERE)
    before = site.webhooks()
    report = site.apply(MIXED, [MIXED_ACCOUNT])
    assert outcomes(report) == [
        ("+ new[transaction_created]", Outcome.DONE),
        ("+ renamed[batch_created]", Outcome.DONE),
        ("~ on[track_updated]", Outcome.DONE),
        ("~ rotated[track_updated]", Outcome.DONE),
        ("~ off[track_updated]", Outcome.DONE),
        ("- @absent", Outcome.DONE),
        ("- @gone", Outcome.DONE),
        ("- @renamed", Outcome.DONE),
        ("- @twice-again", Outcome.DONE),
    ]
    assert report.is_complete
    assert _kept(site) == {
        ("/new", CREATED, True, False),
        ("/rotated?token=2", "track_updated", True, False),
        ("/on", "track_updated", True, False),
        ("/off", "track_updated", False, False),
        ("/renamed/to", BATCH, True, False),
        ("/twice", "track_updated", True, False),
        ("/same", "track_updated", True, False),
        ("/protected", "track_updated", True, False),
        ("https://elsewhere.example.com/a", "track_updated", True, False),
        ("/same", "track_updated", True, True),
    }
    after = site.webhooks()
    untouched = ("same", "twice", "protected", "unmanaged", "other-kind")
    assert [after[object_id] for object_id in untouched] == [before[object_id] for object_id in untouched]
    assert gaps(before, site.log()) == set()


@pytest.mark.parametrize("parallelism", [1, 2, 16])
def test_apply_sends_nothing_more_than_it_takes(site: Site, parallelism: int) -> None:
    site.put(*MIXED_THERE)
    site.plan(MIXED, [MIXED_ACCOUNT]).apply(parallelism)
    assert Counter(calls(site.log())) == Counter(
        {
            "GET /webhooks": 2,  # to plan, and after the creates
            "POST /webhooks": 2,
            **{f"GET /webhooks/{object_id}": 1 for object_id in ("on", "rotated")},  # read back in the list
            **{f"PUT /webhooks/{object_id}": 1 for object_id in ("on", "rotated", "off")},
            **{f"GET /webhooks/{object_id}": 2 for object_id in ("off", "absent", "gone", "renamed", "twice-again")},
            **{f"DELETE /webhooks/{object_id}": 1 for object_id in ("absent", "gone", "renamed", "twice-again")},
        }
    )


def test_without_creates_there_is_one_list_and_all_else_is_by_id(site: Site) -> None:
    site.put(hook("1", active=False), hook("2", day=2), hook("3", "/b", ALL), hook("4", "/b", CREATED))
    site.apply([entry("a"), entry("b", "/b", ALL)])
    assert Counter(calls(site.log())) == Counter(
        {
            "GET /webhooks": 1,
            "GET /webhooks/1": 2,  # before it is switched on and after
            "PUT /webhooks/1": 1,
            "GET /webhooks/3": 1,  # carries what the deleted one delivers
            **{f"GET /webhooks/{object_id}": 2 for object_id in ("2", "4")},
            **{f"DELETE /webhooks/{object_id}": 1 for object_id in ("2", "4")},
        }
    )


def test_every_page_is_listed_before_and_after_the_creates() -> None:
    with Site(SandboxOptions(clock=Ticks(), page_size=2)) as site:
        site.put(*(hook(str(number), f"/{number}") for number in range(5)))
        site.apply([entry("new", "/new"), *(entry(f"e{number}", f"/{number}") for number in range(5))])
        lists = [(number.path, number.query) for number in site.log() if number.path == "/webhooks"]
        first, others = ("/webhooks", "results=100"), [("/webhooks", f"page={page}&results=2") for page in (2, 3)]
        assert lists == [first, *others, ("/webhooks", ""), first, *others]
        assert len(site.webhooks()) == 6


@pytest.mark.parametrize(
    ("desired", "there", "accounts"),
    [
        pytest.param(MIXED, MIXED_THERE, [MIXED_ACCOUNT], id="one-of-everything"),
        pytest.param([entry("a")], [], [], id="create"),
        pytest.param([entry("a", "/a?token=2")], [hook("1", "/a?token=1")], [], id="update"),
        pytest.param([], [hook("1")], [], id="delete"),
        pytest.param([entry("a", active=False)], [hook("1")], [], id="switch-off"),
        pytest.param([entry("a", active=False)], [], [], id="off-and-absent"),
        pytest.param(
            [entry("a", "/a?token=2", ignored=["url", "active"])],
            [hook("1", "/a?token=1", active=False), hook("2", "/a?token=3")],
            [],
            id="ignored-fields",
        ),
        pytest.param([entry("a", is_test=True), entry("b")], [], [], id="both-kinds"),
        pytest.param([entry("a")], [hook("1", day=None), hook("2", day=None)], [], id="duplicates"),
        pytest.param([entry("a", "/a%7Eb?x=1&y")], [hook("1", "/a~b?y&x=1")], [], id="another-spelling"),
    ],
)
@pytest.mark.parametrize("hide_inactive", [False, True], ids=["lists-all", "hides-inactive"])
def test_second_apply_sends_no_write(
    desired: list[Desired],
    there: list[Remote],
    accounts: list[Account],
    hide_inactive: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    with Site(SandboxOptions(clock=Ticks(), hide_inactive=hide_inactive)) as site:
        site.put(*there)
        assert site.apply(desired, accounts).is_complete
        mark = site.mark()
        again = site.plan(desired, accounts)
        assert [change for made in again.plan.planned for change in made.changes] == []
        assert again.apply().is_complete
        assert calls(site.log(after=mark)) == ["GET /webhooks"]


def test_destroy_deletes_what_is_owned_and_leaves_the_rest(site: Site) -> None:
    site.put(*MIXED_THERE)
    report = site.plan(MIXED, [MIXED_ACCOUNT], destroy=True).apply()
    assert report.is_complete
    assert set(site.webhooks()) == {"protected", "unmanaged", "other-kind"}
    assert {call.partition(" ")[0] for call in writes(site.log())} == {"DELETE"}
