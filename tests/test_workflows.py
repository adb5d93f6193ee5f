"""Every workflow and action that is here or in the docs: judged by GitHub's schemas and by zizmor. No network.

`tests/outside/test_actionlint.py` has actionlint's say.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted(
    path
    for folder in (".github", "examples", "docs")
    for path in (ROOT / folder).rglob("*.y*ml")
    if (text := path.read_text(encoding="utf-8"))
    and re.search(r"^jobs:", text, re.MULTILINE)
    and re.search(r"^on:", text, re.MULTILINE)
)
ACTIONS = sorted([*ROOT.glob("action.y*ml"), *(ROOT / ".github").rglob("action.y*ml")])
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*")
_OWN = "webhook-reconciler/webhook-reconciler@v"


def test_all_are_found() -> None:
    assert [str(path.relative_to(ROOT)) for path in (*WORKFLOWS, *ACTIONS)] == [
        ".github/workflows/ci.yml",
        ".github/workflows/release.yml",
        "examples/github-actions/apply.yml",
        "examples/github-actions/drift.yml",
        "examples/github-actions/plan.yml",
        "action.yml",
    ]


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        pytest.param("vendor.github-workflows", WORKFLOWS, id="workflows"),
        pytest.param("vendor.github-actions", ACTIONS, id="actions"),
    ],
)
def test_has_the_form_that_github_takes(schema: str, files: list[Path]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_has_no_weakness_that_zizmor_finds() -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    rules = ROOT / ".github" / "zizmor.yml"
    command = [str(zizmor), "--offline", "--no-progress", "--quiet", "--config", str(rules)]
    command += map(str, (*WORKFLOWS, *ACTIONS))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_actions_of_others_are_pinned_to_commits(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for used in re.findall(r"\buses: *(.+)", text):
        assert used.startswith((_OWN, "./")) or _PINNED.fullmatch(used), used


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_jobs_have_a_timeout_and_no_more_than_they_need(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, job in workflow["jobs"].items():
        assert "timeout-minutes" in job, name
        assert "permissions" in job or "permissions" in workflow, name
