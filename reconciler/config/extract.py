"""Checked documents to what the files write: typed, all files together, what is unusable left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.config.plain import Document, Map, Sequence
from reconciler.config.schema import Shape
from reconciler.config.spot import Spot
from reconciler.config.written import (
    NOTHING_SAID,
    Claims,
    Flag,
    Settings,
    Text,
    Texts,
    WrittenAccount,
    WrittenEntry,
    WrittenNamed,
    WrittenOwned,
    WrittenOwns,
)

_OBJECT_ID = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A mapping of a document, read key by key. What has the wrong shape reads as if it weren't there."""

    document: Document
    shape: Shape
    values: Map

    def spot(self, key: str) -> Spot:
        """Where a key's value stands."""
        _, _, start, end = self.values.spans[key]
        return Spot(self.document.source, start, end)

    def key_spot(self, key: str) -> Spot:
        """Where a key stands."""
        start, end, _, _ = self.values.spans[key]
        return Spot(self.document.source, start, end)

    def has(self, key: str) -> bool:
        """Whether there is such a key, with any value."""
        return key in self.values

    def is_bad(self, key: str) -> bool:
        """Whether a key's value, or an item of it, has the wrong shape."""
        if not self.shape.bad or key not in self.values:
            return False
        value = self.values[key]
        starts = [self.values.spans[key][2]]
        if isinstance(value, Sequence):
            starts += [start for start, _ in value.spans]
        return not self.shape.bad.isdisjoint(starts)

    def text(self, key: str) -> Text | None:
        """A string."""
        value = self.values.get(key)
        if not isinstance(value, str) or (self.shape.bad and self.is_bad(key)):
            return None
        return Text(value, self.spot(key))

    def flag(self, key: str) -> Flag | None:
        """A boolean, or text that stands for one."""
        value = self.values.get(key)
        return value if isinstance(value, bool) else self.text(key)

    def number(self, key: str) -> int | float | None:
        """A number."""
        value = self.values.get(key)
        return (
            value if isinstance(value, int | float) and not isinstance(value, bool) and not self.is_bad(key) else None
        )

    def texts(self, key: str) -> Texts | None:
        """A list of strings, those of its items that are; None where there is no such key."""
        value = self.values.get(key)
        if not isinstance(value, Sequence):
            return Texts((), self.spot(key), complete=False) if key in self.values else None
        items: list[Text] = []
        for item, (start, end) in zip(value, value.spans, strict=True):
            if isinstance(item, str) and start not in self.shape.bad:
                items.append(Text(item, Spot(self.document.source, start, end)))
        return Texts(tuple(items), self.spot(key), complete=len(items) == len(value))

    def map(self, key: str) -> Cursor | None:
        """A mapping inside."""
        value = self.values.get(key)
        return Cursor(self.document, self.shape, value) if isinstance(value, Map) else None

    def maps(self) -> list[tuple[str, Cursor]]:
        """The mappings among its values, by name."""
        return [
            (name, Cursor(self.document, self.shape, value))
            for name, value in self.values.items()
            if isinstance(value, Map)
        ]


def claims_of(cursor: Cursor) -> Claims:
    """What is said of webhooks that no entry names, where it stands."""
    limits = cursor.map("limits")
    losses = limits.number("max_losses") if limits is not None else None
    return Claims(
        owns=_owns(cursor),
        absent=_named(cursor, "absent"),
        protect=cursor.texts("protect"),
        known=_named(cursor, "known"),
        unmanaged=unmanaged.raw if (unmanaged := cursor.text("unmanaged")) is not None else None,
        max_losses=int(losses) if losses is not None else None,
    )


def _items(cursor: Cursor, value: Sequence) -> Iterator[Text | Cursor]:
    """A list's items that are text, or a mapping, and have the right shape."""
    for item, (start, end) in zip(value, value.spans, strict=True):
        if start in cursor.shape.bad:
            continue
        if isinstance(item, str):
            yield Text(item, Spot(cursor.document.source, start, end))
        elif isinstance(item, Map):
            yield Cursor(cursor.document, cursor.shape, item)


