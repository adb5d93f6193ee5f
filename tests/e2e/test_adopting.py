"""docs/adopt.md: its commands run as they are printed, on an account that was clicked together."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.e2e.tool import TOKEN, WAIT, Tool, delivered
from tests.e2e.typed import Typist, blocks
from tests.support.canaries import Canaries
from tests.support.messy import SECRETS, click_together

PAGE = Path(__file__).parents[2] / "docs" / "adopt.md"


def test_page_leads_to_an_empty_plan(tool: Tool) -> None:
    click_together(tool.sandbox.store, TOKEN)
    before = delivered(tool.sandbox, TOKEN)
    subprocess.run(["git", "init", "-q"], cwd=tool.folder, check=True, timeout=WAIT)
    *steps, export_missing, plan_both = blocks(PAGE)
    with Typist(tool) as typist:
        for step in steps:
            typist.follow(step)
        # *Later*: somebody has clicked again meanwhile.
        tool.hook("/added?token=Kq7Zm2Xv9Tn4Rb", "all")
        tool.hook("https://erp.acme.example/api/shippo/orders", "batch_created")
        typist.follow(export_missing)
        assert typist.follow(plan_both).endswith("No changes.\n")
        assert typist.calls == ["gh secret set -f hooks.env"]
    files = [(tool.folder / name).read_text() for name in ("webhooks.yaml", "missing.yaml")]
    canaries = Canaries({**SECRETS, "added": "Kq7Zm2Xv9Tn4Rb"})
    assert canaries.found_in("\n".join([*typist.shown, *files])) == []
    assert "Plan: 0 to create, 0 to update, 2 to delete.\n" in typist.shown[1]
    assert delivered(tool.sandbox, TOKEN) >= before
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tool.folder, capture_output=True, encoding="utf-8", check=True
    )
    assert "hooks.env" not in status.stdout
