"""The suite of one installed provider, for `pytest --pyargs reconciler.testing --provider NAME`."""

from __future__ import annotations

from reconciler.testing import provider_suite
from reconciler.testing.plugin import chosen_provider

TestProvider = provider_suite(chosen_provider())