def _owns(cursor: Cursor) -> WrittenOwns | None:
    value = cursor.values.get("owns")
    if not isinstance(value, Sequence):
        return WrittenOwns((), cursor.spot("owns"), complete=False) if cursor.has("owns") else None
    found: list[WrittenOwned] = []
    for item in _items(cursor, value):
        if isinstance(item, Text):
            found.append(WrittenOwned(url=item))
            continue
        url = item.text("url")
        # Without its kind it would own another one.
        if url is not None and not item.is_bad("is_test"):
            spot = item.spot("is_test") if item.has("is_test") else None
            found.append(WrittenOwned(url=url, is_test=item.flag("is_test"), is_test_spot=spot))
    return WrittenOwns(tuple(found), cursor.spot("owns"), complete=len(found) == len(value))


def _named(cursor: Cursor, key: str) -> tuple[WrittenNamed, ...] | None:
    value = cursor.values.get(key)
    if not isinstance(value, Sequence):
        return None
    found: list[WrittenNamed] = []
    for item in _items(cursor, value):
        if isinstance(item, Text):
            # Under `known` an id may stand by itself. Under `absent` it may not: what is deleted is spelled out.
            is_id = key == "known" and _OBJECT_ID.fullmatch(item.raw)
            found.append(WrittenNamed(object_id=item) if is_id else WrittenNamed(url=item))
            continue
        url, object_id, events = item.text("url"), item.text("id"), item.texts("events")
        # Without its events it would name more than was meant.
        if (url is None) != (object_id is None) and not item.is_bad("events"):
            found.append(
                WrittenNamed(url=url, object_id=object_id, events=events.items if events is not None else None)
            )
    return tuple(found)


def account_of(name: str, spot: Spot, cursor: Cursor) -> WrittenAccount | None:
    """An account; None where it doesn't name its provider."""
    provider = cursor.text("provider")
    if provider is None:
        return None
    return WrittenAccount(
        name=name,
        spot=spot,
        provider=provider,
        token=cursor.text("token"),
        doubtful_token=cursor.is_bad("token"),
        mode=cursor.text("mode"),
        base_url=cursor.text("base_url"),
        account_id=cursor.text("account_id"),
        timeout=cursor.number("timeout"),
        trust_count=cursor.flag("trust_count"),
        claims=claims_of(cursor),
    )


def settings_of(cursor: Cursor) -> Settings:
    """What an entry, or `defaults`, says beside URL and events."""
    account, accounts = cursor.text("account"), cursor.texts("accounts")
    ignore = cursor.texts("ignore_changes")
    return Settings(
        accounts=accounts.items if accounts is not None else (account,) if account is not None else None,
        doubtful_accounts=cursor.is_bad("account")
        or cursor.is_bad("accounts")
        or (cursor.has("account") and cursor.has("accounts")),
        active=cursor.flag("active"),
        active_spot=cursor.spot("active") if cursor.has("active") else None,
        is_test=cursor.flag("is_test"),
        is_test_spot=cursor.spot("is_test") if cursor.has("is_test") else None,
        ignore_changes=frozenset(text.raw for text in ignore.items) if ignore is not None else None,
    )


def entry_of(name: str, spot: Spot, cursor: Cursor) -> WrittenEntry | None:
    """An entry; None where it has no URL or no event that can be read."""
    url, events = cursor.text("url"), cursor.texts("events")
    if url is None or events is None or not events.items:
        return None
    return WrittenEntry(
        name=name,
        spot=spot,
        url=url,
        events=events.items,
        settings=settings_of(cursor) if len(cursor.values) > len(("url", "events")) else NOTHING_SAID,
        description=cursor.text("description"),
    )
