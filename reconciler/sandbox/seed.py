"""Fills an account with webhooks as somebody would have clicked them together over the years."""

import random
from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.sandbox.api import TEST_PREFIX
from reconciler.sandbox.checks import WebhookFields
from reconciler.sandbox.store import Store

_BEGINNING: Final = datetime(2021, 3, 8, 9, 30, tzinfo=UTC)
_YEARS: Final = timedelta(days=4 * 365)
_HOSTS: Final = (*["hooks.example.com"] * 3, "shop.example.net", "staging.example.com")
_PATHS: Final = (*["orders"] * 2, *["tracking"] * 2, "labels", "batches", "returns", "v1/webhooks/shippo", "erp/shippo")
_EVENTS: Final = (
    *("transaction_created", "transaction_created", "transaction_updated", "track_updated", "track_updated"),
    *("batch_created", "batch_purchased", "all"),
)
_TRACKING_URL: Final = "https://tracking.goshippo.example/webhooks/carrier-updates"


def seed(store: Store, token: str, count: int) -> None:
    """Put webhooks into an account: several hosts and events, some twice, some switched off, some with a `?token=…`.

    The last is one that Shippo makes itself, for tracking. The same count gives the same webhooks, ids and times too.
    An account that has webhooks already is left alone, so that a kept store isn't filled again at every start.
    """
    with store.transaction():
        if not count or store.list(token):
            return
        rng = random.Random(count)  # noqa: S311 - made-up data
        is_test = token.startswith(TEST_PREFIX)
        drawn = [_draw(rng, count, is_test=is_test) for _ in range(count - 1)]
        # Every tenth is one that somebody made again, not knowing that it was there.
        for position in range(9, len(drawn), 10):
            drawn[position] = drawn[rng.randrange(position)]
        drawn.append(WebhookFields(url=_TRACKING_URL, event="track_updated", active=True, is_test=is_test))
        moment = _BEGINNING
        for fields in drawn:
            moment += _YEARS / count * rng.random()
            store.create(token, object_id=f"{rng.getrandbits(128):032x}", created=moment, **fields)


def _draw(rng: random.Random, count: int, *, is_test: bool) -> WebhookFields:
    # Accounts with many webhooks have them because they serve many shops.
    shop = f"shop-{rng.randrange(1, count + 1)}/" if rng.random() < 0.5 else ""  # noqa: PLR2004 - half of them
    url = f"https://{rng.choice(_HOSTS)}/{shop}{rng.choice(_PATHS)}"
    if rng.random() < 0.3:  # noqa: PLR2004 - about a third follows Shippo's advice
        url += f"?token={rng.getrandbits(80):020x}"
    event = rng.choice(_EVENTS)
    return WebhookFields(url=url, event=event, active=rng.random() >= 0.15, is_test=is_test)  # noqa: PLR2004
