"""What must deliver before a webhook is narrowed: whole carriers, in step, updated and created ones."""

from __future__ import annotations

import pytest

from reconciler.model.plan import AccountPlan, Action, Carrier, Phase
from reconciler.model.webhook import Address, Desired, Remote
from reconciler.providers.shippo import SHIPPO
from tests.contract.hooks import A, B, C, Hook
from tests.planning.loft import loft_plan
from tests.support.builders import absent, account, entry, hook, only, planned

CREATED, UPDATED, ALL = "transaction_created", "transaction_updated", "all"


def carriers(made: AccountPlan) -> dict[str, list[str]]:
    """The addresses of each change's carriers, by its sign and address."""
    return {
        f"{change.action.value} {change.address.text(long=False)}": [
            carrier.address.text(long=False) for carrier in change.carriers
        ]
        for change in made.changes
    }


def test_carriers_are_the_webhooks_in_step_updated_and_created_in_the_order_of_addresses() -> None:
    created, kept = entry("z", event="batch_created"), entry("k", event=CREATED)
    updated = entry("a", "/a?token=new", event=UPDATED)
    remotes = [hook("all", event=ALL), hook("k", event=CREATED), hook("u", "/a?token=old", UPDATED)]
    made = only(planned([created, kept, updated], remotes))
    (delete,) = [change for change in made.changes if change.action is Action.DELETE]
    assert delete.carriers == (
        Carrier(address=updated.address, fields=updated.fields, object_id="u"),
        Carrier(address=kept.address, fields=remotes[1].fields, object_id="k"),
        Carrier(address=created.address, fields=created.fields, object_id=""),
    )


def test_only_what_narrows_waits_for_carriers() -> None:
    made = only(planned([entry("a", "/a?token=new"), entry("b", event=ALL)], [hook("1", "/a?token=old")]))
    assert carriers(made) == {"+ b[all]": [], "~ a[track_updated]": []}


def test_webhook_that_delivers_nothing_needs_no_carrier() -> None:
    made = only(planned([entry("a", event=ALL)], [hook("1", active=False), hook("2", event=CREATED)]))
    assert carriers(made) == {"+ a[all]": [], "- @1": [], "- @2": ["a[all]"]}


def test_webhook_that_is_off_carries_nothing() -> None:
    made = only(planned([entry("a", event=ALL, active=False)], [hook("1"), hook("2", event=ALL)]))
    assert carriers(made) == {"~ a[all]": [], "- @1": []}
    kept = only(
        planned([entry("a", event=ALL, ignored=["active"])], [hook("1"), hook("2", event=ALL, active=False)])
    )  # fmt: skip
    assert carriers(kept) == {"- @1": []}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(entry("b", event=CREATED), id="another-event"),
        pytest.param(entry("b", "/b"), id="another-path"),
        pytest.param(entry("b", is_test=True), id="another-kind"),
        pytest.param(entry("b", "https://hooks.example.com:8443/a"), id="another-port"),
    ],
)
def test_what_delivers_something_else_carries_nothing(other: Desired) -> None:
    there = Remote(id="b", key=other.key, fields=other.fields)
    assert carriers(only(planned([other], [hook("1"), there], [account(owns=["/*"])]))) == {"- @1": []}


def test_every_event_is_carried_by_whatever_stands_there() -> None:
    made = only(planned([entry("a", event=CREATED)], [hook("1", event=ALL), hook("2", "/b", ALL)]))
    carrier = ["a[transaction_created]"]
    assert carriers(made) == {"+ a[transaction_created]": [], "- @1": carrier, "- @2": carrier}


def test_event_that_moves_waits_for_every_create_of_it_wherever_that_is() -> None:
    desired = [entry("a", "https://new.example.com/a"), entry("b", "/b", CREATED), entry("c", "/c", is_test=True)]
    remotes = [hook("1", "/one"), hook("2", "/two"), hook("3", "/three", CREATED, is_test=True), hook("4", "/four")]
    owner = account(owns=["/*", "https://new.example.com/*"], absents=[absent("/four")])
    made = {name: found for name, found in carriers(only(planned(desired, remotes, [owner]))).items() if found}
    assert made == {"- @1": ["a[track_updated]"], "- @2": ["a[track_updated]"]}


def test_filtered_out_create_carries_nothing_and_a_webhook_in_step_still_does() -> None:
    desired = [entry("new", event=ALL), entry("kept", event=ALL, is_test=True)]
    remotes = [hook("1"), hook("2", is_test=True), hook("3", event=ALL, is_test=True)]
    made = only(planned(desired, remotes, targets=["@*"]))
    assert carriers(made) == {"- @1": []}


def test_update_that_drops_an_event_narrows_and_is_not_its_own_carrier() -> None:
    made = loft_plan([("a", Hook(events=(A, B)))], [Hook(events=(A, B, C)), Hook(events=(B,))])
    assert [(change.action, change.phase) for change in made.changes] == [
        (Action.UPDATE, Phase.NARROW),
        (Action.DELETE, Phase.NARROW),
    ]
    assert carriers(made) == {"~ a": [], "- @1": ["a"]}


def test_rename_to_a_webhook_that_is_off_has_no_carrier() -> None:
    made = loft_plan([("a", Hook(path="/new", active=False))], [Hook(path="/old")])
    assert [change.rename for change in made.changes] == [
        Address(account="default", name="@0"),
        Address(account="default", name="a"),
    ]
    assert carriers(made) == {"+ a": [], "- @0": []}


def test_renamed_webhook_is_carried_by_what_it_becomes_elsewhere() -> None:
    made = only(planned([entry("a", "/new"), entry("b", event=CREATED)], [hook("1", "/old")]))
    assert carriers(made) == {
        "+ a[track_updated]": [],
        "+ b[transaction_created]": [],
        "- @1": ["a[track_updated]"],
    }
    assert SHIPPO.is_live(made.changes[2].carriers[0].fields)
