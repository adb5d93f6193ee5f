"""A sandbox and a client of it, for the tests that need no special ones."""

from collections.abc import Iterator

import pytest

from reconciler.sandbox.options import SandboxOptions
from reconciler.sandbox.server import Sandbox

from .tools import Api


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(limits=None)) as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    with Api(sandbox.base_url) as api:
        yield api
