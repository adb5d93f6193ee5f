"""`--format json` is JSON on standard output on every path, whatever goes wrong."""

from __future__ import annotations

import json

import pytest

from tests.e2e.tool import Tool, entries
from tests.view.published import judged

PLANNING = ("plan", "drift", "list", "doctor")
WRONG_FILES = {
    "no-file": None,
    "no-yaml": "a: [\n",
    "wrong-key": "version: 1\nhooks: {}\n",
}


def _failed(out: str) -> set[str]:
    """The codes that a document says of a command that could not go on."""
    document = judged("validation", out)
    assert document["valid"] is False
    return {diagnostic["code"] for diagnostic in document["diagnostics"]}


@pytest.mark.parametrize("command", ["plan", "drift", "validate", "doctor", "apply"])
@pytest.mark.parametrize("wrong", WRONG_FILES)
def test_errors_in_the_file(tool: Tool, command: str, wrong: str) -> None:
    text = WRONG_FILES[wrong]
    if text is not None:
        (tool.folder / "webhooks.yaml").write_text(text, encoding="utf-8")
    more = ["--auto-approve"] if command == "apply" else []
    ended = tool.run(command, "--format", "json", *more)
    assert ended.code == 1
    if command == "apply":
        assert _types(ended.out)[0] == "version"
        assert {*_types(ended.out)[1:-1]} == {"diagnostic"}
        assert _types(ended.out)[-1] == "change_summary"
    else:
        assert _failed(ended.out)


@pytest.mark.parametrize("command", PLANNING)
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--no-such-option"], id="unknown-option"),
        pytest.param(["--account", "nobody"], id="account"),
        pytest.param(["--target", "nothing"], id="target"),
        pytest.param(["--var", "no equals sign"], id="value"),
    ],
)
def test_errors_in_the_options(tool: Tool, command: str, options: list[str]) -> None:
    tool.write(entries(orders="/orders track_updated"))
    ended = tool.run(command, "--format=json", *options)
    assert (ended.code, _failed(ended.out)) == (1, {"option"})
    assert ended.err


@pytest.mark.parametrize("path", ["webhooks.yaml", "nowhere/saved.plan"])
def test_plan_that_can_not_be_saved_has_failed(tool: Tool, path: str) -> None:
    tool.write(entries(orders="/orders track_updated"))
    ended = tool.run("plan", "--format", "json", "--out", path)
    assert (ended.code, _failed(ended.out), "error[output-file]" in ended.err) == (1, {"output-file"}, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["show", "webhooks.yaml"], 3, "plan-altered", id="show"),
        pytest.param(["show", "nowhere"], 1, "option", id="show-nothing"),
    ],
)
def test_saved_plan_that_is_none(tool: Tool, arguments: list[str], code: int, said: str) -> None:
    tool.write(entries(orders="/orders track_updated"))
    ended = tool.run(*arguments, "--format", "json")
    assert (ended.code, _failed(ended.out)) == (code, {said})


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["apply"], 1, "`--format json` can't ask for approval", id="nobody-to-ask"),
        pytest.param(["apply", "--auto-approve", "--no-such-option"], 1, "No such option", id="unknown-option"),
        pytest.param(
            ["apply", "notes.txt"], 3, "the saved plan was modified, or is not a saved plan", id="no-saved-plan"
        ),
        pytest.param(["apply", "webhooks.yaml"], 1, "webhooks.yaml is not a saved plan", id="a-file-for-a-plan"),
        pytest.param(["destroy", "--auto-approve", "--account", "nobody"], 1, "account not found", id="account"),
    ],
)
def test_apply_is_lines_that_end_with_the_exit_code(tool: Tool, arguments: list[str], code: int, words: str) -> None:
    tool.write(entries(orders="/orders track_updated"))
    (tool.folder / "notes.txt").write_text("no plan")
    ended = tool.run(*arguments, "--format", "json")
    assert words in ended.err
    lines = [judged("apply-stream", line) for line in ended.out.splitlines()]
    assert _types(ended.out) == ["version", "diagnostic", "change_summary"]
    assert (ended.code, lines[-1]["exit_code"]) == (code, code)
    assert lines[-1]["changes"] == {"add": 0, "change": 0, "import": 0, "remove": 0, "operation": "apply"}


def test_apply_of_a_saved_plan_tells_no_plan_as_terraform(tool: Tool) -> None:
    tool.write(entries(orders="/orders track_updated"))
    assert tool.run("plan", "--out", "saved.plan").code == 0
    ended = tool.run("apply", "saved.plan", "--format", "json")
    assert _types(ended.out) == ["version", "apply_start", "apply_progress", "apply_complete", "change_summary"]
    (webhook,) = tool.there()
    *_, complete, last = [judged("apply-stream", line) for line in ended.out.splitlines()]
    assert (complete["hook"]["id_key"], complete["hook"]["id_value"]) == ("object_id", webhook.object_id)
    assert complete["hook"]["elapsed_seconds"] >= 0
    assert last["changes"] == {"add": 1, "change": 0, "import": 0, "remove": 0, "operation": "apply"}


def test_document_is_one_line(tool: Tool) -> None:
    tool.write(entries(orders="/orders track_updated"))
    for command in ("plan", "drift", "list", "validate"):
        assert tool.run(command, "--format", "json").out.count("\n") == 1


def test_only_drift_says_what_happened(tool: Tool) -> None:
    tool.write(entries(orders="/orders track_updated"))
    documents = {command: judged("plan", tool.run(command, "--format", "json").out) for command in ("plan", "drift")}
    assert "resource_drift" not in documents["plan"]
    (found,) = documents["drift"]["resource_drift"]
    assert (found["address"], found["change"]["actions"]) == ('shippo_webhook.orders["track_updated"]', ["delete"])


def test_show_says_what_plan_said(tool: Tool) -> None:
    tool.write(entries(orders="/orders track_updated"))
    plan = judged("plan", tool.run("plan", "--format", "json", "--out", "saved.plan").out)
    shown = judged("plan", tool.run("show", "saved.plan", "--format", "json").out)
    assert {name: shown[name] for name in plan} == plan


@pytest.mark.parametrize("option", ["--target", "--exclude"])
def test_addresses_of_the_plan_are_targets(tool: Tool, option: str) -> None:
    tool.write(entries(orders="/orders track_updated all", more="/more"))
    rows = tool.run("plan", "--format", "json").json()["resource_changes"]
    for row in rows:
        filtered = tool.run("plan", "--format", "json", option, row["address"]).json()
        found = [one["address"] for one in filtered["resource_changes"]]
        assert (found == [row["address"]]) if option == "--target" else (row["address"] not in found)
        assert row["webhook_address"] in (*filtered["filters"]["targets"], *filtered["filters"]["excludes"])


def _types(out: str) -> list[str]:
    return [json.loads(line)["type"] for line in out.splitlines()]
