"""The JSON of a plan, of drift and of an apply that fails in part, key by key as the real Terraform writes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import Answer, Rule, When
from tests.e2e.tool import Tool, entries
from tests.outside.terraform import TYPE, Terraform, same_plan
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.outside

UNREACHABLE = {"type": "ssh", "host": "127.0.0.1", "port": 1, "user": "nobody", "password": "none", "timeout": "1s"}
FAILS = {"file": {"content": "", "destination": "/dev/null", "connection": UNREACHABLE}}
IN_NO_FILE = ("diagnostic.range", "diagnostic.snippet")
"""Keys of Terraform's lines that ours haven't: what failed at the provider has no place in a file."""
ONLY_OURS = {"planned_loss", "apply_progress"}  # Terraform tells of progress every ten seconds


class Both(Struct, frozen=True, kw_only=True):
    """What both say of the same."""

    ours: list[Any]
    its: list[Any]

    def keys(self, kind: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """The keys of a type of lines, and the types of their values."""
        mine, others = (_keys(line for line in lines if line["type"] == kind) for lines in (self.ours, self.its))
        return mine, others


def _keys(documents: Iterable[Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for document in documents:
        for path, kind in _paths(document):
            found.setdefault(path, set()).add(kind)
    return found


def _paths(value: Any, at: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    if at:
        yield at, type(value).__name__
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _paths(inner, f"{at}.{key}" if at else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, f"{at}[]")


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """An apply that creates and updates, and of which one creation fails."""
    return _applied(tmp_path_factory.mktemp("failed"), code=1)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """An apply that creates, updates and deletes."""
    return _applied(tmp_path_factory.mktemp("done"), code=0)


def _applied(folder: Path, *, code: int) -> Both:
    terraform = Terraform(folder=folder)
    gone: dict[str, Any] = {} if code else {"gone": {}}
    fails = {"provisioner": FAILS} if code else {}
    terraform.configure({"": _resources(changed={"input": "a"}, **gone)})
    terraform.run("apply", "-auto-approve")
    terraform.configure({"": _resources(changed={"input": "b"}, new={}, bad=fails)})
    its = terraform.lines("apply", "-auto-approve", code=code)
    with Sandbox(SandboxOptions()) as sandbox:
        tool = Tool(folder=folder, sandbox=sandbox)
        tool.hook("/changed", active=False)
        if gone:
            tool.hook("/gone")
        else:
            sandbox.faults.add(Rule(action=Answer(status=400), method="POST", when=When(nth=2)))
        limits = "limits: {max_losses: 9}\n"
        tool.write(entries(changed="/changed", new="/new", bad="/bad batch_created"), more=limits)
        ended = tool.run("apply", "--auto-approve", "--format", "json")
    assert ended.code == code, ended.all
    return Both(ours=ended.lines(), its=[line for line in its if not line["type"].startswith(("refresh", "provision"))])


def _resources(**resources: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    each = {"for_each": {"track_updated": ""}}
    return {"resource": {TYPE: {name: each | one for name, one in resources.items()}}}


KINDS = ("version", "planned_change", "change_summary", "apply_start", "apply_complete", "apply_errored", "diagnostic")


@pytest.mark.parametrize("kind", KINDS)
def test_lines_have_its_keys_with_values_of_its_types(failed: Both, done: Both, kind: str) -> None:
    for both in (failed, done):
        ours, its = both.keys(kind)
        assert bool(ours) == bool(its)
        assert [path for path in its if path not in ours and not path.startswith(IN_NO_FILE)] == []
        assert {path: kinds for path, kinds in ours.items() if not kinds <= its.get(path, kinds)} == {}


def test_lines_come_in_its_order(failed: Both, done: Both) -> None:
    """Ours has a last line also where something failed, and none that says that there are no outputs."""
    for both, planned, last in ((failed, 3, "diagnostic"), (done, 4, "outputs")):
        ours, its = (
            [line["type"] for line in lines if line["type"] not in ONLY_OURS] for lines in (both.ours, both.its)
        )
        assert its[: planned + 2] == ours[: planned + 2] == ["version", *["planned_change"] * planned, "change_summary"]
        assert its[-1] == last
        assert ours[-1] == "change_summary"
        assert sorted(one for one in its if one != "outputs") == sorted(ours[:-1] if both is failed else ours)


def test_lines_count_alike_and_only_what_is_said_at_the_end_is_an_error(failed: Both, done: Both) -> None:
    for both, deleted in ((failed, 0), (done, 1)):
        ours, its = (
            [line["changes"] for line in lines if line["type"] == "change_summary"] for lines in (both.ours, both.its)
        )
        assert ours[0] == its[0] == {"add": 2, "change": 1, "import": 0, "remove": deleted, "operation": "plan"}
        assert ours[1] == {**ours[0], "add": 2 if both is done else 1, "operation": "apply"}
        assert its[1:] == ([ours[1]] if both is done else [])
    for lines in (failed.ours[:-1], failed.its):
        assert [line["type"] for line in lines if line["@level"] == "error"] == ["diagnostic"]


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Plans of the same changes; ours is one of `drift`, and its drift is that of a renamed resource."""
    with Sandbox(SandboxOptions()) as sandbox:
        tool = Tool(folder=tmp_path_factory.mktemp("ours"), sandbox=sandbox)
        tool.hook("/changed", active=False)
        tool.hook("/same")
        tool.hook("/gone")
        tool.write(entries(changed="/changed", same="/same", new="/new"))
        ours = tool.run("drift", "--format", "json").json()
    folder = tmp_path_factory.mktemp("terraform")
    its = json.loads(same_plan(folder, ours))
    moves = Terraform(folder=folder)
    moves.configure({"": _resources(renamed={}) | {"moved": [{"from": f"{TYPE}.same", "to": f"{TYPE}.renamed"}]}})
    moves.run("plan", "-refresh-only", "-out=moved.plan")
    its["resource_drift"] = json.loads(moves.run("show", "-json", "moved.plan"))["resource_drift"]
    return Both(ours=[ours], its=[its])


NONE_OF_OURS: dict[str, tuple[str, ...]] = {
    "planned_values": (),
    "resource_changes": ("change.replace_paths",),  # a move is two webhooks
    "resource_drift": ("previous_address",),  # nothing is renamed at the provider
    "configuration": (),
}


@pytest.mark.parametrize("part", NONE_OF_OURS)
def test_parts_of_a_plan_have_its_keys_with_values_of_its_types(plans: Both, part: str) -> None:
    """As far as the values of webhooks, and of Terraform's own resource, come in."""
    (ours, its) = (_keys(_as_list(lines[0][part])) for lines in (plans.ours, plans.its))
    its = {path: kinds for path, kinds in its.items() if not _is_of_a_resource(path)}
    assert [path for path in its if path not in ours and not path.startswith(NONE_OF_OURS[part])] == []
    differ = {path: (kinds, its[path]) for path, kinds in ours.items() if path in its and not kinds & its[path]}
    assert differ == {}


def _as_list(part: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return part if isinstance(part, list) else [part]


def _is_of_a_resource(path: str) -> bool:
    """Whether a path leads to what only a resource, or the configuration of the control, has."""
    values = (".values.", ".before.", ".after.", "_unknown.", "_sensitive.", "_values.", ".expressions.")
    control = (".for_each_expression.", "provider_config.", "locals")
    return any(one in f".{path}" for one in (*values, *control))
