"""How many webhooks of the file have no changes."""

from __future__ import annotations

from reconciler.view.redact import view_plan
from tests.support.builders import entry, planned


def test_an_entry_that_is_off_and_not_at_the_provider_is_unchanged() -> None:
    assert view_plan(planned([entry("a", active=False)], [])).summary.unchanged == 1
