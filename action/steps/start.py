"""The first step: what to do, by the event, by the secrets there are, and by the plan that was reviewed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from steps.job import DIGITS, Inputs, Job, JobError, annotate, output
from steps.task import PLAN, Task


def start() -> int:
    """Find out what to do, and give it to the steps that do it."""
    job = Job()
    inputs = job.inputs
    for name in ("comment", "backup"):
        inputs.is_on(name)
    folder = Path(tempfile.mkdtemp(prefix="webhooks-", dir=os.environ["RUNNER_TEMP"]))
    artifact: dict[str, Any] | None = None
    match inputs.command:
        case "plan":
            task = _plan(job, folder)
        case "apply":
            task, artifact = _apply(job, folder)
        case command:
            task = Task(command=command, arguments=(command, *inputs.sources, *inputs.accounts, *inputs.hosts))
    task.keep(folder)
    is_saved = any(argument.startswith("--out=") for argument in task.arguments)
    if task.note:
        annotate("notice", task.note)
    output(
        folder=folder,
        command=task.command,
        artifact_name=f"webhooks-plan-{inputs.configuration}-{task.head}" if is_saved else "",
        artifact_id=artifact["id"] if artifact else "",
        run_id=artifact["workflow_run"]["id"] if artifact else "",
        backup_name=f"webhooks-backup-{inputs.configuration}-{job.sha}",
    )
    return 0


def _plan(job: Job, folder: Path) -> Task:
    inputs, pull = job.inputs, job.pull_request
    command, note, more = "plan", "", [f"--out={folder / 'plan' / PLAN}"]
    if job.may_lack_secrets and (missing := _missing_secrets(inputs)):
        whose = "a pull request of a fork, or of Dependabot, which gets no secrets"
        if missing == "tokens":
            command, more = "validate", []
            note = f"Only validated: this is {whose}. The webhooks at the provider were not looked at."
        else:
            more = ["--allow-unset"]
            note = f"Planned without the webhooks' secrets: this is {whose}. What they hold was not compared."
    (folder / "plan").mkdir()
    filters = inputs.filters if command == "plan" else inputs.accounts
    return Task(
        command=command,
        arguments=(command, *inputs.sources, *filters, *inputs.hosts, *more),
        asked="plan",
        note=note,
        pull=pull["number"] if pull else None,
        head=pull["head"]["sha"] if pull else job.sha,
    )


def _missing_secrets(inputs: Inputs) -> str:
    """Which variables of the file are not set: `tokens` of accounts, or only those of `webhooks`; nothing else."""
    from reconciler.config.load import Inputs as Loadable  # noqa: PLC0415 - only for who may lack secrets
    from reconciler.config.load import load  # noqa: PLC0415
    from reconciler.providers.registry import INSTALLED  # noqa: PLC0415

    def is_missing(*, allow_unset: bool) -> bool:
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
        return any(found.code == "variable-unset" for found in load(given, INSTALLED).diagnostics)

    if is_missing(allow_unset=True):
        return "tokens"
    return "webhooks" if is_missing(allow_unset=False) else ""


def _apply(job: Job, folder: Path) -> tuple[Task, dict[str, Any] | None]:
    """Apply the plan that was reviewed, or say why there is none; started by hand, what is to be done now."""
    inputs, pull = job.inputs, job.pull_request
    if inputs["when-stale"] not in ("refuse", "replan"):
        raise JobError("The input `when-stale` is `refuse` or `replan`.")
    if pull is not None and not pull.get("merged"):
        raise JobError("`command: apply` is for what is merged: run it on a push to the default branch.")
    now = ["apply", "--auto-approve", *inputs.sources, *inputs.filters, *inputs.hosts]
    if inputs.is_on("backup"):
        (folder / "backup").mkdir()
        now.append(f"--backup={folder / 'backup' / 'before.yaml'}")
    if job.event_name not in ("push", "pull_request"):
        return Task(command="apply", arguments=tuple(now), head=job.sha), None
    from steps.reviewed import reviewed_plan  # noqa: PLC0415 - loads what asks GitHub

    pull, found = reviewed_plan(job)
    number, head = (pull["number"], pull["head"]["sha"]) if pull else (None, job.sha)
    if inputs["when-stale"] == "replan":
        note = "Planned anew (`when-stale: replan`)." if found is None else ""
        return Task(command="apply", arguments=tuple(now), note=note, pull=number, head=head), None
    if found is None:
        what = f"plan of pull request #{number} at {head[:DIGITS]}" if pull else f"pull request of {job.sha[:DIGITS]}"
        note = f"Nothing was applied: there is no {what}."
        planned = ("plan", "--detailed-exitcode", *inputs.sources, *inputs.filters, *inputs.hosts)
        return Task(command="plan", asked="apply", arguments=planned, note=note, pull=number, head=head), None
    kept = {*inputs.filters, "--auto-approve"}
    arguments = (*(each for each in now if each not in kept), str(folder / "plan" / PLAN))
    checks = (*inputs.sources, *inputs.filters)
    return Task(command="apply", arguments=arguments, pull=number, head=head, checks=checks), found
