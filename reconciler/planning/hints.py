"""What an unmanaged webhook probably is, judged by the entries beside it."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.plan import Hint, Unmanaged
from reconciler.model.provider import Provider
from reconciler.model.webhook import Address, Desired, Remote


class Hints:
    """Looks at unmanaged webhooks in the light of an account's entries."""

    def __init__(self, provider: Provider, desired: Iterable[Desired]) -> None:
        self._provider = provider
        self._by_path: dict[tuple[object, ...], Address] = {}
        self._single: dict[tuple[object, ...], Address] = {}
        # In the order of addresses, so that what is near does not hang on the order of the file.
        for wanted in sorted(desired, key=lambda wanted: wanted.address):
            key = wanted.key
            for event in provider.events_of(wanted.fields):
                self._by_path.setdefault((key.endpoint.path, event, key.scope), wanted.address)
                if event != provider.catch_all:
                    self._single.setdefault((key.endpoint, key.scope), wanted.address)

    def on(self, remote: Remote) -> Unmanaged:
        """The unmanaged webhook, with a hint where there is one."""
        key = remote.key
        if key is None:
            return Unmanaged(remote=remote)
        events = self._provider.events_of(remote.fields)
        double = self._single.get((key.endpoint, key.scope))
        if double is not None and self._provider.catch_all in events:
            return Unmanaged(remote=remote, hint=Hint.DOUBLE_DELIVERY, near=double)
        # The bare path of a host says nothing: half of all receivers have it.
        if key.endpoint.path != "/":
            for event in sorted(events):
                near = self._by_path.get((key.endpoint.path, event, key.scope))
                if near is not None:
                    return Unmanaged(remote=remote, hint=Hint.LEFTOVER, near=near)
        return Unmanaged(remote=remote)
