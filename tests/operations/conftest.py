"""A site for the tests that need no special one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.site import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site
