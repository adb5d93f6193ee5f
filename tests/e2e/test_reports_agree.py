"""What reports say of one run: the exit code that it really has, and of one that is cut off what is known."""

from __future__ import annotations

import json

import pytest

from tests.e2e.tool import Tool, entries


@pytest.mark.parametrize("bad_first", [True, False], ids=["bad-first", "bad-last"])
def test_a_report_that_cannot_be_written_is_in_the_code_of_the_stream(tool: Tool, *, bad_first: bool) -> None:
    tool.write(entries(a="/a"))
    reports = ["--report=markdown=nowhere/x", "--report=github-output=code"]
    ended = tool.run("apply", "--auto-approve", "--format=json", *(reports if bad_first else reversed(reports)))
    last = json.loads(ended.out.splitlines()[-1])
    code = (tool.folder / "code").read_text(encoding="utf-8")
    assert (ended.code, last["exit_code"], "exitcode=1\n" in code) == (1, 1, True)


def test_metrics_are_of_drift(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    ended = tool.run("apply", "--auto-approve", "--report=prometheus=x")
    assert (ended.code, tool.writes()) == (1, [])
    assert "`prometheus` is for `drift`" in ended.err
    assert tool.run("drift", "--report=prometheus=x").code == 2
