"""Whose is a remote webhook? Settled before anything is matched, so that nothing unowned can slip into a plan."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.configuration import AbsentSet, Account
from reconciler.model.plan import Claim
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Key, Remote


class Claims:
    """Says of each remote webhook of an account whose it is.

    Args:
        account: its patterns and its scope count.
        desired: the account's entries; their keys are owned whatever their scope.
    """

    def __init__(self, account: Account, desired: Iterable[Desired]) -> None:
        self._account = account
        self._named = frozenset(wanted.key for wanted in desired)
        self._absent = AbsentSet(account.absent)

    def of(self, remote: Remote) -> Claim:
        """The claim on one webhook. `protect` beats `absent`, which beats `owns`."""
        key = remote.key
        if key is None:
            return Claim.NONE
        if key.endpoint in self._account.protect:
            return Claim.PROTECTED
        # What an entry names is wanted, even where `absent` turns out to match what a variable of it holds.
        if key in self._named:
            return Claim.OWNED
        if not self._account.is_own_kind(key.scope):
            return Claim.NONE
        if self._is_absent(key, remote):
            return Claim.ABSENT
        return Claim.OWNED if self.owns(key) else Claim.NONE

    def owns(self, key: Key) -> bool:
        """Whether the configuration is responsible for webhooks of this key, protected or not."""
        return key in self._named or (self._account.is_own_kind(key.scope) and key.endpoint in self._account.owns)

    def may_be_ours(self, remote: Remote) -> bool:
        """Whether a webhook that can't be read whole stands where this configuration is responsible."""
        url = remote.fields[self._account.provider.url_field]
        if not remote.unreadable or not isinstance(url, Url):
            return False
        if any(url.endpoint == key.endpoint for key in self._named):
            return True
        scope = self._account.provider.scope_of(remote.fields)
        own_kind = len(scope) < len(self._account.scope) or self._account.is_own_kind(scope)
        return own_kind and url.endpoint in self._account.owns

    def _is_absent(self, key: Key, remote: Remote) -> bool:
        events = self._account.provider.events_of(remote.fields)
        return any(absent.events is None or events <= absent.events for absent in self._absent.find_all(key.endpoint))
