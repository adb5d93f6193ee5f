"""README's blocks about accounts that already have webhooks and about reviewed plans, typed as they are printed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.tool import COMMAND, HOST, WAIT, Ended, Tool, entries

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECRET = "secretOfThisHookPLMOKN47"


def _typed(tool: Tool, command: str) -> Ended:
    done = subprocess.run(
        ["bash", "-c", command], cwd=tool.folder, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        env=tool.env({"PATH": f"{Path(COMMAND).parent}:/usr/bin:/bin"}), timeout=WAIT, check=False,
    )  # fmt: skip
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def _block(words: str) -> list[str]:
    """The lines of README's code block that holds these words."""
    (found,) = [
        block for block in re.findall(r"^```\w*\n(.*?)^```", README, re.DOTALL | re.MULTILINE) if words in block
    ]
    return [line for line in found.splitlines() if line]


def test_export_block_describes_the_account_and_its_plan_is_empty(tool: Tool) -> None:
    export, plan = _block("reconciler export")
    assert (export, plan) == (
        "reconciler export --out webhooks.yaml --secrets-to hooks.env",
        "reconciler plan --env-file hooks.env",
    )
    for event in ("track_updated", "transaction_created"):
        tool.hook(f"/shippo/orders?token={SECRET}", event)
    # Without a file it would be Shippo's own address.
    tool.write(entries(), owns="[]", name="account.yaml")
    exported = _typed(tool, f"{export} -f account.yaml")
    assert exported.code == 0, exported.err
    assert SECRET not in exported.all + (tool.folder / "webhooks.yaml").read_text()
    printed = re.findall(r"^  (reconciler plan .*)$", exported.err, re.MULTILINE)
    for command in (plan, *printed):
        planned = _typed(tool, f"{command} --detailed-exitcode")
        assert (planned.code, planned.out.splitlines()[-1]) == (0, "No changes."), planned.all
    again = _typed(tool, f"{export} -f account.yaml")
    assert again.code == 1
    assert "already exists, and is never overwritten" in again.err


@pytest.mark.parametrize("file", ["webhooks.yaml", "sets/production hooks.yaml"])
def test_reviewed_plan_is_applied_as_the_pipeline_block_says_and_as_plan_prints(tool: Tool, file: str) -> None:
    (line,) = [line for line in _block("exec reconciler plan") if "reviewed.plan" in line and line.startswith("-")]
    applied = line.partition("run: ")[2]
    assert applied == "exec reconciler apply reviewed.plan"
    (tool.folder / "sets").mkdir()
    tool.write(entries(a="/a?token=${HOOK}", b="/b"), name=file)
    tool.environment["HOOK"] = SECRET
    for command in (applied, ""):
        chosen = "" if file == "webhooks.yaml" else f"-f '{file}'"
        saved = _typed(tool, f"reconciler plan {chosen} --out reviewed.plan")
        printed = saved.err.splitlines()[-1].split("`")[1]
        assert (saved.code, printed) == (0, "reconciler apply reviewed.plan"), saved.all
        assert SECRET not in (tool.folder / "reviewed.plan").read_text()
        assert _typed(tool, command or printed).code == 0
        assert sorted(webhook.url for webhook in tool.there()) == [f"{HOST}/a?token={SECRET}", f"{HOST}/b"]
