"""Drawn entries, webhooks and accounts: small worlds in which everything meets everything."""

from __future__ import annotations

from hypothesis import strategies as st
from msgspec import Struct

from reconciler.model.configuration import Account, Named
from reconciler.model.plan import AccountPlan, Action
from reconciler.model.webhook import Desired, Remote
from reconciler.providers.shippo import SHIPPO
from tests.support.builders import absent, account, entry, hook

PATHS = ("/a", "/b", "/a?token=1", "/a?token=2", "/b?tenant=x", "/c/deep", "https://other.example.com/a")
EVENTS = ("transaction_created", "track_updated", "all", "brand_new")
OWNS = ("/*", "/a", "/c/*", "https://*.example.com/a")


_NAMED_BY_ID = Named(object_id="a")


class World(Struct, frozen=True, kw_only=True):
    """A file for one account, and what the account has."""

    account: Account
    desired: tuple[Desired, ...]
    remotes: tuple[Remote, ...]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Valid worlds: every entry is owned, no key twice, no entry named absent."""
    owner = account(
        owns=draw(st.lists(st.sampled_from(OWNS), min_size=1, unique=True)),
        absents=draw(
            st.lists(
                st.sampled_from([absent("/b"), absent("/a", "all"), absent("/c/*", "track_updated"), _NAMED_BY_ID]),
                max_size=2,
            )
        ),
        protect=draw(st.lists(st.sampled_from(["/b", "/c/*"]), max_size=1)),
        known=draw(st.lists(st.sampled_from([absent("/c/*"), absent("/a", "all"), _NAMED_BY_ID]), max_size=2)),
        owns_test=draw(st.lists(st.sampled_from(["/a", "/*"]), max_size=1)),
        max_losses=draw(st.one_of(st.none(), st.integers(0, 3))),
    )
    drawn = draw(st.lists(_entries(), max_size=6, unique_by=lambda wanted: wanted.address))
    desired = {wanted.key: wanted for wanted in drawn if _is_valid(owner, wanted)}
    remotes = draw(st.lists(_hooks(), max_size=8, unique_by=lambda remote: remote.id))
    return World(account=owner, desired=tuple(desired.values()), remotes=tuple(remotes))


@st.composite
def _entries(draw: st.DrawFn) -> Desired:
    return entry(
        draw(st.sampled_from(["orders", "tracking", "other"])) + str(draw(st.integers(0, 99))),
        draw(st.sampled_from(PATHS)),
        draw(st.sampled_from(EVENTS)),
        active=draw(st.booleans()),
        is_test=draw(st.integers(0, 3)) == 0,
        ignored=draw(st.sets(st.sampled_from(["active", "url"]))),
    )


@st.composite
def _hooks(draw: st.DrawFn) -> Remote:
    return hook(
        draw(st.text("abcdef", min_size=1, max_size=3)),
        draw(st.sampled_from((*PATHS, "https://u:p@hooks.example.com/a"))),
        draw(st.sampled_from(EVENTS)),
        active=draw(st.booleans()),
        is_test=draw(st.integers(0, 3)) == 0,
        day=draw(st.one_of(st.none(), st.integers(1, 3))),
    )


def _is_valid(owner: Account, wanted: Desired) -> bool:
    named: tuple[Named, ...] = owner.absent
    return wanted.key.endpoint in owner.owns and not any(
        item.pattern is not None
        and item.pattern.matches(wanted.key.endpoint)
        and (item.events is None or wanted.key.event in item.events)
        for item in named
    )


def carried_out(made: AccountPlan, remotes: tuple[Remote, ...]) -> tuple[Remote, ...]:
    """What the provider has once a plan was carried out without a fault."""
    there = {remote.id: remote for remote in remotes}
    for number, change in enumerate(made.changes):
        if change.action is Action.DELETE:
            assert change.remote is not None
            del there[change.remote.id]
            continue
        object_id = change.remote.id if change.remote is not None else f"new{number}"
        fields = change.wanted
        there[object_id] = Remote(id=object_id, key=SHIPPO.key_of(fields), fields=fields)
    return tuple(there.values())
