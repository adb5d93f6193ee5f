"""Webhooks that are, or may be, another account's too: what keeps an account from being planned."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from reconciler.model.accounts import Accounts
from reconciler.model.configuration import Account, Configuration
from reconciler.model.diagnostic import first_names
from reconciler.model.endpoint import Endpoint
from reconciler.model.plan import Action, Change, Claim
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.url import Url
from reconciler.model.webhook import Key, Remote, Scope
from reconciler.planning.places import Wanted

Twice = Mapping[int, Sequence[tuple[str, bool]]]
"""What was seen more than once, by `claim_of`: in which accounts, in their order, and whether each claims it."""
_MOST_NAMES = 10  # of accounts, in an error
_BYTES = 8  # of a digest: what `array("q")` holds
_PARTS = 8
_CLAIMED = (Claim.OWNED, Claim.ABSENT)


class Sightings:
    """What accounts have been seen to claim, those of fleets to have: a few bytes each, as there may be thousands."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._seen, self._numbers = array("q"), array("I")  # by `claim_of`, and the numbers of the accounts
        self._claimed = bytearray()  # whether it is claimed there

    def add(self, number: int, account: Account, listed: Mapping[Claim, Sequence[Remote]]) -> None:
        """Take note of what was listed in the account of a number. For one thread at a time."""
        if len(self._accounts) == 1:
            return
        is_of_fleet = account.is_of_fleet
        for claim, remotes in listed.items():
            is_claimed = claim in _CLAIMED
            if is_claimed or is_of_fleet:
                self._seen.extend([claim_of(account, remote) for remote in remotes])
                self._numbers.extend([number] * len(remotes))
                self._claimed.extend([is_claimed] * len(remotes))

    def twice(self) -> Twice:
        """What was seen in more than one account, or more than once in one."""
        found: dict[int, list[tuple[int, bool]]] = {}
        for part in range(_PARTS):  # so that at no time all of them are in a set
            seen: set[int] = set()
            for one in self._seen:
                if one % _PARTS == part:
                    if one in seen:
                        found[one] = []
                    seen.add(one)
        sightings = zip(self._seen, self._numbers, self._claimed, strict=True) if found else ()
        for one, number, is_claimed in sightings:
            if one in found:
                found[one].append((number, bool(is_claimed)))
        names = {number: self._accounts[number].name for these in found.values() for number, _ in these}
        return {one: [(names[number], is_claimed) for number, is_claimed in sorted(found[one])] for one in found}


def several(claims: Mapping[int, Sequence[str]]) -> Mapping[int, Sequence[str]]:
    """Those of which there is more than one account: an account that lists one twice has no other."""
    return {claim: names for claim, names in claims.items() if len({*names}) > 1}


def kept_by_claim(
    accounts: Accounts, claims: Mapping[int, Iterable[str]], kept: Mapping[str, Iterable[Remote]]
) -> Mapping[int, Remote]:
    """The webhooks that are kept of the accounts of these names, by `claim_of`."""
    whose = {name: accounts.named(name) for names in claims.values() for name in names if name in kept}
    return {claim_of(account, remote): remote for name, account in whose.items() for remote in kept[name]}


def claimed_twice(
    accounts: Accounts, twice: Twice, kept: Mapping[str, Iterable[Remote]]
) -> Mapping[str, ProviderError]:
    """The error of each account that claims a webhook together with another, by its name.

    Of webhooks only those that are kept, by account, are named.
    """
    claims = several({claim: [name for name, is_claimed in these if is_claimed] for claim, these in twice.items()})
    ids = {claim: remote.id for claim, remote in kept_by_claim(accounts, claims, kept).items()}
    found: dict[str, ProviderError] = {}
    for claim, these in sorted(claims.items(), key=lambda one: (ids.get(one[0], ""), one[1])):
        what = f"the webhook {ids[claim]}" if claim in ids else "a webhook"
        names = sorted({*these})
        for name in names:
            whose = first_names((one for one in names if one != name), len(names) - 1, _MOST_NAMES)
            error = ProviderError(
                kind=ErrorKind.INVALID,
                message=f"{what} matches `owns` or `absent` of this account and of {whose}",
                help="Both accounts have the same webhooks: change `owns` and `absent` so that they don't overlap.",
            )
            found.setdefault(name, error)
    return found


