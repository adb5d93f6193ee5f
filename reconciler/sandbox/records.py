"""What the sandbox keeps: webhooks, and a log of every request with what became of it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

OBJECT_OWNER: Final = "shop-owner@sandbox.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook of an account, as the store keeps it.

    `object_created` and `object_updated` are aware, in UTC, cut to milliseconds. `url` may hold a secret: the sandbox
    is the provider, and has to give back what it was given.
    """

    object_id: str
    object_created: datetime
    object_updated: datetime
    object_owner: str
    url: str
    event: str
    active: bool
    is_test: bool

    def document(self) -> dict[str, str | bool]:
        """The webhook as the API shows it, ready for JSON."""
        return {
            "object_id": self.object_id,
            "object_created": timestamp(self.object_created),
            "object_updated": timestamp(self.object_updated),
            "object_owner": self.object_owner,
            "event": self.event,
            "url": self.url,
            "active": self.active,
            "is_test": self.is_test,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One request that reached the sandbox, and what became of it.

    Attributes:
        sequence: rises by one or more from entry to entry, in the order in which the effects happened.
        time: seconds since the epoch, by the store's clock.
        account: `account_key` of the request's token and account id; empty where the token was refused.
        path: without the query.
        query: `page` and `results` as they were sent; nothing else of the query is kept.
        took_effect: whether the request created, updated or deleted a webhook (a PUT that changes nothing counts).
        object_id: the webhook the request was about, where it was about one.
        webhook: that webhook after the request; None where there is none of that id (any more).
    """

    sequence: int
    time: float
    account: str
    method: str
    path: str
    query: str
    status: int
    took_effect: bool
    object_id: str | None
    webhook: Webhook | None


def account_key(token: str, account_id: str | None = None) -> str:
    """What stands for an account in the store: a hash, so that no token is kept.

    Args:
        token: the API token; any token is an account of its own.
        account_id: the `SHIPPO-ACCOUNT-ID` sent with it: another account of the same token.

    Returns:
        64 lower hexadecimal digits.
    """
    # A header's value can't hold a NUL, so no two pairs look alike.
    return hashlib.sha256(f"{token}\0{account_id or ''}".encode("utf-8", "surrogateescape")).hexdigest()


def timestamp(moment: datetime) -> str:
    """Write a time as the API does.

    Args:
        moment: an aware time.

    Returns:
        UTC with milliseconds, such as `2021-06-28T15:44:11.647Z`.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
