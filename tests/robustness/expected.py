"""A small model of what the contract's sections 3 and 6 ask for, written from their words and from nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from msgspec import Struct

from reconciler.sandbox.store import Webhook
from tests.robustness.case import Absent, Account, Case, Entry, real

ALL = "all"
Key = tuple[str, str, bool]
"""Endpoint, event, `is_test`."""
Place = tuple[str, bool]
"""Endpoint and `is_test`: where events arrive."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be there for a key: `object_id` is empty for a new webhook; `url` and `active` as they are to be."""

    object_id: str
    url: str
    active: bool


class Expected(Struct, frozen=True, kw_only=True):
    """What an apply must make of one account.

    Attributes:
        untouched: ids that nobody may touch.
        wanted: for each key of the file what is to be there.
        gone: ids that are to be deleted.
        left: those of them that are owned and of no key of the file.
        updated: ids that are to be changed.
        twins: those of them that a key of the file has beside the one that stays.
        moved: those of them whose new place is to be made, with its key.
        losses: owned endpoints that lose an event.
        protected: protected endpoints that receive something and would be owned.
        receiving: owned endpoints that receive something, with what.
        is_refused: whether a guard refuses it unless losses are allowed.
    """

    untouched: frozenset[str]
    wanted: Mapping[Key, Wanted]
    gone: frozenset[str]
    left: frozenset[str]
    updated: frozenset[str]
    twins: frozenset[str]
    moved: Mapping[str, Key]
    losses: frozenset[Place]
    protected: frozenset[Place]
    receiving: Mapping[Place, frozenset[str]]
    is_refused: bool

    @property
    def creates(self) -> int:
        return sum(not wanted.object_id for wanted in self.wanted.values())


def key_of(webhook: Webhook) -> Key | None:
    """A webhook's key; None where no file can mean it."""
    if "@" in webhook.url:
        return None
    return endpoint_of(webhook.url), webhook.event, webhook.is_test


def endpoint_of(url: str) -> str:
    """A URL without its secret parameters; the drawn ones are in normal form."""
    place, _, query = url.partition("?")
    kept = "&".join(pair for pair in query.split("&") if pair and not pair.startswith("token="))
    return f"{place}?{kept}" if kept else place


def _is_reached(account: Account, webhook: Webhook) -> bool:
    """Whether `absent` reaches a webhook that no key means, for the user info in its URL."""
    scheme, _, rest = webhook.url.partition("://")
    key = endpoint_of(f"{scheme}://{rest.partition('@')[2]}"), webhook.event, webhook.is_test
    spared = is_protected(account, key) or is_named(account.known, key)
    return key[2] is account.is_test and is_named_absent(account, key) and not spared


def is_protected(account: Account, key: Key) -> bool:
    """Whether a key stands under `protect`."""
    return matches(account.protect, key[0])


