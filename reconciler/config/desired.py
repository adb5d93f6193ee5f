"""What an entry wants of one account: one webhook for each event, or one with all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.config.spot import Spot
from reconciler.config.written import WrittenEntry
from reconciler.model.configuration import Account
from reconciler.model.provider import Provider
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Desired, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an entry and the defaults say together; None where they say nothing.

    Attributes:
        active: whether it delivers.
        is_test: the kind of webhook.
        ignored: what is left as the provider has it.
    """

    active: bool | None = None
    is_test: bool | None = None
    ignored: frozenset[str] = frozenset()


def desired_of(
    written: WrittenEntry, url: Url, account: Account, events: list[tuple[str, Spot]], said: Said
) -> Iterator[tuple[Desired, Spot]]:
    """What an entry wants of one account.

    Args:
        written: the entry.
        url: its URL.
        account: the account.
        events: its events, and where each stands.
        said: its settings.
    Returns:
        Each webhook, and where its event stands (its first, where one webhook has them all).
    """
    provider = account.provider
    common: dict[str, Value] = {"url": url, **_scope(account, said)}
    if provider.has_switch and said.active is not None:
        common["active"] = said.active
    place = written.url.spot.place
    ignored = _ignored(provider, said) if said.ignored else frozenset()
    # A file can't say a provider's other fields: what it can't say, it must not reset.
    ignored |= {spec.name for spec in provider.own_fields if not spec.scope}
    wanted: list[tuple[str, Value, Spot]] = [(event, event, spot) for event, spot in events]
    if provider.several_events:
        wanted = [("", frozenset(event for event, _ in events), events[0][1])] if events else []
    for index, value, spot in wanted:
        fields = provider.normalise({**common, provider.event_field: value})
        key = provider.key_of(fields)
        if key is not None:
            address = Address(account=account.name, name=written.name, index=index)
            yield Desired(address=address, key=key, fields=fields, ignored=ignored, place=place), spot


def _ignored(provider: Provider, said: Said) -> frozenset[str]:
    """The provider's names of the fields that are left alone."""
    return said.ignored if provider.has_switch else said.ignored - {"active"}


def _scope(account: Account, said: Said) -> dict[str, Value]:
    """The kind of webhook: as the entry says, else as the account's mode or token says."""
    scope: dict[str, Value] = dict(account.scope)
    if said.is_test is not None and "is_test" in account.provider.scope_fields:
        scope["is_test"] = said.is_test
    return scope
