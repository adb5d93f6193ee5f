"""Runs workflow files as GitHub's runner does, step by step, with `actions/*` stood in for.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions, and for what a step's shell is, what a
composite action's steps inherit, and what a cancel does, the runner's own source (`CompositeActionHandler.cs`,
`ScriptHandlerHelpers.cs`, `ProcessInvoker.cs`).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct, field

from tests.support.action_step import warm_step
from tests.support.expressions import interpolate, is_met
from tests.support.hub import BOT, FORK_ID, REPOSITORY, REPOSITORY_ID, Hub, Token

ROOT = Path(__file__).parents[2]
OURS = "webhook-reconciler/webhook-reconciler@v1"
TERMINATED, KILLED = 7.5, 10.0
"""Seconds after a cancel's SIGINT until SIGTERM, and until the end."""
WAIT = 30
_OUR_STEP = re.compile(r'exec "\$PYTHON" "\$ACTION/action" (\w+)(?: "\$(FOLDER)")?')
"""A script that only becomes a step of ours."""
During = Callable[["Running"], None]


class Event(Struct, frozen=True, kw_only=True):
    """What starts a workflow.

    Attributes:
        sha: the commit that is checked out; of a pull request what its merge would give.
        gets_secrets: whether GitHub gives such a job the repository's secrets, and a token that may write.
    """

    name: str
    payload: Mapping[str, Any]
    sha: str
    ref: str = "refs/heads/main"
    actor: str = "octocat"
    gets_secrets: bool = True


class Ran(Struct, kw_only=True):
    """A job that has ended."""

    log: str = ""
    summary: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)  # of the action's steps, by name or id
    outputs: dict[str, str] = field(default_factory=dict)  # of the action
    status: str = "success"


class Running(Struct):
    """A step under way."""

    process: subprocess.Popen[str]
    job: _Job

    def cancel(self) -> None:
        """Cancel the job, as the runner does it: the step's first process gets the signals, and no other."""
        self.job.ran.status = "cancelled"
        self.process.send_signal(signal.SIGINT)
        for seconds, number in ((TERMINATED, signal.SIGTERM), (KILLED, signal.SIGKILL)):
            timer = threading.Timer(seconds, self.process.send_signal, (number,))
            timer.daemon = True
            timer.start()
            self.job.timers.append(timer)


class Workflows(Struct, kw_only=True):
    """The runners of a repository.

    Attributes:
        origin: the repository.
        folder: where jobs get folders of their own, and artifacts are kept.
        pause: called while the tool of a job runs.
    """

    hub: Hub
    origin: Path
    folder: Path
    secrets: dict[str, str]
    secrets_of_dependabot: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)  # what every job logged and put into its summary
    warm: set[str] = field(default_factory=set)  # the workflows whose steps are forked: all that bash has run once

    def run(
        self, path: Path, event: Event, during: During | None = None, inputs: Mapping[str, str] | None = None
    ) -> Ran:
        """Run the one job of a workflow that the event starts; `inputs` are added to those of our action."""
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        on = workflow[True]  # what YAML 1.1 makes of `on`
        assert event.name in on, f"{path.name} isn't started by {event.name}"
        branches = (on[event.name] or {}).get("branches") if event.name == "push" else None
        assert branches is None or event.ref.removeprefix("refs/heads/") in branches
        (job,) = workflow["jobs"].values()
        assert workflow["permissions"] == {}
        github = {"ref": event.ref, "event": event.payload}
        assert is_met(job.get("if", ""), {"github": github}, {"success": lambda: True})
        ran = _Job(self, event, job, during, inputs or {}, is_warm=path.name in self.warm).run()
        self.warm.add(path.name)
        self.texts += [ran.log, ran.summary]
        check_commands(ran.log)
        return ran

    @property
    def stored(self) -> Path:
        return self.folder / "artifacts"


