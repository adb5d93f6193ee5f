"""The first step: what to do, by the event, by the secrets there are, and by the plan that was reviewed."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.output.gfm import code
from steps.job import DIGITS, Inputs, Job, JobError, annotate, output
from steps.task import PLAN, Task

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Diagnostic


def start() -> int:
    """Find out what to do, and give it to the steps that do it."""
    job = Job()
    _check(job)
    inputs = job.inputs
    configuration = inputs.configuration(_variables(inputs))
    folder = Path(tempfile.mkdtemp(prefix="webhooks-", dir=os.environ["RUNNER_TEMP"]))
    artifact: dict[str, Any] | None = None
    unset = _unset(inputs) if inputs.command != "validate" else _Unset()
    match inputs.command:
        case command if unset.lets_only_validate(job, command):
            task = _validate(job, unset)
        case "plan":
            task = _plan(job, folder, unset)
        case "apply":
            task, artifact = _apply(job, folder, configuration)
        case "drift":
            arguments = (*inputs.sources, *inputs.accounts, *inputs.hosts, *inputs.shown)
            task = Task(command="drift", arguments=("drift", *arguments))
        case command:
            task = Task(command=command, arguments=(command, *inputs.sources, *inputs.accounts, *inputs.hosts))
    if unset.names and inputs.command != "plan" and task.command != "validate":  # it fails, and says only what is unset
        task = replace(task, note=" ".join(filter(None, (task.note, unset.words(job)))), level="error")
    task = replace(task, configuration=configuration)
    task.keep(folder)
    is_saved = any(argument.startswith("--out=") for argument in task.arguments)
    if task.note:
        annotate(task.level, task.note)
    output(
        folder=folder,
        command=task.command,
        artifact_name=f"webhooks-plan-{configuration}-{task.head}" if is_saved else "",
        artifact_id=artifact["id"] if artifact else "",
        run_id=artifact["workflow_run"]["id"] if artifact else "",
        backup_name=f"webhooks-backup-{configuration}-{job.sha}-{job.attempt}",
    )
    return 0


def _check(job: Job) -> None:
    """Refuse what makes no sense for any command."""
    for name in ("comment", "backup", "show-unmanaged"):
        job.inputs.is_on(name)
    if job.event_name == "pull_request_target":
        raise JobError("`pull_request_target` would run a stranger's file with your secrets: use `pull_request`.")
    for name in ("label", "issue-label"):
        if "," in job.inputs[name]:
            raise JobError(f"The input `{name}` is one label, which has no comma.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unset:
    """What the file needs that isn't there: variables, and files of them."""

    names: tuple[str, ...] = ()
    has_tokens: bool = False  # whether without them no account can be asked
    are_files: bool = False  # of `env-file`

    def lets_only_validate(self, job: Job, command: str) -> bool:
        """Whether it does no more: `plan` never fails for want of secrets, the others where there could be some."""
        if command == "plan":
            return self.has_tokens
        return bool(self.names) and (job.may_lack_secrets or (job.is_in_a_fork and self.has_tokens))

    def words(self, job: Job) -> str:
        """What is missing, and what to do about it."""
        names = ", ".join(map(code, self.names))
        is_, them, secrets = ("are", "them", "secrets") if len(self.names) > 1 else ("is", "it", "a secret")
        if self.are_files:
            return f"{names} {is_} missing in this job. Let a step before this one write {them}."
        return (
            f"{names} {is_} not set in this job. Set {them} as {secrets} at {job.secrets_url}, and name {them} under"
            " `env` of this step. Secrets of an environment reach only jobs that name it."
        )


def _why(job: Job, unset: _Unset) -> tuple[str, str]:
    """Why the job has no secrets, and how loudly that is said: quietly where it is GitHub's rule."""
    if job.is_of_a_fork:
        return "this is a pull request of a fork, which gets no secrets.", "notice"
    if job.may_lack_secrets:
        return "this is a run of Dependabot, which gets no secrets.", "notice"
    return f"{'this repository is a fork, and ' if job.is_in_a_fork else ''}{unset.words(job)}", "warning"


def _validate(job: Job, unset: _Unset) -> Task:
    """What can be done without secrets; a decrypted file of them isn't there, either."""
    inputs, pull = job.inputs, job.pull_request
    gone = {f"--env-file={name}" for name in inputs.lines("env-file") if not Path(name).exists()}
    sources = [option for option in inputs.sources if option not in gone]
    applied = "Nothing was applied; to apply, run this workflow by hand. " if inputs.command == "apply" else ""
    why, level = _why(job, unset)
    return Task(
        command="validate",
        arguments=("validate", *sources, *inputs.accounts, *inputs.hosts),
        asked=inputs.command,
        note=f"{applied}Only validated, nothing was compared with the provider: {why}",
        level=level,
        pull=pull["number"] if pull else None,
        head=pull["head"]["sha"] if pull else job.sha,
    )


def _plan(job: Job, folder: Path, unset: _Unset) -> Task:
    inputs, pull = job.inputs, job.pull_request
    why, level = _why(job, unset) if unset.names else ("", "notice")
    (folder / "plan").mkdir()
    how = "--allow-unset" if unset.names else f"--out={folder / 'plan' / PLAN}"
    return Task(
        command="plan",
        arguments=("plan", *inputs.sources, *inputs.filters, *inputs.hosts, *inputs.shown, how),
        asked="plan",
        note=f"Planned without the webhooks' secrets, and what they hold was not compared: {why}" if why else "",
        level=level,
        pull=pull["number"] if pull else None,
        head=pull["head"]["sha"] if pull else job.sha,
    )


def _unset(inputs: Inputs) -> _Unset:
    """What isn't there of what the file needs."""
    if gone := tuple(name for name in inputs.lines("env-file") if not Path(name).exists()):
        return _Unset(names=gone, has_tokens=True, are_files=True)
    names = _unset_variables(inputs)
    return _Unset(names=names, has_tokens=bool(names and _unset_variables(inputs, allow_unset=True)))


def _unset_variables(inputs: Inputs, *, allow_unset: bool = False) -> tuple[str, ...]:
    """Their names, as the tool will say them."""
    found = [one for one in _errors(inputs, allow_unset=allow_unset) if one.code == "variable-unset"]
    names = (re.search(r"\$\{(\w+)", one.message) for one in found)
    return tuple(sorted({name[1] for name in names if name is not None}))


def _variables(inputs: Inputs) -> tuple[str, ...]:
    """The variables of `var`; without their values if one of them is secret, which the tool refuses."""
    lines = inputs.lines("var")
    if lines and any(one.code == "variable-option-secret" for one in _errors(inputs)):
        return tuple(line.partition("=")[0] for line in lines)
    return lines


def _errors(inputs: Inputs, *, allow_unset: bool = False) -> tuple[Diagnostic, ...]:
    """What the tool will say of the files."""
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
    return load(given, INSTALLED).diagnostics


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
