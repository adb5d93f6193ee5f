"""PagerDuty's webhook subscriptions as data. Source: its OpenAPI description 2.0.0, and its developer documentation."""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    Call,
    Delivery,
    Offset,
    PlaceSetting,
    Provider,
    RateLimits,
    ReadsBack,
    Rest,
    Sent,
    Update,
    events,
    headers,
    health,
    secret,
    switch,
    text,
    url,
)

_EVENTS = """
    incident.acknowledged incident.action_invocation.created incident.action_invocation.terminated
    incident.action_invocation.updated incident.annotated incident.conference_bridge.updated
    incident.custom_field_values.updated incident.delegated incident.escalated incident.incident_type.changed
    incident.priority_updated incident.reassigned incident.reopened incident.resolved incident.responder.added
    incident.responder.replied incident.role.assigned incident.service_updated incident.status_update_published
    incident.task.completed incident.task.created incident.task.updated incident.triggered incident.unacknowledged
    incident.workflow.completed incident.workflow.started service.created service.custom_field_values.updated
    service.deleted service.updated
"""
_ID = "[A-Z0-9]+"

PAGERDUTY = Provider(
    name="pagerduty",
    title="PagerDuty",
    fields=(
        url(at="delivery_method.url", sent=Sent.CREATE),
        events(*_EVENTS.split()),
        switch(),
        text("description", help="What the webhook is for."),
        health(
            "must_deliver",
            at="delivery_method.temporarily_disabled",
            wire=(True, False),
            says=("delivery_method.temporarily_disabled",),
            call=Call(path="/enable"),
        ),
        headers(
            "custom_headers",
            at="delivery_method.custom_headers",
            reads_back=ReadsBack.MASKED,
            items=("name", "value"),
            sent=Sent.CREATE,
        ),
        secret(at="delivery_method.secret", reads_back=ReadsBack.ON_CREATE),
    ),
    base_url="https://api.pagerduty.com",
    own_hosts=("api.eu.pagerduty.com",),
    auth=Auth(variable="PAGERDUTY_TOKEN", scheme="Token token="),
    places=(
        PlaceSetting(
            setting="services",
            path="?filter_type=service&filter_id={}",
            values={"filter.type": "service_reference", "filter.id": "{}"},
            pattern=_ID,
            example="P393ZNQ",
            help="The ids of the services whose incidents the webhooks are about.",
        ),
        PlaceSetting(
            setting="teams",
            path="?filter_type=team&filter_id={}",
            values={"filter.type": "team_reference", "filter.id": "{}"},
            pattern=_ID,
            example="P4SI59S",
            help="The ids of the teams whose incidents the webhooks are about.",
        ),
        PlaceSetting(
            setting="subdomain",
            path="?filter_type=account",
            values={"filter.type": "account_reference"},
            pattern="[a-z0-9-]+",
            example="acme",
            help="The subdomain of the whole PagerDuty account, for webhooks about all of it.",
        ),
    ),
    limits=RateLimits(write=480, get=240, list=240),  # 960 in all
    delivery=Delivery(timeout=5),
    portal="PagerDuty (Integrations, Generic Webhooks)",
    verified_on="its OpenAPI description 2.0.0 of August 2026, and its developer documentation",
    notes=(
        (
            "A webhook belongs to a service, a team or the whole account. The name under `subdomain` only names the "
            "account: the token decides which one it is."
        ),
        (
            "A webhook's URL can't be changed. Another secret in it replaces the webhook: the new one is created "
            "first, and has another signing secret."
        ),
        "An account in the EU region has `base_url: https://api.eu.pagerduty.com`.",
        (
            "PagerDuty switches a webhook off for 24 hours after three deliveries in a row have failed, and drops what "
            "it would have delivered. With `must_deliver: true` that is drift, and `apply` switches it on."
        ),
        "`active` is the switch that people set. Both must be on for a webhook to deliver.",
        (
            "`custom_headers` can't be changed. Other names replace the webhook; of the values nothing can be read, so "
            "that a new one needs `--resend-secrets`, which replaces it too."
        ),
        (
            "Nothing says when a webhook was made. Where the answer to a create is lost, nobody knows whose it is: "
            "apply again with `--resend-secrets`."
        ),
        "OAuth clients aren't supported. A webhook that is replaced has none.",
    ),
    rest=Rest(
        collection="/webhook_subscriptions",
        items="webhook_subscriptions",
        one="webhook_subscription",
        wraps=True,
        kept=("delivery_method.id",),
        headers={"Accept": "application/vnd.pagerduty+json;version=2"},
        paging=Offset(query="limit=100"),
        update=Update(verb="PUT", partial=True),
        constant={"type": "webhook_subscription", "delivery_method.type": "http_delivery_method"},
    ),
)
