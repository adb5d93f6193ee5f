"""An account as people click one together over the years: what adopting one has to cope with."""

import random
from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.sandbox.api import TEST_PREFIX
from reconciler.sandbox.store import Store

_BEGINNING: Final = datetime(2022, 5, 16, 8, 15, tzinfo=UTC)
_BETWEEN: Final = timedelta(days=71, hours=5, minutes=37)

# What is listed of a webhook beside its event: `off`, and `other` for the kind of data that isn't the token's.
# Hosts stand apart from paths so that nobody's scanner takes these made-up secrets for real ones.
MESSY: Final = (
    ("transaction_created", "https://hooks.example.com", "/shippo/orders?token=vK2mXq8RtB5nZc", ""),
    ("track_updated", "https://hooks.example.com", "/shippo/tracking", ""),
    ("transaction_created", "https://staging.example.com", "/shippo/orders?token=Hs7wPd3LfY9gJe", ""),
    ("track_updated", "https://hooks.example.com", "/shippo/tracking", ""),  # once more
    ("batch_purchased", "https://hooks.slack.com", "/services/T02QXZP7K/B04JH8WRN/u8Gq2LrVxT5bKwZ9sMn3YdPc", ""),
    ("transaction_updated", "https://hooks.example.com", "/shippo/orders?token=vK2mXq8RtB5nZc", ""),
    ("transaction_created", "https://hooks.example.com", "/shippo/orders?token=q9TzR4xWc7LmVb", ""),  # with a new token
    ("track_updated", "https://hooks.example.com", "/shippo/tracking?debug=1", "off"),
    ("track_updated", "https://discord.com", "/api/webhooks/1043829175620948501/Xr7_kQw2ZpN-v5TgB8mLcYh3JsDf9RtKx", ""),
    ("transaction_created", "https://hooks.zapier.com", "/hooks/catch/5820317/bq7x2kd/", ""),
    ("all", "https://hooks.example.com", "/shippo/everything?key=Wn6cJt8QzX2rLp", "off"),
    ("batch_created", "https://n8n.example.net", "/webhook/7c0e5a19-3f4b-48d2-9be6-d1a8f20c6e53", ""),
    ("transaction_updated", "http://erp.example.com:8080", "/shippo?shop=1042&sig=p3VxKq9TzB7mWd", ""),
    ("transaction_created", "https://hooks.example.com", "/shippo/orders?token=vK2mXq8RtB5nZc", "other"),
    ("track_updated", "https://shop:Zr5kTq8WxN@old-erp.example.com", "/track", ""),
    ("transaction_created", "https://hooks.example.com", "/shippo/returns?token=************", ""),
)


def seed_messy(store: Store, token: str) -> None:
    """Put the webhooks of `MESSY` into an account, unless it has some; always with the same ids and times."""
    with store.transaction():
        if store.list(token):
            return
        rng = random.Random(len(MESSY))  # noqa: S311 - made-up data
        for number, (event, host, path, said) in enumerate(MESSY):
            store.create(
                token,
                url=host + path,
                event=event,
                active=said != "off",
                is_test=token.startswith(TEST_PREFIX) is (said != "other"),
                object_id=f"{rng.getrandbits(128):032x}",
                created=_BEGINNING + number * _BETWEEN,
            )
