"""A report never replaces what its run reads, or writes otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.tool import Tool, entries

OVER = "would overwrite a file of this command"


@pytest.fixture
def ready(tool: Tool) -> Tool:
    """A file that deletes a webhook, with each kind of file that a command reads or writes."""
    tool.write(entries(a="/a?token=${T}"))
    tool.hook("/old")
    for name, text in {"e.env": "T=x\n", "v.yaml": "X: y\n"}.items():
        (tool.folder / name).write_text(text, encoding="utf-8")
    assert tool.run("plan", "--env-file", "e.env", "--out", "p").code == 0
    (tool.folder / "link").symlink_to("e.env")
    return tool


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("plan --report markdown=webhooks.yaml", id="usual-file"),
        pytest.param("plan -f webhooks.yaml --report markdown=./webhooks.yaml", id="file"),
        pytest.param("plan -fwebhooks.yaml --report markdown=webhooks.yaml", id="file-at-its-option"),
        pytest.param("validate webhooks.yaml --report json=webhooks.yaml", id="argument"),
        pytest.param("plan -f . --report json=other.yaml", id="read-next-time"),
        pytest.param("plan --env-file e.env --report markdown=e.env", id="env-file"),
        pytest.param("plan --env-file e.env --report markdown=link", id="link"),
        pytest.param("plan --var-file v.yaml --report markdown=v.yaml", id="var-file"),
        pytest.param("plan --env-file e.env --out q --report json=q", id="out"),
        pytest.param("show p --report json=p", id="plan-file"),
        pytest.param("apply p --report json=p", id="plan-file-applied"),
        pytest.param("apply p --report json=webhooks.yaml", id="file-of-the-plan"),
        pytest.param("apply p --report json=e.env", id="env-file-of-the-plan"),
        pytest.param("apply --auto-approve --env-file e.env --backup b --report json=b", id="backup"),
        pytest.param("apply --auto-approve --env-file e.env --backup b --report json=b.env", id="backup's-variables"),
        pytest.param("plan --env-file e.env --report json=link --report markdown=e.env", id="two-reports"),
        pytest.param("plan --no-such-option --report json=webhooks.yaml", id="wrong-option"),
        pytest.param("plan --env-file=e.env --no-such-option --report=json=e.env", id="wrong-option-and-env-file"),
    ],
)
def test_no_report_is_written_over_a_file_of_the_run(ready: Tool, arguments: str) -> None:
    before = _files(ready.folder)
    ended = ready.run(*arguments.split())
    assert ended.code == 1
    assert OVER in ended.err or "no-such-option" in ended.err
    assert _files(ready.folder) == before
    assert ready.writes() == []


def test_the_other_reports_say_why(ready: Tool) -> None:
    assert ready.run("plan", "--report", "json=webhooks.yaml", "--report", "markdown=said.md").code == 1
    assert OVER in (ready.folder / "said.md").read_text(encoding="utf-8")


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
