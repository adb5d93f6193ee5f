"""What installs the tool for the action, which the walk leaves out: only what is pinned, and from its own folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import __version__
from tests.outside.copies import copied
from tests.support.workflows import outputs_of

pytestmark = pytest.mark.outside


def _install(action: Path, temp: Path) -> subprocess.CompletedProcess[str]:
    """Run it as the action's step does, in a folder with a module that pip would trip over."""
    (temp / "work").mkdir(parents=True, exist_ok=True)
    (temp / "work" / "pip.py").write_text("raise SystemExit('a file of the pull request was run')")
    environment = {"PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(temp / "output")}
    command = ["bash", "-euo", "pipefail", "-c", 'exec "$0/action/install" "$1" "$0"', str(action), sys.executable]
    return subprocess.run(command, cwd=temp / "work", env=environment, capture_output=True, text=True, check=False)


def test_installs_this_version_once(tmp_path: Path) -> None:
    action, temp = copied(tmp_path / "v1"), tmp_path / "temp"
    done = _install(action, temp)
    assert done.returncode == 0, done.stdout + done.stderr
    python = Path(outputs_of((temp / "output").read_text("utf-8"))["python"])
    tool = subprocess.run([python.with_name("reconciler"), "--version"], capture_output=True, text=True, check=True)
    assert __version__ in tool.stdout

    requirements = action / "action" / "requirements.txt"  # a second step of the job installs nothing anew
    requirements.write_text("nothing-of-this-name==1\n", "utf-8")
    assert _install(action, temp).returncode == 0


def test_refuses_a_requirement_with_another_digest(tmp_path: Path) -> None:
    action, temp = copied(tmp_path / "v1"), tmp_path / "temp"
    requirements = action / "action" / "requirements.txt"
    head, click, rest = re.split(r"(?m)^(?=click==|deepdiff==)", requirements.read_text("utf-8"))
    text = head + re.sub(r"sha256:\w{64}", f"sha256:{'0' * 64}", click) + rest
    requirements.write_text(text, "utf-8")
    done = _install(action, temp)
    assert done.returncode != 0
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stdout + done.stderr
    assert not [*temp.glob("*/installed")]
