"""The step that becomes the tool, so that the runner's signals reach it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from reconciler.model.diagnostic import ExitCode
from steps.job import annotate, summarize
from steps.task import OUTPUTS, PLAN, REPORT, Task


def run(folder: Path) -> int:
    """Become the tool; come back only if the reviewed plan isn't for this job."""
    task = Task.of(folder)
    if task.checks and (words := _other_options(folder / "plan" / PLAN, task.checks)):
        (folder / REPORT).write_text(f"**Refused.** {words} Nothing was changed.\n", "utf-8")
        (folder / OUTPUTS).write_text(f"exitcode={ExitCode.REFUSED:d}\n", "utf-8")
        annotate("error", words)
        summarize((folder / REPORT).read_text("utf-8"))
        return ExitCode.REFUSED
    command, *arguments = task.arguments
    reports = (f"--report=markdown={folder / REPORT}", f"--report=github-output={folder / OUTPUTS}")
    tool = Path(sys.executable).with_name("reconciler")
    sys.stdout.flush()
    return os.execv(tool, [str(tool), command, *reports, *arguments])  # noqa: S606 - no shell between


def _other_options(path: Path, checks: tuple[str, ...]) -> str:
    """What the reviewed plan was made with that this job doesn't say: it would apply with the plan's options.

    A plan that `apply` can't read is its own to refuse.
    """
    try:
        plan = json.loads(path.read_text("utf-8"))
        saved, sources, filters = plan["saved"], plan["saved"]["sources"], plan["saved"]["filters"]
        made = {f"--file={name}" for name in sources["files"]}
        made |= {f"--var={name}={value}" for name, value in sources["variables"].items()}
        made |= {f"--var-file={name}" for name in sources["var_files"]}
        made |= {f"--env-file={name}" for name in sources["env_files"]}
        made |= {f"--base-url={sources['base_url']}"} if sources.get("base_url") is not None else set()
        made |= {f"--account={name}" for name in filters["accounts"]}
        made |= {f"--target={name}" for name in filters["targets"]}
        made |= {f"--exclude={name}" for name in filters["excludes"]}
        made |= {f"--allow-losses={saved['allowed_losses']}"} if saved["allowed_losses"] is not None else set()
        made |= {"--destroy"} if plan["destroy"] else set()
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ""
    if made == {*checks}:
        return ""
    return "The plan was made with other options than this job has. Give `plan` and `apply` the same inputs."
