"""A command in a folder of its own, with a sandbox as the provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.options import SandboxOptions
from reconciler.sandbox.server import Sandbox
from tests.e2e.tool import Tool


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    with Sandbox(SandboxOptions(limits=None, page_size=25, proxy=True)) as sandbox:
        yield Tool(folder=tmp_path, sandbox=sandbox)
