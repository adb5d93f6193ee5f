"""What the docs say of the code is true: generated parts are fresh, links lead somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS
from reconciler.view.documents import SITE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
OUTSIDE_THE_SITE = sorted([*ROOT.glob("*.md"), *(ROOT / "examples").glob("*.md")])
REPOSITORY = re.compile(r"https://github\.com/webhook-reconciler/webhook-reconciler/(?:blob|tree)/main/(.*)")


def test_generated_docs_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), f"{done.stdout}{done.stderr}run `python docs/generate.py`"


@pytest.mark.parametrize(
    "check",
    [["mandoc", "-Tlint", "-W", "warning"], ["groff", "-man", "-Tutf8", "-ww", "-z"]],
    ids=["mandoc", "groff"],
)
def test_man_page_has_no_mistakes_and_is_shipped(check: list[str]) -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["data-files"]
    assert shipped == {"share/man/man1": ["docs/reconciler.1"]}
    if shutil.which(check[0]) is None:
        pytest.skip(f"{check[0]} is not installed")
    done = subprocess.run([*check, "docs/reconciler.1"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    told = [line for line in (done.stdout + done.stderr).splitlines() if "missing date" not in line]  # it has none
    assert told == []


@pytest.mark.parametrize("page", OUTSIDE_THE_SITE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_what_is_there(page: Path) -> None:
    """`docs/links.py` looks at those of the site's pages. PyPI shows the README, where only whole addresses work."""
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$", text, re.MULTILINE):
        target = "".join(link)
        file = page.parent / target
        if target.startswith(SITE):
            path = target.removeprefix(SITE) or "index.html"
            file = ROOT / path if path.startswith("schemas/") else (DOCS / path).with_suffix(".md")
        elif in_repository := REPOSITORY.match(target):
            file = ROOT / in_repository[1]
        elif target.startswith(("https://", "#")):
            continue
        else:
            assert page.name != "README.md" or page.parent != ROOT, target
        assert file.exists(), target


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section(command: str) -> None:
    assert f"## reconciler {command}\n" in (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert f'.SS "reconciler {command}"\n' in (ROOT / "docs" / "reconciler.1").read_text(encoding="utf-8")


def test_test_command_of_the_readme_is_what_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(re.findall(r"<!-- the test command -->\n```\n[^\n]+\n```\n", readme)) == 1


def test_every_test_that_the_guarantees_name_is_there() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/.]+)`", text))
    assert len(named) > 20
    assert {name for name in named if not (ROOT / name).exists()} == set()
