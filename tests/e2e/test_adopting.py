"""docs/how-to/adopt-an-account.md: its commands run as they are printed, on an account that was clicked together."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.tool import COMMAND, TOKEN, WAIT, Tool, delivered
from tests.support.canaries import Canaries
from tests.support.messy import SECRETS, click_together

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "adopt-an-account.md"
STEPS = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
# The account is a sandbox's, nobody is there to ask, and GitHub is a log.
SHELL = """
set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
reconciler() {
  [ "$1" = apply ] && set -- "$@" --auto-approve
  command reconciler "$@" --base-url "$BASE_URL"
}
gh() { echo "$@" > gh.log; }
"""


@pytest.fixture
def messy(tool: Tool) -> Tool:
    click_together(tool.sandbox.store, TOKEN)
    tool.environment["BASE_URL"] = tool.sandbox.base_url
    subprocess.run(["git", "init", "-q"], cwd=tool.folder, check=True, timeout=WAIT)
    return tool


def test_page_leads_to_an_empty_plan(messy: Tool) -> None:
    before = delivered(messy.sandbox, TOKEN)
    said = []
    for number, step in enumerate(STEPS):
        if number == len(STEPS) - 2:  # *Later*: somebody has clicked again meanwhile
            messy.hook("/added?token=Kq7Zm2Xv9Tn4Rb", "all")
            messy.hook("https://erp.acme.example/api/shippo/orders", "batch_created")
        said.append(_typed(messy, step.replace("shippo_live_…", TOKEN)))
    files = [(messy.folder / name).read_text() for name in ("webhooks.yaml", "missing.yaml")]
    canaries = Canaries({**SECRETS, "added": "Kq7Zm2Xv9Tn4Rb"})
    assert canaries.found_in("\n".join([*said, *files])) == []
    assert "Plan: 0 to create, 0 to update, 2 to delete.\n" in said[1]
    assert (messy.folder / "gh.log").read_text() == "secret set -f hooks.env\n"
    assert said[-1].endswith("No changes.\n")
    assert delivered(messy.sandbox, TOKEN) >= before
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=messy.folder, capture_output=True, encoding="utf-8", check=True
    )
    assert "hooks.env" not in status.stdout


def _typed(tool: Tool, step: str) -> str:
    done = subprocess.run(
        ["bash", "-c", SHELL + step], cwd=tool.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", env=tool.env({"PATH": f"{Path(COMMAND).parent}:/usr/bin:/bin"}),
        timeout=WAIT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{step}\n{done.stdout}"
    return done.stdout
