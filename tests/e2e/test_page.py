"""`--report html=FILE`: the page of each command, also of one that fails, and of a plan file alone."""

from __future__ import annotations

from tests.e2e.secretive import Secretive
from tests.e2e.tool import Tool, entries

PAGE = ("--report", "html=page.html")


def test_each_command_writes_its_page(tool: Tool) -> None:
    tool.write(entries(orders="/orders transaction_created"))
    tool.hook("/orders")

    def page(*arguments: str, code: int = 0) -> str:
        (tool.folder / "page.html").unlink(missing_ok=True)
        assert tool.run(*arguments, *PAGE).code == code
        return (tool.folder / "page.html").read_text("utf-8")

    assert "<h1>Plan: 1 to create, 0 to update, 1 to delete.</h1>" in page("plan", "--out", "reviewed.plan")
    assert "<h1>Drift detected: 2 differences.</h1>" in page("drift", code=2)
    shown = page("show", "reviewed.plan")
    assert "Plan of " in shown
    assert "<dt>Plan digest</dt>" in shown
    assert "<h1>Apply complete: 1 created, 0 updated, 1 deleted.</h1>" in page("apply", "reviewed.plan")
    assert "is out of date. Nothing was changed.</h1>" in page("apply", "reviewed.plan", code=3)
    assert "<h1>Valid: 1 webhook in 1 account" in page("validate")
    tool.write(entries(orders="/orders transaction_create"))
    assert "webhooks.yaml:11:14" in page("validate", code=1)
    assert '<p class="label">Failed</p>' in page("plan", code=1)


def test_page_tells_no_secret(looked: Secretive) -> None:
    for command in ("plan", "drift"):
        looked.run(command, "--show-unmanaged", *PAGE)
        assert "‹hidden" in (looked.folder / "page.html").read_text("utf-8")
