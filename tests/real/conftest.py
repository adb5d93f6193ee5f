"""Each real server, while tests need it: one that can't be had is an error of these, and no reason to skip them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.service import RealServer, running
from tests.real.services import SERVICES


@pytest.fixture(scope="session", params=list(SERVICES))
def running_server(request: pytest.FixtureRequest) -> Iterator[RealServer]:
    """The server of each service, or of those that a test's `on(…)` names; pytest plays all tests of one together."""
    with running(SERVICES[request.param]) as server:
        yield server


@pytest.fixture
def server(running_server: RealServer) -> RealServer:
    """The same, without webhooks."""
    running_server.clear()
    return running_server
