"""Several files are one configuration: what adds up, and what may stand in one of them only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce

from reconciler.config.complaints import Complaints
from reconciler.config.extract import Cursor, account_of, claims_of, entry_of, settings_of
from reconciler.config.plain import Document
from reconciler.config.schema import Shape
from reconciler.config.spot import Spot
from reconciler.config.written import (
    DEFAULT_ACCOUNT,
    NOTHING_SAID,
    Claims,
    Text,
    Texts,
    Written,
    WrittenAccount,
    WrittenEntry,
    WrittenNamed,
    WrittenOwns,
)

_IN_ONE_FILE = (
    *("accounts", "unmanaged", "known", "limits", "defaults"),
    *("secret_params", "public_params", "allow_events"),
)


def merge(checked: tuple[tuple[Document, Shape], ...], complaints: Complaints, *, complete: bool) -> Written:
    """Put all files together.

    Args:
        checked: the documents in the order of the files, each with what of it can't be used.
        complaints: gets the keys and names that stand in several files.
        complete: whether these are all the files there are.
    """
    cursors = [Cursor(document, shape, document.root) for document, shape in checked]
    for key in _IN_ONE_FILE:
        _check_once(key, cursors, complaints)
    holder = next((cursor for cursor in cursors if cursor.has("accounts")), None)
    defaults = next((found for cursor in cursors if (found := cursor.map("defaults")) is not None), None)
    return Written(
        sources=tuple(document.source for document, _ in checked),
        accounts=tuple(_accounts(holder)) if holder is not None else None,
        account_names=_account_names(holder, complete=complete),
        claims=reduce(_add, map(claims_of, cursors), Claims()),
        defaults=settings_of(defaults) if defaults is not None else NOTHING_SAID,
        secret_params=_texts("secret_params", cursors),
        public_params=_texts("public_params", cursors),
        allow_events=_texts("allow_events", cursors),
        entries=_entries(cursors, complaints),
        has_webhooks=any(cursor.has("webhooks") for cursor in cursors),
        complete=complete,
    )


def _check_once(key: str, cursors: Iterable[Cursor], complaints: Complaints) -> None:
    first: Spot | None = None
    for cursor in cursors:
        if not cursor.has(key):
            continue
        spot = cursor.key_spot(key)
        if first is None:
            first = spot
        else:
            complaints.error(
                "key-in-two-files",
                spot,
                f"`{key}` stands in two files: first at {first.place}",
                "Keep it in one of them; only `webhooks`, `owns`, `absent` and `protect` add up.",
            )


def _account_names(holder: Cursor | None, *, complete: bool) -> frozenset[str] | None:
    if holder is None:
        return frozenset({DEFAULT_ACCOUNT}) if complete else None
    accounts = holder.map("accounts")
    return frozenset(accounts.values) or None if accounts is not None else None


def _accounts(cursor: Cursor) -> Iterator[WrittenAccount]:
    accounts = cursor.map("accounts")
    if accounts is None:
        return
    for name, account in accounts.maps():
        found = account_of(name, accounts.key_spot(name), account)
        if found is not None:
            yield found


def _entries(cursors: Iterable[Cursor], complaints: Complaints) -> tuple[WrittenEntry, ...]:
    seen: dict[str, Spot] = {}
    entries: list[WrittenEntry] = []
    for cursor in cursors:
        inner = cursor.map("webhooks")
        if inner is None:
            continue
        for name, values in inner.maps():
            spot = inner.key_spot(name)
            if name in seen:
                complaints.error(
                    "entry-twice",
                    spot,
                    f"this entry's name is taken: first at {seen[name].place}",
                    "Give it another name.",
                )
                continue
            seen[name] = spot
            entry = entry_of(name, spot, values)
            if entry is not None:
                entries.append(entry)
    return tuple(entries)


def _texts(key: str, cursors: Iterable[Cursor]) -> tuple[Text, ...]:
    return tuple(text for cursor in cursors if (found := cursor.texts(key)) is not None for text in found.items)


def _add(one: Claims, other: Claims) -> Claims:
    return Claims(
        owns=_add_owns(one.owns, other.owns),
        absent=_add_absent(one.absent, other.absent),
        protect=_add_texts(one.protect, other.protect),
        known=one.known if one.known is not None else other.known,
        unmanaged=one.unmanaged if one.unmanaged is not None else other.unmanaged,
        max_losses=one.max_losses if one.max_losses is not None else other.max_losses,
    )


def _add_owns(one: WrittenOwns | None, other: WrittenOwns | None) -> WrittenOwns | None:
    if one is None or other is None:
        return one or other
    return WrittenOwns(one.items + other.items, one.spot, complete=one.complete and other.complete)


def _add_texts(one: Texts | None, other: Texts | None) -> Texts | None:
    if one is None or other is None:
        return one or other
    return Texts(one.items + other.items, one.spot, complete=one.complete and other.complete)


def _add_absent(
    one: tuple[WrittenNamed, ...] | None, other: tuple[WrittenNamed, ...] | None
) -> tuple[WrittenNamed, ...] | None:
    return other if one is None else one + (other or ())
