"""The suite of every provider, on servers of the services themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from reconciler.providers.github import GITHUB
from reconciler.testing import provider_suite
from reconciler.testing.bench import Bench
from reconciler.testing.servers import Relay
from reconciler.testing.suite import ProviderSuite
from tests.real.service import RealServer
from tests.real.services import on

pytestmark = pytest.mark.real


class _OnRealServer(ProviderSuite):
    @pytest.fixture(autouse=True)
    def bench(self, server: RealServer) -> Iterator[Bench]:
        place = next(iter(server.places), "")
        with Bench(self.provider, Relay(server.base_url), server.token or "not-asked-for", place) as bench:
            yield bench


@on("mlflow")
class TestMLflow(_OnRealServer):
    provider = provider_suite("mlflow").provider


@on("pretix")
class TestPretix(_OnRealServer):
    provider = provider_suite("pretix").provider
    given = {"limit_events": None}  # type: ignore[dict-item]  # noqa: RUF012 - the organizer has no concert to name


@on("labelstudio")
class TestLabelStudio(_OnRealServer):
    provider = provider_suite("labelstudio").provider


@on("emulate")
class TestEmulate(_OnRealServer):
    """GitHub's declaration without its secret, of which the emulator never says that it is set."""

    provider = replace(GITHUB, fields=tuple(spec for spec in GITHUB.fields if not spec.is_secret))

    def test_wrong_credentials_are_told_after_one_call(self, bench: Bench) -> None:
        """Any token may list there."""
