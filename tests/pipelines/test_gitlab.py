"""GitLab CI: the documented jobs, run as the runner runs them, and the note of a merge request."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.tool import COMMAND, WAIT, Ended, Tool, entries
from tests.support.gitlab import ME, SOMEBODY, TOKEN, GitLab, gitlab_server

EXAMPLE = Path(__file__).parents[2] / "examples" / "gitlab"
JOBS: dict[str, Any] = yaml.safe_load((EXAMPLE / ".gitlab-ci.yml").read_text(encoding="utf-8"))


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with gitlab_server() as server:
        yield server


@pytest.fixture
def project(tool: Tool) -> Tool:
    """A project as the page says, with a webhook too many and one that isn't there."""
    tool.write(entries(a="/a?token=${HOOK_TOKEN}"))
    tool.hook("/old")
    (tool.folder / "ci").mkdir()
    (tool.folder / "ci" / "merge_request_note.py").write_bytes((EXAMPLE / "merge_request_note.py").read_bytes())
    return tool


def _run(tool: Tool, job: str, part: str = "script", **variables: str) -> Ended:
    """A part of a job: its lines in one bash, with the commands that `before_script` installed."""
    paths = f"{Path(COMMAND).parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(JOBS[job][part])], cwd=tool.folder,
        env=tool.env({"PATH": paths, "GITLAB_CI": "true", "CI_PROJECT_DIR": str(tool.folder), **variables}),
        encoding="utf-8", capture_output=True, stdin=subprocess.DEVNULL, timeout=WAIT, check=False,
    )  # fmt: skip
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def _note(tool: Tool, gitlab: GitLab) -> Ended:
    return _run(tool, "webhooks:plan", "after_script", RECONCILER_GITLAB_TOKEN=TOKEN, **gitlab.variables)


