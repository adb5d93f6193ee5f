"""EasyPost's webhooks as data. Source: its documentation, and what its Python SDK 10.7 recorded of its API."""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    Call,
    Provider,
    RateLimits,
    Rest,
    Sent,
    Update,
    every_event,
    headers,
    health,
    secret,
    url,
)

EASYPOST = Provider(
    name="easypost",
    title="EasyPost",
    fields=(
        url(sent=Sent.CREATE),
        every_event(),
        health(at="disabled_at", wire=("2026-01-01T00:00:00Z", None), says=("disabled_at",), call=Call(verb="PATCH")),
        secret("webhook_secret", help="The key used to sign events."),
        headers("custom_headers", items=("name", "value")),
    ),
    catch_all="*",
    base_url="https://api.easypost.com/v2",
    auth=Auth(variable="EASYPOST_API_KEY", scheme="Basic", is_basic=True),
    limits=RateLimits(list=300),
    portal="the EasyPost dashboard (Webhooks & Events)",
    verified_on="its documentation, and the recorded answers in its SDK for Python 10.7",
    notes=(
        "The API has no choice of events: write `events: ['*']`. A choice in the dashboard can't be seen, and stays.",
        "A webhook's URL can't be changed. Another secret in it replaces the webhook: the new one is created first.",
        "EasyPost switches a webhook off after many failures, and says when (`disabled_at`). An update switches it on.",
        "With `active: true`, one that is off is drift, and `apply` switches it on. There is no way to switch one off.",
        "The key decides between test and production: each sees only its own webhooks.",
        "The values of `custom_headers` can be read by everybody who has the key. Here they are secrets all the same.",
    ),
    rest=Rest(
        collection="/webhooks",
        items="webhooks",
        create_in="webhook",
        created="created_at",
        kept=("object", "mode"),
        update=Update(verb="PATCH", partial=True, keeps_secrets=True),
    ),
)
