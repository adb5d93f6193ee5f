"""The one issue that says what has drifted, or that nothing could be checked, while that is so; and who is told."""

from __future__ import annotations

import requests
from api import SECONDS, Api
from job import Job, annotate
from result import Result, marker

_IN_STEP, _NOT_CHECKED, _DRIFTED = 0, 1, 2  # exit codes of `drift`
_TITLES = {
    _IN_STEP: "Webhooks match again",
    _NOT_CHECKED: "Webhooks could not be checked",
    _DRIFTED: "Webhooks have drifted",
}


def keep_issue(api: Api, job: Job, result: Result) -> str:
    """Open, update or close the issue, and tell about it if something changed; gives its address.

    Raises:
        ApiError: GitHub refused it; who was to be told was told.
    """
    if result.code not in _TITLES:  # cancelled: nothing was found out
        return ""
    label = job.inputs["issue-label"]
    title = f"{_TITLES[result.code]}: {', '.join((*job.inputs.lines('file'), *job.inputs.lines('account')))}"
    is_news, url = result.code != _IN_STEP, ""
    try:
        if label:
            is_news, url = _kept(api, job, label, title, result)
    finally:
        if is_news and job.inputs["notify-url"]:
            verdict = result.values.get("verdict", "")
            _notify(job.inputs["notify-url"], f"{title}\n{verdict}\n{url or job.run_url}")
    return url


def _kept(api: Api, job: Job, label: str, title: str, result: Result) -> tuple[bool, str]:
    """Whether something changed, and the issue's address; empty without one."""
    name = f"{job.inputs.configuration} drift"
    body = result.marked(name)

    def ours() -> list[dict[str, object]]:
        found = [one for one in api.pages("issues", labels=label, state="open") if "pull_request" not in one]
        found = [one for one in found if marker(name) in str(one["body"]).splitlines()[:2]]
        found = [one for one in found if one["user"]["login"] == api.login]
        return sorted(found, key=lambda one: int(one["number"]))

    found = ours()
    if result.code == _IN_STEP:
        for one in found:
            _close(api, one, f"{result.values.get('verdict', '')}\n\n[The run that found it]({job.run_url})")
        return bool(found), str(found[0]["html_url"]) if found else ""
    is_news = not found
    if not found:
        made = api.send("POST", "issues", {"title": title, "body": body, "labels": [label]})
        found = ours() or [made]
    first, *others = found
    was = str(first["body"]).replace("\r\n", "\n").strip()
    if (first["title"], was) != (title, body.strip()):
        is_news = True
        api.send("PATCH", f"issues/{first['number']}", {"title": title, "body": body})
        if first["title"] != title:  # who follows it hears of comments only
            api.send("POST", f"issues/{first['number']}/comments", {"body": f"{title}: [the run]({job.run_url})"})
    for other in others:
        _close(api, other, f"The same as #{first['number']}.")
    return is_news, str(first["html_url"])


def _close(api: Api, issue: dict[str, object], words: str) -> None:
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
