"""Fills an account with webhooks as somebody would have clicked them together over the years."""

import random
from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.sandbox.api import TEST_PREFIX
from reconciler.sandbox.store import Store, Webhook

_BEGINNING: Final = datetime(2021, 3, 8, 9, 30, tzinfo=UTC)
_YEARS: Final = timedelta(days=4 * 365)
_HOSTS: Final = (
    "hooks.example.com",
    "hooks.example.com",
    "hooks.example.com",
    "shop.example.net",
    "staging.example.com",
)
_PATHS: Final = (
    "orders",
    "orders",
    "tracking",
    "tracking",
    "labels",
    "batches",
    "returns",
    "v1/webhooks/shippo",
    "erp/shippo",
)
_EVENTS: Final = (
    *("transaction_created", "transaction_created", "transaction_updated", "track_updated", "track_updated"),
    *("batch_created", "batch_purchased", "all"),
)
_TRACKING_URL: Final = "https://tracking.goshippo.example/webhooks/carrier-updates"


def seed(store: Store, token: str, count: int) -> tuple[Webhook, ...]:
    """Put webhooks into an account: several hosts and events, some twice, some switched off, some with a `?token=…`.

    The same count gives the same webhooks, ids and times included. An account that has webhooks already is left alone,
    so that a kept store isn't filled again at every start.

    Args:
        store: the store.
        token: the account's token; a test token gets webhooks for test data.
        count: how many webhooks; the last is one that Shippo makes itself, for tracking.

    Returns:
        The webhooks that were made, oldest first; none where there were some already.
    """
    with store.transaction():
        if not count or store.page(token, size=1).count:
            return ()
        rng = random.Random(count)  # noqa: S311 - made-up data
        drawn = [_draw(rng, count) for _ in range(count - 1)]
        # Every tenth is one that somebody made again, not knowing that it was there.
        for position in range(9, len(drawn), 10):
            drawn[position] = drawn[rng.randrange(position)]
        moment = _BEGINNING
        made = []
        for url, event, active in [*drawn, (_TRACKING_URL, "track_updated", True)]:
            moment += _YEARS / count * rng.random()
            made.append(
                store.create(
                    token,
                    url=url,
                    event=event,
                    active=active,
                    is_test=token.startswith(TEST_PREFIX),
                    object_id=f"{rng.getrandbits(128):032x}",
                    created=moment,
                )
            )
    return tuple(made)


def _draw(rng: random.Random, count: int) -> tuple[str, str, bool]:
    """One webhook of `count`: its URL, its event, and whether it is active."""
    # Accounts with many webhooks have them because they serve many shops.
    shop = f"shop-{rng.randrange(1, count + 1)}/" if rng.random() < 0.5 else ""  # noqa: PLR2004 - half of them
    url = f"https://{rng.choice(_HOSTS)}/{shop}{rng.choice(_PATHS)}"
    if rng.random() < 0.3:  # noqa: PLR2004 - about a third follows Shippo's advice
        url += f"?token={rng.getrandbits(80):020x}"
    return url, rng.choice(_EVENTS), rng.random() >= 0.15  # noqa: PLR2004 - the rest is switched off
