"""Whose is a remote webhook: settled before all else, so that nothing unowned is planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.configuration import Account, NamedSet
from reconciler.model.pattern import PatternSet, parse_pattern, widened
from reconciler.model.plan import OWNED, Claim
from reconciler.model.url import Url
from reconciler.model.webhook import Desired, Key, Remote


class Claims:
    """Says of each remote webhook of an account whose it is. Its entries' keys are owned whatever their scope."""

    def __init__(self, account: Account, desired: Iterable[Desired]) -> None:
        self._account = account
        self._is_protecting = bool(account.protect)
        desired = tuple(desired)
        self._named = {wanted.key for wanted in desired}
        items = (*account.absent, *account.known)
        patterns = [pattern for pattern, _ in account.owned_patterns] + [*account.protect.patterns]
        patterns += [item.pattern for item in items if item.pattern is not None]
        self._unset_patterns = PatternSet(one.widened for one in patterns if not one.source.is_known)
        self._unset_entries = [
            (wanted.key, None if url.whole_variable else parse_pattern(widened(url.source)))
            for wanted in desired
            if isinstance(url := wanted.fields["url"], Url) and not url.is_known and url.has_unset_endpoint
        ]
        self.absent = NamedSet(account.absent)
        self._known = NamedSet(account.known)

    def of(self, remote: Remote) -> Claim:
        """The claim on one webhook. `protect` beats `known`, which beats `absent`, which beats `owns`."""
        key = remote.key
        endpoint = self._account.provider.endpoint_of(remote.fields) if key is None else key.endpoint
        if self._is_protecting and endpoint is not None and endpoint in self._account.protect:
            return Claim.PROTECTED
        # What an entry names is wanted, even where `absent` turns out to match what a variable of it holds.
        if key in self._named:
            return OWNED
        if endpoint is not None and endpoint in self._unset_patterns:
            return Claim.UNSET
        if self._is_named(self._known, remote):
            return Claim.KNOWN
        if self.is_absent(remote):
            return Claim.ABSENT
        if key is None or not self.owns(key):
            return Claim.NONE
        return Claim.UNSET if self._may_be_unset(key) else Claim.OWNED

    def on_all(self, remotes: Iterable[Remote]) -> Mapping[Claim, tuple[Remote, ...]]:
        """An account's webhooks by whose they are, each group by age."""
        found: dict[Claim, list[Remote]] = {claim: [] for claim in Claim}
        for remote in sorted(remotes, key=lambda remote: remote.age):
            found[self.of(remote)].append(remote)
        return {claim: tuple(group) for claim, group in found.items()}

    def owns(self, key: Key) -> bool:
        """Whether the configuration is responsible for webhooks of this key, protected or not."""
        return key in self._named or self._account.owns_at(key.endpoint, key.scope)

    @property
    def unset(self) -> frozenset[Key]:
        """The keys of the entries of which nobody knows where they are, since a variable is not set."""
        return frozenset(key for key, _ in self._unset_entries)

    def _may_be_unset(self, key: Key) -> bool:
        """Whether it may be the webhook of an entry whose URL holds an unset variable."""
        return any(
            (wanted.event, wanted.scope) == (key.event, key.scope)
            and (pattern is None or pattern.matches(key.endpoint))
            for wanted, pattern in self._unset_entries
        )

    def may_be_ours(self, remote: Remote) -> bool:
        """Whether a webhook that can't be read whole stands where this configuration is responsible."""
        url, account = remote.fields["url"], self._account
        if not remote.unreadable or not isinstance(url, Url) or self.of(remote) is not Claim.NONE:
            return False
        scope = account.provider.scope_of(remote.fields)
        # One whose kind can't be read may be of any.
        is_any_kind = len(scope) < len(account.scope)
        owner = account.owner_of_another_kind(url.endpoint) if is_any_kind else account.owns_at(url.endpoint, scope)
        return bool(owner) or any(key.endpoint == url.endpoint for key in self._named)

    def is_absent(self, remote: Remote) -> bool:
        """Whether `absent` names a webhook, whatever else does."""
        # An id names one webhook, of whatever kind; a pattern those of the account's kind.
        is_own_kind = self._account.is_own_kind(self._account.provider.scope_of(remote.fields))
        return remote.id in self.absent.ids or (is_own_kind and self._is_named(self.absent, remote))

    def _is_named(self, items: NamedSet, remote: Remote) -> bool:
        endpoint = self._account.provider.endpoint_of(remote.fields)
        events = self._account.provider.events_of(remote.fields)
        return remote.id in items.ids or (endpoint is not None and items.find(endpoint, events) is not None)