def claim_of(account: Account, remote: Remote) -> int:
    """What makes a webhook that two accounts list the same one; the same number in every run.

    One API may be reached under several names, and ids may be counted anew at each API, or in each account: the same id
    made at the same moment is the same object; without a moment, only at the same base URL.
    """
    moment = account.base_url if remote.created is None else round(remote.created.timestamp() * 1e6)
    text = f"{account.provider.name}\n{moment}\n{remote.id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=_BYTES).digest(), "little", signed=True)


_Place = Endpoint | tuple[str, str] | str | None
"""An endpoint, or as much of it as is known: its origin and path, its origin, or nothing."""


class UnreadKeys:
    """The webhooks that entries of accounts name which this run doesn't read."""

    def __init__(
        self, configuration: Configuration, wanted: Wanted, unread: Iterable[Account], *, is_shard: bool = False
    ) -> None:
        self._is_shard = is_shard
        self._unread: set[tuple[str, str | None]] = set()
        self._sizes = configuration.accounts.sizes
        # By the provider alone: its API may be reached under several names.
        self._entries: dict[tuple[str, str | None, _Place], list[tuple[Account, Scope]]] = defaultdict(list)
        known: set[tuple[object, ...]] = set()
        for account in unread:
            self._unread.add((account.group, _acts_for(account)))
            for one in wanted.of(account):
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
                missing = f"--account {other.group if other.listed_by else other.name}"
                help_ = f"Plan both accounts together: remove `--account`, or add `{missing}`{pin}."
                if self._is_shard:
                    both = f"`--account {account.name} {missing}`"
                    help_ = f"Apply both accounts together, once: without `--shard`, or with {both} in its place{pin}."
                return ProviderError(
                    kind=ErrorKind.INVALID,
                    message=(
                        f"deleting {change.address.text(long=False)} may delete a webhook that an entry of account "
                        f"{other.name} describes, and that account was not read"
                    ),
                    help=help_,
                )
        return None

    def _naming(self, account: Account, key: Key) -> Account | None:
        """The unread account whose entry names a key, or may name it for all that is known of it."""
        endpoint = key.endpoint
        for place in (endpoint, (endpoint.origin, endpoint.path), endpoint.origin, None):
            for other, scope in self._entries.get((account.provider.name, key.event, place), ()):
                if self._may_be_there(account, other) and (_is_kind_unknown(other) or scope == key.scope):
                    return other
        return None

    def _may_be_there(self, account: Account, other: Account) -> bool:
        """Whether an account's webhook may be that of an unread one, or of one for which that stands."""
        # A webhook of one repository is none of another one's.
        if other.group == account.group:
            return (other.place, other.place_name) == (account.place, account.place_name)
        # The same API tells them apart by a header: before a fleet is written to, it is seen to heed it.
        is_checked = account.is_of_fleet and self._sizes[account.group] > 1
        if not is_checked or _acts_for(other) is None or other.base_url != account.base_url:
            return True
        return not self._unread.isdisjoint(((other.group, _acts_for(account)), (other.group, None)))


def _acts_for(account: Account) -> str | None:
    """The account that its calls name in a header, if they do, of all that a token may act for; case may not matter."""
    keys = {place.one for place in account.provider.places if place.one}
    named = (value.reveal() for setting, value in account.header_settings if setting.name in keys and value.is_known)
    return next((value.casefold() for value in named), None)


def _is_kind_unknown(account: Account) -> bool:
    """Whether only its token, which isn't set, could say which kind of webhook an account's entries mean."""
    return bool(account.provider.auth.kinds) and not account.kind


def _place_of(url: Url) -> _Place:
    """Where a URL is, as far as its variables are set."""
    if url.is_known:
        return url.endpoint
    if url.whole_variable:
        return None
    scheme, _, authority, *_ = url.source.split("/")
    if not (scheme.is_known and next(authority.split("?")).is_known):
        return None
    origin, is_path_known = url.endpoint.origin, all(segment.is_known for segment in url.segments)
    return (origin, url.endpoint.path) if is_path_known else origin
