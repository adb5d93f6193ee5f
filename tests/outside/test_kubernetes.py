"""Kubernetes: the documented objects have the form that it takes, and do what they are for."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.e2e.conftest import tool
from tests.e2e.tool import COMMAND, TOKEN, WAIT, Tool

__all__ = ["tool"]
pytestmark = pytest.mark.outside

EXAMPLE = Path(__file__).parents[2] / "examples" / "kubernetes"
OBJECTS: list[dict[str, Any]] = [
    one for path in sorted(EXAMPLE.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
JOB, FILE, CRON_JOB, FLEET = OBJECTS


@pytest.mark.parametrize("item", OBJECTS, ids=[one["kind"] for one in OBJECTS])
def test_has_the_form_that_kubernetes_takes(item: dict[str, Any]) -> None:
    kubernetes_validate.validate(item, kubernetes_validate.latest_version(), strict=True)


def _run(tool: Tool, pod: dict[str, Any], **more: str) -> int:
    """The pod's container, with its volumes in the tool's folder; its exit code."""
    [container] = pod["containers"]
    places = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    paths = {places["file"]: tool.folder / "file", places["secrets"]: tool.folder / "secrets"}

    def here(text: str) -> str:
        for path, place in paths.items():
            text = text.replace(path, str(place))
        return text

    variables = {variable["name"]: here(variable["value"]) for variable in container["env"]}
    if "command" in container:
        *shell, script = container["command"]
        path = f"{Path(COMMAND).parent}:/usr/bin:/bin"
        done = subprocess.run(
            [*shell, f"{here(script)} --base-url {tool.sandbox.base_url}"],
            env=tool.env({**variables, **more, "PATH": path}), cwd=tool.folder, timeout=WAIT, check=False,
        )  # fmt: skip
        return done.returncode
    arguments = [here(argument) for argument in container["args"]]
    return tool.run(*arguments, "--base-url", tool.sandbox.base_url, **variables, SHIPPO_API_TOKEN="").code


def _write(tool: Tool, files: dict[str, str]) -> None:
    for name, texts in {"file": files, "secrets": {"shippo-live-token": TOKEN, "hook-token": "s"}}.items():
        (tool.folder / name).mkdir()
        for key, text in texts.items():
            (tool.folder / name / key).write_text(text, encoding="utf-8")


def test_each_pod_of_the_fleet_does_its_shard(tool: Tool) -> None:
    ids = [f"acct{number}" for number in range(10)]
    files = {
        name: text.replace("mode: live\n", f"mode: live\n    account_ids: {ids}\n")
        for name, text in FILE["data"].items()
    }
    _write(tool, files)
    pod = FLEET["spec"]["template"]["spec"]
    done = [0]
    for index in range(FLEET["spec"]["completions"]):
        assert _run(tool, pod, JOB_COMPLETION_INDEX=str(index)) == 0
        done.append(sum(len(tool.sandbox.store.list(f"{TOKEN}\0{name}")) for name in ids))
    assert done[-1] == len(ids)
    assert {after - before for before, after in pairwise(done)} <= {2, 3}


def test_drift_is_found_and_applied(tool: Tool) -> None:
    _write(tool, FILE["data"])
    nightly = CRON_JOB["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert _run(tool, nightly) == 2
    assert _run(tool, JOB["spec"]["template"]["spec"]) == 0
    assert _run(tool, nightly) == 0
