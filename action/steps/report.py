"""The last step: tell what came of it, at the pull request, in an issue, in the summary, and to later steps."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import requests

from reconciler.model.diagnostic import ExitCode
from steps.api import Api, ApiError, understood
from steps.issue import keep_issue
from steps.job import DIGITS, Job, annotate, output, summarize
from steps.posts import Posts, says
from steps.result import Result
from steps.task import PLAN, REPORT, Task

_KILLED = "**The run was ended before it could report.** `reconciler plan` shows what is left to do."
_ITERATIONS = "600000"  # https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pbkdf2


def report(folder: Path) -> int:
    """Tell it; the exit code is 1 if drift could not be told."""
    job, task, result = Job(), Task.of(folder), Result.of(folder)
    api = Api(job.inputs["github-token"], job.repository)
    backup, kept = _backup(folder, job.inputs.texts.get("backup-passphrase", ""))
    others = [*filter(None, (kept, _next(task, result), "" if result.markdown else _KILLED))]
    summarize("\n\n".join([*([task.note] if task.note else []), *others]))
    plan = folder / "plan" / PLAN
    # Written first: whatever GitHub says, the later steps have it.
    output(
        **{"exitcode": "", "digest": "", **{name.replace("-", "_"): value for name, value in result.values.items()}},
        command=task.command,
        plan_file=plan if plan.is_file() else "",
        markdown_file=folder / REPORT if result.markdown else "",
        backup=backup,
    )
    try:
        with understood():
            output(url=_told(api, job, task, result, _alerts(task, others)))
    except ApiError as error:
        is_error = task.command == "drift"
        annotate("error" if is_error else "warning", str(error))
        return int(is_error)
    return 0


def _told(api: Api, job: Job, task: Task, result: Result, alerts: str) -> str:
    """Tell it at GitHub; gives where."""
    if task.command == "drift":
        return keep_issue(api, job, task, result, alerts)
    url = ""
    if task.pull is not None and not job.is_of_a_fork:
        if job.inputs.is_on("comment"):
            url = _comment(api, job, task, result, alerts)
        if task.command == task.asked == "plan":
            _label(api, task.pull, job.inputs["label"], result)
    return url


def _next(task: Task, result: Result) -> str:
    """What to do about an apply that did nothing, or not all."""
    if "apply" not in (task.command, task.asked) or result.code == ExitCode.DONE:
        return ""
    if task.command == "plan" or result.code == ExitCode.REFUSED:
        return "To apply what would be done now, run this workflow by hand, or open another pull request."
    return "To do what is left, run this workflow by hand."


def _alerts(task: Task, others: list[str]) -> str:
    """The notes as Markdown; a warning where something was left out that wasn't meant to be."""
    first = [f"> [!{'NOTE' if task.level == 'notice' else 'WARNING'}]\n> {task.note}"] if task.note else []
    return "\n\n".join([*first, *(f"> [!NOTE]\n> {note}" for note in others)])


def _comment(api: Api, job: Job, task: Task, result: Result, alerts: str) -> str:
    """Comment on the pull request: its one comment on plans, or another one on an apply; gives its address."""
    is_plan = task.asked == "plan"
    if is_plan and not result.markdown:
        return ""
    name = f"{task.configuration} {'plan' if is_plan else 'apply'}"
    kept = ", kept" if os.environ.get("PLAN_URL") else ""
    last = f"<sub>{task.head[:DIGITS]}{kept} by [this run]({job.run_url})</sub>"
    body = result.marked(name, alerts, last)
    path = f"issues/{task.pull}/comments"
    if not is_plan:
        return str(api.send("POST", path, {"body": body})["html_url"])

    ours = Posts(api=api, path=path, name=name)
    first, *others = ours.found() or ours.made(body=body)
    if not says(first, body):
        try:
            api.send("PATCH", f"issues/comments/{first['id']}", {"body": body})
        except ApiError as error:
            if error.status != requests.codes.not_found:
                raise
            first, *others = ours.made(body=body)  # it was deleted meanwhile
    for other in others:
        api.delete(f"issues/comments/{other['id']}")
    return str(first["html_url"])


def _label(api: Api, pull: int, label: str, result: Result) -> None:
    """Label the pull request by what its plan would do."""
    if not label:
        return
    names = {word: f"{label}: {word}" for word in ("changes", "none", "losses")}
    path = f"issues/{pull}/labels"
    there = {one["name"].casefold(): one["name"] for one in api.pages(path)}
    wrong = {"none"}  # what a plan would do that failed isn't known
    if result.code in (ExitCode.DONE, ExitCode.REFUSED):
        changes, losses = (int(result.values.get(name, "0")) for name in ("changes", "losses"))
        right = {"changes" if changes else "none", *(("losses",) if losses else ())}
        wrong = names.keys() - right
        if missing := sorted(names[word] for word in right if names[word].casefold() not in there):
            api.send("POST", path, {"labels": missing})
    for name in sorted(there[names[word].casefold()] for word in wrong if names[word].casefold() in there):
        api.delete(f"{path}/{api.quoted(name)}")


def _backup(folder: Path, passphrase: str) -> tuple[Path | str, str]:
    """What may be kept of the backup, and what is to be said of it. In clear its secrets stay nowhere."""
    made = folder / "backup" / "before.yaml"
    if not made.is_file():
        return "", ""
    kept = folder / "kept"
    kept.mkdir()
    shutil.move(made, kept)
    secret = made.with_name("before.yaml.env")
    words = "without their secrets (there is no `backup-passphrase`)"
    if passphrase and secret.is_file():
        command = ("openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-iter", _ITERATIONS, "-pass", "env:PASSPHRASE")
        files = ("-in", str(secret), "-out", str(kept / "before.yaml.env.enc"))
        environment = {"PATH": os.environ["PATH"], "PASSPHRASE": passphrase}
        ended = subprocess.run([*command, *files], env=environment, capture_output=True, check=False)  # noqa: S603 - fixed
        words = "with their secrets, encrypted" if ended.returncode == 0 else "without their secrets (openssl failed)"
    shutil.rmtree(folder / "backup")
    return kept, f"The webhooks as they were are kept as an artifact of this run, {words}."
