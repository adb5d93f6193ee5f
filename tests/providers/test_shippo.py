"""Shippo's declaration, and what loading it costs."""

from __future__ import annotations

import subprocess
import sys

from reconciler.model.provider import RateLimits
from reconciler.providers.shippo import SHIPPO


def test_tokens_say_their_kind_scope_and_limits() -> None:
    live, test = SHIPPO.kind_of("shippo_live_abc"), SHIPPO.kind_of("shippo_test_abc")
    assert live is not None
    assert test is not None
    assert (live.name, live.scope) == ("live", (("is_test", False),))
    assert (test.name, test.scope) == ("test", (("is_test", True),))
    assert SHIPPO.limits_of("live") == RateLimits(write=500, get=4000, list=50)
    assert SHIPPO.limits_of("test") == RateLimits(write=50, get=400, list=10)
    assert SHIPPO.kind_of("sk_live_abc") is None


def test_the_declaration_names_its_own_fields_and_events() -> None:
    assert [spec.name for spec in SHIPPO.fields] == ["url", "event", "active", "is_test"]
    assert SHIPPO.catch_all in SHIPPO.events
    assert SHIPPO.normalise({}) == {"url": None, "event": None, "active": True, "is_test": False}


def test_looking_a_provider_up_loads_nothing_heavy_and_scans_no_packages() -> None:
    code = (
        "import sys; from reconciler.providers import registry; registry.INSTALLED['shippo'];"
        "heavy = {'requests', 'urllib3', 'http.client', 'email', 'ssl', 'reconciler.providers.rest'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
