"""Which plan was reviewed: that of the pull request that was merged."""

from __future__ import annotations

from typing import Any

from steps.api import Api, ApiError, understood
from steps.job import Job, JobError

Found = dict[str, Any]
"""A pull request or an artifact, as GitHub's API shows it."""


def reviewed_plan(job: Job, configuration: str) -> tuple[Found | None, Found | None]:
    """The merged pull request, and the artifact of its plan; None for what isn't there.

    Raises:
        JobError: GitHub can't be asked.
    """
    api = Api(job.inputs["github-token"], job.repository)
    try:
        with understood():
            pull = job.pull_request or _merged_pull(api, job.sha)
            return pull, _artifact(api, pull["head"]["sha"], configuration) if pull else None
    except ApiError as error:
        raise JobError(f"The reviewed plan could not be looked for: {error}") from None


def _merged_pull(api: Api, sha: str) -> Found | None:
    """The pull request whose merge made this commit the branch's last one."""
    merged = [pull for pull in api.pages(f"commits/{sha}/pulls") if pull["merged_at"]]
    merged.sort(key=lambda pull: (pull["merge_commit_sha"] == sha, pull["merged_at"]))
    return merged[-1] if merged else None


def _artifact(api: Api, head: str, configuration: str) -> Found | None:
    """The newest plan of that commit that a run for a pull request of this very repository kept.

    Anybody can let a run in a fork, or for another commit, keep something under this name.
    """
    name = f"webhooks-plan-{configuration}-{head}"
    found = sorted(api.pages("actions/artifacts", "artifacts", name=name), key=lambda one: str(one["created_at"]))
    for artifact in reversed(found):
        of = artifact["workflow_run"]
        if artifact["expired"] or of["head_sha"] != head or of["head_repository_id"] != of["repository_id"]:
            continue
        if api.get(f"actions/runs/{of['id']}")["event"] == "pull_request":
            kept: Found = artifact
            return kept
    return None
