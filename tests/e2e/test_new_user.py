"""A new user: the commands of the README and of the first pages run as they are printed, and lead where they say."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import DISTRIBUTION, __version__
from tests.e2e.tool import TOKEN, WAIT, Tool
from tests.e2e.typed import TEST_TOKEN, Block, Typist, blocks
from tests.support.canaries import Canaries

ROOT = Path(__file__).parents[2]
PINNED = f"pip install {DISTRIBUTION}=={__version__}"
README = blocks(ROOT / "README.md")
START = blocks(ROOT / "docs" / "start.md")
OTHER = blocks(ROOT / "docs" / "pipelines" / "other.md")
ALONE = "It has none yet"
WALK = "Try it on a sandbox"


@pytest.fixture
def typist(tool: Tool) -> Iterator[Typist]:
    subprocess.run(["git", "init", "-q"], cwd=tool.folder, check=True, timeout=WAIT)
    with Typist(tool) as typist:
        yield typist


def typed(page: tuple[Block, ...]) -> list[Block]:
    return [block for block in page if block.is_typed]


def test_the_walk_of_the_readme_is_the_beginning_of_the_first_ten_minutes() -> None:
    walk = [line for block in typed(README) if block.heading == WALK for line in block.text.splitlines()]
    told = [line.removeprefix("$ ") for block in typed(START) for line in block.text.splitlines()]
    assert len(walk) == 8
    assert set(walk) <= {*told}


def test_install_lines_name_the_distribution_and_the_version(typist: Typist) -> None:
    demo, cloned = (typist.follow(block) for block in typed(README) if block.heading != WALK)
    assert all("$ reconciler plan" in shown for shown in (demo, cloned)), typist.shown
    venv = "python3 -m venv .venv"
    assert typist.calls == [f"pipx install {DISTRIBUTION}", venv, "pip install --quiet ."]
    lines = [line.partition("#")[0].strip() for block in (START[0], README[0]) for line in block.text.splitlines()]
    assert lines[:2] == lines[2:]


def test_ten_minutes_on_the_sandbox(typist: Typist, tool: Tool) -> None:
    steps = [block for block in typed(START)[1:] if block.heading != ALONE]
    file = tool.folder / "try-it" / "webhooks.yaml"
    for block in steps:
        if block.heading == "Change something":
            file.write_text(re.sub(r"(tracking\n    events: \[track_updated)", r"\1, batch_created", file.read_text()))
        typist.follow(block)
    lines = (line.split("=", 1) for line in (file.parent / "hooks.env").read_text().splitlines() if "=" in line)
    secrets = {name: value for name, value in lines if len(value) >= 8}
    assert len(secrets) >= 8
    assert Canaries(secrets).found_in("\n".join([file.read_text(), *typist.shown])) == []


def test_account_without_webhooks_gets_those_of_the_file(typist: Typist, tool: Tool) -> None:
    for block in [*(block for block in typed(START) if block.heading == ALONE), *typed(OTHER)]:
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
    printed = next(block.text for block in README if block.language == "yaml")
    assert printed == (ROOT / "tests" / "scenarios" / "readme" / "webhooks.yaml").read_text(encoding="utf-8")


def test_pages_have_no_commands_that_no_test_runs() -> None:
    elsewhere = {
        "accounts.md",
        "how-to",
        "pipelines",
        "readers.md",
        "writing-a-provider.md",
        "_build",
    }  # these have tests of their own
    pages = [page for page in (ROOT / "docs").rglob("*.md") if not elsewhere & {*page.parts}]
    assert {page.stem for page in pages if typed(blocks(page))} == {"start", "adopt", "script"}


def test_script_on_the_sdk_becomes_a_file(typist: Typist, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPPO_API_TOKEN", TOKEN)
    script, *steps = blocks(ROOT / "docs" / "coming-from" / "script.md")
    for _ in range(2):
        exec(script.text.replace("Shippo(", f"Shippo(server_url={tool.sandbox.base_url!r}, "), {})  # noqa: S102
    assert len(tool.there()) == 4
    for block in steps:
        typist.follow(block)
    assert sorted(webhook.event for webhook in tool.there()) == ["track_updated", "transaction_created"]
