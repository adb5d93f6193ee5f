"""GitLab's project and group webhooks as data. Source: its REST API documentation and its API's source, 19.4."""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    Delivery,
    LinkHeader,
    Listed,
    Masked,
    PlaceSetting,
    Provider,
    ReadsBack,
    Rest,
    Sent,
    Update,
    choice,
    events,
    flag,
    headers,
    health,
    secret,
    text,
    url,
)

_EVENTS = """
    confidential_issues confidential_note deployment emoji feature_flag issues job member merge_requests milestone note
    pipeline project push releases resource_access_token resource_deploy_token subgroup tag_push vulnerability wiki_page
"""
_PATH = r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)"

GITLAB = Provider(
    name="gitlab",
    title="GitLab",
    fields=(
        url(),
        events(flags={event: f"{event}_events" for event in _EVENTS.split()}),
        health(at="alert_status", wire=("disabled", "executable"), says=("alert_status", "disabled_until")),
        text("name", help="A name, from GitLab 17.1 on."),
        text("description", help="What it is for, from GitLab 17.1 on."),
        flag("enable_ssl_verification", default=True, help="Whether the receiver's TLS certificate is verified."),
        text("push_events_branch_filter", help="The branches whose pushes are delivered; all where it isn't set."),
        choice(
            "branch_filter_strategy",
            "wildcard",
            "regex",
            "all_branches",
            default="wildcard",
            help="How `push_events_branch_filter` is read.",
        ),
        text("custom_webhook_template", help="The template of the request's body."),
        secret(
            at="token",
            set_at="token_present",
            missing=Masked.SET,
            help="The token that is sent as `X-Gitlab-Token`.",
        ),
        secret(
            "signing_token",
            set_at="signing_token_present",
            help="The key used to sign payloads, `whsec_` and 32 bytes in Base64; from GitLab 19.0 on.",
        ),
        # An update merges them with those that are there, and another URL takes them away after that.
        headers("custom_headers", reads_back=ReadsBack.KEYS, items=("key", "value"), sent=Sent.CREATE),
    ),
    base_url="https://gitlab.com/api/v4",
    auth=Auth(variable="GITLAB_TOKEN", header="PRIVATE-TOKEN", scheme=""),
    places=(
        PlaceSetting(
            setting="projects",
            path="/projects/{}",
            is_caseless=True,
            is_one_segment=True,
            pattern=rf"(?:[0-9]+|{_PATH}+)",
            ids="[0-9]+",
            example="acme/web",
            listed=Listed(
                path="/groups/{}/projects?include_subgroups=true&with_shared=false&archived=false&order_by=path&sort=asc",
                name="path_with_namespace",
                owner="group",
                read_only={"archived": True},
            ),
            help="The projects that have the webhooks, by path or by number, or by patterns of paths.",
        ),
        PlaceSetting(
            setting="groups",
            path="/groups/{}",
            is_caseless=True,
            is_one_segment=True,
            pattern=rf"(?:[0-9]+|{_PATH}*)",
            ids="[0-9]+",
            example="acme/backend",
            help="The groups that have the webhooks, by path or by number; GitLab Premium.",
        ),
    ),
    digest_in="description",
    delivery=Delivery(timeout=10),
    portal="GitLab (Settings, Webhooks)",
    verified_on="GitLab's REST API documentation and the source of its API, 19.4",
    notes=(
        "Each event is a boolean, and all are sent: `push`, GitLab's own default, is off unless an entry has it.",
        "Only groups have `member`, `project`, `subgroup`, only projects `resource_deploy_token`: else applies fail.",
        "With another URL, or secret parameter in it, GitLab forgets the secrets: a plan without them is refused.",
        "Before 19.0 GitLab doesn't say whether a webhook has a secret token, so each is taken to have one.",
        "What GitLab switches off after failures is drift only if an entry says `active: true`, and replaced then.",
        (
            "`custom_headers` aren't changed in place: GitLab adds to those that are there, and forgets them with "
            "another URL. Other names, or another secret in the URL, replace the webhook; a file that doesn't say the "
            "headers that it has is refused then."
        ),
        "URL variables can't be said: a file's URL has the values themselves.",
        "404 may mean that the token may not see it: it needs the scope `api`, and Maintainer (Owner for a group).",
        "For your own GitLab, set `base_url: https://HOST/api/v4` and allow the host with `--allow-host`.",
    ),
    rest=Rest(
        collection="/hooks",
        created="created_at",
        kept=("project_id", "group_id", "repository_update_events", "duo_flow_callback_enabled"),
        paging=LinkHeader(usual=20),
        update=Update(verb="PUT", keeps_secrets=True, url_takes_secrets=True),
    ),
)
