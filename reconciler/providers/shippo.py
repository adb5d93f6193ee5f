"""Shippo as data. Source: Shippo's public API documentation, and its Python SDK 3.9.0."""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    FieldType,
    NextUrl,
    Provider,
    RateLimits,
    Rest,
    Setting,
    TokenKind,
    TokenScheme,
    event,
    flag,
    switch,
    url,
)

EVENTS = {
    "transaction_created": "A label was purchased, or its purchase was queued.",
    "transaction_updated": "A label changed: its purchase completed, or it was refunded.",
    "track_updated": "A parcel's tracking was updated.",
    "batch_created": "A batch was created and can be purchased.",
    "batch_purchased": "All labels of a batch were purchased.",
    "all": "Every event, including those added later.",
}
SHIPPO = Provider(
    name="shippo",
    title="Shippo",
    fields=(
        url(),
        event(*EVENTS, help=EVENTS),
        switch(),
        flag("is_test", scope=True, help="Whether it is for test data."),
    ),
    catch_all="all",
    lists_inactive=False,
    url_limit=200,
    base_url="https://api.goshippo.com",
    auth=Auth(
        variable="SHIPPO_API_TOKEN",
        scheme="ShippoToken",
        schemes=(TokenScheme(prefix="oauth.", scheme="Bearer"),),
        kinds=(
            TokenKind(prefix="shippo_live_", name="live", scope=(("is_test", False),)),
            TokenKind(prefix="shippo_test_", name="test", scope=(("is_test", True),)),
        ),
        kind_setting="mode",
    ),
    settings=(
        Setting(name="account_id", header="SHIPPO-ACCOUNT-ID", help="The managed account that the token acts for."),
        Setting(
            name="trust_count",
            type=FieldType.FLAG,
            default=True,
            help="Whether the list's `count` must match the number of listed webhooks.",
        ),
    ),
    kind_limits={"live": RateLimits(write=500, get=4000, list=50), "test": RateLimits(write=50, get=400, list=10)},
    portal="the Shippo web app (Settings, API, Webhooks)",
    rest=Rest(
        collection="/webhooks",
        items="results",
        id="object_id",
        created="object_created",
        updated="object_updated",
        kept=("object_owner",),
        headers={"SHIPPO-API-VERSION": "2018-02-08"},
        # A server may ignore the size: `next` says how the list goes on.
        paging=NextUrl(query="results=100", count="count", trust_setting="trust_count"),
    ),
)
