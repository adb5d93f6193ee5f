"""The webhooks of Gitea, and of Forgejo, which has its API, as data. Source: both programs' API in source."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.provider import (
    Auth,
    Delivery,
    LinkHeader,
    Listed,
    PlaceSetting,
    Provider,
    ReadsBack,
    Rest,
    Sent,
    Update,
    choice,
    events,
    secret,
    switch,
    text,
    url,
)

_SHARED = """
    create delete fork issue_assign issue_comment issue_label issue_milestone issues package pull_request
    pull_request_assign pull_request_comment pull_request_label pull_request_milestone pull_request_review
    pull_request_review_request pull_request_sync push release repository wiki
"""
_TYPES = "dingtalk discord feishu gogs matrix msteams packagist slack telegram wechatwork"
_NAME = r"[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_REVIEWS = {"pull_request_review_approved", "pull_request_review_rejected"}


def _read(names: Iterable[str]) -> list[str]:
    """Reviews, which some versions list by outcome, as one event; they count the comments on code as comments, too."""
    found = {name.removesuffix("_only") for name in names}
    if found & _REVIEWS or ("pull_request_review_comment" in found and "pull_request_comment" not in found):
        found.add("pull_request_review")
    return sorted(found - _REVIEWS - {"pull_request_review_comment"})


def _write(names: Iterable[str]) -> list[str]:
    """By `issues` and `pull_request` the API would mean everything of them."""
    return [f"{name}_only" if name in ("issues", "pull_request") else name for name in names]


def _provider(name: str, title: str, own_events: str, verified_on: str, *notes: str) -> Provider:
    return Provider(
        name=name,
        title=title,
        fields=(
            url(at="config.url"),
            events(*sorted([*_SHARED.split(), *own_events.split()]), read=_read, write=_write),
            switch(),
            choice(
                "content_type",
                "json",
                "form",
                at="config.content_type",
                default="json",
                help="How payloads are encoded.",
            ),
            text(
                "branch_filter",
                default="*",
                read=lambda pattern: pattern or "*",
                help="The branches whose events are delivered, as a glob pattern.",
            ),
            choice("type", name, *_TYPES.split(), default=name, sent=Sent.CREATE, help="What payloads are for."),
            secret(at="config.secret", sent=Sent.CREATE, help="The key used to sign payloads."),
            secret("authorization_header", reads_back=ReadsBack.SOMETIMES, help="The `Authorization` of deliveries."),
        ),
        auth=Auth(variable=f"{name.upper()}_TOKEN", scheme="token"),
        places=(
            PlaceSetting(
                setting="repositories",
                path="/repos/{}",
                is_caseless=True,
                pattern=f"{_NAME}/{_NAME}",
                example="acme/web",
                # Webhooks of archived ones can be changed. Source: routers/api/v1/api.go.
                listed=Listed(path="/orgs/{}/repos", name="full_name", owner="organization"),
                help="The repositories that have the webhooks, by name or pattern.",
            ),
            PlaceSetting(
                setting="organization",
                path="/orgs/{}",
                is_caseless=True,
                pattern=_NAME,
                example="acme",
                help="The organization that has the webhooks.",
            ),
        ),
        delivery=Delivery(timeout=5),
        portal=f"{title} (Settings, Webhooks)",
        verified_on=verified_on,
        notes=(
            "Each account needs the `base_url` of its server, `https://HOST/api/v1`; `--allow-host` allows the host.",
            "`issues` and `pull_request` mean only opened, closed and the like: list labels and comments, too.",
            f"{title} makes a webhook inactive unless told otherwise, so `active` is always sent.",
            "An update without events, branch filter or authorization header removes them, so all are always sent.",
            "No update changes `type` or `secret`: another type takes another webhook, another secret a new one.",
            *notes,
            "A channel of Slack can't be set.",
            "404 may mean that the token may not see it: it needs `write:repository` (`write:organization`).",
        ),
        rest=Rest(
            collection="/hooks",
            created="created_at",
            updated="updated_at",
            kept=("is_system_webhook", "name", "url", "content_type", "metadata"),
            paging=LinkHeader(size="limit", most=50, usual=0),
            update=Update(verb="PATCH", keeps_secrets=True),
        ),
    )  # fmt: skip


GITEA = _provider(
    "gitea",
    "Gitea",
    "status workflow_job workflow_run",
    "the source of Gitea's API, 1.19 to 1.27",
    "Since 1.27 `authorization_header` isn't shown: without it in the entry, any update removes it.",
    "Before 1.20.3 the branch filter isn't shown: add `ignore_changes: [branch_filter]` there.",
)
FORGEJO = _provider(
    "forgejo",
    "Forgejo",
    """
    action_run_failure action_run_recover action_run_success workflow_job_blocked workflow_job_cancelled
    workflow_job_failure workflow_job_running workflow_job_skipped workflow_job_success workflow_job_waiting
    """,
    "the source of Forgejo's API",
    "Forgejo shows `authorization_header` in clear to its administrators; it is a secret here.",
)
