"""Invented providers that together use all that a declaration can say: each is as some real one is."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.provider import (
    AfterLast,
    Auth,
    Body,
    Call,
    LinkHeader,
    NextUrl,
    Offset,
    PageToken,
    PlaceSetting,
    Provider,
    ReadsBack,
    Rest,
    Sent,
    Throttled,
    TokenKind,
    Unsaid,
    Update,
    choice,
    events,
    every_event,
    flag,
    health,
    number,
    secret,
    settings,
    switch,
    text,
    texts,
    url,
)

_AUTH = Auth(variable="LOFT_TOKEN")


def _pairs(names: list[str]) -> list[Mapping[str, str]]:
    return [dict(zip(("entity", "action"), name.split("."), strict=True)) for name in names]


def _names(pairs: list[Mapping[str, str]]) -> list[str]:
    return [f"{pair['entity']}.{pair['action']}" for pair in pairs]


FORMS = Provider(
    name="forms",
    title="Forms",
    fields=(
        url(),
        events("a", "b", "c", "*", at="enabled_events"),
        switch(
            at="disabled", wire=(True, False), read_at="status", read_wire=("disabled", "enabled"), sent=Sent.UPDATE
        ),
        text("description"),
        text("api_version", sent=Sent.CREATE),
        flag("connect", sent=Sent.CREATE),
        number("rate", default=3),
    ),
    catch_all="*",
    base_url="https://api.forms.example/v1",
    auth=Auth(variable="FORMS_KEY", kinds=(TokenKind(prefix="sk_test_", name="test", scope=()),)),
    rest=Rest(
        collection="/webhook_endpoints",
        items="data",
        paging=AfterLast(query="limit=100"),
        body=Body.FORM,
        update=Update(verb="POST", partial=True),
        idempotency="Idempotency-Key",
    ),
)
FLAGS = Provider(
    name="flags",
    title="Flags",
    fields=(
        url(),
        events(flags={"push": "push_events", "issues": "issues_events", "note": "note_events"}),
        health(at="alert_status", wire=("disabled", "executable"), says=("disabled_until",)),
        secret("token"),
        flag("ssl", at="enable_ssl_verification", default=True),
        text("branch", at="push_events_branch_filter"),
    ),
    auth=Auth(variable="FLAGS_TOKEN", header="PRIVATE-TOKEN", scheme=""),
    places=(
        PlaceSetting(
            setting="projects",
            path="/projects/{}",
            is_one_segment=True,
            pattern="[a-z]+(?:/[a-z]+)+",
            example="acme/web",
        ),
    ),
    rest=Rest(collection="/hooks", created="created_at", paging=LinkHeader(), update=Update(partial=True)),
)
PAIRS = Provider(
    name="pairs",
    title="Pairs",
    fields=(
        text("name", unsaid=Unsaid.ENTRY_NAME),
        url(),
        events("model.created", "model.deleted", "alias.created", read=_names, write=_pairs),
        switch(at="status", wire=("DISABLED", "ACTIVE")),
        secret(),
    ),
    auth=Auth(variable="PAIRS_TOKEN", optional=True),
    rest=Rest(
        collection="/api/webhooks",
        items="webhooks",
        one="webhook",
        id="webhook_id",
        paging=PageToken(query="max_results=100", is_shifting=True),
        update=Update(verb="PATCH", partial=True),
    ),
)
WRAPPED = Provider(
    name="wrapped",
    title="Wrapped",
    fields=(
        url(at="delivery_method.url"),
        events("a", "b", "c"),
        health(
            at="delivery_method.temporarily_disabled", wire=(True, False), says=("reason",), call=Call(path="/enable")
        ),
        secret(at="delivery_method.secret"),
        text("description"),
    ),
    auth=Auth(variable="WRAPPED_TOKEN", scheme="Token token="),
    rest=Rest(
        collection="/webhook_subscriptions",
        items="webhook_subscriptions",
        one="webhook_subscription",
        wraps=True,
        paging=Offset(query="limit=100"),
        constant={"type": "webhook_subscription"},
        update=Update(keeps_secrets=True),
        throttled=Throttled(status=420, header="x-limited", value="yes", until="x-until"),
    ),
)
SOFT = Provider(
    name="soft",
    title="Soft",
    fields=(
        url(at="target_url"),
        events("order.placed", "order.paid", "*", at="action_types", all_at="all_events"),
        text("comment"),
        texts("limits", at="limit_events"),
    ),
    catch_all="*",
    auth=Auth(variable="SOFT_TOKEN", scheme="Token"),
    places=(PlaceSetting(setting="organizers", path="/organizers/{}", pattern="[a-z]+", example="acme"),),
    rest=Rest(
        collection="/webhooks/",
        item="{}/",
        items="results",
        paging=NextUrl(query="page_size=50", count="count"),
        update=Update(verb="PATCH", partial=True),
        gone={"enabled": False},
    ),
)
QUERIED = Provider(
    name="queried",
    title="Queried",
    fields=(
        url(),
        events("a", "b", "c", "*", at="actions", all_at="send_for_all"),
        switch(at="is_active"),
        settings("options", default={"retry": {"limit": 3}}),
    ),
    catch_all="*",
    auth=Auth(variable="QUERIED_TOKEN", scheme="Token"),
    places=(
        PlaceSetting(
            setting="projects", path="/api?project={}", values={"project": "{}"}, pattern="[0-9]+", example="7"
        ),
    ),
    rest=Rest(collection="/webhooks/", item="{}/", update=Update(verb="PATCH")),
)
EVERY = Provider(
    name="every",
    title="Every",
    fields=(
        url(),
        every_event(),
        health(at="disabled_at", wire=("2026-01-01T00:00:00Z", None), says=("disabled_at",), call=Call(verb="PATCH")),
        secret("webhook_secret"),
        choice("mode", "json", "form", default="json", missing="form"),
    ),
    catch_all="*",
    auth=Auth(variable="EVERY_KEY", scheme="Basic", is_basic=True),
    rest=Rest(collection="/v2/webhooks", items="webhooks", update=Update(verb="PUT", keeps_secrets=True)),
)
UNITS = Provider(
    name="units",
    title="Units",
    fields=(
        url(at="config.url"),
        events("a", "b", "c"),
        switch(at="disabled", wire=(True, False)),
        secret(at="config.secret", reads_back=ReadsBack.MASKED),
        text("content", at="config.content_type", default="json"),
        text("kind", at="type", sent=Sent.CREATE, default="plain"),
        text("filter", at="branch_filter", reads_back=ReadsBack.NEVER),
    ),
    auth=_AUTH,
    rest=Rest(
        collection="/hooks",
        paging=PageToken(query="limit=50", token="iterator", parameter="iterator", done="done"),
        items="data",
        update=Update(verb="PATCH", partial=True, units={"config": ""}),
    ),
)
INVENTED = (FORMS, FLAGS, PAIRS, WRAPPED, SOFT, QUERIED, EVERY, UNITS)
