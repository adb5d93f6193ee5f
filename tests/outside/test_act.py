"""The documented workflows in `act`, which reads and evaluates them as GitHub does, with the tool really installed.

It takes a minute, since the action's own environment is made by pip. `actions/*` are stood in for here too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.outside.copies import copied
from tests.support.hub import BOT, REPOSITORY, Token
from tests.support.project import HOOK_TOKEN, ORDERS, TRACKING, WORKFLOWS, Project, makes_projects
from tests.support.sandbox import Sandbox
from tests.support.workflows import OURS, ROOT, git

pytestmark = pytest.mark.outside
ACT = str(Path(sys.executable).with_name("act"))
STANDS_IN = """\
name: stands in
description: for an action of GitHub's
inputs: {inputs}
outputs:
  python-path: {{description: "", value: "${{{{ steps.it.outputs.python-path }}}}"}}
  artifact-url: {{description: "", value: "https://github.example/artifact"}}
runs:
  using: composite
  steps:
    - id: it
      shell: bash
      run: echo "python-path=$PYTHON_OF_THE_TEST" >>"$GITHUB_OUTPUT"
"""


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Project]:
    with Sandbox() as sandbox, ExitStack() as stack:
        yield makes_projects(stack, tmp_path, sandbox)()


def _act(team: Project, workflow: str, event: str, payload: dict[str, Any], *options: str) -> str:
    """Run a workflow; what it printed."""
    repository = team.folder / "repository"
    if not repository.exists():
        git(team.folder, "clone", "--quiet", str(team.origin), str(repository))
        git(repository, "remote", "set-url", "origin", f"https://github.com/{REPOSITORY}")
    (team.folder / "temp").mkdir(exist_ok=True)
    payload_file = team.folder / "payload.json"
    payload_file.write_text(json.dumps(payload), "utf-8")
    if not (team.folder / "action").exists():
        copied(team.folder / "action")
    replaced = [f"{OURS}={team.folder / 'action'}"]
    for path in (ROOT / "action.yml", WORKFLOWS / workflow):
        document = yaml.safe_load(path.read_text("utf-8"))
        steps = document["runs"]["steps"] if "runs" in document else document["jobs"]["live"]["steps"]
        for used in {step["uses"] for step in steps if step.get("uses", "").startswith("actions/")}:
            folder = team.folder / used.replace("/", "-")
            folder.mkdir(exist_ok=True)
            names = {name for step in steps if step.get("uses") == used for name in step["with"]}
            inputs = json.dumps({name: {"description": "", "required": False} for name in sorted(names)})
            (folder / "action.yml").write_text(STANDS_IN.format(inputs=inputs), "utf-8")
            replaced.append(f"{used}={folder}")
    values = {
        "GITHUB_API_URL": team.hub.base_url, "GITHUB_GRAPHQL_URL": f"{team.hub.base_url}/graphql",
        "PYTHON_OF_THE_TEST": sys.executable, "RUNNER_TEMP": str(team.folder / "temp"),
    }  # fmt: skip
    command = [
        ACT, event, "--platform", "ubuntu-latest=-self-hosted", "--pull=false", "--no-cache-server",
        "--workflows", str(WORKFLOWS / workflow), "--eventpath", str(payload_file), "--actor", "octocat",
        *(word for name, value in values.items() for word in ("--env", f"{name}={value}")),
        *(word for one in replaced for word in ("--local-repository", one)),
        *(word for name in team.workflows.secrets for word in ("--secret", name)),
        "--secret", "GITHUB_TOKEN", *options,
    ]  # fmt: skip
    environment = {**os.environ, **team.workflows.secrets, "GITHUB_TOKEN": "the-token"}
    environment["XDG_CACHE_HOME"] = str(team.folder / "cache")
    done = subprocess.run(
        command, cwd=repository, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    return done.stdout + done.stderr


def test_documented_workflows_comment_and_keep_an_issue(team: Project) -> None:
    assert shutil.which(ACT), "pip install '.[outside]'"
    team.start(team.file(TRACKING))
    number = team.open(team.file(TRACKING + ORDERS))
    team.merge(number)  # `act` plans what is checked out
    team.hub.tokens["the-token"] = Token(BOT, {"issues": "write", "pull-requests": "write"})
    pull = {"action": "opened", "number": number, "pull_request": {**team.pull(number), "merged": False}}

    said = _act(team, "plan.yml", "pull_request", pull)
    assert "Job succeeded" in said, said
    (comment,) = team.hub.comments_of(number)
    assert "orders[transaction_created]" in comment, said
    assert team.hub.issues[number].labels == ["webhooks: changes"]

    said = _act(team, "drift.yml", "schedule", {"schedule": "23 5 * * *"})
    assert "Job failed" in said, said
    issue = team.hub.issues[2]
    assert (issue.title, issue.state) == ("Webhooks have drifted: webhooks.yaml", "open"), said

    said = _act(team, "apply.yml", "workflow_dispatch", {})
    assert "Job succeeded" in said, said
    assert team.there() == {("/tracking", "track_updated"), (f"/orders?token={HOOK_TOKEN}", "transaction_created")}
