"""Whose is a remote webhook: settled before all else, so that nothing unowned is planned. And what is nobody's?"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.model.configuration import Account, Configuration, NamedSet
from reconciler.model.pattern import Pattern
from reconciler.model.plan import Action, Change, Claim, Hint
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.url import Endpoint, Url
from reconciler.model.webhook import Address, Desired, Fields, Key, Remote, Scope
from reconciler.planning.match import likenesses


class Claims:
    """Says of each remote webhook of an account whose it is. Its entries' keys are owned whatever their scope."""

    def __init__(self, account: Account, desired: Iterable[Desired]) -> None:
        self._account = account
        self._named = {wanted.key for wanted in desired}
        self._endpoints = {key.endpoint for key in self._named}
        self.absent = NamedSet(account.absent)
        self._known = NamedSet(account.known)

    def of(self, remote: Remote) -> Claim:
        """The claim on one webhook. `protect` beats `known`, which beats `absent`, which beats `owns`."""
        endpoint = self._account.provider.endpoint_of(remote.fields)
        if endpoint is not None and endpoint in self._account.protect:
            return Claim.PROTECTED
        # What an entry names is wanted, even where `absent` turns out to match what a variable of it holds.
        if remote.key is not None and remote.key in self._named:
            return Claim.OWNED
        if self._is_named(self._known, remote):
            return Claim.KNOWN
        if self.is_absent(remote):
            return Claim.ABSENT
        return Claim.OWNED if remote.key is not None and self.owns(remote.key) else Claim.NONE

    def on_all(self, remotes: Iterable[Remote]) -> Mapping[Claim, tuple[Remote, ...]]:
        """An account's webhooks by whose they are, each group by age."""
        found: dict[Claim, list[Remote]] = {claim: [] for claim in Claim}
        for remote in sorted(remotes, key=lambda remote: remote.age):
            found[self.of(remote)].append(remote)
        return {claim: tuple(group) for claim, group in found.items()}

    def owns(self, key: Key) -> bool:
        """Whether the configuration is responsible for webhooks of this key, protected or not."""
        return key in self._named or self._account.owns_at(key.endpoint, key.scope)

    def may_be_ours(self, remote: Remote) -> bool:
        """Whether a webhook that can't be read whole stands where this configuration is responsible."""
        url, account = remote.fields["url"], self._account
        if not remote.unreadable or not isinstance(url, Url) or self.of(remote) is not Claim.NONE:
            return False
        scope = account.provider.scope_of(remote.fields)
        own_kind = len(scope) < len(account.scope) or account.is_own_kind(scope)
        is_owned = (own_kind and url.endpoint in account.owns) or account.owns_at(url.endpoint, scope)
        return is_owned or url.endpoint in self._endpoints

    def is_absent(self, remote: Remote) -> bool:
        """Whether `absent` names a webhook, whatever else does."""
        # An id names one webhook, of whatever kind; a pattern those of the account's kind.
        is_own_kind = self._account.is_own_kind(self._account.provider.scope_of(remote.fields))
        return remote.id in self.absent.ids or (is_own_kind and self._is_named(self.absent, remote))

    def _is_named(self, items: NamedSet, remote: Remote) -> bool:
        endpoint = self._account.provider.endpoint_of(remote.fields)
        events = self._account.provider.events_of(remote.fields)
        return remote.id in items.ids or (endpoint is not None and items.find(endpoint, events) is not None)


def overlaps(claimed: Iterable[tuple[Account, Iterable[Remote]]]) -> Mapping[str, ProviderError]:
    """The error of each account that owns, or names absent, a webhook together with another, by its name."""
    claimants: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for account, remotes in claimed:
        for remote in remotes:
            # One API may be reached under several names, and ids may be counted anew at each API: the same id made at
            # the same moment is the same object; without a moment, only at the same base URL.
            moment = account.base_url if remote.created is None else remote.created.isoformat()
            claimants[account.provider.name, remote.id, moment].append(account.name)
    found: dict[str, ProviderError] = {}
    for (_, object_id, _), names in sorted(claimants.items()):
        for name in names if len(names) > 1 else ():
            others = ", ".join(sorted({*names} - {name}))
            error = ProviderError(
                kind=ErrorKind.INVALID,
                message=f"the webhook {object_id} matches `owns` or `absent` of this account and of {others}",
                help="Both accounts have the same webhooks: change `owns` and `absent` so that they don't overlap.",
            )
            found.setdefault(name, error)
    return found


