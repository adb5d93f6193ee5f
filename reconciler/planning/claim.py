"""Whose is a remote webhook: settled before all else, so that nothing unowned is planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.configuration import Account, NamedSet
from reconciler.model.plan import Claim
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Key, Remote


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
