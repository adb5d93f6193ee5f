"""The last step: tell what came of it, at the pull request, in an issue, in the summary, and to later steps."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from reconciler.model.diagnostic import ExitCode
from steps.api import Api, ApiError
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
    backup, kept = _backup(folder, job.inputs["backup-passphrase"])
    notes = [*filter(None, (task.note, kept, _next(task, result)))]
    summarize("\n\n".join([*notes, *([] if result.markdown else [_KILLED])]))
    code, url = 0, ""
    try:
        if task.command == "drift":
            url = keep_issue(api, job, task, result)
        elif task.pull is not None and not job.is_of_a_fork:
            if job.inputs.is_on("comment"):
                url = _comment(api, job, task, result, notes)
            if task.command == task.asked == "plan" and result.code in (ExitCode.DONE, ExitCode.REFUSED):
                _label(api, task.pull, job.inputs["label"], result)
    except ApiError as error:
        code = 1 if task.command == "drift" else 0
        annotate("error" if code else "warning", str(error))
    plan = folder / "plan" / PLAN
    output(
        **{"exitcode": "", "digest": "", **{name.replace("-", "_"): value for name, value in result.values.items()}},
        command=task.command,
        plan_file=plan if plan.is_file() else "",
        markdown_file=folder / REPORT if result.markdown else "",
        backup=backup,
        url=url,
    )
    return code


def _next(task: Task, result: Result) -> str:
    """What to do about an apply that did nothing, or not all."""
    if "apply" not in (task.command, task.asked) or result.code == ExitCode.DONE:
        return ""
    if task.command == "plan" or result.code == ExitCode.REFUSED:
        return "To apply what would be done now, run this workflow by hand, or open another pull request."
    return "To do what is left, run this workflow by hand."


def _comment(api: Api, job: Job, task: Task, result: Result, notes: list[str]) -> str:
    """Comment on the pull request: its one comment on plans, or another one on an apply; gives its address."""
    is_plan = task.asked == "plan"
    if is_plan and not result.markdown:
        return ""
    name = f"{task.configuration} {'plan' if is_plan else 'apply'}"
    noted = "\n\n".join(f"> [!NOTE]\n> {note}" for note in [*notes, *([] if result.markdown else [_KILLED])])
    kept = f", [kept]({os.environ['PLAN_URL']})" if os.environ.get("PLAN_URL") else ""
    last = f"<sub>{task.head[:DIGITS]}{kept} by [this run]({job.run_url})</sub>"
    body = result.marked(name, noted, last)
    path = f"issues/{task.pull}/comments"
    if not is_plan:
        return str(api.send("POST", path, {"body": body})["html_url"])

    ours = Posts(api=api, path=path, name=name)
    first, *others = ours.found() or ours.made(body=body)
    if not says(first, body):
        api.send("PATCH", f"issues/comments/{first['id']}", {"body": body})
    for other in others:
        api.delete(f"issues/comments/{other['id']}")
    return str(first["html_url"])


def _label(api: Api, pull: int, label: str, result: Result) -> None:
    """Label the pull request by what its plan would do."""
    if not label:
        return
    changes, losses = (int(result.values.get(name, "0")) for name in ("changes", "losses"))
    wanted = {f"{label}: {'changes' if changes else 'none'}"} | ({f"{label}: losses"} if losses else set())
    path = f"issues/{pull}/labels"
    there = {one["name"] for one in api.pages(path)}
    if missing := sorted(wanted - there):
        api.send("POST", path, {"labels": missing})
    for name in sorted({f"{label}: {word}" for word in ("changes", "none", "losses")} & there - wanted):
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
