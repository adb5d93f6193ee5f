"""Every example is valid and plans, as its own comments say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.tool import Tool
from tests.support.github import TOKEN as GITHUB_TOKEN
from tests.support.github import GitHub, github_server

EXAMPLES = Path(__file__).parents[2] / "examples"
TOKENS = {
    "SHIPPO_API_TOKEN": "shippo_live_x",
    "SHIPPO_LIVE_TOKEN": "shippo_live_y",
    "SHIPPO_TEST_TOKEN": "shippo_test_z",
    "HOOK_TOKEN": "a",
    "ORDERS_HOOK_TOKEN": "b",
    "GITHUB_TOKEN": GITHUB_TOKEN,
    "GITHUB_ORG_TOKEN": GITHUB_TOKEN,
    "CI_HOOK_SECRET": "d",
    "TRACKING_HOOK_TOKEN": "c",
}


@pytest.fixture
def github() -> Iterator[GitHub]:
    with github_server("/repos/acme/web", "/repos/acme/api", "/orgs/acme") as server:
        yield server


MORE: dict[str, tuple[list[str], dict[str, str]]] = {
    "staging-and-production": (["--var", "STAGE=staging", "--var", "MODE=live"], {}),
    "mounted-token": ([], {"SHIPPO_API_TOKEN": "", "SHIPPO_API_TOKEN_FILE": "token"}),
}


def test_every_example_is_in_the_list_of_examples() -> None:
    listed = re.findall(r"^\| \[([a-z-]+)\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", sorted(file.parent.name for file in EXAMPLES.glob("*/webhooks.yaml")))
def test_example_is_valid_and_plans(tool: Tool, github: GitHub, name: str) -> None:
    text = (EXAMPLES / name / "webhooks.yaml").read_text(encoding="utf-8")
    file = tool.folder / "webhooks.yaml"
    file.write_text(text, encoding="utf-8")
    options, environment = MORE.get(name, ([], {}))
    valid = tool.run("validate", "--strict", *options)
    assert valid.code == 0, valid.all
    here = f"    base_url: {tool.sandbox.base_url}\n"
    usual = f"accounts:\n  default:\n    provider: shippo\n    token: ${{SHIPPO_API_TOKEN}}\n{here}"
    with_base = text.replace("    provider: shippo\n", f"    provider: shippo\n{here}")
    with_base = with_base.replace("    provider: github\n", f"    provider: github\n    base_url: {github.base_url}\n")
    file.write_text(with_base if "accounts:" in text else text + usual, encoding="utf-8")
    (tool.folder / "token").write_text("shippo_live_mounted\n", encoding="utf-8")
    plan = tool.run("plan", "--detailed-exitcode", *options, **(TOKENS | environment))
    assert plan.code == 2, plan.all
