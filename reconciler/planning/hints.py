"""What webhooks that are left as they are probably are, or why they are left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from reconciler.model.configuration import Account
from reconciler.model.pattern import Pattern
from reconciler.model.plan import Action, Change, Claim, Hint
from reconciler.model.webhook import Address, Desired, Fields, Remote
from reconciler.planning.claim import Claims
from reconciler.planning.moves import likenesses

_Like = tuple[object, ...]


class Hints:
    """Looks at webhooks in the light of an account's entries, and of those of them that are missing there."""

    def __init__(self, account: Account, desired: Iterable[Desired], missing: Iterable[Desired] = ()) -> None:
        self._account = account
        self._provider = account.provider
        self._claims = Claims(account, ())
        self._entries = (desired, missing)
        self._by_path: dict[_Like, Address] = {}
        self._single: dict[_Like, Address] = {}
        self._missing: dict[_Like, Address] = {}

    def _look_up(self) -> None:
        """Fill in what entries say, once there is a webhook that may be near one of them."""
        (desired, missing), self._entries = self._entries, ((), ())
        # In the order of addresses, so that what is near does not hang on the order of the file.
        for wanted in sorted(desired, key=lambda wanted: wanted.address):
            endpoint, scope = wanted.key.receiver
            for event in self._provider.events_of(wanted.fields):
                self._by_path.setdefault((endpoint.path, event, scope), wanted.address)
                if event != self._provider.catch_all:
                    self._single.setdefault(wanted.key.receiver, wanted.address)
        for wanted in sorted(missing, key=lambda wanted: wanted.address):
            for likeness in self._likenesses(wanted.fields):
                self._missing.setdefault(likeness, wanted.address)

    def on(self, row: Change) -> Change:
        if row.remote is None or row.action is Action.DELETE:
            return row
        if row.claim is Claim.NONE:
            hint, near = next(self._found(row.remote), (None, None))
            return replace(row, hint=hint, near=near)
        if row.claim is Claim.OWNED and row.remote.id in self._claims.absent.ids:
            return replace(row, hint=Hint.KEPT_FOR_ENTRY, near=row.address)
        is_kept = row.claim is Claim.KNOWN and self._claims.is_absent(row.remote)
        return replace(row, hint=Hint.KEPT_AS_KNOWN) if is_kept else row

    def _found(self, remote: Remote) -> Iterator[tuple[Hint, Address | Pattern]]:
        """All that it may be, the best first."""
        self._look_up()
        key, events = remote.key, self._provider.events_of(remote.fields)
        if key is not None and self._provider.catch_all in events and key.receiver in self._single:
            yield Hint.DOUBLE_DELIVERY, self._single[key.receiver]
        if remote.created is not None and remote.updated is not None and remote.updated > remote.created:
            # An entry's that is missing: of its events and kind, at best on its path or host.
            likenesses = self._likenesses(remote.fields)
            yield from ((Hint.RETARGETED, self._missing[one]) for one in likenesses if one in self._missing)
        endpoint = self._provider.endpoint_of(remote.fields)
        if endpoint is not None and self._account.scope:  # only its kind may keep a pattern from meaning it
            owner = self._account.owner_of_another_kind(endpoint) if key is not None else None
            if owner is not None:
                yield Hint.OTHER_KIND, owner
            named = self._claims.absent.find(endpoint, events)
            if named is not None and named.pattern is not None:
                yield Hint.ABSENT_OTHER_KIND, named.pattern
        # The bare path of a host says nothing: half of all receivers have it.
        if key is not None and key.endpoint.path != "/":
            places = ((key.endpoint.path, event, key.scope) for event in sorted(events))
            yield from ((Hint.LEFTOVER, self._by_path[place]) for place in places if place in self._by_path)

    def _likenesses(self, fields: Fields) -> tuple[_Like, ...]:
        alike = (self._provider.events_of(fields), self._provider.scope_of(fields))
        return (*likenesses(self._provider, fields), alike)
