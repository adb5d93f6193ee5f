"""Shippo's declaration, and what loading it costs."""

from __future__ import annotations

import subprocess
import sys

from reconciler.model.provider import RateLimits
from reconciler.providers.shippo import INSTALLED, SHIPPO


def test_tokens_say_their_mode_scope_and_limits() -> None:
    live, test = SHIPPO.kind_of("shippo_live_abc"), SHIPPO.kind_of("shippo_test_abc")
    assert live is not None
    assert test is not None
    assert (live.mode, live.scope, live.limits) == (
        "live",
        (("is_test", False),),
        RateLimits(write=500, get=4000, list=50),
    )
    assert (test.mode, test.scope, test.limits) == (
        "test",
        (("is_test", True),),
        RateLimits(write=50, get=400, list=10),
    )
    assert SHIPPO.kind_of("sk_live_abc") is None


def test_the_declaration_names_its_own_fields_and_events() -> None:
    names = [spec.name for spec in SHIPPO.fields]
    assert names == ["url", "event", "active", "is_test"]
    assert {SHIPPO.url_field, SHIPPO.event_field, SHIPPO.active_field, *SHIPPO.scope_fields} == set(names)
    assert SHIPPO.catch_all in SHIPPO.events
    assert SHIPPO.normalise({}) == {"url": None, "event": None, "active": True, "is_test": False}
    assert INSTALLED.declaration is SHIPPO


def test_looking_a_provider_up_loads_nothing_heavy_and_scans_no_packages() -> None:
    code = (
        "import sys; from reconciler.providers import registry; registry.declaration('shippo');"
        "heavy = {'requests', 'urllib3', 'http.client', 'email', 'ssl', 'reconciler.providers.shippo_client'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