_Named = tuple[str, str | None, Endpoint | None]
_Place = tuple[str, list[str]]
_END = "/"  # no segment has one


class UnreadKeys:
    """The webhooks that entries of accounts name which this run doesn't read."""

    def __init__(self, configuration: Configuration, read: Collection[str]) -> None:
        unread = {account.name: account for account in configuration.accounts if account.name not in read}
        # By the provider alone: its API may be reached under several names. Where variables that aren't set leave open
        # which URL an entry means, by no endpoint.
        self._entries: dict[_Named, list[tuple[Account, Scope, _Place | None]]] = defaultdict(list)
        for wanted in configuration.desired:
            account, url, key = unread.get(wanted.address.account), wanted.fields["url"], wanted.key
            if account is not None and isinstance(url, Url) and not url.source.is_known:
                self._entries[account.provider.name, key.event, None].append((account, key.scope, _place_of(url)))
            elif account is not None:
                self._entries[account.provider.name, key.event, key.endpoint].append((account, key.scope, None))

    def conflict(self, account: Account, changes: Iterable[Change]) -> ProviderError | None:
        """Why an account can't be planned: it would delete what may be an unread account's webhook."""
        for change in changes:
            if change.action is not Action.DELETE or change.remote is None or change.remote.key is None:
                continue
            other = self._naming(account, change.remote.key)
            if other is not None:
                pin = f", or set the `mode` of {other.name} in the file" if _is_kind_unknown(other) else ""
                return ProviderError(
                    kind=ErrorKind.INVALID,
                    message=(
                        f"deleting {change.address.text(long=False)} may delete a webhook that an entry of account "
                        f"{other.name} describes, and that account was not read"
                    ),
                    help=f"Plan both accounts together: remove `--account`, or add `--account {other.name}`{pin}.",
                )
        return None

    def _naming(self, account: Account, key: Key) -> Account | None:
        """The unread account whose entry names a key, or may name it for all that is known of it."""
        origin, path = key.endpoint.origin, [*key.endpoint.path.split("/"), _END]
        for endpoint in (key.endpoint, None):
            for other, scope, place in self._entries.get((account.provider.name, key.event, endpoint), ()):
                may_be_there = place is None or place == (origin, path[: len(place[1])])
                # A webhook of one repository is none of another one's.
                may_be_there = may_be_there and (other.group != account.group or other.place == account.place)
                if (_is_kind_unknown(other) or scope == key.scope) and may_be_there:
                    return other
        return None


def _is_kind_unknown(account: Account) -> bool:
    """Whether only its token, which isn't set, could say which kind of webhook an account's entries mean."""
    return bool(account.provider.auth.kinds) and not account.kind


def _place_of(url: Url) -> _Place | None:
    """Where a URL with unset variables is, by what is written before the first of them; None: it may be anywhere.

    That is the origin and the path's first segments, with `_END` where they are all. Of the query nothing is compared.
    """
    if url.whole_variable:
        return None
    scheme, _, authority, *_ = url.source.split("/")
    if not (scheme.is_known and next(authority.split("?")).is_known):
        return None
    path = url.endpoint.path.split("/")
    known = len(list(itertools.takewhile(lambda segment: segment.is_known, url.segments)))
    return url.endpoint.origin, [*path, _END] if known == len(url.segments) else path[: known + 1]


_Like = tuple[object, ...]


class Hints:
    """Looks at webhooks in the light of an account's entries, and of those of them that are missing there."""

    def __init__(self, account: Account, desired: Iterable[Desired], missing: Iterable[Desired] = ()) -> None:
        self._account = account
        self._provider = account.provider
        self._claims = Claims(account, ())
        self._by_path: dict[_Like, Address] = {}
        self._single: dict[_Like, Address] = {}
        self._missing: dict[_Like, Address] = {}
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
        """The row, with a hint where there is one."""
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