def expected_of(case: Case, account: Account, there: Mapping[str, Webhook]) -> Expected:
    """What an apply must make of an account that has these webhooks."""
    entries = _entries_by_key(case, account)
    owned: dict[Key, list[Webhook]] = {}
    protected: dict[Key, list[Webhook]] = {}
    absent: set[str] = set()
    untouched: set[str] = set()
    for webhook in sorted(there.values(), key=lambda each: (each.object_created, each.object_id)):
        key = key_of(webhook)
        if case.hides and not webhook.active:
            untouched.add(webhook.object_id)
        elif key is None:
            (absent if _is_reached(account, webhook) else untouched).add(webhook.object_id)
        elif matches(account.protect, key[0]):
            protected.setdefault(key, []).append(webhook)
            untouched.add(webhook.object_id)
        elif key in entries:
            owned.setdefault(key, []).append(webhook)
        elif is_named(account.known, key) or key[2] != account.is_test:
            untouched.add(webhook.object_id)
        elif is_named_absent(account, key):
            absent.add(webhook.object_id)
        elif matches(account.owns, key[0]):
            owned.setdefault(key, []).append(webhook)
        else:
            untouched.add(webhook.object_id)
    wanted = {
        key: settled
        for key, entry in entries.items()
        if (settled := _settled(entry, owned.get(key, []), protected.get(key, []))) is not None
    }
    kept = {one.object_id for one in wanted.values()}
    gone = absent | {one.object_id for group in owned.values() for one in group if one.object_id not in kept}
    updated = {
        one.object_id
        for one in wanted.values()
        if one.object_id and (there[one.object_id].url, there[one.object_id].active) != (one.url, one.active)
    }
    before = [(key, one.active) for key, group in owned.items() for one in group]
    after = [(key, one.active) for key, one in wanted.items() if key not in protected]
    left = [one for key, group in owned.items() if key not in entries for one in group]
    moved = _moved([key for key, one in wanted.items() if not one.object_id], left)
    gone_on = [(key_of(one), one.active) for one in left if one.object_id in moved]
    losses = _losses(before, [*after, *((key, active) for key, active in gone_on if key is not None)])
    receiving = _receives(before)
    most = max(1, min(3, len(receiving) // 3)) if account.max_losses is None else account.max_losses
    kept_places = {
        (key[0], key[2])
        for key, group in protected.items()
        for one in group
        if one.active and (key in entries or (key[2] == account.is_test and matches(account.owns, key[0])))
    }
    stays = any(active for _, active in after) or bool(kept_places)
    return Expected(
        untouched=frozenset(untouched),
        wanted=wanted,
        gone=frozenset(gone),
        left=frozenset(one.object_id for one in left),
        twins=frozenset(
            one.object_id
            for key, group in owned.items()
            for one in group
            if key in entries and one.object_id not in kept
        ),
        moved=moved,
        updated=frozenset(updated),
        losses=losses,
        protected=frozenset(kept_places),
        receiving={place: frozenset(events) for place, events in receiving.items()},
        is_refused=len(losses) > most or (bool(losses) and not stays),
    )


def _entries_by_key(case: Case, account: Account) -> dict[Key, Entry]:
    return {
        (endpoint_of(real(entry.url)), event, account.is_test if entry.is_test is None else entry.is_test): entry
        for entry in case.entries
        if entry.account == account.name
        for event in entry.events
    }


def _settled(entry: Entry, owned: list[Webhook], protected: list[Webhook]) -> Wanted | None:
    """What is to be there for an entry's key; None: nothing needs to be."""
    found = protected or owned
    if not found:
        # Off and absent deliver the same, and Shippo may hide what is off.
        return Wanted(object_id="", url=real(entry.url), active=True) if entry.active else None
    survivor = found[0]  # the oldest, then the lowest id
    if "active" in entry.ignore:
        survivor = next((one for one in found if one.active), survivor)
    if protected:
        return Wanted(object_id=survivor.object_id, url=survivor.url, active=survivor.active)
    return Wanted(
        object_id=survivor.object_id,
        url=survivor.url if "url" in entry.ignore else real(entry.url),
        active=survivor.active if "active" in entry.ignore else entry.active,
    )


def _moved(creates: list[Key], left: list[Webhook]) -> dict[str, Key]:
    """What moves where: each the only one that is like the other."""
    found: dict[str, Key] = {}
    for one in left:
        places = [key for key in creates if _is_alike(key, one)]
        if len(places) == 1 and sum(_is_alike(places[0], other) for other in left) == 1:
            found[one.object_id] = places[0]
    return found


def _is_alike(key: Key, webhook: Webhook) -> bool:
    """Whether a key may be the new place of a webhook: its event and kind, at its path or its host."""
    new, old = urlsplit(key[0]), urlsplit(webhook.url)
    return key[1:] == (webhook.event, webhook.is_test) and (new.path == old.path or new.hostname == old.hostname)


def _losses(before: list[tuple[Key, bool]], after: list[tuple[Key, bool]]) -> frozenset[Place]:
    now, then = _receives(before), _receives(after)
    return frozenset(
        place for place, events in now.items() if ALL not in then.get(place, set()) and events - then.get(place, set())
    )


def _receives(webhooks: list[tuple[Key, bool]]) -> dict[Place, set[str]]:
    found: dict[Place, set[str]] = {}
    for (endpoint, event, is_test), active in webhooks:
        if active:
            found.setdefault((endpoint, is_test), set()).add(event)
    return found


def is_named_absent(account: Account, key: Key) -> bool:
    """Whether `absent` names a key."""
    return is_named(account.absent, key)


def is_named(items: tuple[Absent, ...], key: Key) -> bool:
    """Whether one of the items names a key."""
    return any(matches((item.url,), key[0]) and (not item.events or key[1] in item.events) for item in items)


def matches(patterns: tuple[str, ...], endpoint: str) -> bool:
    """Whether one of the patterns matches an endpoint, its query aside."""
    return any(fnmatchcase(endpoint.partition("?")[0], pattern) for pattern in patterns)
