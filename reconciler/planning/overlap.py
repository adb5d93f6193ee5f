"""Accounts that would get in each other's way: found before any of them is planned."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.model.configuration import Account, Configuration
from reconciler.model.plan import Action, Change
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import Origin, SecretText
from reconciler.model.url import Endpoint, Url
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
                    help="Both accounts have the same webhooks: give them `owns` and `absent` that don't overlap.",
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
    """The webhooks that entries of accounts name which this run doesn't read."""

    def __init__(self, configuration: Configuration, read: Iterable[str]) -> None:
        seen = frozenset(read)
        unread = {account.name: account for account in configuration.accounts if account.name not in seen}
        # By the provider alone: its API may be reached under several names.
        self._named: dict[tuple[str, Endpoint, str | None], list[tuple[Account, Desired]]] = defaultdict(list)
        self._vague: dict[tuple[str, str | None], list[_Vague]] = defaultdict(list)
        for wanted in configuration.desired:
            account = unread.get(wanted.address.account)
            if account is not None and _has_unset(wanted):
                self._vague[account.provider.name, wanted.key.event].append(_vague(account, wanted))
            elif account is not None:
                self._named[account.provider.name, wanted.key.endpoint, wanted.key.event].append((account, wanted))

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
        exact = self._named.get((account.provider.name, key.endpoint, key.event), ())
        path = tuple(key.endpoint.path.split("/"))
        vague = (
            (one.account, one.wanted)
            for one in self._vague.get((account.provider.name, key.event), ())
            if one.may_be(key.endpoint.origin, path)
        )
        return next(
            (other for other, wanted in (*exact, *vague) if _is_kind_unknown(other) or wanted.key.scope == key.scope),
            None,
        )


def _has_unset(wanted: Desired) -> bool:
    """Whether variables that aren't set leave open which URL an entry means."""
    url = wanted.fields["url"]
    return isinstance(url, Url) and Origin.PLACEHOLDER in url.source.origins()


def _is_kind_unknown(account: Account) -> bool:
    """Whether only its token, which isn't set, could say which kind of webhook an account's entries mean."""
    return bool(account.provider.auth.kinds) and not account.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vague:
    """An entry whose URL variables leave open that aren't set: what is written before the first of them is known.

    Attributes:
        origin: scheme, host and port; None where a variable may hold them.
        path: the segments before the first variable; of the query nothing is compared.
        length: how many segments there are in all; None where a variable may hold more.
    """

    account: Account
    wanted: Desired
    origin: str | None = None
    path: tuple[str, ...] = ()
    length: int | None = None

    def may_be(self, origin: str, path: tuple[str, ...]) -> bool:
        """Whether the URL may be at this place."""
        if self.origin is None:
            return True
        fits = self.length is None or self.length == len(path)
        return fits and self.origin == origin and self.path == path[: len(self.path)]


def _vague(account: Account, wanted: Desired) -> _Vague:
    """What is known of an entry's URL."""
    url = wanted.fields["url"]
    nothing = _Vague(account=account, wanted=wanted)
    if not isinstance(url, Url) or url.whole_variable:
        return nothing
    scheme, _, authority, *_ = url.source.split("/")
    if not (_is_known(scheme) and _is_known(next(authority.split("?")))):
        return nothing
    path = url.endpoint.path.split("/")
    known = len(list(itertools.takewhile(_is_known, url.segments)))
    return replace(
        nothing,
        origin=url.endpoint.origin,
        path=tuple(path[: known + 1]),
        length=len(path) if known == len(url.segments) else None,
    )


def _is_known(text: SecretText) -> bool:
    return Origin.PLACEHOLDER not in text.origins()
