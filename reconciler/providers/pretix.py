"""pretix's webhooks of organizers as data. Source: pretix 2026.8.0, its code and a server."""

from __future__ import annotations

from reconciler.provider import (
    Auth,
    Delivery,
    NextUrl,
    PlaceSetting,
    Provider,
    Rest,
    Update,
    events,
    flag,
    text,
    texts,
    url,
)

_EVENTS = """
    pretix.event.order.placed pretix.event.order.placed.require_approval pretix.event.order.paid
    pretix.event.order.canceled pretix.event.order.reactivated pretix.event.order.expired
    pretix.event.order.expirychanged pretix.event.order.modified pretix.event.order.contact.changed
    pretix.event.order.changed.* pretix.event.order.refund.created pretix.event.order.refund.created.externally
    pretix.event.order.refund.requested pretix.event.order.refund.done pretix.event.order.refund.canceled
    pretix.event.order.refund.failed pretix.event.order.payment.confirmed pretix.event.order.approved
    pretix.event.order.denied pretix.event.order.deleted pretix.event.checkin pretix.event.checkin.reverted
    pretix.event.added pretix.event.changed pretix.event.deleted pretix.subevent.added pretix.subevent.changed
    pretix.subevent.deleted pretix.event.item.* pretix.event.quota.* pretix.event.live.activated
    pretix.event.live.deactivated pretix.event.testmode.activated pretix.event.testmode.deactivated
    pretix.event.orders.waitinglist.added pretix.event.orders.waitinglist.changed
    pretix.event.orders.waitinglist.deleted pretix.event.orders.waitinglist.voucher_assigned pretix.voucher.added
    pretix.voucher.changed pretix.voucher.deleted pretix.customer.created pretix.customer.changed
    pretix.customer.anonymized pretix.giftcards.created pretix.giftcards.modified pretix.giftcards.transaction.*
"""

PRETIX = Provider(
    name="pretix",
    title="pretix",
    fields=(
        url(at="target_url"),
        events(*_EVENTS.split(), at="action_types"),
        flag("all_events", default=True, help="Whether it is for all of the organizer's events, such as concerts."),
        texts("limit_events", help="The organizer's events that it is for, by their short names; `all_events` is off."),
        text("comment", help="A note for people."),
    ),
    url_limit=1025,
    base_url="https://pretix.eu",
    auth=Auth(variable="PRETIX_API_TOKEN", scheme="Token"),
    places=(
        PlaceSetting(
            setting="organizers",
            path="/api/v1/organizers/{}",
            is_caseless=True,
            pattern="[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]",
            example="acme",
            help="The organizers that have the webhooks, by their short names.",
        ),
    ),
    delivery=Delivery(timeout=30),
    portal="pretix (the organizer's Settings, Webhooks)",
    verified_on="pretix 2026.8.0, a server of its own",
    notes=(
        "pretix keeps a deleted webhook, switched off. One that is off counts as deleted: there is no `active`.",
        "One that is off by hand, or since its receiver answered with 410, is made again by the next apply.",
        "`events` are pretix's action types. Its own events, such as concerts, stand in `limit_events`.",
        "A token is a team's, and a team one organizer's: another organizer needs another account.",
        "The `base_url` of a server of your own has no `/api/v1`.",
    ),
    rest=Rest(
        collection="/webhooks/",
        item="{}/",
        items="results",
        paging=NextUrl(query="", count="count"),
        update=Update(verb="PATCH", partial=True),
        gone={"enabled": False},
    ),
)
