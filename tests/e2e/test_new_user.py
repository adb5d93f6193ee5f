"""A new user with only the README: its commands run as they are printed, in order, and lead where it says."""

from __future__ import annotations

import itertools
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.tool import TOKEN, WAIT, Tool, delivered
from tests.e2e.typed import TEST_TOKEN, Block, Typist, blocks
from tests.support.canaries import Canaries
from tests.support.messy import SECRETS, click_together

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = f"pip install {PROJECT['name']}=={PROJECT['version']}"
README = blocks(ROOT / "README.md")
# The headings where a person begins anew, in an empty folder.
CHAPTERS = ("Install", "Try it on a sandbox", "It already has webhooks", "It has none yet")


@pytest.fixture
def typist(tool: Tool) -> Iterator[Typist]:
    subprocess.run(["git", "init", "-q"], cwd=tool.folder, check=True, timeout=WAIT)
    with Typist(tool) as typist:
        yield typist


def chapter(begin: str) -> list[Block]:
    """The blocks to run from one heading to where the next chapter begins."""
    after = itertools.dropwhile(lambda block: block.heading != begin, README)
    until_next = itertools.takewhile(lambda block: block.heading not in {*CHAPTERS} - {begin}, after)
    return [block for block in until_next if block.is_typed or block.is_workflow]


def test_every_block_to_run_is_in_a_chapter() -> None:
    to_run = [block for block in README if block.is_typed or block.is_workflow]
    assert [block for name in CHAPTERS for block in chapter(name)] == to_run


def test_install_lines_name_the_distribution_and_the_version(typist: Typist) -> None:
    demo, pinned, cloned = map(typist.follow, chapter("Install"))
    assert pinned == ""
    assert all("$ reconciler plan" in shown for shown in (demo, cloned)), typist.shown
    venv = "python3 -m venv .venv"
    assert typist.calls == [f"pipx install {PROJECT['name']}", PINNED, venv, "pip install --quiet ."]


def test_account_on_the_sandbox_is_adopted(typist: Typist) -> None:
    *_, planned = map(typist.follow, chapter("Try it on a sandbox"))
    assert planned.endswith("No changes.\n"), typist.shown


def test_account_that_has_webhooks_is_adopted(typist: Typist, tool: Tool) -> None:
    click_together(tool.sandbox.store, TOKEN)
    before = delivered(tool.sandbox, TOKEN)
    _, planned = map(typist.follow, chapter("It already has webhooks"))
    assert "Plan: 0 to create, 0 to update, 2 to delete.\n" in planned
    assert (delivered(tool.sandbox, TOKEN), len(tool.there())) == (before, 14)
    assert typist.type("reconciler plan --env-file hooks.env --detailed-exitcode").endswith("No changes.\n")
    typist.type("reconciler apply -f before.yaml --env-file before.yaml.env")
    assert delivered(tool.sandbox, TOKEN) == before
    typist.type("git add -A")
    committed = subprocess.run(
        ["git", "grep", "--cached", "-h", ""], cwd=tool.folder, capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert "webhooks:" in committed
    assert Canaries(SECRETS).found_in("\n".join([committed, *typist.shown])) == []


def test_account_without_webhooks_gets_those_of_the_file(typist: Typist, tool: Tool) -> None:
    for block in chapter("It has none yet"):
        if block.is_workflow:
            typist.run_workflow(block)
        else:
            typist.follow(block)
    created = tool.sandbox.store.list(TEST_TOKEN)
    assert sorted((webhook.url.partition("?")[0], webhook.event, webhook.is_test) for webhook in created) == [
        ("https://hooks.example.com/shippo/orders", "transaction_created", True),
        ("https://hooks.example.com/shippo/orders", "transaction_updated", True),
        ("https://hooks.example.com/shippo/tracking", "track_updated", True),
    ]
    assert PINNED in typist.calls
    assert (tool.folder / "reviewed.plan").exists()


def test_printed_file_is_that_of_the_printed_plan() -> None:
    (printed,) = [block.text for block in README if block.language == "yaml" and not block.is_workflow]
    assert printed == (ROOT / "tests" / "scenarios" / "readme" / "webhooks.yaml").read_text(encoding="utf-8")


def test_reference_pages_have_no_commands_that_no_test_runs() -> None:
    assert [page for page in (ROOT / "docs").glob("*.md") if any(block.is_typed for block in blocks(page))] == []
