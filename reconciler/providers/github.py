"""GitHub's repository and organisation webhooks as data. Source: its REST API documentation, version 2022-11-28."""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    Delivery,
    LinkHeader,
    Listed,
    PlaceSetting,
    Provider,
    RateLimits,
    ReadsBack,
    Rest,
    Throttled,
    Update,
    choice,
    events,
    flag,
    secret,
    switch,
    url,
)

_EVENTS = """
    branch_protection_configuration branch_protection_rule check_run check_suite code_scanning_alert commit_comment
    create custom_property custom_property_values delete dependabot_alert deploy_key deployment deployment_status
    discussion discussion_comment fork gollum issue_comment issue_dependencies issue_relates_to issues label member
    membership merge_group meta milestone org_block organization package page_build personal_access_token_request
    project project_card project_column projects_v2 projects_v2_item projects_v2_status_update public pull_request
    pull_request_review pull_request_review_comment pull_request_review_thread push registry_package release
    repository repository_advisory repository_import repository_ruleset repository_vulnerability_alert
    secret_scanning_alert secret_scanning_alert_location secret_scanning_scan security_and_analysis star status
    sub_issues team team_add watch workflow_job workflow_run *
"""
_NAME = r"[A-Za-z0-9_-]+"

GITHUB = Provider(
    name="github",
    title="GitHub",
    fields=(
        url(at="config.url"),
        events(*_EVENTS.split()),
        switch(),
        choice(
            "content_type",
            "json",
            "form",
            at="config.content_type",
            default="json",
            missing="form",
            help="How payloads are encoded.",
        ),
        flag("insecure_ssl", at="config.insecure_ssl", wire=("0", "1"), help="Whether TLS verification is disabled."),
        secret(at="config.secret", reads_back=ReadsBack.MASKED, help="The key used to sign payloads."),
    ),
    catch_all="*",
    base_url="https://api.github.com",
    auth=Auth(variable="GITHUB_TOKEN"),
    places=(
        PlaceSetting(
            setting="repositories",
            path="/repos/{}",
            is_caseless=True,
            pattern=rf"{_NAME}/(?:\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*|\.\.\.+)",  # neither `.` nor `..`
            example="acme/web",
            listed=Listed(
                path="/orgs/{}/repos?sort=full_name",
                name="full_name",
                owner="organization",
                read_only={"archived": True},
            ),
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
    limits=RateLimits(write=80),
    delivery=Delivery(timeout=10),
    portal="GitHub (Settings, Webhooks)",
    verified_on="GitHub's REST API documentation, version 2022-11-28",
    notes=(
        "The secret reads back as `********`. A mask is never sent, and a file that has one as its secret is refused.",
        "Without `secret` in its entry, a webhook's `config` is changed value by value, so that its own stays.",
        "404 may mean that the token may not see or change it: it needs `admin:repo_hook` (or `admin:org_hook`).",
        "GitHub allows one webhook of a URL and set of events (422), and 20 webhooks of an event; its reason is told.",
        "GitHub allows 80 changes a minute, and 500 an hour. Answers that say how long to wait (403, 429) are heeded.",
        "`content_type` is `json` unless an entry says otherwise; GitHub's own default is `form`.",
        "How the last delivery went (`last_response`) is no part of the set-up, and isn't compared.",
        "For GitHub Enterprise Server, set `base_url: https://HOST/api/v3` and allow the host with `--allow-host`.",
    ),
    rest=Rest(
        collection="/hooks",
        created="created_at",
        updated="updated_at",
        kept=("type", "url", "test_url", "ping_url", "deliveries_url", "last_response"),
        headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
        paging=LinkHeader(),
        update=Update(verb="PATCH", partial=True, units={"config": "/config"}),
        constant={"name": "web"},
        throttled=Throttled(status=403, header="x-ratelimit-remaining", value="0", until="x-ratelimit-reset"),
    ),
)
