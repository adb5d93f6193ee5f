"""The hooks for pre-commit, tried with the real one: it installs the tool from this checkout, and runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.outside.copies import copied

pytestmark = pytest.mark.outside

ROOT = Path(__file__).parents[2]
VALID = """\
version: 1
owns: ["https://hooks.example.com/*"]
webhooks:
  a:
    url: https://hooks.example.com/a
    events: [track_updated]
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of a user, and a copy of this one, with what isn't committed."""
    folder = tmp_path_factory.mktemp("pre-commit")
    copied(folder / "tool")
    for name in ("tool", "user"):
        (folder / name).mkdir(exist_ok=True)
        _git(folder / name, "init", "-q")
    _git(folder / "tool", "add", "-A")
    _git(folder / "tool", "commit", "-qm", "The tool")
    return folder


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


def _try(here: Path, hook: str, text: str) -> tuple[int, str]:
    (here / "user" / "webhooks.yaml").write_text(text, encoding="utf-8")
    _git(here / "user", "add", "-A")
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", "../tool", hook, "--all-files", "--color=never"],
        cwd=here / "user", env={**os.environ, "PRE_COMMIT_HOME": str(here / "home")},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_manifest_has_the_form_that_it_takes() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_a_file_is_validated_and_formatted(here: Path) -> None:
    assert _try(here, "reconciler-validate", VALID)[0] == 0
    code, said = _try(here, "reconciler-validate", VALID.replace("track_updated", "track_update"))
    assert (code, "`track_updated`" in said) == (1, True), said
    assert _try(here, "reconciler-fmt", VALID)[0] == 0
    code, said = _try(here, "reconciler-fmt", VALID.replace("\n    ", "\n      "))
    assert (code, "files were modified by this hook" in said) == (1, True), said
    assert (here / "user" / "webhooks.yaml").read_text(encoding="utf-8") == VALID
