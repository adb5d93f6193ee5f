"""A step of the action in this process, with a small GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import Struct, field
from steps.job import Inputs
from steps.task import Task

from tests.support.hub import BOT, REPOSITORY, Hub, Token, hub
from tests.support.workflows import ROOT, outputs_of

WRITES = {"issues": "write", "pull-requests": "write", "actions": "read"}
HEAD, SHA = "a" * 40, "b" * 40


class Step(Struct, kw_only=True):
    """What a step is given, and what it gave."""

    hub: Hub
    folder: Path
    patch: pytest.MonkeyPatch
    inputs: dict[str, str] = field(default_factory=dict)

    def give(self, event: str = "push", payload: dict[str, Any] | None = None, **inputs: str) -> None:
        """The event, and inputs of the action (`_` for `-`) instead of their defaults."""
        self.patch.setenv("GITHUB_EVENT_NAME", event)
        (self.folder / "event.json").write_text(json.dumps(payload or {}), "utf-8")
        self.inputs |= {name.replace("_", "-"): value for name, value in inputs.items()}
        self.patch.setenv("ACTION_INPUTS", json.dumps(self.inputs))

    def found(self, markdown: str = "<!-- reconciler:webhooks.yaml -->\n## No changes.", **values: object) -> None:
        """What the tool reported."""
        (self.folder / "report.md").write_text(markdown, "utf-8")
        lines = [f"{name.replace('_', '-')}={value}\n" for name, value in values.items()]
        (self.folder / "outputs").write_text("".join(lines), "utf-8")

    def task(self, command: str, **task: Any) -> None:  # noqa: ANN401 - as Task has them
        configuration = Inputs(self.inputs).configuration(())
        Task(command=command, arguments=(), configuration=configuration, **task).keep(self.folder)

    def outputs(self) -> dict[str, str]:
        return outputs_of((self.folder / "output").read_text("utf-8"))

    def summary(self) -> str:
        path = self.folder / "summary"
        return path.read_text("utf-8") if path.exists() else ""


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Step]:
    with hub() as served:
        served.tokens["the-token"] = Token(BOT, WRITES)
        served.labels |= {"webhooks: changes", "webhooks: none", "webhooks: losses"}
        values = {
            "REPOSITORY": REPOSITORY, "SHA": SHA, "RUN_ID": "7", "SERVER_URL": "https://github.example",
            "API_URL": served.base_url, "GRAPHQL_URL": f"{served.base_url}/graphql", "ACTOR": "octocat",
            "EVENT_PATH": str(tmp_path / "event.json"), "OUTPUT": str(tmp_path / "output"),
            "STEP_SUMMARY": str(tmp_path / "summary"),
        }  # fmt: skip
        for name, value in values.items():
            monkeypatch.setenv(f"GITHUB_{name}", value)
        monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
        monkeypatch.delenv("PLAN_URL", raising=False)
        action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        defaults = {name: said.get("default", "") for name, said in action["inputs"].items()}
        made = Step(hub=served, folder=tmp_path, patch=monkeypatch, inputs={**defaults, "github-token": "the-token"})
        made.give()
        yield made


@pytest.fixture
def pull(step: Step) -> int:
    """An open pull request."""
    issue = step.hub.open_issue("Change webhooks", "", "octocat")
    issue.pull = {"number": issue.number}
    return issue.number


def pull_request(number: int = 1, *, source: str = REPOSITORY, merged: bool = False) -> dict[str, Any]:
    """The event of a pull request."""
    shown = {"number": number, "head": {"sha": HEAD, "repo": {"full_name": source}}, "merged": merged}
    return {"pull_request": shown}
