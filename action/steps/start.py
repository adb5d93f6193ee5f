"""The first step: what to do, by the event, by the secrets there are, and by the plan that was reviewed."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from steps.job import DIGITS, Inputs, Job, JobError, annotate, output
from steps.task import PLAN, Task


def start() -> int:
    """Find out what to do, and give it to the steps that do it."""
    job = Job()
    inputs = job.inputs
    for name in ("comment", "backup", "show-unmanaged"):
        inputs.is_on(name)
    if job.event_name == "pull_request_target":
        raise JobError("`pull_request_target` would run a stranger's file with your secrets: use `pull_request`.")
    for name in ("label", "issue-label"):
        if "," in inputs[name]:
            raise JobError(f"The input `{name}` is one label, which has no comma.")
    configuration = inputs.configuration(_variables(inputs))
    folder = Path(tempfile.mkdtemp(prefix="webhooks-", dir=os.environ["RUNNER_TEMP"]))
    artifact: dict[str, Any] | None = None
    unset = _missing_secrets(inputs) if job.may_lack_secrets and inputs.command != "validate" else ""
    match inputs.command:
        case command if unset == "tokens" or (unset and command != "plan"):
            task = _validate(job)
        case "plan":
            task = _plan(job, folder, allow_unset=bool(unset))
        case "apply":
            task, artifact = _apply(job, folder, configuration)
        case "drift":
            arguments = (*inputs.sources, *inputs.accounts, *inputs.hosts, *inputs.shown)
            task = Task(command="drift", arguments=("drift", *arguments))
        case command:
            task = Task(command=command, arguments=(command, *inputs.sources, *inputs.accounts, *inputs.hosts))
    task = replace(task, configuration=configuration)
    task.keep(folder)
    is_saved = any(argument.startswith("--out=") for argument in task.arguments)
    if task.note:
        annotate("notice", task.note)
    output(
        folder=folder,
        command=task.command,
        artifact_name=f"webhooks-plan-{configuration}-{task.head}" if is_saved else "",
        artifact_id=artifact["id"] if artifact else "",
        run_id=artifact["workflow_run"]["id"] if artifact else "",
        backup_name=f"webhooks-backup-{configuration}-{job.sha}-{job.attempt}",
    )
    return 0


def _without_secrets(job: Job) -> str:
    """Whose job it is that has no secrets."""
    return f"{'a pull request of a fork' if job.is_of_a_fork else 'a run of Dependabot'}, which gets no secrets"


def _validate(job: Job) -> Task:
    """What can be done without secrets; a decrypted file of them isn't there, either."""
    inputs, pull = job.inputs, job.pull_request
    gone = {f"--env-file={name}" for name in inputs.lines("env-file") if not Path(name).exists()}
    sources = [option for option in inputs.sources if option not in gone]
    applied = "Nothing was applied; to apply, run this workflow by hand. " if inputs.command == "apply" else ""
    note = f"{applied}Only validated: this is {_without_secrets(job)}. The webhooks at the provider were not looked at."
    return Task(
        command="validate",
        arguments=("validate", *sources, *inputs.accounts, *inputs.hosts),
        asked=inputs.command,
        note=note,
        pull=pull["number"] if pull else None,
        head=pull["head"]["sha"] if pull else job.sha,
    )


def _plan(job: Job, folder: Path, *, allow_unset: bool) -> Task:
    inputs, pull = job.inputs, job.pull_request
    note = f"Planned without the webhooks' secrets: this is {_without_secrets(job)}. What they hold was not compared."
    (folder / "plan").mkdir()
    how = "--allow-unset" if allow_unset else f"--out={folder / 'plan' / PLAN}"
    return Task(
        command="plan",
        arguments=("plan", *inputs.sources, *inputs.filters, *inputs.hosts, *inputs.shown, how),
        asked="plan",
        note=note if allow_unset else "",
        pull=pull["number"] if pull else None,
        head=pull["head"]["sha"] if pull else job.sha,
    )


