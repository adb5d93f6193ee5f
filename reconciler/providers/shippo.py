"""Shippo as data. Source: Shippo's public API documentation, and its Python SDK 3.9.0."""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    Delivery,
    FieldType,
    Listed,
    NextUrl,
    PlaceSetting,
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
_TIME = "2026-01-05T12:00:00Z"
_TRANSIT = {
    "object_id": "70ae8117ee1749e393f249d5b77c45e0",
    "object_created": _TIME,
    "object_updated": _TIME,
    "status": "TRANSIT",
    "status_details": "Your shipment has departed from the origin.",
    "status_date": _TIME,
    "location": {"city": "San Francisco", "state": "CA", "zip": "94103", "country": "US"},
}
_TRACK = {
    # The carrier and number of Shippo's own test parcels: nobody waits for this one.
    "carrier": "shippo",
    "tracking_number": "SHIPPO_TRANSIT",
    "address_from": {"city": "San Francisco", "state": "CA", "zip": "94103", "country": "US"},
    "address_to": {"city": "Chicago", "state": "IL", "zip": "60611", "country": "US"},
    "eta": "2026-01-08T12:00:00Z",
    "servicelevel": {"token": "shippo_priority", "name": "Priority Mail"},
    "metadata": "sample",
    "messages": [],
    "tracking_status": _TRANSIT,
    "tracking_history": [_TRANSIT],
}
_TRANSACTION = {
    "object_id": "70ae8117ee1749e393f249d5b77c45e0",
    "object_state": "VALID",
    "object_created": _TIME,
    "object_updated": _TIME,
    "test": True,
    "rate": "ec9f0d3adc9441449c85d315f0997fd5",
    "tracking_number": "SHIPPO_TRANSIT",
    "tracking_status": "UNKNOWN",
    "tracking_url_provider": "https://example.com/track/SHIPPO_TRANSIT",
    "label_url": "https://example.com/label.pdf",
    "label_file_type": "PDF_4x6",
    "created_by": {"first_name": "Sample", "last_name": "Sender", "username": "sample@example.com"},
    "metadata": "sample",
    "messages": [],
}
_SAMPLES: dict[str, object] = {
    "transaction_created": {**_TRANSACTION, "status": "QUEUED"},
    "transaction_updated": {**_TRANSACTION, "status": "SUCCESS"},
    "track_updated": _TRACK,
    "batch_created": "batch 70ae8117ee1749e393f249d5b77c45e0 created",
    "batch_purchased": "batch 70ae8117ee1749e393f249d5b77c45e0 processing complete",
}
"""The `data` of each event, in the form of the SDK's `WebhookPayload` classes."""
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
    places=(
        PlaceSetting(
            setting="account_ids",
            one="account_id",
            pattern="[A-Za-z0-9_.-]+",
            example="adcfdddf8ec64b84ad22772bce3ea37a",
            listed=Listed(
                path="/shippo-accounts", name="object_id", items="results", paging=NextUrl(query="results=100")
            ),
            help="The managed accounts that the token acts for, each an account of its own: their ids, `@FILE` with "
            "one id in each line, or `all` that Shippo lists.",
        ),
    ),
    kind_limits={"live": RateLimits(write=500, get=4000, list=50), "test": RateLimits(write=50, get=400, list=10)},
    delivery=Delivery(
        timeout=3,
        samples={name: {"event": name, "test": True, "data": data} for name, data in _SAMPLES.items()},
    ),
    portal="the Shippo web app (Settings, API, Webhooks)",
    verified_on="Shippo's API documentation and its Python SDK 3.9.0",
    notes=(
        "A webhook has one event, and may be missing from the list while it is off.",
        "Nothing says whether an update resets what it doesn't send: all fields are always sent.",
        "`GET /shippo-accounts` says of each managed account its `object_id`, and how many there are nowhere.",
        "A secret of a webhook can only stand in its URL (`?token=${HOOK_TOKEN}`), which is hidden everywhere then.",
    ),
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
