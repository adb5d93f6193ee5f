"""An account as people click it together over the years: sixteen webhooks, oldest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reconciler.sandbox.store import Store


class Clicked(NamedTuple):
    """A webhook that somebody clicked together."""

    url: str
    event: str
    active: bool = True
    is_test: bool = False


ORDERS = "https://erp.acme.example/api/shippo/orders"
SECRETS = {
    "orders": "Tq8vNf3xKz61LmWd",
    "orders-rotated": "Zp4rGc7yHs29BvXe",
    "pass": "Jw5tQm9kRb83CnYh",
    "shop": "4711-0815-2342",
    "sig": "9f86d081884c7d659a2feaa0c55ad015",
    "apikey": "Lx2dVs6uEa74FgPj",
    "slack-team": "T024BE7LDQ",
    "slack-channel": "B07KZ4M1XQ",
    "slack": "x8Zq4Lk0vR2nW7tYbC5dEf3G",
    "zapier-account": "18273645",
    "zapier": "3kq7zv1x",
    "discord-id": "1122334455667788",
    "discord": "mN7-qRs_Tu9vWxYz1aBcDeFgHiJkLmNoPq",
    "n8n": "5d41402a-bc4b-4a76-b971-9d911017c592",
    "password": "hunter2-on-legacy",
}
MESSY = (
    Clicked(f"{ORDERS}?token={SECRETS['orders']}", "transaction_created"),
    Clicked(f"https://hooks.zapier.com/hooks/catch/{SECRETS['zapier-account']}/{SECRETS['zapier']}/", "track_updated"),
    Clicked(f"{ORDERS}?token={SECRETS['orders']}", "transaction_updated"),
    Clicked(f"{ORDERS}?token={SECRETS['orders']}", "transaction_created"),
    Clicked(f"https://acme:{SECRETS['password']}@legacy.acme.example/hook", "all"),
    Clicked("http://legacy.acme.example/tracking", "track_updated"),
    Clicked(
        f"https://hooks.slack.com/services/{SECRETS['slack-team']}/{SECRETS['slack-channel']}/{SECRETS['slack']}",
        "transaction_created",
    ),
    Clicked(f"{ORDERS}?token={SECRETS['orders-rotated']}", "transaction_updated"),
    Clicked(f"https://erp.acme.example/shippo/webhook.php?pass={SECRETS['pass']}", "batch_created"),
    Clicked(
        f"https://discord.com/api/webhooks/{SECRETS['discord-id']}/{SECRETS['discord']}",
        "batch_purchased",
        active=False,
    ),
    Clicked(f"https://n8n.acme.example/webhook/{SECRETS['n8n']}", "track_updated"),
    Clicked(f"https://staging.acme.example/api/shippo/orders?token={SECRETS['orders']}", "transaction_created"),
    Clicked(f"https://shop.acme.example/shippo?shop={SECRETS['shop']}&sig={SECRETS['sig']}", "all"),
    Clicked("https://erp.acme.example/api/shippo/returns", "transaction_updated", active=False),
    Clicked(ORDERS, "track_updated", is_test=True),
    Clicked(f"https://track.parcel-partner.example/in/shippo?apikey={SECRETS['apikey']}", "track_updated"),
)
_FIRST = datetime(2024, 3, 1, 9, tzinfo=UTC)


def click_together(store: Store, token: str) -> list[str]:
    """Make these webhooks in an account, a week apart; their ids."""
    return [
        store.create(token, **one._asdict(), created=_FIRST + timedelta(weeks=number)).object_id
        for number, one in enumerate(MESSY)
    ]
