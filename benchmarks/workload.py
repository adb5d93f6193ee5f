"""The webhooks that are measured with: the files' entries and what the server lists are the same, by their numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import md5
from pathlib import Path

EVENTS = ("transaction_created", "transaction_updated", "track_updated", "batch_created", "batch_purchased")
PAGE = 100  # webhooks of the server; another number that is asked for is ignored, as Shippo may
SECRET = "5f2a9c81e4"  # noqa: S105 - made up, of each webhook's URL
VARIABLE = "HOOK_TOKEN"
_HEAD = """\
version: 1
accounts:
  live:
    provider: shippo
    token: ${SHIPPO_API_TOKEN}
    mode: live
    rate_limits: off
"""


def url_of(number: int, secret: str = SECRET) -> str:
    """Where the webhook of this number goes; longer numbers in a path could be a secret."""
    region, shop = divmod(number, 1000)
    return f"https://hooks.example.com/shippo/region-{region}/shop-{shop}?token={secret}"


def event_of(number: int) -> str:
    """The event of the webhook of this number."""
    return EVENTS[number % len(EVENTS)]


def id_of(owner: str, number: int) -> str:
    """An object id; no two accounts (`owner`) have the same."""
    return md5(f"{owner}-{number}".encode(), usedforsecurity=False).hexdigest()


def made_at(number: int) -> str:
    """When the webhook of this number was made, where it was there at first."""
    minute, second = divmod(number, 60)
    day = f"2025-{1 + minute // 43200 % 12:02}-{1 + minute // 1440 % 28:02}"
    return f"{day}T{minute // 60 % 24:02}:{minute % 60:02}:{second:02}.647Z"


def webhook_json(object_id: str, created: str, updated: str, url: str, event: str, **flags: bool) -> bytes:
    """A webhook as Shippo writes it."""
    return json.dumps(
        {
            "object_id": object_id,
            "object_created": created,
            "object_updated": updated,
            "object_owner": "webhooks@example.com",
            "event": event,
            "url": url,
            "active": True,
            "is_test": False,
            **flags,
        }
    ).encode()


def write_file(path: Path, webhooks: int, base_url: str | None = None, account: Iterable[str] = ()) -> None:
    """Write a file with so many entries of one event each.

    Args:
        path: where.
        webhooks: how many.
        base_url: of the account; Shippo's own where there is none, for commands that ask nobody.
        account: more lines of the account.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        more = (*account, *(() if base_url is None else (f"base_url: {base_url}",)))
        file.writelines(f"    {line}\n" for line in more)
        file.write("owns:\n  - https://hooks.example.com/shippo/*\nwebhooks:\n")
        for number in range(webhooks):
            url, event = url_of(number, f"${{{VARIABLE}}}"), event_of(number)
            file.write(f"  shop-{number}:\n    url: {url}\n    events: [{event}]\n")