def _missing_secrets(inputs: Inputs) -> str:
    """Which variables of the file are not set: `tokens` of accounts, or only those of `webhooks`; nothing else."""
    if not all(Path(name).exists() for name in inputs.lines("env-file")):
        return "tokens"
    if "variable-unset" in _errors(inputs, allow_unset=True):
        return "tokens"
    return "webhooks" if "variable-unset" in _errors(inputs) else ""


def _variables(inputs: Inputs) -> tuple[str, ...]:
    """The variables of `var`; without their values if one of them is secret, which the tool refuses."""
    lines = inputs.lines("var")
    if lines and "variable-option-secret" in _errors(inputs):
        return tuple(line.partition("=")[0] for line in lines)
    return lines


def _errors(inputs: Inputs, *, allow_unset: bool = False) -> set[str]:
    """The codes of what the tool will say of the files."""
    from reconciler.config.load import Inputs as Loadable  # noqa: PLC0415 - only where it is asked
    from reconciler.config.load import load  # noqa: PLC0415
    from reconciler.providers.registry import INSTALLED  # noqa: PLC0415

    pairs = (text.partition("=") for text in inputs.lines("var"))
    given = Loadable(
        files=inputs.lines("file"),
        variables={name: value for name, _, value in pairs},
        var_files=inputs.lines("var-file"),
        env_files=inputs.lines("env-file"),
        environment=os.environ,
        base_url=inputs["base-url"] or None,
        allowed_hosts=frozenset(inputs.lines("allow-host")),
        accounts=inputs.lines("account"),
        allow_unset=allow_unset,
        standard_input=bytes,
    )
    return {found.code for found in load(given, INSTALLED).diagnostics}


def _apply(job: Job, folder: Path, configuration: str) -> tuple[Task, dict[str, Any] | None]:
    """Apply the plan that was reviewed, or say why there is none; started by hand, what is to be done now."""
    inputs, pull = job.inputs, job.pull_request
    if inputs["when-stale"] not in ("refuse", "replan"):
        raise JobError("The input `when-stale` is `refuse` or `replan`.")
    if pull is not None and not pull.get("merged"):
        raise JobError("`command: apply` is for what is merged: run it on a push to the default branch.")
    if job.event_name not in ("push", "pull_request", "workflow_dispatch"):
        raise JobError(
            "`command: apply` is for what is merged, on a `push`, or for what somebody starts by hand, on"
            f" `workflow_dispatch`; not on `{job.event_name}`."
        )
    now = ["apply", "--auto-approve", *inputs.sources, *inputs.filters, *inputs.hosts]
    if inputs.is_on("backup"):
        (folder / "backup").mkdir()
        now.append(f"--backup={folder / 'backup' / 'before.yaml'}")
    if job.event_name == "workflow_dispatch":
        return Task(command="apply", arguments=tuple(now), head=job.sha), None
    from steps.reviewed import reviewed_plan  # noqa: PLC0415 - loads what asks GitHub

    pull, found = reviewed_plan(job, configuration)
    number, head = (pull["number"], pull["head"]["sha"]) if pull else (None, job.sha)
    if inputs["when-stale"] == "replan":
        note = "Planned anew (`when-stale: replan`)." if found is None else ""
        return Task(command="apply", arguments=tuple(now), note=note, pull=number, head=head), None
    if found is None:
        what = f"plan of pull request #{number} at {head[:DIGITS]}" if pull else f"pull request of {job.sha[:DIGITS]}"
        note = f"Nothing was applied: there is no {what}."
        planned = ("plan", "--detailed-exitcode", *inputs.sources, *inputs.filters, *inputs.hosts, *inputs.shown)
        return Task(command="plan", asked="apply", arguments=planned, note=note, pull=number, head=head), None
    kept = {*inputs.filters, "--auto-approve"}
    arguments = (*(each for each in now if each not in kept), str(folder / "plan" / PLAN))
    checks = (*inputs.sources, *inputs.filters)
    return Task(command="apply", arguments=arguments, pull=number, head=head, checks=checks), found
