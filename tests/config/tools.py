"""What the tests of the configuration side share: files as text, and a load that needs no disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.config.load import Inputs, Loaded, load
from reconciler.model.configuration import Configuration
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.provider import Provider
from reconciler.providers.github import GITHUB
from reconciler.providers.shippo import SHIPPO
from tests.support.codes import CODES

LIVE_TOKEN = "shippo_live_0123456789abcdef0123456789abcdef01234567"
TEST_TOKEN = "shippo_test_0123456789abcdef0123456789abcdef01234567"
HOOK_TOKEN = "Qx7vRt2mZk9pLw4n"
ENVIRONMENT: Mapping[str, str] = {
    "SHIPPO_API_TOKEN": LIVE_TOKEN,
    "LIVE": LIVE_TOKEN,
    "TEST": TEST_TOKEN,
    "HOOK": HOOK_TOKEN,
}

GOOD = """\
version: 1
accounts:
  live:
    provider: shippo
    token: ${LIVE}
    mode: live
owns:
  - https://hooks.example.com/shippo/*
webhooks:
  orders:
    url: https://hooks.example.com/shippo/orders?token=${HOOK}
    events: [transaction_created, transaction_updated]
  tracking:
    url: https://hooks.example.com/shippo/tracking
    events: [track_updated]
"""

TOP = "version: 1\n"
OWNS = "owns: [https://h.example.com/*]\n"
ENTRY = "webhooks:\n  a:\n    url: https://h.example.com/a\n    events: [track_updated]\n"
"""An entry that `OWNS` owns; its URL stands in line 5, its events in line 6 of `TOP + OWNS + ENTRY`."""


PROVIDERS: Mapping[str, Provider] = {SHIPPO.name: SHIPPO, GITHUB.name: GITHUB}
"""The providers there are."""


def inputs(
    text: str | bytes = "",
    *,
    files: tuple[str, ...] = ("-",),
    environment: Mapping[str, str] = ENVIRONMENT,
    variables: Mapping[str, str] | None = None,
    var_files: tuple[str, ...] = (),
    env_files: tuple[str, ...] = (),
    allowed_hosts: Iterable[str] = (),
    accounts: tuple[str, ...] = (),
    offline: bool = False,
) -> Inputs:
    """Inputs of a load; the text comes from standard input."""
    return Inputs(
        files=files,
        variables=variables or {},
        var_files=var_files,
        env_files=env_files,
        environment=environment,
        allowed_hosts=frozenset(allowed_hosts),
        accounts=accounts,
        offline=offline,
        standard_input=lambda: text if isinstance(text, bytes) else text.encode(),
    )


def used_in(text: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that a file has: an option for another one is an error."""
    return {name: value for name, value in variables.items() if f"${{{name}" in text}


def loaded(given: Inputs) -> Loaded:
    """Load, and check what holds for every load."""
    found = load(given, PROVIDERS)
    has_errors = any(diagnostic.is_error for diagnostic in found.diagnostics)
    assert (found.configuration is None) == has_errors
    assert {diagnostic.code for diagnostic in found.diagnostics} <= CODES.keys()
    return found


def configuration(given: Inputs) -> Configuration:
    """The configuration of files without an error."""
    found = loaded(given)
    assert found.configuration is not None, complaints(found)
    return found.configuration


def complaints(found: Loaded, severity: Severity = Severity.ERROR) -> list[tuple[str, str, str]]:
    """The diagnostics of a severity: code, place, message."""
    return [
        (diagnostic.code, place_of(diagnostic), diagnostic.message)
        for diagnostic in found.diagnostics
        if diagnostic.severity is severity
    ]


def place_of(diagnostic: Diagnostic) -> str:
    """The place, without the name of standard input."""
    return str(diagnostic.place).removeprefix("<stdin>:")
