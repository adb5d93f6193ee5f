"""Shippo as data. Source: Shippo's public API documentation, and its Python SDK 3.9.0."""

from __future__ import annotations

from reconciler.model.provider import Field, FieldType, Provider, RateLimits, TokenKind
from reconciler.providers.installed import Installed

SHIPPO = Provider(
    name="shippo",
    title="Shippo",
    resource_type="shippo_webhook",
    fields=(
        Field(name="url", type=FieldType.URL),
        Field(name="event", type=FieldType.CHOICE),
        Field(name="active", type=FieldType.FLAG, default=True),
        Field(name="is_test", type=FieldType.FLAG, default=False),
    ),
    scope_fields=("is_test",),
    events=(
        "transaction_created",
        "transaction_updated",
        "track_updated",
        "batch_created",
        "batch_purchased",
        "all",
    ),
    catch_all="all",
    lists_inactive=False,
    url_limit=200,
    base_url="https://api.goshippo.com",
    token_variable="SHIPPO_API_TOKEN",  # noqa: S106 - the name of a variable
    token_kinds=(
        TokenKind(
            prefix="shippo_live_",
            mode="live",
            scope=(("is_test", False),),
            limits=RateLimits(write=500, get=4000, list=50),
        ),
        TokenKind(
            prefix="shippo_test_",
            mode="test",
            scope=(("is_test", True),),
            limits=RateLimits(write=50, get=400, list=10),
        ),
    ),
    neutral_prefixes=("oauth.",),
    portal="the Shippo web app (Settings, API, Webhooks)",
)

INSTALLED = Installed(
    declaration=SHIPPO,
    reader="reconciler.providers.shippo_client:ShippoReader",
    writer="reconciler.providers.shippo_client:ShippoWriter",
)
