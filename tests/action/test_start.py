"""What a job does: by its event, by the secrets it has, and by which plan was reviewed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from steps.job import JobError
from steps.report import report
from steps.run import _other_options, run
from steps.start import start
from steps.task import Task

from tests.action.conftest import HEAD, SHA, Step, pull_request
from tests.support.hub import FORK_ID, REPOSITORY_ID

FILE = """\
version: 1
accounts: {default: {provider: shippo, token: "${SHIPPO_API_TOKEN}"}}
owns: [https://hooks.example.com/*]
webhooks:
  orders: {url: "https://hooks.example.com/orders?token=${HOOK_TOKEN}", events: [transaction_created]}
"""
TOKEN_ONLY = {"SHIPPO_API_TOKEN": "shippo_test_x"}
SECRETS = {**TOKEN_ONLY, "HOOK_TOKEN": "x"}


@pytest.fixture(autouse=True)
def _in_the_repository(step: Step) -> None:
    (step.folder / "webhooks.yaml").write_text(FILE, "utf-8")
    step.patch.chdir(step.folder)
    _only(step, SECRETS)


def _only(step: Step, given: dict[str, str]) -> None:
    """Of the secrets the job has these."""
    for name in SECRETS:
        step.patch.setenv(name, given.get(name, ""))  # as GitHub sets what is no secret of the job


def _started(step: Step) -> tuple[Task, dict[str, str]]:
    assert start() == 0
    outputs = step.outputs()
    return Task.of(Path(outputs["folder"])), outputs


@pytest.mark.parametrize("who", ["fork", "dependabot"])
@pytest.mark.parametrize(
    ("secrets", "command", "option"),
    [
        pytest.param({}, "validate", "", id="none"),
        pytest.param({"HOOK_TOKEN": "x"}, "validate", "", id="no-token"),
        pytest.param(TOKEN_ONLY, "plan", "--allow-unset", id="token-only"),
        pytest.param(SECRETS, "plan", "--out=", id="all"),
    ],
)
def test_job_without_secrets_does_what_it_can(
    step: Step, who: str, secrets: dict[str, str], command: str, option: str
) -> None:
    step.give("pull_request", pull_request(source="stranger/webhooks" if who == "fork" else "octo-org/webhooks"),
              command="plan")  # fmt: skip
    step.patch.setenv("GITHUB_ACTOR", "dependabot[bot]" if who == "dependabot" else "stranger")
    _only(step, secrets)
    task, outputs = _started(step)
    assert (task.command, outputs["command"], task.asked) == (command, command, "plan")
    assert not option or any(one.startswith(option) for one in task.arguments)
    assert bool(outputs["artifact-name"]) == (option == "--out=")
    assert bool(task.note) == (option != "--out=")


IN_FORK = {"repository": {"fork": True}}
WHERE = "at https://github.example/octo-org/webhooks/settings/secrets/actions"


def test_plan_of_the_repository_itself_with_its_secrets_is_kept(step: Step) -> None:
    step.give("pull_request", pull_request(), command="plan", account="default\nstaging", allow_losses="02")
    task, outputs = _started(step)
    assert (task.command, task.pull, task.head, task.note) == ("plan", 1, HEAD, "")
    assert task.arguments[:-1] == (
        "plan",
        "--file=webhooks.yaml",
        "--account=default",
        "--account=staging",
        "--allow-losses=2",
    )
    assert outputs["artifact-name"].startswith("webhooks-plan-webhooks-yaml-default-staging-")
    assert outputs["artifact-name"].endswith(HEAD)


BOTH = f"`HOOK_TOKEN`, `SHIPPO_API_TOKEN` are not set in this job. Set them as secrets {WHERE}, and name them"
ONE = f"`HOOK_TOKEN` is not set in this job. Set it as a secret {WHERE}"
NOT_COMPARED = "Only validated, nothing was compared with the provider:"
FORK = f"{NOT_COMPARED} this repository is a fork, and {BOTH}"


@pytest.mark.parametrize(
    ("command", "payload", "given", "does", "said"),
    [
        pytest.param("plan", {}, {}, "validate", f"warning: {NOT_COMPARED} {BOTH}", id="plan"),
        pytest.param("plan", {}, TOKEN_ONLY, "plan", f"was not compared: {ONE}", id="plan-with-a-token"),
        pytest.param("plan", IN_FORK, {}, "validate", f"warning: {FORK}", id="plan-in-a-fork"),
        pytest.param("drift", {}, {}, "drift", f"error: {BOTH}", id="drift"),
        pytest.param("drift", {}, TOKEN_ONLY, "drift", f"error: {ONE}", id="drift-with-a-token"),
        pytest.param("drift", IN_FORK, {}, "validate", f"warning: {FORK}", id="drift-in-a-fork"),
        pytest.param("drift", IN_FORK, TOKEN_ONLY, "drift", f"error: {ONE}", id="drift-in-a-fork-with-a-token"),
        pytest.param("apply", {}, {}, "plan", f"there is no pull request of {SHA[:8]}. {BOTH}", id="apply"),
        pytest.param("apply", IN_FORK, {}, "validate", "warning: Nothing was applied; to apply,", id="apply-in-a-fork"),
    ],
)
def test_missing_secrets_fail_no_plan_and_pass_no_drift_or_apply(
    step: Step, command: str, payload: dict[str, Any], given: dict[str, str], does: str, said: str
) -> None:
    _only(step, given)
    step.give("push", payload, command=command)
    task, outputs = _started(step)
    assert (task.command, task.asked or command, outputs["artifact-name"]) == (does, command, "")
    assert said in f"{task.level}: {task.note}"
    assert task.level == ("error" if does != "validate" and command != "plan" else "warning")
    assert "shippo_test_x" not in task.note


def test_missing_file_of_secrets_is_named(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    step.give("pull_request", pull_request(), command="plan", env_file="hooks.env")
    task, _ = _started(step)
    assert (task.command, task.arguments) == ("validate", ("validate", "--file=webhooks.yaml"))
    assert task.note.endswith("`hooks.env` is missing in this job. Let a step before this one write it.")
    assert capsys.readouterr().out.startswith("::warning title=Webhooks::Only validated, ")


@pytest.mark.parametrize("command", ["drift", "validate"])
def test_drift_and_validate_take_the_same_inputs(step: Step, command: str) -> None:
    step.give(
        "schedule", command=command, account="live", allow_losses="2", allow_host="proxy.example", var_file="v.yaml"
    )
    task, outputs = _started(step)
    options = ("--file=webhooks.yaml", "--var-file=v.yaml", "--account=live", "--allow-host=proxy.example")
    assert (task.arguments, outputs["artifact-name"]) == ((command, *options), "")


def test_show_unmanaged_is_for_what_is_looked_at(step: Step) -> None:
    for command, is_shown in (("plan", True), ("drift", True), ("validate", False)):
        step.give("schedule", command=command, show_unmanaged="true")
        assert ("--show-unmanaged" in _started(step)[0].arguments) is is_shown


def test_other_inputs_are_another_configuration(step: Step) -> None:
    found = []
    for inputs in (
        {}, {"var": "STAGE=a"}, {"var": "STAGE=b"}, {"var": "", "var_file": "a"}, {"var_file": "", "env_file": "a"},
        {"env_file": "", "base_url": "http://127.0.0.1"}, {"base_url": "", "account": "live"},
        {"account": "", "file": "a.yaml"}, {"working_directory": "a"},
    ):  # fmt: skip
        step.give("push", None, command="drift", **inputs)
        found.append(_started(step)[0].configuration)
    assert len({*found}) == len(found)


def test_value_of_a_variable_that_is_secret_is_not_in_the_name(step: Step) -> None:
    found = set()
    for value in ("guess-1", "guess-2"):
        step.give(command="drift", var=f"HOOK_TOKEN={value}")
        found.add(_started(step)[0].configuration)
    assert len(found) == 1


def test_what_dependabot_started_without_secrets_is_not_applied(step: Step) -> None:
    step.patch.setenv("GITHUB_ACTOR", "dependabot[bot]")
    step.give("push", {}, command="apply", env_file="no-such.env")
    task, _ = _started(step)
    assert task.arguments == ("validate", "--file=webhooks.yaml")
    assert task.note.startswith(
        f"Nothing was applied; to apply, run this workflow by hand. {NOT_COMPARED} this is a run"
    )


def test_fork_has_no_decrypted_file(step: Step) -> None:
    step.patch.setenv("SHIPPO_API_TOKEN", "shippo_test_x")
    step.give("pull_request", pull_request(source="stranger/webhooks"), command="plan", env_file="no-such.env")
    task, _ = _started(step)
    assert task.arguments == ("validate", "--file=webhooks.yaml")


def _merged(step: Step, *artifacts: dict[str, Any]) -> None:
    """A pull request that was merged, and what is kept under its plan's name."""
    issue = step.hub.open_issue("Change webhooks", "", "octocat")
    issue.pull = {**pull_request()["pull_request"], "merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": SHA}
    step.give("pull_request", pull_request(), command="plan")
    name = _started(step)[1]["artifact-name"]
    step.hub.runs = {1: {"event": "pull_request"}, 2: {"event": "push"}}
    for number, artifact in enumerate(artifacts):
        run = {"id": 1, "head_sha": HEAD, "repository_id": REPOSITORY_ID, "head_repository_id": REPOSITORY_ID}
        usual = {"id": number, "name": name, "expired": False, "created_at": f"2026-01-0{number + 1}"}
        run |= {name: artifact.pop(name) for name in run.keys() & artifact.keys() - {"id"}}
        run["id"] = artifact.pop("run", 1)
        step.hub.artifacts.append({**usual, **artifact, "workflow_run": run})
    step.give("push", {}, command="apply")


def test_newest_plan_of_the_merged_pull_request_is_applied(step: Step) -> None:
    _merged(step, {}, {}, {})
    task, outputs = _started(step)
    assert (outputs["artifact-id"], outputs["run-id"], task.pull, task.head) == ("2", "1", 1, HEAD)
    folder = outputs["folder"]
    assert task.arguments == (
        "apply", "--file=webhooks.yaml", f"--backup={folder}/backup/before.yaml", f"{folder}/plan/reviewed.plan",
    )  # fmt: skip


@pytest.mark.parametrize(
    "artifact",
    [
        pytest.param({"expired": True}, id="expired"),
        pytest.param({"head_repository_id": FORK_ID}, id="of-a-fork"),
        pytest.param({"head_sha": "c" * 40}, id="of-another-commit"),
        pytest.param({"run": 2}, id="of-another-event"),
        pytest.param({"name": "webhooks-plan"}, id="of-another-name"),
    ],
)
def test_what_is_not_the_reviewed_plan_is_not_applied(step: Step, artifact: dict[str, Any]) -> None:
    _merged(step, artifact)
    task, outputs = _started(step)
    assert (task.command, task.asked, task.arguments[:2]) == ("plan", "apply", ("plan", "--detailed-exitcode"))
    assert (task.note, outputs["artifact-id"]) == (
        f"Nothing was applied: there is no plan of pull request #1 at {HEAD[:8]}.",
        "",
    )


def test_push_without_a_pull_request_is_not_applied(step: Step) -> None:
    step.give(command="apply")
    task, _ = _started(step)
    assert (task.command, task.note) == ("plan", f"Nothing was applied: there is no pull request of {SHA[:8]}.")


@pytest.mark.parametrize(("event", "inputs"), [("workflow_dispatch", {}), ("push", {"when_stale": "replan"})], ids=str)
def test_apply_by_hand_or_planned_anew_needs_no_reviewed_plan(step: Step, event: str, inputs: dict[str, str]) -> None:
    step.give(event, None, command="apply", backup="false", var="A=1\nB=2", **inputs)
    task, outputs = _started(step)
    assert task.arguments == ("apply", "--auto-approve", "--file=webhooks.yaml", "--var=A=1", "--var=B=2")
    assert outputs["artifact-id"] == ""


@pytest.mark.parametrize(
    ("event", "inputs", "words"),
    [
        pytest.param("push", {"command": "destroy"}, "one of: plan, apply, drift, validate", id="command"),
        pytest.param("push", {"command": "apply", "when_stale": "retry"}, "`refuse` or `replan`", id="when-stale"),
        pytest.param("push", {"command": "drift", "issue_label": "a, b"}, "`issue-label` is one label", id="comma"),
        pytest.param("push", {"command": "plan", "comment": "yes"}, "`comment` is `true` or `false`", id="boolean"),
        pytest.param("pull_request", {"command": "apply"}, "run it on a push to the default branch", id="not-merged"),
        *(
            pytest.param(event, {"command": "apply"}, f"not on `{event}`", id=event)
            for event in ("merge_group", "issue_comment", "workflow_run", "release", "schedule", "repository_dispatch")
        ),
        *(
            pytest.param("pull_request_target", {"command": command}, "use `pull_request`", id=f"{command}-of-a-target")
            for command in ("plan", "apply", "drift", "validate")
        ),
        pytest.param(
            "push", {"command": "apply", "github_token": "x"}, "GitHub refused GET commits with 401", id="token"
        ),
    ],
)
def test_wrong_input_says_what_is_right(step: Step, event: str, inputs: dict[str, str], words: str) -> None:
    step.give(event, pull_request(), **inputs)
    with pytest.raises(JobError, match=re.escape(words)):
        start()


PLAN = """\
{{"destroy": {destroy}, "saved": {{"allowed_losses": {losses},
 "filters": {{"accounts": {accounts}, "targets": [], "excludes": []}},
 "sources": {{"files": ["webhooks.yaml"], "variables": {{}}, "var_files": [], "env_files": [], "base_url": {url}}}}}}}
"""


@pytest.mark.parametrize(
    "made",
    [
        pytest.param({"losses": "9"}, id="allows-losses"),
        pytest.param({"destroy": "true"}, id="destroys"),
        pytest.param({"accounts": '["live"]'}, id="filtered"),
        pytest.param({"url": '"https://evil.example"'}, id="elsewhere"),
    ],
)
def test_plan_with_options_that_the_job_does_not_give_is_refused(step: Step, made: dict[str, str]) -> None:
    checks = ("--file=webhooks.yaml",)
    path = step.folder / "plan" / "reviewed.plan"
    path.parent.mkdir()
    same = {"destroy": "false", "losses": "null", "accounts": "[]", "url": "null"}
    path.write_text(PLAN.format(**same), "utf-8")
    assert _other_options(path, checks) == ""
    path.write_text(PLAN.format(**{**same, **made}), "utf-8")
    step.task("apply", checks=checks)
    assert run(step.folder) == 3
    assert "The plan was made with other options than this job has." in step.summary()


@pytest.mark.parametrize("passphrase", ["", " correct horse "], ids=["without", "with"])
def test_backup_has_its_secrets_only_encrypted(step: Step, passphrase: str) -> None:
    backup = step.folder / "backup"
    backup.mkdir()
    (backup / "before.yaml").write_text("version: 1\n", "utf-8")
    (backup / "before.yaml.env").write_text("HOOK_TOKEN='s3cret'\n", "utf-8")
    step.give("workflow_dispatch", command="apply", backup_passphrase=passphrase)
    step.task("apply")
    step.found(exitcode=0)
    assert report(step.folder) == 0
    kept = Path(step.outputs()["backup"])
    names = ["before.yaml", *(["before.yaml.env.enc"] if passphrase else [])]
    assert (sorted(path.name for path in kept.iterdir()), backup.exists()) == (names, False)
    assert f"kept as an artifact of this run, {'with' if passphrase else 'without'} their secrets" in step.summary()
    if passphrase:
        command = ["openssl", "enc", "-d", "-aes-256-cbc", "-pbkdf2", "-iter", "600000", "-pass", "env:P"]
        clear = subprocess.run(
            [*command, "-in", kept / names[1]], env={"P": passphrase}, capture_output=True, check=True
        )
        assert clear.stdout == b"HOOK_TOKEN='s3cret'\n"