def test_has_the_form_that_gitlab_takes() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    done = subprocess.run([*command, EXAMPLE / ".gitlab-ci.yml"], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_merge_request_has_one_note_that_follows_its_plan(project: Tool, gitlab: GitLab) -> None:
    gitlab.add(SOMEBODY, "Nice.")
    assert _run(project, "webhooks:plan").code == 0
    assert _note(project, gitlab).out == "A note was written.\n"
    for number in range(3):
        gitlab.add(SOMEBODY, f"{gitlab.notes[1]['body']}{number}")  # a quotation is somebody else's
    assert _note(project, gitlab).out == "The note is up to date.\n"
    project.write(entries(a="/a?token=${HOOK_TOKEN}", b="/b"))
    assert _run(project, "webhooks:plan").code == 0
    assert _note(project, gitlab).out == "The note was updated.\n"
    assert gitlab.writes == ["POST", "PUT"]
    assert [note["id"] for note in gitlab.notes if note["author"]["id"] == ME] == [101]
    assert "b[track_updated]" in gitlab.notes[1]["body"]


@pytest.mark.parametrize(
    ("token", "code", "words"),
    [
        pytest.param("", 0, "RECONCILER_GITLAB_TOKEN is not set", id="none"),
        pytest.param("glpat-of-another-project", 1, "GitLab answered 401: the note could not be written.", id="wrong"),
    ],
)
def test_a_note_that_cannot_be_written_says_why(
    project: Tool, gitlab: GitLab, token: str, code: int, words: str
) -> None:
    (project.folder / "plan.md").write_text("<!-- reconciler:x -->\nA plan.\n", encoding="utf-8")
    ended = _run(project, "webhooks:plan", "after_script", RECONCILER_GITLAB_TOKEN=token, **gitlab.variables)
    assert (ended.code, gitlab.writes) == (code, [])
    assert words in ended.all
    assert "Traceback" not in ended.all
    assert not token or token not in ended.all


@pytest.mark.parametrize("text", ["A plan.", "Another plan."], ids=["same", "other"])
def test_two_pipelines_at_once_end_with_one_note(project: Tool, gitlab: GitLab, text: str) -> None:
    marker = "<!-- reconciler:x -->"
    (project.folder / "plan.md").write_text(f"{marker}\nA plan.\n", encoding="utf-8")

    def another(method: str) -> None:
        if method == "POST":
            gitlab.before = lambda _: None
            gitlab.add(ME, f"{marker}\n{text}")

    gitlab.before = another
    assert _note(project, gitlab).code == 0
    assert [(note["id"], note["body"].strip()) for note in gitlab.notes] == [(100, f"{marker}\nA plan.")]


def test_note_that_is_deleted_meanwhile_is_written_anew(project: Tool, gitlab: GitLab) -> None:
    gitlab.add(ME, "<!-- reconciler:x -->\nAn older plan.")
    (project.folder / "plan.md").write_text("<!-- reconciler:x -->\nA plan.\n", encoding="utf-8")
    gitlab.before = lambda method: gitlab.notes.clear() if method == "PUT" else None
    assert _note(project, gitlab).code == 0
    assert [note["body"] for note in gitlab.notes] == ["<!-- reconciler:x -->\nA plan.\n"]


def test_text_without_a_marker_replaces_no_note(project: Tool, gitlab: GitLab) -> None:
    gitlab.add(ME, "Somebody's with the same token.")
    (project.folder / "plan.md").write_text("\nA plan.\n", encoding="utf-8")
    assert (_note(project, gitlab).code, gitlab.writes) == (1, [])
    gitlab.notes[0]["author"] = None
    (project.folder / "plan.md").write_text("<!-- reconciler:x -->\nA plan.\n", encoding="utf-8")
    assert (_note(project, gitlab).code, gitlab.writes) == (0, ["POST"])


def _started(**variables: str) -> set[str]:
    """The jobs that a pipeline with these variables has, by their rules: the first that is met counts."""
    found = set()
    for name, job in JOBS.items():
        for rule in job.get("rules", ()):
            python = rule["if"].replace("&&", " and ").replace("||", " or ")
            python = re.sub(r"\$(\w+)", lambda part: repr(variables.get(part[1], "")), python)
            if eval(python):  # noqa: S307 - of our own file
                found |= {name.removeprefix("webhooks:")} if rule.get("when") != "never" else set()
                break
    return found


MERGE_REQUEST = {"CI_PIPELINE_SOURCE": "merge_request_event"}
MAIN = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
BRANCH = {**MAIN, "CI_COMMIT_BRANCH": "feature"}
SCHEDULE = {**MAIN, "CI_PIPELINE_SOURCE": "schedule"}


@pytest.mark.parametrize(
    ("variables", "with_token", "without"),
    [
        pytest.param(MERGE_REQUEST, {"validate", "plan"}, {"validate", "not-compared"}, id="merge-request"),
        pytest.param(MAIN, {"validate", "reviewed-plan", "apply"}, {"validate", "not-compared"}, id="default-branch"),
        pytest.param({**MAIN, "CI_PIPELINE_SOURCE": "web"}, {"reviewed-plan", "apply"}, {"not-compared"}, id="by-hand"),
        pytest.param(BRANCH, set(), set(), id="branch"),
        pytest.param(SCHEDULE, {"drift"}, {"drift"}, id="schedule"),
    ],
)
def test_a_pipeline_without_the_token_does_what_needs_none(
    variables: dict[str, str], with_token: set[str], without: set[str]
) -> None:
    assert _started(**variables, SHIPPO_LIVE_TOKEN="t") == with_token
    assert _started(**variables) == without


def test_what_was_not_compared_is_a_warning_and_what_is_validated_needs_no_token(project: Tool) -> None:
    ended = _run(project, "webhooks:not-compared")
    assert (ended.code, JOBS["webhooks:not-compared"]["allow_failure"]) == (1, True)
    assert "Nothing was compared with the provider, and nothing can be applied, since SHIPPO_LIVE_TOKEN" in ended.out
    ended = _run(project, "webhooks:validate", SHIPPO_API_TOKEN="")
    assert (ended.code, json.loads((project.folder / "gl-code-quality-report.json").read_text())) == (0, [])
    ended = _run(project, "webhooks:drift", SHIPPO_API_TOKEN="")
    assert (ended.code, "`${SHIPPO_API_TOKEN}` is not set" in ended.err) == (1, True)


def test_the_default_branch_applies_the_plan_that_was_reviewed(project: Tool) -> None:
    secret = {"HOOK_TOKEN": "s"}
    assert _run(project, "webhooks:reviewed-plan", **secret).code == 0
    assert "create" in (project.folder / "plan.html").read_text(encoding="utf-8")
    applied = _run(project, "webhooks:apply", **secret)
    assert applied.code == 0, applied.all
    assert _run(project, "webhooks:drift", **secret).code == 0
    again = _run(project, "webhooks:apply", **secret)
    assert (again.code, "out of date" in again.all) == (3, True)
    project.hook("/added")
    assert _run(project, "webhooks:drift", **secret).code == 2
    assert "<failure" in (project.folder / "drift.xml").read_text(encoding="utf-8")
