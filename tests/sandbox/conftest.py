"""A sandbox and a client of it, for the tests that need no special ones."""

from collections.abc import Iterator

import pytest

from tests.support.sandbox import Sandbox

from .tools import Api


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    with Api(sandbox.base_url) as api:
        yield api
