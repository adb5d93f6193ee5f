"""The one issue that says what has drifted, or that nothing could be checked, while that is so; and who is told."""

from __future__ import annotations

import requests

from reconciler.model.diagnostic import ExitCode
from steps.api import SECONDS, Api
from steps.job import Job, annotate
from steps.posts import Post, Posts, says
from steps.result import Result
from steps.task import Task

_LONGEST_TITLE = 256
_TITLES: dict[int, str] = {  # by the exit code of `drift`
    ExitCode.DONE: "Webhooks match again",
    ExitCode.ERROR: "Webhooks could not be checked",
    ExitCode.CHANGES: "Webhooks have drifted",
}


def keep_issue(api: Api, job: Job, task: Task, result: Result, alerts: str) -> str:
    """Open, update or close the issue, and tell about it if something changed; gives its address.

    Raises:
        ApiError: GitHub refused it; who was to be told was told.
    """
    if result.code not in _TITLES:  # cancelled: nothing was found out
        return ""
    title = f"{_TITLES[result.code]}: {', '.join((*job.inputs.lines('file'), *job.inputs.lines('account')))}"
    title = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"
    is_news, url = result.code != ExitCode.DONE, ""
    try:
        if job.inputs["issue-label"]:
            name = f"{task.configuration} drift"
            ours = Posts(api=api, path="issues", name=name, query={"state": "open", "creator": api.login})
            is_news, url = _kept(ours, job, title, result.marked(name, alerts), result)
    finally:
        if is_news and job.inputs["notify-url"]:
            verdict = result.values.get("verdict", "")
            _notify(job.inputs["notify-url"], f"{title}\n{verdict}\n{url or job.run_url}")
    return url


def _kept(ours: Posts, job: Job, title: str, body: str, result: Result) -> tuple[bool, str]:
    """Whether something changed, and the issue's address; empty without one."""
    api, label, found = ours.api, job.inputs["issue-label"], ours.found()
    if result.code == ExitCode.DONE:
        for one in found:
            _close(api, one, f"{result.values.get('verdict', '')}\n\n[The run that found it]({job.run_url})")
        return bool(found), str(found[0]["html_url"]) if found else ""
    is_news = not found
    if not found:
        found = ours.made(title=title, body=body, labels=[label])
    first, *others = found
    if first["title"] != title or not says(first, body):
        is_news = True
        api.send("PATCH", f"issues/{first['number']}", {"title": title, "body": body})
        if first["title"] != title:  # who follows it hears of comments only
            api.send("POST", f"issues/{first['number']}/comments", {"body": f"{title}: [the run]({job.run_url})"})
    if label.casefold() not in {one["name"].casefold() for one in first["labels"]}:
        api.send("POST", f"issues/{first['number']}/labels", {"labels": [label]})
    for other in others:
        _close(api, other, f"The same as #{first['number']}.")
    return is_news, str(first["html_url"])


def _close(api: Api, issue: Post, words: str) -> None:
    api.send("POST", f"issues/{issue['number']}/comments", {"body": words})
    api.send("PATCH", f"issues/{issue['number']}", {"state": "closed", "state_reason": "completed"})


def _notify(url: str, text: str) -> None:
    """Tell an incoming webhook, whose address is a secret: no error of it is shown as it came.

    Source of the escaping: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    try:
        status = requests.post(url, json={"text": escaped}, timeout=SECONDS, allow_redirects=False).status_code
        problem = "" if 200 <= status < 300 else f"it answered {status}"  # noqa: PLR2004
    except (requests.RequestException, ValueError) as error:
        problem = type(error).__name__
    if problem:
        annotate("warning", f"The `notify-url` could not be told: {problem}.")
