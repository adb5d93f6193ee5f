"""Tests for any provider, from its declaration alone.

In a test file of its package:

    from reconciler.testing import provider_suite
    TestBirds = provider_suite("birds")
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # every run of pytest loads this package for its options
    from reconciler.model.provider import Provider
    from reconciler.testing.suite import ProviderSuite


def provider_suite(
    provider: str | Provider, *, samples: Mapping[str, tuple[object, object]] | None = None
) -> type[ProviderSuite]:
    """A class of tests for a provider: an installed one by its name, or a declaration.

    `samples` has two valid values, as a file says them, of each field that takes only certain ones.
    """
    from reconciler.providers.registry import INSTALLED  # noqa: PLC0415
    from reconciler.testing.suite import ProviderSuite  # noqa: PLC0415

    declared = INSTALLED[provider] if isinstance(provider, str) else provider
    return type("TestProvider", (ProviderSuite,), {"provider": declared, "given": samples or {}})
