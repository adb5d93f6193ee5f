"""Accounts that would get in each other's way: found before any of them is planned."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from reconciler.model.configuration import Account, Configuration
from reconciler.model.plan import Action, Change
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import Origin, SecretText
from reconciler.model.url import Endpoint, Url
from reconciler.model.webhook import Key, Remote, Scope


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
                message=f"the webhook {object_id} is claimed by this account and by {others}",
                help="Both accounts have the same webhooks: give them `owns` and `absent` that don't overlap.",
            )
            found.setdefault(name, error)
    return found


_Named = tuple[str, str | None, Endpoint | None]
_PlaceTest = Callable[[Endpoint], bool]


class UnreadKeys:
    """The webhooks that entries of accounts name which this run doesn't read."""

    def __init__(self, configuration: Configuration, read: Collection[str]) -> None:
        unread = {account.name: account for account in configuration.accounts if account.name not in read}
        # By the provider alone: its API may be reached under several names. Where variables that aren't set leave open
        # which URL an entry means, by no endpoint.
        self._entries: dict[_Named, list[tuple[Account, Scope, _PlaceTest]]] = defaultdict(list)
        for wanted in configuration.desired:
            account, url, key = unread.get(wanted.address.account), wanted.fields["url"], wanted.key
            if account is not None:
                is_open = isinstance(url, Url) and not _is_known(url.source)
                test = _place_test(url) if is_open and isinstance(url, Url) else _anywhere
                place = None if is_open else key.endpoint
                self._entries[account.provider.name, key.event, place].append((account, key.scope, test))

    def conflict(self, account: Account, changes: Iterable[Change]) -> ProviderError | None:
        """Why an account can't be planned: it would delete what may be an unread account's webhook."""
        for change in changes:
            if change.action is not Action.DELETE or change.remote is None or change.remote.key is None:
                continue
            other = self._naming(account, change.remote.key)
            if other is not None:
                pin = f", or pin the `mode` of {other.name} in the file" if _is_kind_unknown(other) else ""
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
        for place in (key.endpoint, None):
            for other, scope, may_be_at in self._entries.get((account.provider.name, key.event, place), ()):
                if (_is_kind_unknown(other) or scope == key.scope) and may_be_at(key.endpoint):
                    return other
        return None


def _is_kind_unknown(account: Account) -> bool:
    """Whether only its token, which isn't set, could say which kind of webhook an account's entries mean."""
    return bool(account.provider.auth.kinds) and not account.kind


def _anywhere(_endpoint: Endpoint) -> bool:
    return True


def _place_test(url: Url) -> _PlaceTest:
    """Whether an endpoint may be that of a URL with unset variables: by what is written before the first of them.

    Of the query nothing is compared.
    """
    if url.whole_variable:
        return _anywhere
    scheme, _, authority, *_ = url.source.split("/")
    if not (_is_known(scheme) and _is_known(next(authority.split("?")))):
        return _anywhere
    path, origin = url.endpoint.path.split("/"), url.endpoint.origin
    known = len(list(itertools.takewhile(_is_known, url.segments)))
    is_whole = known == len(url.segments)

    def may_be_at(endpoint: Endpoint) -> bool:
        other = endpoint.path.split("/")
        fits = other == path if is_whole else other[: known + 1] == path[: known + 1]
        return fits and endpoint.origin == origin

    return may_be_at


def _is_known(text: SecretText) -> bool:
    return Origin.PLACEHOLDER not in text.origins()
