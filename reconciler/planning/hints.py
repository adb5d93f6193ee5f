"""What an unmanaged webhook probably is, judged by the entries beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.configuration import Account, NamedSet
from reconciler.model.pattern import Pattern
from reconciler.model.plan import Change, Hint
from reconciler.model.url import Endpoint
from reconciler.model.webhook import Address, Desired, Remote

_Like = tuple[object, ...]
_Hint = tuple[Hint | None, Address | Pattern | None]
_NOTHING: _Hint = (None, None)


class Hints:
    """Looks at unmanaged webhooks in the light of an account's entries.

    Args:
        account: its provider, and what it owns and names absent.
        desired: the account's entries.
        missing: those of them that the provider doesn't have.
    """

    def __init__(self, account: Account, desired: Iterable[Desired], missing: Iterable[Desired] = ()) -> None:
        self._account = account
        self._provider = account.provider
        self._absent = NamedSet(account.absent)
        self._by_path: dict[_Like, Address] = {}
        self._single: dict[_Like, Address] = {}
        self._missing: dict[_Like, Address] = {}
        # In the order of addresses, so that what is near does not hang on the order of the file.
        for wanted in _by_address(desired):
            key = wanted.key
            for event in self._provider.events_of(wanted.fields):
                self._by_path.setdefault((key.endpoint.path, event, key.scope), wanted.address)
                if event != self._provider.catch_all:
                    self._single.setdefault((key.endpoint, key.scope), wanted.address)
        for wanted in _by_address(missing):
            alike = (self._provider.events_of(wanted.fields), wanted.key.scope)
            for place in _places(wanted.key.endpoint):
                self._missing.setdefault((*alike, *place), wanted.address)

    def on(self, row: Change) -> Change:
        """The row of an unmanaged webhook, with a hint where there is one."""
        hint, near = self._hint_on(row.remote) if row.remote is not None else _NOTHING
        return row if hint is None else replace(row, hint=hint, near=near)

    def _hint_on(self, remote: Remote) -> _Hint:
        key = remote.key
        events = self._provider.events_of(remote.fields)
        double = self._single.get((key.endpoint, key.scope)) if key is not None else None
        if double is not None and self._provider.catch_all in events:
            return Hint.DOUBLE_DELIVERY, double
        retargeted = self._retargeted(remote)
        if retargeted is not None:
            return Hint.RETARGETED, retargeted
        other_kind = self._other_kind(remote)
        if other_kind is not _NOTHING:
            return other_kind
        # The bare path of a host says nothing: half of all receivers have it.
        if key is not None and key.endpoint.path != "/":
            for event in sorted(events):
                near = self._by_path.get((key.endpoint.path, event, key.scope))
                if near is not None:
                    return Hint.LEFTOVER, near
        return _NOTHING

    def _retargeted(self, remote: Remote) -> Address | None:
        """The entry whose webhook this probably was: of its events and kind, missing, at best on its path or host."""
        if remote.created is None or remote.updated is None or remote.updated <= remote.created:
            return None
        alike = (self._provider.events_of(remote.fields), self._provider.scope_of(remote.fields))
        places = _places(self._provider.endpoint_of(remote.fields))
        return next((near for place in places if (near := self._missing.get((*alike, *place))) is not None), None)

    def _other_kind(self, remote: Remote) -> _Hint:
        """Why a webhook that a pattern matches is neither owned nor absent, where that is for its kind."""
        endpoint = self._provider.endpoint_of(remote.fields)
        if endpoint is None or not self._account.scope:
            return _NOTHING
        owner = self._account.owner_of_another_kind(endpoint) if remote.key is not None else None
        if owner is not None:
            return Hint.OTHER_KIND, owner
        named = self._absent.find(endpoint, self._provider.events_of(remote.fields))
        if named is not None:
            return Hint.ABSENT_OTHER_KIND, named.pattern
        return _NOTHING


def _places(endpoint: Endpoint | None) -> tuple[_Like, ...]:
    """What may be alike of two endpoints, the best first; at the least nothing."""
    return ((),) if endpoint is None else (("path", endpoint.path), ("host", endpoint.host), ())


def _by_address(desired: Iterable[Desired]) -> list[Desired]:
    return sorted(desired, key=lambda wanted: wanted.address)
