"""Tests with other programs aren't even imported where they don't run: what they import may not be there."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if collection_path.suffix == ".py" and "not outside" in config.getoption("markexpr") else None
