"""Accounts that would get in each other's way, and what an account that isn't read may still own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account
from reconciler.model.plan import Claim, Plan
from reconciler.model.reading import ErrorKind
from reconciler.model.secret import Part
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Remote
from reconciler.planning.overlap import Sightings, claim_of, claimed_twice
from reconciler.providers.shippo import SHIPPO
from tests.contract.hooks import Hook, entries_of
from tests.contract.pigeonry import PIGEONRY
from tests.model.texts import env, unset, written
from tests.support.builders import HOST, account, entry, hook, not_planned, planned

ONE, TWO, THREE = account("one"), account("two"), account("three")


def said(made: Plan) -> dict[str, tuple[ErrorKind, str, str]]:
    """Why accounts can't be planned."""
    return {
        name: (one.error.kind, one.error.message, one.error.help) for name, one in not_planned(made).items()
    }  # fmt: skip


def test_accounts_that_claim_one_webhook_are_told_of_each_other() -> None:
    there = [hook("1"), hook("2", "/b")]
    made = planned([], {"one": there, "two": there[1:], "three": there}, [ONE, TWO, THREE])
    help_ = "Both accounts have the same webhooks: change `owns` and `absent` so that they don't overlap."
    assert said(made) == {
        "one": (ErrorKind.INVALID, "the webhook 1 matches `owns` or `absent` of this account and of three", help_),
        "two": (ErrorKind.INVALID, "the webhook 2 matches `owns` or `absent` of this account and of one, three", help_),
        "three": (ErrorKind.INVALID, "the webhook 1 matches `owns` or `absent` of this account and of one", help_),
    }


def _unread(wanted: Sequence[Desired], there: Sequence[Remote], other: Account = TWO) -> Plan:
    """The plan of account `one` alone, beside an account with entries that isn't read."""
    desired = [entry("keep", "/keep", account="one"), *wanted]
    return planned(desired, {"one": [hook("keep", "/keep"), *there]}, [ONE, other])


STOPPED = {
    "one": (
        ErrorKind.INVALID,
        "deleting @1 may delete a webhook that an entry of account two describes, and that account was not read",
        "Plan both accounts together: remove `--account`, or add `--account two`.",
    )
}


def test_delete_of_what_an_unread_account_names_is_told() -> None:
    wanted = [entry("new", "/new", account="one"), entry("b", "/b", account="two")]
    assert said(_unread(wanted, [hook("0", "/c"), hook("1", "/b")])) == STOPPED


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        pytest.param(entry("b", "/b", account="two"), hook("1", "/c"), id="another-path"),
        pytest.param(entry("b", "/b", account="two"), hook("1", "/b", "all"), id="another-event"),
        pytest.param(entry("b", "/b", account="two"), hook("1", "https://u:p@h.io/b"), id="no-url"),
        pytest.param(entry("b", "/b?tenant=x", account="two"), hook("1", "/b"), id="another-query"),
    ],
)
def test_delete_of_something_else_is_planned(wanted: Desired, there: Remote) -> None:
    assert said(_unread([wanted], [there])) == {}


def test_what_is_created_or_updated_stops_nothing() -> None:
    made = planned(
        [entry("a", "/a?token=new", account="one"), entry("b", account="two"), entry("n", "/n", account="one")],
        {"one": [hook("1", "/a?token=old")]},
        [ONE, TWO],
    )
    assert said(made) == {}


def _vague(*parts: str | Part, event: str = "track_updated") -> Desired:
    """An entry of account `two` whose URL has variables that aren't set."""
    return entry("v", written(*parts), event, account="two")


WHOLE = unset("U", "https://unset1.invalid/")


@pytest.mark.parametrize(
    ("wanted", "there", "stops"),
    [
        pytest.param(_vague(HOST, "/", unset("P")), hook("1", "/b"), True, id="path"),
        pytest.param(_vague(HOST, "/b?tenant=", unset("T")), hook("1", "/b?tenant=x"), True, id="query"),
        pytest.param(_vague(HOST, "/b?tenant=", unset("T")), hook("1", "/c?tenant=x"), False, id="query-elsewhere"),
        pytest.param(_vague(HOST, "/b?token=", unset("T")), hook("1", "/b?token=x"), True, id="secret"),
        pytest.param(_vague(HOST, "/b?token=", unset("T")), hook("1", "/b/c?token=x"), False, id="secret-elsewhere"),
        pytest.param(_vague(HOST, "/shop/", unset("P")), hook("1", "/shop/b"), True, id="end-of-the-path"),
        pytest.param(_vague(HOST, "/shop/", unset("P")), hook("1", "/b/shop"), True, id="anywhere-in-the-path"),
        pytest.param(
            _vague("https://", unset("H", "unset1"), ".example.com/b"), hook("1", "/c"), True, id="host-of-any-path"
        ),
        pytest.param(
            _vague(unset("O", "https://unset1.invalid"), "/b"), hook("1", "/b"), True, id="beginning-of-the-url"
        ),
        pytest.param(
            _vague(HOST, "/", unset("P")), hook("1", "https://hooks.example.com:8443/b"), False, id="another-origin"
        ),
        pytest.param(_vague(HOST, "/", unset("P"), event="all"), hook("1", "/b"), False, id="another-event"),
        pytest.param(_vague(WHOLE), hook("1", "https://hooks.example.com:8443/b"), True, id="whole-url"),
        pytest.param(_vague(WHOLE, event="all"), hook("1", "/b"), False, id="whole-url-of-another-event"),
        pytest.param(_vague(HOST, "/", env("P", "set")), hook("1", "/b"), False, id="variable-that-is-set"),
        pytest.param(_vague(HOST, "/", env("P", "b")), hook("1", "/b"), True, id="variable-that-says-so"),
    ],
)
def test_entry_whose_variables_are_unset_may_name_whatever_they_may_hold(
    wanted: Desired,
    there: Remote,
    stops: bool,  # noqa: FBT001 - a column of the table
) -> None:
    there_owned = replace(ONE, owns=account(owns=["/*", "https://hooks.example.com:8443/*"]).owns)
    made = planned(
        [entry("keep", "/keep", account="one"), wanted],
        {"one": [hook("keep", "/keep"), there]},
        [there_owned, TWO],
    )
    assert said(made) == (STOPPED if stops else {})


