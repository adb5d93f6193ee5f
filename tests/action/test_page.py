"""The page shows the workflows that the tests run, every input and output; the action pins what it installs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.workflows import ROOT

PAGE = (ROOT / "docs" / "pipelines" / "github.md").read_text("utf-8")
REQUIREMENTS = (ROOT / "action" / "requirements.txt").read_text("utf-8")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "github-actions").iterdir()), ids=lambda path: path.name)
def test_page_shows_the_workflow(path: Path) -> None:
    assert f"```yaml\n{path.read_text('utf-8')}```" in PAGE


def test_page_has_all_inputs_and_outputs() -> None:
    rows = []
    for name, said in ACTION["inputs"].items():
        default = "required" if said.get("required") else f"`{said['default']}`" if said["default"] else ""
        rows.append(f"| `{name}` | {default} | {said['description']} |")
    assert "\n".join(rows) in PAGE
    assert "\n".join(f"| `{name}` | {said['description']} |" for name, said in ACTION["outputs"].items()) in PAGE


def test_action_pins_each_library_that_the_tool_needs() -> None:
    pinned = {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", REQUIREMENTS, re.MULTILINE)
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for text in (*project["project"]["dependencies"], *project["build-system"]["requires"]):
        needed = Requirement(text)
        assert needed.specifier.contains(pinned[canonicalize_name(needed.name)]), text
