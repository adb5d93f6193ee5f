"""The suite for everybody's providers: of the built-in ones, of Pigeonry, and of invented ones that use the rest."""

from __future__ import annotations

from reconciler.providers.registry import built_in
from reconciler.testing import provider_suite
from tests.contract.declarations import INVENTED
from tests.contract.pigeonry import PIGEONRY

for _provider in (*built_in(), PIGEONRY, *INVENTED):
    globals()[f"Test{_provider.name.capitalize()}"] = provider_suite(_provider)
