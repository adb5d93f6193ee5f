"""What a release says of itself, and that it can be made. `tests/outside/test_release.py` makes one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import reconciler
from reconciler.view.documents import SITE
from release.build import notes

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_metadata_says_what_the_package_says() -> None:
    assert (PROJECT["dynamic"], PROJECT["name"]) == (["version"], reconciler.DISTRIBUTION)
    assert PROJECT["urls"]["Documentation"] == SITE


def test_docs_and_examples_name_this_version() -> None:
    """Where a person copies a version. The tag of the action is that of its interface."""
    pages = [ROOT / "README.md", *(path for name in ("docs", "examples") for path in (ROOT / name).rglob("*.*"))]
    texts = {path: path.read_text("utf-8") for path in pages if path.suffix in (".md", ".yml", ".yaml", ".py")}
    named = {
        (path.relative_to(ROOT).as_posix(), version)
        for path, text in texts.items()
        for version in re.findall(rf"(?:{reconciler.DISTRIBUTION}(?:==|:)|rev: v)(\d+(?:\.\w+)+)", text)
    }
    assert {path for path, _ in named} >= {"docs/pipelines/pre-commit.md", "examples/kubernetes/apply.yaml"}
    assert {version for _, version in named} == {reconciler.__version__}


def test_pythons_are_those_that_ci_runs() -> None:
    ci = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    tested = ci["jobs"]["tests"]["strategy"]["matrix"]["python"]
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert named == tested
    assert PROJECT["requires-python"] == f">={tested[0]}"


def test_every_dependency_has_a_lower_bound_and_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    lines = block[1].splitlines()
    assert len(lines) == len(PROJECT["dependencies"])
    assert [line for line in lines if not re.fullmatch(r' +"[\w.-]+>=[\d.]+", +# .+', line)] == []


def test_everything_is_in_the_source_distribution() -> None:
    """What stands beside this in a clone: a list that forgets a folder would make a suite that can't be run."""
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    named = re.findall(r"^graft (\S+)", manifest, re.MULTILINE)
    patterns = re.search(r"^include (.+)", manifest, re.MULTILINE)
    assert patterns is not None
    ignored = {".git", ".venv", *re.findall(r"^([\w.-]+)/$", (ROOT / ".gitignore").read_text("utf-8"), re.MULTILINE)}
    usual = {"reconciler", "LICENSE", "MANIFEST.in", "pyproject.toml", "PKG-INFO", "setup.cfg"}
    found = {path.name for path in ROOT.iterdir() if not path.match("*.egg-info") and not path.match(".coverage*")}
    missing = found - ignored - usual - {*named}
    assert {name for name in missing if not any(Path(name).match(one) for one in patterns[1].split())} == set()


CHANGELOG = (
    "# Changelog\n\n## Unreleased\n\n## 1.1.0 (2026-01-02)\n\n### Added\n\n- This.\n\n## 1.1\n\n- That.\n\n## 1.0.0\n"
)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.1.0", "### Added\n\n- This.\n"), ("1.1", "- That.\n"), ("1.0", None), ("1", None), ("2.0.0", None)],
)
def test_notes_are_the_section_of_the_changelog(version: str, expected: str | None) -> None:
    if expected is not None:
        assert notes(CHANGELOG, version) == expected
        return
    with pytest.raises(SystemExit, match=f"no section {version}"):
        notes(CHANGELOG, version)
