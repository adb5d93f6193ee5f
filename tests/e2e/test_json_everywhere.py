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
        assert _types(ended.out)[-1] == "outcome"
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
    assert _types(ended.out) == ["version", "diagnostic", "outcome"]
    assert (ended.code, lines[-1]["exit_code"]) == (code, code)


def _types(out: str) -> list[str]:
    return [json.loads(line)["type"] for line in out.splitlines()]
