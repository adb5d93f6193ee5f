"""Webhooks that are, or may be, another account's too: what keeps an account from being planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from reconciler.model.configuration import Account, Configuration
from reconciler.model.plan import Action, Change
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.url import Endpoint, Url
from reconciler.model.webhook import Key, Remote, Scope


def overlaps(claimed: Iterable[tuple[Account, Iterable[Remote]]]) -> Mapping[str, ProviderError]:
    """The error of each account that owns, or names absent, a webhook together with another, by its name."""
    several = [*claimed]
    if len(several) < 2:  # noqa: PLR2004 - no id is twice in an account
        return {}
    claimants: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for account, remotes in several:
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


_Place = Endpoint | tuple[str, str] | str | None
"""An endpoint, or as much of it as is known: its origin and path, its origin, or nothing."""


class UnreadKeys:
    """The webhooks that entries of accounts name which this run doesn't read."""

    def __init__(self, configuration: Configuration, read: Collection[str]) -> None:
        unread = {account.name: account for account in configuration.accounts if account.name not in read}
        # By the provider alone: its API may be reached under several names.
        self._entries: dict[tuple[str, str | None, _Place], list[tuple[Account, Scope]]] = defaultdict(list)
        for wanted in configuration.desired:
            account, url, key = unread.get(wanted.address.account), wanted.fields["url"], wanted.key
            if account is not None and isinstance(url, Url):
                self._entries[account.provider.name, key.event, _place_of(url)].append((account, key.scope))

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
                may_be_there = other.group != account.group or other.place == account.place
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
