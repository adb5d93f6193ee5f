"""Kubernetes: the documented objects have the form that it takes, and do what they are for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.e2e.conftest import tool
from tests.e2e.tool import TOKEN, Tool

__all__ = ["tool"]
pytestmark = pytest.mark.outside

EXAMPLE = Path(__file__).parents[2] / "examples" / "kubernetes"
OBJECTS: list[dict[str, Any]] = [
    one for path in sorted(EXAMPLE.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
JOB, FILE, CRON_JOB = OBJECTS


@pytest.mark.parametrize("item", OBJECTS, ids=[one["kind"] for one in OBJECTS])
def test_has_the_form_that_kubernetes_takes(item: dict[str, Any]) -> None:
    kubernetes_validate.validate(item, kubernetes_validate.latest_version(), strict=True)


def _run(tool: Tool, pod: dict[str, Any]) -> int:
    """The pod's container, with its volumes in the tool's folder; its exit code."""
    [container] = pod["containers"]
    places = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    paths = {places["file"]: tool.folder / "file", places["secrets"]: tool.folder / "secrets"}

    def here(text: str) -> str:
        for path, place in paths.items():
            text = text.replace(path, str(place))
        return text

    arguments = [here(argument) for argument in container["args"]]
    variables = {variable["name"]: here(variable["value"]) for variable in container["env"]}
    return tool.run(*arguments, "--base-url", tool.sandbox.base_url, **variables, SHIPPO_API_TOKEN="").code


def test_drift_is_found_and_applied(tool: Tool) -> None:
    for name, texts in {"file": FILE["data"], "secrets": {"shippo-live-token": TOKEN, "hook-token": "s"}}.items():
        (tool.folder / name).mkdir()
        for key, text in texts.items():
            (tool.folder / name / key).write_text(text, encoding="utf-8")
    nightly = CRON_JOB["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert _run(tool, nightly) == 2
    assert _run(tool, JOB["spec"]["template"]["spec"]) == 0
    assert _run(tool, nightly) == 0