def test_unread_account_whose_kind_nobody_knows_may_name_either_kind_of_its_endpoints() -> None:
    live_or_test = replace(TWO, kind="", scope=())
    wanted = entry("b", "/b", account="two", is_test=True)
    kind, message, help_ = STOPPED["one"]
    with_mode = (kind, message, help_.removesuffix(".") + ", or set the `mode` of two in the file.")
    assert said(_unread([wanted], [hook("1", "/b")], live_or_test)) == {"one": with_mode}
    assert said(_unread([wanted], [hook("1", "/c")], live_or_test)) == {}
    assert said(_unread([wanted], [hook("1", "/b")], TWO)) == {}


def test_kind_is_no_question_where_tokens_say_nothing() -> None:
    silent = replace(SHIPPO, auth=replace(SHIPPO.auth, kinds=()))
    owner, other = replace(ONE, provider=silent), replace(TWO, provider=silent, kind="", scope=())
    made = planned(
        [entry("keep", "/keep", account="one"), entry("b", "/b", account="two")],
        {"one": [hook("keep", "/keep"), hook("1", "/c")]},
        [owner, other],
    )
    assert said(made) == {}


def test_another_providers_entry_names_nothing_here() -> None:
    loft = replace(TWO, provider=PIGEONRY, scope=(), kind="")
    (wanted,) = entries_of(PIGEONRY, "two", "b", Hook(path="/b", events=("track_updated",)), ())
    there = written(HOST, "/", unset("P"))
    assert isinstance(there, Url)
    vague = replace(wanted, fields={**wanted.fields, "url": there}, key=replace(wanted.key, event="track_updated"))
    for one in (wanted, vague):
        assert said(_unread([one], [hook("1", "/b")], loft)) == {}


def _at(name: str, place: str) -> Account:
    return replace(account(name), name=f"{name}:{place}", listed_by=f"{name}:*", settings={})


@pytest.mark.parametrize(
    ("others", "stops"),
    [
        pytest.param([_at("us", "d4")], False, id="another-account-of-the-same-api"),
        pytest.param([_at("us", "d4"), _at("us", "A1")], True, id="the-same-account-behind-another"),
        pytest.param([replace(_at("us", "d4"), base_url="https://mirror.example.com")], True, id="another-address"),
        pytest.param([_at("us", "*")], True, id="accounts-that-could-not-be-listed"),
        pytest.param([account("us")], True, id="an-account-without-a-header"),
    ],
)
def test_accounts_of_two_fleets_are_told_apart_by_the_header(
    others: list[Account],
    stops: bool,  # noqa: FBT001 - a column of the table
) -> None:
    mine = [_at("live", "a1"), _at("live", "b2")]
    wanted = [entry("keep", "/keep", account="live:a1"), *(entry("b", "/b", account=one.name) for one in others)]
    there = {"live:a1": [hook("keep", "/keep"), hook("1", "/b")], "live:b2": []}
    assert [*said(planned(wanted, there, [*mine, *others]))] == (["live:a1"] if stops else [])


def test_a_fleet_of_one_is_not_told_apart_as_nobody_sees_whether_the_header_counts() -> None:
    mine, other = _at("live", "a1"), _at("us", "d4")
    wanted = [entry("keep", "/keep", account=mine.name), entry("b", "/b", account=other.name)]
    there = {mine.name: [hook("keep", "/keep"), hook("1", "/b")]}
    assert [*said(planned(wanted, there, [mine, other]))] == [mine.name]


def test_an_id_that_one_account_lists_twice_is_no_other_account_s() -> None:
    accounts = Accounts([ONE, TWO])
    sightings = Sightings(accounts)
    sightings.add(0, ONE, {Claim.OWNED: [hook("1"), hook("1")]})
    sightings.add(1, TWO, {Claim.OWNED: [hook("2")]})
    assert claimed_twice(accounts, sightings.twice(), {}) == {}


def test_a_claim_is_the_same_number_in_every_run() -> None:
    assert claim_of(ONE, hook("1")) == claim_of(TWO, hook("1"))
    assert len({claim_of(ONE, hook(str(number))) for number in range(1000)}) == 1000
    assert claim_of(ONE, replace(hook("1"), created=None)) == -5192409815170921533


def test_of_many_accounts_that_claim_a_webhook_few_are_named() -> None:
    names = [f"a{number:02}" for number in range(30)]
    accounts = Accounts([account(name) for name in names])
    sightings = Sightings(accounts)
    for number, one in enumerate(accounts):
        sightings.add(number, one, {Claim.OWNED: [hook("1")]})
    errors = claimed_twice(accounts, sightings.twice(), {})
    assert [*errors] == names
    assert errors["a29"].message.endswith("of this account and of " + ", ".join(names[:10]) + " and 19 more")
    assert errors["a03"].message.endswith("a02, a04, a05, a06, a07, a08, a09, a10 and 19 more")
