"""Installs the test-only provider as a package would be, and runs the tests against every provider."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from tests.contract.bench import Bench
from tests.contract.subjects import PIGEONRY_SUBJECT, SUBJECTS, Subject


@pytest.fixture(scope="session")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an installer would leave it behind."""
    folder = tmp_path_factory.mktemp("site-packages")
    info = folder / "reconciler_pigeonry-3.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: reconciler-pigeonry\nVersion: 3.1\n")
    (info / "entry_points.txt").write_text("[reconciler.providers]\npigeonry = tests.contract.pigeonry:PLUGIN\n")
    return folder


@pytest.fixture(autouse=True)
def _installed(site_packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(site_packages))
    monkeypatch.setattr(metadata, "entry_points", _entry_points)


# What is installed is read once: it is the most expensive thing that a run against a small server does.
_entry_points = cache(metadata.entry_points)


@pytest.fixture(params=SUBJECTS, ids=str)
def subject(request: pytest.FixtureRequest) -> Subject:
    """Every provider in its turn."""
    found = request.param
    assert isinstance(found, Subject)
    return found


@pytest.fixture
def bench(subject: Subject) -> Iterator[Bench]:
    """A server of every provider in its turn."""
    with Bench(subject) as bench:
        yield bench


@pytest.fixture
def loft() -> Iterator[Bench]:
    """A server of the provider that takes several events, keeps a secret to itself and has nested settings."""
    with Bench(PIGEONRY_SUBJECT) as bench:
        yield bench
