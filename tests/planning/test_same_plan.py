"""Whether two plans would do the same: what an apply asks after a "yes", and of a saved plan. There is one answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.diagnostic import Place
from reconciler.model.plan import AccountPlan, Change, Filters, Plan, Verdict
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Remote
from reconciler.operations.saved_plan import digest_of
from tests.support.builders import DAY, account, entry, hook, planned

DENIED = ProviderError(kind=ErrorKind.DENIED, message="denied")
SALT = b"0123456789abcdef"


def a_plan(
    *there: Remote,
    error: ProviderError = DENIED,
    path: str = "/a?token=new",
    old: str = "/a?token=old",
    gone: str = "/gone",
    active: bool = True,
    one: Account | None = None,
    targets: tuple[str, ...] = (),
    excludes: tuple[str, ...] = (),
    destroy: bool = False,
    allowed_losses: int | None = None,
) -> Plan:
    """A plan of an account that was read and of one that was not: an update, and a delete that is a loss."""
    accounts = [one or account("one"), account("two", base_url="https://two.example.com")]
    remotes = [hook("1", old, active=active), hook("2", gone), hook("3", "/keep"), *there]
    desired = [
        entry("a", path, account="one"),
        entry("keep", "/keep", account="one"),
        entry("b", account="two"),
    ]
    found: dict[str, Sequence[Remote] | ProviderError] = {"one": remotes, "two": error}
    return planned(
        desired, found, accounts, targets=targets, excludes=excludes, destroy=destroy, allowed_losses=allowed_losses
    )


def with_account(made: Plan, **changed: object) -> Plan:
    one, two = made.accounts
    assert isinstance(one, AccountPlan)
    return replace(made, accounts=(replace(one, **changed), two))  # passed through


def with_changes(made: Plan, other: Callable[[Change], Change]) -> Plan:
    one = made.planned[0]
    return with_account(made, rows=tuple(map(other, one.rows)))


def later(change: Change) -> Change:
    """The same change of a webhook that the provider says it made and changed later."""
    there = change.remote
    if there is None:
        return change
    return replace(change, remote=replace(there, created=DAY + timedelta(days=9), updated=None, unknown=("x",)))


def elsewhere(change: Change) -> Change:
    """The same change, its entry on another line."""
    if change.desired is None:
        return change
    return replace(change, desired=replace(change.desired, place=Place(file="b", line=7, column=3)))


def answers(one: Plan, other: Plan) -> set[bool]:
    """What everybody says who judges whether two plans are the same."""
    return {one.essence() == other.essence(), digest_of(one, SALT) == digest_of(other, SALT)}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_plan(), id="made-again"),
        pytest.param(a_plan(hook("u", "https://else.example.com/u")), id="unmanaged-webhooks"),
        pytest.param(replace(a_plan(), created=DAY.replace(year=2030)), id="time"),
        pytest.param(with_account(a_plan(), count=99), id="count"),
        pytest.param(replace(a_plan(), accounts=a_plan().accounts[::-1]), id="order-of-accounts"),
        pytest.param(
            a_plan(error=ProviderError(kind=ErrorKind.DENIED, message="denied", help="look", status=401)), id="help"
        ),
        pytest.param(with_changes(a_plan(), later), id="times-of-the-webhooks"),
        pytest.param(with_changes(a_plan(), elsewhere), id="place-in-the-file"),
        pytest.param(a_plan(one=replace(account("one"), token=SecretText.environment("T", "other"))), id="token"),
        pytest.param(a_plan(one=replace(account("one"), timeout=99.0)), id="settings"),
    ],
)
def test_plans_that_do_the_same(other: Plan) -> None:
    assert answers(a_plan(), other) == {True}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_plan(path="/b"), id="what-is-wanted"),
        pytest.param(a_plan(path="/a?token=other"), id="wanted-secret"),
        pytest.param(a_plan(old="/a?token=other"), id="former-secret"),
        pytest.param(a_plan(active=False), id="switch"),
        pytest.param(a_plan(gone="/elsewhere"), id="what-is-deleted"),
        pytest.param(a_plan(hook("4", "/other")), id="what-is-there"),
        pytest.param(with_changes(a_plan(), lambda one: replace(one, address=entry("z").address)), id="address"),
        pytest.param(with_account(a_plan(), losses=()), id="losses"),
        pytest.param(
            with_account(a_plan(), losses=tuple(replace(loss, events=("x",)) for loss in a_plan().planned[0].losses)),
            id="events-that-are-lost",
        ),
        pytest.param(with_account(a_plan(), verdict=Verdict.TOO_MANY), id="verdict"),
        pytest.param(with_account(a_plan(), rows=a_plan().planned[0].rows[::-1]), id="order-of-the-changes"),
        pytest.param(with_account(a_plan(), account=account("three")), id="account"),
        pytest.param(a_plan(one=account("one", base_url="https://elsewhere.example.com")), id="base-url"),
        pytest.param(
            a_plan(one=replace(account("one"), settings={"account_id": SecretText.environment("ID", "x1")})),
            id="account-id",
        ),
        pytest.param(a_plan(error=ProviderError(kind=ErrorKind.LIMITED, message="denied")), id="kind-of-the-error"),
        pytest.param(a_plan(error=ProviderError(kind=ErrorKind.DENIED, message="gone")), id="words-of-the-error"),
        pytest.param(replace(a_plan(), accounts=a_plan().accounts[:1]), id="account-left-out"),
        pytest.param(a_plan(targets=("a",)), id="targets"),
        pytest.param(a_plan(excludes=("keep",)), id="excludes"),
        pytest.param(replace(a_plan(), filters=Filters(accounts=("one",))), id="account-filter"),
        pytest.param(replace(a_plan(), destroy=True), id="destroy"),
        pytest.param(a_plan(allowed_losses=1), id="allowed-losses"),
    ],
)
def test_plans_that_do_something_else(other: Plan) -> None:
    assert answers(a_plan(), other) == {False}
