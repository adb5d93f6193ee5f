"""The container file: judged by hadolint; what it builds from is enough for a command that runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.outside

ROOT = Path(__file__).parents[2]
_PYTHON = re.compile(r"RUN python -m venv /opt/reconciler && /opt/reconciler/bin/(pip install .*) \.")


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "Containerfile"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_what_it_copies_is_enough_to_install_and_run(tmp_path: Path) -> None:
    """As its RUN line does; there is no engine to build it with where the tests run."""
    source = tmp_path / "source"
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for name in kept:
        at = ROOT / name
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if at.is_dir():
            shutil.copytree(at, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(at, source / name)
    found = _PYTHON.search((ROOT / "Containerfile").read_text(encoding="utf-8"))
    assert found is not None
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    subprocess.run([tmp_path / "venv" / "bin" / "python", "-m", *found[1].split(), "-q", "."], cwd=source, check=True)
    done = subprocess.run(
        [tmp_path / "venv" / "bin" / "reconciler", "demo", "--no-pause"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
