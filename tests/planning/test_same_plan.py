"""Whether two plans would do the same: what an apply asks after a "yes"."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.plan import AccountPlan, Plan, Verdict
from reconciler.model.reading import ErrorKind, NotRead, ProviderError
from reconciler.model.webhook import Remote
from reconciler.planning.planner import same_plan
from tests.support.builders import DAY, account, entry, hook, planned

ACCOUNTS = [account("one"), account("two", base_url="https://two.example.com")]
DENIED = ProviderError(kind=ErrorKind.DENIED, message="denied")


def a_plan(*there: Remote, error: ProviderError = DENIED, path: str = "/a") -> Plan:
    """A plan of an account that was read and of one that was not."""
    remotes = [hook("1", "/a?token=old"), hook("2", "/gone"), *there]
    desired = [entry("a", f"{path}?token=new", account="one"), entry("b", account="two")]
    return planned(desired, {"one": remotes, "two": NotRead(account="two", error=error)}, ACCOUNTS)


def with_account(made: Plan, **changed: object) -> Plan:
    one, two = made.accounts
    assert isinstance(one, AccountPlan)
    return replace(made, accounts=(replace(one, **changed), two))  # type: ignore[arg-type]  # passed through


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
    ],
)
def test_plans_that_do_the_same(other: Plan) -> None:
    assert same_plan(a_plan(), other)
    assert same_plan(other, a_plan())


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_plan(path="/b"), id="what-is-wanted"),
        pytest.param(a_plan(hook("3", "/other")), id="what-is-there"),
        pytest.param(with_account(a_plan(), losses=()), id="losses"),
        pytest.param(with_account(a_plan(), verdict=Verdict.TOO_MANY), id="verdict"),
        pytest.param(with_account(a_plan(), account=account("three")), id="account"),
        pytest.param(a_plan(error=ProviderError(kind=ErrorKind.LIMITED, message="denied")), id="kind-of-the-error"),
        pytest.param(a_plan(error=ProviderError(kind=ErrorKind.DENIED, message="gone")), id="words-of-the-error"),
        pytest.param(replace(a_plan(), accounts=a_plan().accounts[:1]), id="account-left-out"),
    ],
)
def test_plans_that_do_something_else(other: Plan) -> None:
    assert not same_plan(a_plan(), other)
    assert not same_plan(other, a_plan())
