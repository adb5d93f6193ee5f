"""Webhooks that are, or may be, another account's too: what keeps an account from being planned."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from reconciler.model.configuration import Account, Configuration
from reconciler.model.endpoint import Endpoint
from reconciler.model.plan import Action, Change
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.url import Url
from reconciler.model.webhook import Key, Remote, Scope
from reconciler.planning.places import Wanted

_PARTS = 8


class Sightings:
    """What was seen where: a few bytes for each, as there may be thousands of accounts."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._seen, self._numbers = array("q"), array("I")  # hashes, and the numbers of the names

    def add(self, name: str, hashes: Collection[int]) -> None:
        """Take note of what was seen in an account."""
        self._seen.extend(hashes)
        self._numbers.extend([len(self._names)] * len(hashes))
        self._names.append(name)

    def twice(self) -> Mapping[int, list[str]]:
        """What was seen more than once, and in which accounts."""
        found: dict[int, list[str]] = {}
        for part in range(_PARTS):  # so that at no time all of them are in a set
            seen: set[int] = set()
            for one in self._seen:
                if one % _PARTS == part:
                    if one in seen:
                        found[one] = []
                    seen.add(one)
        for one, number in zip(self._seen, self._numbers, strict=True) if found else ():
            if one in found:
                found[one].append(self._names[number])
        return found


class Claimants:
    """Which accounts own a webhook, or name it absent."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self._claims = Sightings()

    def add(self, name: str, remotes: Iterable[Remote]) -> None:
        """Take note of what an account claims. For one thread at a time."""
        if len(self._accounts) > 1:
            self._claims.add(name, [self._claim(name, remote) for remote in remotes])

    def errors(self, kept: Mapping[str, Iterable[Remote]]) -> Mapping[str, ProviderError]:
        """The error of each account that claims a webhook together with another, by its name.

        The webhooks of those that aren't kept are not named.
        """
        twice = self._claims.twice()
        involved = {name for these in twice.values() for name in these}
        ids = {self._claim(name, one): one.id for name in involved for one in kept.get(name, ())}
        found: dict[str, ProviderError] = {}
        for claim, these in sorted(twice.items(), key=lambda one: (ids.get(one[0], ""), one[1])):
            what = f"the webhook {ids[claim]}" if claim in ids else "a webhook"
            for name in these:
                others = ", ".join(sorted({*these} - {name}))
                error = ProviderError(
                    kind=ErrorKind.INVALID,
                    message=f"{what} matches `owns` or `absent` of this account and of {others}",
                    help="Both accounts have the same webhooks: change `owns` and `absent` so that they don't overlap.",
                )
                found.setdefault(name, error)
        return found

    def _claim(self, name: str, remote: Remote) -> int:
        # One API may be reached under several names, and ids may be counted anew at each API: the same id made at
        # the same moment is the same object; without a moment, only at the same base URL.
        account = self._accounts[name]
        moment = account.base_url if remote.created is None else remote.created.isoformat()
        return hash((account.provider.name, remote.id, moment))


_Place = Endpoint | tuple[str, str] | str | None
"""An endpoint, or as much of it as is known: its origin and path, its origin, or nothing."""


class UnreadKeys:
    """The webhooks that entries of accounts name which this run doesn't read."""

    def __init__(self, configuration: Configuration, wanted: Wanted, read: Collection[str]) -> None:
        # By the provider alone: its API may be reached under several names.
        self._entries: dict[tuple[str, str | None, _Place], list[tuple[Account, Scope]]] = defaultdict(list)
        known: set[tuple[object, ...]] = set()
        for account in configuration.accounts:
            for one in () if account.name in read else wanted.of(account):
                url, key = one.fields["url"], one.key
                place = (account.provider.name, key.event, _place_of(url)) if isinstance(url, Url) else None
                # Of places that were listed one stands for all: they concern only others than these.
                same = (place, key.scope, account.group if account.listed_by else account.name)
                if place is not None and same not in known:
                    known.add(same)
                    self._entries[place].append((account, key.scope))

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
        endpoint = key.endpoint
        for place in (endpoint, (endpoint.origin, endpoint.path), endpoint.origin, None):
            for other, scope in self._entries.get((account.provider.name, key.event, place), ()):
                # A webhook of one repository is none of another one's.
                may_be_there = other.group != account.group or (other.place, other.place_name) == (
                    account.place,
                    account.place_name,
                )
                if may_be_there and (_is_kind_unknown(other) or scope == key.scope):
                    return other
        return None


def _is_kind_unknown(account: Account) -> bool:
    """Whether only its token, which isn't set, could say which kind of webhook an account's entries mean."""
    return bool(account.provider.auth.kinds) and not account.kind


def _place_of(url: Url) -> _Place:
    """Where a URL is, as far as its variables are set."""
    if url.source.is_known:
        return url.endpoint
    if url.whole_variable:
        return None
    scheme, _, authority, *_ = url.source.split("/")
    if not (scheme.is_known and next(authority.split("?")).is_known):
        return None
    origin, is_path_known = url.endpoint.origin, all(segment.is_known for segment in url.segments)
    return (origin, url.endpoint.path) if is_path_known else origin
