"""A command in a folder of its own, with a sandbox as the provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.sandbox.api import SandboxOptions
from tests.e2e.dying import Patient
from tests.e2e.secretive import Secretive, secretive
from tests.e2e.tool import Tool
from tests.support.sandbox import Sandbox


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    with Sandbox(SandboxOptions(page_size=25)) as sandbox:
        yield Tool(folder=tmp_path, sandbox=sandbox)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """The same, for a module's commands that change nothing at the provider."""
    with Sandbox(SandboxOptions(page_size=25)) as sandbox:
        yield Tool(folder=tmp_path_factory.mktemp("shared"), sandbox=sandbox)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Secretive]:
    """A folder and a provider full of secrets."""
    with secretive(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secretive]:
    """The same, for a module's commands that change nothing at the provider."""
    with secretive(tmp_path_factory.mktemp("looked")) as made:
        yield made


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One provider for a whole module."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def patient(sandbox: Sandbox, tmp_path: Path) -> Callable[[], Patient]:
    """Makes patients: each an account of its own, in the same state."""

    def make() -> Patient:
        return Patient(folder=tmp_path, sandbox=sandbox)

    return make
