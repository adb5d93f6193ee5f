"""What a plan of a fleet keeps: of accounts in step no more than a count."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.config.load import load
from reconciler.model.configuration import Account, Configuration
from reconciler.model.reading import Reading
from reconciler.model.webhook import Remote
from reconciler.operations.reading import Clients, read_each
from reconciler.output.plan_text import plan_text
from reconciler.output.terminal import Style
from reconciler.planning.places import with_places
from reconciler.planning.planner import Planning, PlanOptions
from reconciler.planning.targets import selected_accounts
from reconciler.providers.registry import INSTALLED
from reconciler.view.redact import view_plan
from tests.config.tools import inputs
from tests.support.builders import DAY, hook
from tests.support.fleet import EVENTS, TOKEN, URL, fleet_server
from tests.support.here import main_here

_FILE = f"""\
version: 1
accounts:
  live: {{provider: shippo, account_ids: all}}
owns: ["https://hooks.example.com/*"]
webhooks:
  orders: {{url: "{URL}", events: [{", ".join(EVENTS)}]}}
"""


class InStep:
    """A client of an account in which everything is as the file wants it."""

    opened = 0
    most_opened = 0

    def __init__(self, account: Account, configuration: Configuration) -> None:
        self._account, self._configuration = account, configuration
        type(self).opened += 1
        type(self).most_opened = max(self.opened, self.most_opened)

    def list(self) -> Reading:
        name = self._account.name
        remotes = tuple(
            Remote(id=f"{name}-{number}", key=one.key, fields=dict(one.fields), created=DAY, updated=DAY)
            for number, one in enumerate(self._configuration.desired)
        )
        return Reading(account=name, remotes=remotes, count=len(remotes))

    def get(self, object_id: str) -> Remote:
        raise NotImplementedError(object_id)

    def places(self) -> tuple[str, ...]:
        raise NotImplementedError

    def close(self) -> None:
        type(self).opened -= 1


def _peak(number: int) -> int:
    """The most bytes that planning so many accounts takes, the names of the accounts included."""
    loaded = load(inputs(_FILE, environment={"SHIPPO_API_TOKEN": TOKEN}), INSTALLED).configuration
    assert loaded is not None
    gc.collect()
    tracemalloc.start()
    configuration = with_places(loaded, {"live:*": [f"acct{one:028}" for one in range(number)]}).configuration
    planning = Planning(configuration, PlanOptions(), datetime(2026, 1, 1, tzinfo=UTC), lets_go=True)
    with Clients(selected_accounts(configuration, ()), lambda account: InStep(account, loaded)) as clients:
        read_each(clients, planning.add)
        made = planning.plan()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made.accounts == ()
    assert [(one.places, one.listed, one.unchanged) for one in made.in_step] == [(number, 5 * number, 5 * number)]
    assert InStep.opened == 0
    assert InStep.most_opened < 40  # and not one for each account
    return peak


@pytest.mark.parametrize("factor", [10])
def test_an_account_in_step_leaves_little_more_than_its_name(factor: int) -> None:
    few = _peak(200)
    many = _peak(200 * factor)
    each = (many - few) / (200 * factor - 200)
    assert each < 400, each  # bytes: 80 of the name, 60 of what is known of five webhooks


def test_accounts_that_differ_are_kept_and_the_others_are_counted() -> None:
    loaded = load(inputs(_FILE, environment={"SHIPPO_API_TOKEN": TOKEN}), INSTALLED).configuration
    assert loaded is not None
    configuration = with_places(loaded, {"live:*": [f"acct{one:03}" for one in range(50)]}).configuration
    planning = Planning(configuration, PlanOptions(), datetime(2026, 1, 1, tzinfo=UTC), lets_go=True)
    kept = []
    for number, account in enumerate(configuration.accounts):
        reading = InStep(account, loaded).list()
        remotes = reading.remotes[1:] if number % 10 == 0 else reading.remotes
        kept.append(planning.add(account.name, replace(reading, remotes=remotes)))
    made = planning.plan()
    assert [one.account.place_name for one in made.accounts] == [f"acct{one:03}" for one in range(0, 50, 10)]
    assert [one.places for one in made.in_step] == [45]
    assert kept.count(True) == 5 + 3  # the first three are counted with the fourth


_PLACES = st.lists(
    st.tuples(
        st.sets(st.integers(0, 4), max_size=1),  # webhooks that are missing
        st.booleans(),  # one that nobody manages
        st.sampled_from(["", "switched off"]),
        st.booleans(),  # whether the provider says how many there are
    ),
    min_size=1,
    max_size=9,
)


@given(_PLACES)
def test_what_is_said_is_the_same_where_places_are_only_counted(
    places: list[tuple[set[int], bool, str, bool]],
) -> None:
    loaded = load(inputs(_FILE, environment={"SHIPPO_API_TOKEN": TOKEN}), INSTALLED).configuration
    assert loaded is not None
    configuration = with_places(loaded, {"live:*": [f"acct{one:03}" for one in range(len(places))]}).configuration
    views = []
    for lets_go in (False, True):
        planning = Planning(configuration, PlanOptions(), DAY, lets_go=lets_go)
        for account, (missing, has_other, health, has_count) in zip(configuration.accounts, places, strict=True):
            listed = InStep(account, loaded).list()
            remotes = [one for number, one in enumerate(listed.remotes) if number not in missing]
            remotes[0] = replace(remotes[0], health=health)
            if has_other:
                remotes.append(replace(hook("other", "https://elsewhere.example.com/x"), id=f"{account.name}-other"))
            count = len(remotes) if has_count else None
            planning.add(account.name, replace(listed, remotes=tuple(remotes), count=count))
            InStep.opened = InStep.most_opened = 0
        views.append(view_plan(planning.plan(), brief=True))
    whole, counted = views
    assert whole.summary == counted.summary
    assert whole.resource_changes == counted.resource_changes
    assert whole.unmanaged == counted.unmanaged
    # Where the line of those in step stands is another matter.
    told = [sorted(plan_text(one, Style(on=False)).splitlines()) for one in views]
    assert told[0] == told[1]


@given(st.permutations(range(6)), st.booleans())
def test_a_header_that_is_ignored_is_told_alike_in_whatever_order_accounts_are_read(
    order: list[int],
    lets_go: bool,  # noqa: FBT001 - drawn
) -> None:
    loaded = load(inputs(_FILE, environment={"SHIPPO_API_TOKEN": TOKEN}), INSTALLED).configuration
    assert loaded is not None
    configuration = with_places(loaded, {"live:*": [f"acct{one}" for one in range(6)]}).configuration
    planning = Planning(configuration, PlanOptions(), DAY, lets_go=lets_go)
    same = [InStep(configuration.accounts[number], loaded).list().remotes for number in (0, 1)]
    for number in order:
        name = f"live:acct{number}"
        planning.add(name, Reading(account=name, remotes=same[number % 2], count=5))
    InStep.opened = InStep.most_opened = 0
    (error,) = {one.error.message for one in planning.plan().not_planned}
    assert "has the webhook live:acct0-0 both in `live:acct0` and in `live:acct2`" in error


def test_the_collector_is_on_while_accounts_are_read(tmp_path: Path) -> None:
    found: list[bool] = []
    before = gc.get_threshold()
    with fleet_server() as fleet:
        fleet.on_call = lambda _method, _account: found.append(gc.isenabled())
        account = f"{{provider: shippo, base_url: {fleet.base_url}}}"
        text = _FILE.replace("{provider: shippo, account_ids: all}", account)
        (tmp_path / "webhooks.yaml").write_text(text, "utf-8")
        code, _, _ = main_here(tmp_path, ["plan"], {"SHIPPO_API_TOKEN": TOKEN})
    assert (code, found, gc.get_threshold()) == (0, [True], before)
