"""What is said of a webhook that is replaced, and of one that its provider has switched off."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reconciler.model.plan import Plan
from reconciler.model.secret import SecretText
from reconciler.model.webhook import Remote, Value
from reconciler.output.plan_text import plan_text
from reconciler.output.terminal import Style
from reconciler.view.outcome import plan_words
from reconciler.view.redact import view_plan
from tests.contract.hooks import Hook, entries_of, fields_of
from tests.planning.loft import FIXED
from tests.support.builders import account, planned

KEY = SecretText.environment("SIGNING_KEY", "the-key")


def made(there: dict[str, Value], *, ignored: tuple[str, ...] = ("well",), **others: Value) -> Plan:
    (wanted,) = entries_of(FIXED, "default", "ci", Hook(others={"signing_key": KEY, **others}, ignored=ignored), ())
    ((_, fields),) = fields_of(FIXED, Hook(others=there), ())
    health = "state: failing" if there.get("well") is False else ""
    remote = Remote(id="1", key=FIXED.key_of(fields), fields=fields, health=health)
    return planned([wanted], [remote], [replace(account(), provider=FIXED, scope=())])


@pytest.mark.parametrize(
    ("plan", "in_plan", "in_drift"),
    [
        pytest.param(
            made({}, format="form"),
            ["+ ci  create: replaces @1, since no update can change format", "- @1  delete: replaced by ci"],
            ["+ ci  format changed; `apply` would create it", "- @1  replaced by ci; `apply` would delete it"],
            id="replaced",
        ),
        pytest.param(
            made({}, format="form", note="new"),
            ["+ ci  create: replaces @1, since no update can change format", "- @1  delete: replaced by ci"],
            ["+ ci  format and note changed; `apply` would create it"],
            id="of-what-differs-only-that",
        ),
        pytest.param(
            made({"well": False}),
            ["Switched off by the provider after failed deliveries (1):", "ci  state: failing"],
            ["Switched off by the provider after failed deliveries (1):", "ci  state: failing"],
            id="off-and-not-said",
        ),
        pytest.param(
            made({"well": False}, ignored=()),
            ["+ ci  create: replaces @1, since no update can change well", "@1  state: failing"],
            ["+ ci  switched off at the provider; `apply` would create it", "@1  state: failing"],
            id="off-and-said",
        ),
    ],
)
def test_words(plan: Plan, in_plan: list[str], in_drift: list[str]) -> None:
    for is_drift, expected in ((False, in_plan), (True, in_drift)):
        lines = [
            line.strip() for line in plan_text(view_plan(plan), Style(on=False), 0, is_drift=is_drift).splitlines()
        ]
        assert [line for line in expected if line not in lines] == []


def test_switched_off_is_named_and_no_drift_where_the_file_does_not_say_it() -> None:
    view = view_plan(made({"well": False}), brief=True)
    assert [row.health for row in view.unhealthy] == ["state: failing"]
    assert not view.drifted
    assert "No changes" in plan_words(view)
