"""Advice that only `validate` gives, where a file is written."""

from __future__ import annotations

import pytest

from reconciler.model.diagnostic import Severity
from tests.config.tools import ENTRY, OWNS, TOP, complaints, inputs, loaded

MESSAGE = "a variable is used in a query parameter that isn't secret: a new value creates a new webhook"
ADVISED = [("secret-param", "5:10", MESSAGE)]


@pytest.mark.parametrize(
    ("keys", "query", "advised"),
    [
        pytest.param("", "hook=${HOOK}", True, id="variable"),
        pytest.param("", "token=${HOOK}&hook=${HOOK}", True, id="beside-a-secret-one"),
        pytest.param("", "token=${HOOK}", False, id="secret-parameter"),
        pytest.param("", "hook=blue", False, id="in-clear"),
        pytest.param("secret_params: [Hook]\n", "hook=${HOOK}", False, id="named-secret"),
        pytest.param("public_params: [Hook]\n", "hook=${HOOK}", False, id="named-public"),
    ],
)
def test_a_variable_in_a_parameter_that_may_be_secret(keys: str, query: str, advised: bool) -> None:  # noqa: FBT001
    text = TOP + OWNS + ENTRY.replace("/a\n", f"/a?{query}\n") + keys
    assert complaints(loaded(inputs(text, offline=True)), Severity.WARNING) == (ADVISED if advised else [])
    assert loaded(inputs(text)).diagnostics == ()
