"""The contract suite from the declarations of `examples/own-providers`."""

from __future__ import annotations

from typing import ClassVar

import pytest

from reconciler.testing.suite import ProviderSuite
from tests.support.own_providers import install_own, own_provider


class _Installed(ProviderSuite):
    @pytest.fixture(autouse=True)
    def _package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        install_own(monkeypatch)


class TestReviewBoard(_Installed):
    provider = own_provider("reviewboard")
    given: ClassVar = {"apply_to": ("all", "none")}


class TestUnleash(_Installed):
    provider = own_provider("unleash")