class _Job:
    def __init__(
        self,
        runners: Workflows,
        event: Event,
        job: Mapping[str, Any],
        during: During | None,
        inputs: Mapping[str, str],
        *,
        is_warm: bool,
    ) -> None:
        self.ran, self.timers = Ran(), list[threading.Timer]()
        self._hub, self._runners, self._event, self._job = runners.hub, runners, event, job
        self._during, self._inputs = during, inputs
        self._is_warm = is_warm and during is None
        self._run_id = self._hub.new_id()
        head = (event.payload.get("pull_request") or {}).get("head", {}).get("sha", event.sha)
        self._hub.runs[self._run_id] = {"id": self._run_id, "event": event.name, "head_sha": head}
        self._folder = runners.folder / f"job-{self._run_id}"
        self._temp, self._workspace = self._folder / "temp", self._folder / "work"
        self._temp.mkdir(parents=True)
        token = f"ghs_{secrets.token_hex(8)}"
        may = {name: "read" if not event.gets_secrets and level == "write" else level
               for name, level in job["permissions"].items()}  # fmt: skip
        self._hub.tokens[token] = Token(BOT, may)
        event_path = self._folder / "event.json"
        event_path.write_text(json.dumps(event.payload), encoding="utf-8")
        self._github = {
            "event": event.payload,
            "event_name": event.name,
            "event_path": str(event_path),
            "repository": REPOSITORY,
            "sha": event.sha,
            "ref": event.ref,
            "actor": event.actor,
            "run_id": str(self._run_id),
            "workspace": str(self._workspace),
            "server_url": "https://github.example",
            "api_url": self._hub.base_url,
            "graphql_url": f"{self._hub.base_url}/graphql",
            "token": token,
        }
        given = runners.secrets if event.gets_secrets else {}
        given = runners.secrets_of_dependabot if event.actor == "dependabot[bot]" else given
        self._secrets = {**given, "GITHUB_TOKEN": token}

    def run(self) -> Ran:
        assert self._job["timeout-minutes"] <= 30, "a job without an end of its own"
        steps: dict[str, Any] = {}
        for step in self._job["steps"]:
            contexts = {"github": self._github, "secrets": self._secrets, "steps": steps}
            self._step(step, contexts, {}, steps)
        for timer in self.timers:
            timer.cancel()
        if self.ran.status != "cancelled" and "failure" in self.ran.outcomes.values():
            self.ran.status = "failure"
        return self.ran

    def _step(
        self, step: Mapping[str, Any], contexts: Mapping[str, Any], inherited: Mapping[str, str], steps: dict[str, Any]
    ) -> None:
        """Take a step if its condition lets it, and keep what became of it."""
        failed = "failure" in self.ran.outcomes.values()
        functions = {
            "always": lambda: True,
            "cancelled": lambda: self.ran.status == "cancelled",
            "failure": lambda: failed,
            "success": lambda: not failed and self.ran.status == "success",
        }
        name = str(step.get("name") or step.get("id") or step.get("uses"))
        if not is_met(step.get("if", ""), contexts, functions):
            self.ran.outcomes[name] = "skipped"
            return

        def filled(values: Mapping[str, object]) -> dict[str, str]:
            return {key: interpolate(value, contexts, functions) for key, value in values.items()}

        environment = {**inherited, **filled(step.get("env", {}))}
        given, outputs = filled(step.get("with", {})), dict[str, str]()
        is_done = True
        match str(step.get("uses", "")).partition("@")[0]:
            case "":
                where = self._workspace / interpolate(step.get("working-directory", "."), contexts, functions)
                is_done, outputs = self._script(step["run"], where, environment, name)
                assert step["shell"] == "bash"
            case "webhook-reconciler/webhook-reconciler":
                assert step["uses"] == OURS
                self._action({**given, **self._inputs}, environment)
                return  # its steps have said how it went
            case "actions/checkout":
                self._checkout(given)
            case "actions/setup-python":
                outputs = {"python-path": sys.executable}
            case "actions/upload-artifact":
                outputs = self._upload(given)
            case "actions/download-artifact":
                self._download(given)
            case other:
                raise AssertionError(f"nothing stands in for {other}")
        cancelled = self.ran.status == "cancelled" and self._during is not None and name == "Run the tool"
        self.ran.outcomes[name] = "cancelled" if cancelled else "success" if is_done else "failure"
        if "id" in step:
            steps[step["id"]] = {"outputs": outputs, "outcome": self.ran.outcomes[name]}

    def _action(self, given: Mapping[str, str], environment: Mapping[str, str]) -> None:
        """Our composite action."""
        action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        assert given.keys() <= action["inputs"].keys()
        github = {**self._github, "action_path": str(ROOT)}
        steps: dict[str, Any] = {}
        inner: dict[str, Any] = {"github": github, "steps": steps, "runner": {"temp": str(self._temp)}}
        inputs = {
            name: given.get(name, interpolate(said.get("default", ""), inner, {}))
            for name, said in action["inputs"].items()
        }
        assert all(given.get(name) or not said.get("required") for name, said in action["inputs"].items())
        self._install()
        for step in action["runs"]["steps"]:
            self._step(step, {**inner, "inputs": inputs}, environment, steps)
        self.ran.outputs = {name: interpolate(said["value"], inner, {}) for name, said in action["outputs"].items()}

    def _install(self) -> None:
        """As if an earlier step of the job had installed the tool already: this very environment."""
        venv = self._temp / f"webhook-reconciler-{ROOT.name}"
        venv.mkdir(exist_ok=True)
        for path in Path(sys.prefix).iterdir():
            (venv / path.name).symlink_to(path)
        (venv / "installed").touch()

    def _script(self, text: str, where: Path, environment: Mapping[str, str], name: str) -> tuple[bool, dict[str, str]]:
        """Run a script as the runner runs it; whether it succeeded, and its outputs."""
        assert "${{" not in text, "an expression in a script is an injection"
        script, output, summary = (self._temp / f"{secrets.token_hex(4)}.{end}" for end in ("sh", "out", "md"))
        script.write_text(text, encoding="utf-8")
        output.touch()
        runner = {f"GITHUB_{key.upper()}": value for key, value in self._github.items() if isinstance(value, str)}
        del runner["GITHUB_TOKEN"]
        given = {
            "PATH": "/usr/bin:/bin", "HOME": str(self._folder), "CI": "true", "RUNNER_TEMP": str(self._temp),
            **runner, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_EVENT_NAME": self._event.name, **environment,
        }  # fmt: skip
        if self._is_warm and (step := _OUR_STEP.fullmatch(text)):
            code, log = warm_step(where, [given.get(word, word) for word in step.groups() if word], given)
        else:
            process = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=where, env=given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                encoding="utf-8",
            )  # fmt: skip
            if self._during is not None and name == "Run the tool":
                self._during(Running(process, self))
            log, _ = process.communicate(timeout=WAIT)
            code = process.returncode
        self.ran.log += log
        if summary.exists():
            self.ran.summary += summary.read_text(encoding="utf-8")
        return code == 0, outputs_of(output.read_text(encoding="utf-8"))

    def _checkout(self, given: Mapping[str, str]) -> None:
        assert given == {"persist-credentials": "false"}
        assert self._job["permissions"]["contents"] == "read"
        git(self._folder, "clone", "--quiet", "--no-checkout", str(self._runners.origin), str(self._workspace))
        git(self._workspace, "checkout", "--quiet", "--detach", self._event.sha)

    def _upload(self, given: Mapping[str, str]) -> dict[str, str]:
        assert not re.search(r'[":<>|*?\r\n\\/]', given["name"])
        if given.get("if-no-files-found") == "ignore" and not [*Path(given["path"]).iterdir()]:
            return {}
        made, run = self._hub.new_id(), self._hub.runs[self._run_id]
        shutil.copytree(given["path"], self._runners.stored / str(made))
        self._hub.artifacts = [
            one
            for one in self._hub.artifacts
            if (one["name"], one["workflow_run"]["id"]) != (given["name"], self._run_id)
        ]
        self._hub.artifacts.append({
            "id": made, "name": given["name"], "expired": False, "created_at": f"2026-01-01T00:00:{made:09}Z",
            "workflow_run": {
                "id": self._run_id, "head_sha": run["head_sha"], "repository_id": REPOSITORY_ID,
                "head_repository_id": REPOSITORY_ID if self._event.gets_secrets else FORK_ID,
            },
        })  # fmt: skip
        url = f"https://github.example/{REPOSITORY}/actions/runs/{self._run_id}/artifacts/{made}"
        return {"artifact-id": str(made), "artifact-url": url}

    def _download(self, given: Mapping[str, str]) -> None:
        assert self._hub.tokens[given["github-token"]].permissions["actions"] == "read"
        (artifact,) = (one for one in self._hub.artifacts if str(one["id"]) == given["artifact-ids"])
        assert str(artifact["workflow_run"]["id"]) == given["run-id"]
        shutil.copytree(self._runners.stored / given["artifact-ids"], given["path"], dirs_exist_ok=True)


_OURS = re.compile(r"::(?:notice|warning|error|group|endgroup)[ :]")


def check_commands(log: str) -> None:
    """Of what the runner acts on in a log there are only annotations and groups, which are ours.

    Source: `ActionCommand.cs` of the runner: `::` first in a line, or `##[` anywhere in one.
    """
    found = [line for line in log.splitlines() if "##[" in line or line.lstrip().startswith("::")]
    assert [line for line in found if not _OURS.match(line)] == []


def outputs_of(text: str) -> dict[str, str]:
    """What a step wrote to `GITHUB_OUTPUT`, by the runner's rules."""
    found, lines = dict[str, str](), iter(text.splitlines())
    for line in lines:
        name, sign, value = re.split(r"(=|<<)", line, maxsplit=1)
        if sign == "<<":
            kept: list[str] = []
            while (following := next(lines)) != value:
                kept.append(following)
            value = "\n".join(kept)
        found[name] = value
    return found


def git(folder: Path, *arguments: str) -> str:
    """What git says, with nothing of this machine's settings."""
    names = {f"GIT_{who}_{what}": "Octo" if what == "NAME" else "octo@example.com"
             for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", **names}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()
