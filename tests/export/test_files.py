"""A file that was exported means the accounts that it was made from."""

from __future__ import annotations

import pytest

from reconciler.config.load import Inputs, load
from reconciler.export.document import whole_file
from reconciler.export.write import yaml_text
from reconciler.model.plan import Plan
from reconciler.model.reading import Reading
from reconciler.planning.planner import PlanOptions, plan
from reconciler.providers.registry import built_in
from tests.contract.pigeonry import PIGEONRY
from tests.support.builders import DAY

TOKENS = {"SHIPPO_API_TOKEN": "shippo_live_a", "OTHER_TOKEN": "shippo_live_b", "PIGEONRY_TOKEN": "some-token"}


def _planned(text: str) -> Plan:
    inputs = Inputs(
        files=("-",),
        variables={},
        env_files=(),
        environment=TOKENS,
        allowed_hosts=frozenset(),
        standard_input=text.encode,
    )
    loaded = load(inputs, {**{of.name: of for of in built_in()}, PIGEONRY.name: PIGEONRY})
    assert loaded.configuration is not None, loaded.diagnostics
    readings = {account.name: Reading(account=account.name) for account in loaded.configuration.accounts}
    return plan(loaded.configuration, readings, PlanOptions(), DAY)


@pytest.mark.parametrize(
    "account",
    [
        pytest.param("default: {provider: shippo, token: '${SHIPPO_API_TOKEN}'}", id="the-usual-one"),
        pytest.param("shop: {provider: shippo, token: '${SHIPPO_API_TOKEN}'}", id="another-name"),
        pytest.param("default: {provider: shippo, token: '${OTHER_TOKEN}'}", id="another-token"),
        pytest.param("default: {provider: pigeonry, token: '${PIGEONRY_TOKEN}'}", id="another-provider"),
    ],
)
def test_exported_file_means_the_same_accounts(account: str) -> None:
    made = _planned(f"version: 1\naccounts:\n  {account}\nowns: ['https://hooks.example.com/*']\nwebhooks: {{}}\n")
    text = yaml_text(whole_file(made, TOKENS, head=[]))
    again = _planned(text)
    assert [(one.name, one.provider, one.token, one.kind) for one in again.configuration.accounts] == [
        (one.name, one.provider, one.token, one.kind) for one in made.configuration.accounts
    ]
