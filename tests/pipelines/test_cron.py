"""The line for cron: silent while all is well, so that cron sends mail only if it isn't."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.e2e.tool import COMMAND, WAIT, Tool, entries

PAGE = Path(__file__).parents[2] / "docs" / "pipelines" / "cron.md"


def _run(tool: Tool) -> str:
    """What the line prints, run as cron runs it."""
    found = re.search(r"<!-- the line for cron -->\n```\n.*\n(?:\S+ ){5}(?P<line>.*)\n```", PAGE.read_text("utf-8"))
    assert found is not None
    assert "%" not in found["line"]  # cron takes it for a line break
    line = found["line"].replace("/srv/webhooks", str(tool.folder)).replace("/opt/reconciler/bin/reconciler", COMMAND)
    done = subprocess.run(
        ["/bin/sh", "-c", line], env=tool.env({"PATH": "/usr/bin:/bin"}), encoding="utf-8", stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=WAIT, check=False,
    )  # fmt: skip
    return done.stdout


def test_the_line_speaks_only_of_drift_and_of_failure(tool: Tool) -> None:
    tool.write(entries(a="/a?token=${HOOK_TOKEN}"))
    (tool.folder / "hooks.env").write_text("HOOK_TOKEN=s\n", encoding="utf-8")
    tool.hook("/a?token=s")
    assert _run(tool) == ""
    tool.hook("/added")
    assert "Drift detected: 1 difference." in _run(tool)
    (tool.folder / "hooks.env").unlink()
    assert "hooks.env" in _run(tool)
