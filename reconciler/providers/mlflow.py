"""MLflow's webhooks of its model registry as data. Source: MLflow 3.17.2, its code and a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.provider import (
    Auth,
    Delivery,
    PageToken,
    Provider,
    Rest,
    Unsaid,
    Update,
    events,
    secret,
    switch,
    text,
    url,
)

_EVENTS = """
    registered_model.created model_version.created model_version_tag.set model_version_tag.deleted
    model_version_alias.created model_version_alias.deleted prompt.created prompt_version.created prompt_tag.set
    prompt_tag.deleted prompt_version_tag.set prompt_version_tag.deleted prompt_alias.created prompt_alias.deleted
    budget_policy.exceeded
"""


def _read(found: Iterable[Mapping[str, str]]) -> list[str]:
    return [f"{event['entity']}.{event['action']}".lower() for event in found]


def _write(names: Iterable[str]) -> list[dict[str, str]]:
    return [dict(zip(("entity", "action"), name.upper().split(".", 1), strict=False)) for name in names]


MLFLOW = Provider(
    name="mlflow",
    title="MLflow",
    fields=(
        text("name", unsaid=Unsaid.ENTRY_NAME, help="Its name in MLflow; without it, the entry's name."),
        url(),
        events(*_EVENTS.split(), read=_read, write=_write),
        switch(at="status", wire=("DISABLED", "ACTIVE")),
        text("details", at="description", help="MLflow's description of it."),
        secret(help="The key used to sign payloads."),
    ),
    url_limit=501,
    digest_in="details",
    auth=Auth(variable="MLFLOW_TRACKING_TOKEN", optional=True),
    delivery=Delivery(timeout=30),
    portal="MLflow (Settings, Webhooks)",
    verified_on="MLflow 3.17.2, a server of its own",
    notes=(
        "A `name` has up to 63 lower-case letters, digits, `.`, `_` and `-`, and neither begins nor ends with a sign.",
        "Two webhooks may have the same name. They are told apart by their URLs, and a name can be changed.",
        "Only `https` URLs are taken, of hosts with a public address, unless the server's environment says otherwise.",
        "A server that wasn't started with `MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY` can't read secrets after a restart.",
        "Pages shift when webhooks come and go: a list of several pages is read until two lists agree.",
    ),
    rest=Rest(
        collection="/api/2.0/mlflow/webhooks",
        items="webhooks",
        one="webhook",
        id="webhook_id",
        created="creation_timestamp",
        updated="last_updated_timestamp",
        paging=PageToken(query="max_results=100", is_shifting=True),
        update=Update(verb="PATCH", partial=True),
    ),
)
