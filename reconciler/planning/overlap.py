"""Accounts that would get in each other's way: found before any of them is planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from reconciler.model.configuration import Account, Configuration
from reconciler.model.plan import Action, Change
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import Origin
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Key, Remote


def overlaps(claimed: Iterable[tuple[Account, Iterable[Remote]]]) -> Mapping[str, ProviderError]:
    """Accounts that claim one webhook together.

    Args:
        claimed: each account that was read, and the webhooks that it owns or names absent.
    Returns:
        The error of each account that is stopped, by its name.
    """
    claimants: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for account, remotes in claimed:
        for remote in remotes:
            claimants[_identity(account, remote)].append(account.name)
    found: dict[str, ProviderError] = {}
    for identity, names in sorted(claimants.items()):
        for name in names if len(names) > 1 else ():
            others = ", ".join(sorted({*names} - {name}))
            found.setdefault(
                name,
                ProviderError(
                    kind=ErrorKind.INVALID,
                    message=f"the webhook {identity[1]} is claimed by this account and by {others}",
                    help="Both accounts see the same webhooks: give each `owns` and `absent` that don't overlap.",
                ),
            )
    return found


def _identity(account: Account, remote: Remote) -> tuple[str, ...]:
    """What makes two webhooks of different accounts the same object.

    One API may be reached under several names, and ids may be counted anew at each API: the same id made at the same
    moment is the same object; without a moment, only at the same base URL.
    """
    moment = account.base_url if remote.created is None else remote.created.isoformat()
    return (account.provider.name, remote.id, moment)


class UnreadKeys:
    """The keys that entries of accounts name which this run doesn't read."""

    def __init__(self, configuration: Configuration, read: Iterable[str]) -> None:
        seen = frozenset(read)
        unread = {account.name: account for account in configuration.accounts if account.name not in seen}
        # By the provider alone: its API may be reached under several names.
        self._named: dict[tuple[str, Key], str] = {}
        self._vague: list[tuple[Account, Desired]] = []
        for wanted in configuration.desired:
            account = unread.get(wanted.address.account)
            if account is not None and _is_vague(account, wanted):
                self._vague.append((account, wanted))
            elif account is not None:
                self._named[account.provider.name, wanted.key] = account.name

    def conflict(self, account: Account, changes: Iterable[Change]) -> ProviderError | None:
        """Why an account can't be planned: it would delete what may be an unread account's webhook."""
        for change in changes:
            if change.action is not Action.DELETE or change.remote is None or change.remote.key is None:
                continue
            key = change.remote.key
            other = self._named.get((account.provider.name, key)) or self._vaguely(account, key)
            if other is not None:
                return ProviderError(
                    kind=ErrorKind.INVALID,
                    message=f"deleting {change.address.text(long=False)} may delete a webhook of account {other}, "
                    "whose entry names it, or may name it, and which was not read",
                    help=f"Plan both accounts together: leave out `--account`, or add `--account {other}`.",
                )
        return None

    def _vaguely(self, account: Account, key: Key) -> str | None:
        """The unread account whose entry may name a key, for all that is known of its variables."""
        for other, wanted in self._vague:
            url = wanted.fields[other.provider.url_field]
            same_host = isinstance(url, Url) and (url.whole_variable or url.endpoint.origin == key.endpoint.origin)
            if other.provider.name == account.provider.name and wanted.key.event == key.event and same_host:
                return other.name
        return None


def _is_vague(account: Account, wanted: Desired) -> bool:
    """Whether variables that aren't set leave open which webhook an entry means: its URL, or its kind."""
    url = wanted.fields[account.provider.url_field]
    unset = isinstance(url, Url) and Origin.PLACEHOLDER in url.source.origins()
    return unset or (bool(account.provider.token_kinds) and not account.mode)
