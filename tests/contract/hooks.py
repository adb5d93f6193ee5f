"""Webhooks without a word of any provider's: the same sentence makes an entry, or a webhook that a server has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from reconciler.model.diagnostic import Place
from reconciler.model.field import FieldType
from reconciler.model.provider import Provider
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Address, Desired, Fields, Scope, Value
from reconciler.testing.servers import Kept
from tests.support.builders import HOST

A, B, C, ALL = "A", "B", "C", "ALL"
"""Stand for a provider's first three events, and for its catch-all."""

ELSEWHERE = "https://elsewhere.example.org"
"""A host that nobody here owns."""


class Hook(Struct, frozen=True, kw_only=True):
    """A webhook, wanted or there. Where a provider takes one event on each, it stands for one for each event.

    Attributes:
        path: at the usual host; or a whole URL.
        events: `A`, `B`, `C`, `ALL`, or a provider's own word.
        active: whether it delivers.
        others: a provider's other fields.
        ignored: what an entry leaves as the provider has it: `url` (its secrets), `active`, or other fields by name.
    """

    path: str | SecretText = "/a"
    events: tuple[str, ...] = (A,)
    active: bool = True
    others: Mapping[str, Value] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    @property
    def url(self) -> SecretText:
        """Its URL, with the origins of its parts."""
        path = self.path if isinstance(self.path, SecretText) else SecretText.literal(self.path)
        return SecretText.joined((SecretText.literal(HOST), path)) if path.reveal().startswith("/") else path


def event_of(provider: Provider, event: str) -> str:
    """A provider's word for an event."""
    single = [known for known in provider.events if known != provider.catch_all]
    words = {**dict(zip((A, B, C), single, strict=False)), ALL: provider.catch_all or ALL}
    return words.get(event, event)


def fields_of(provider: Provider, hook: Hook, scope: Scope) -> Iterator[tuple[str, Fields]]:
    """What a hook stands for: each webhook's index in an address, and its fields."""
    events = [event_of(provider, event) for event in hook.events]
    values: list[tuple[str, Value]] = [(event, event) for event in events]
    if provider.several_events:
        values = [("", frozenset(events))]
    common: dict[str, Value] = {**dict(scope), **hook.others, "url": parse_url(hook.url)}
    if any(spec.name == "active" for spec in provider.fields):
        common["active"] = hook.active
    for index, value in values:
        yield index, provider.normalise({**common, provider.event_field: value})


def entries_of(provider: Provider, account: str, name: str, hook: Hook, scope: Scope) -> Iterator[Desired]:
    """What an entry of this name wants."""
    for index, fields in fields_of(provider, hook, scope):
        key = provider.key_of(fields)
        assert key is not None
        yield Desired(
            address=Address(account=account, name=name, index=index),
            key=key,
            fields=fields,
            ignored=frozenset(hook.ignored),
            place=Place(file="webhooks.yaml", line=1, column=1),
        )


def as_kept(provider: Provider, fields: Fields) -> Kept:
    """Fields as a server keeps them."""
    return {spec.name: _plain(fields[spec.name]) for spec in provider.fields if fields[spec.name] is not None}


def _plain(value: Value) -> object:
    match value:
        case Url() | SecretText():
            return value.reveal()
        case frozenset():
            return sorted(value)
        case _:
            return value


def from_kept(provider: Provider, kept: Kept) -> Fields:
    """A server's webhook in normal form, secrets too: what a reader makes of it that is told everything."""
    return provider.normalise(
        {spec.name: _value(spec.type, kept[spec.name]) for spec in provider.fields if spec.name in kept}
    )


def _value(kind: FieldType, kept: object) -> Value:
    match kept:
        case str() if kind is FieldType.URL:
            return parse_url(SecretText.provider(kept))
        case str() if kind is FieldType.SECRET:
            return SecretText.provider(kept)
        case list():
            return frozenset(kept)
        case str() | bool() | dict():
            return kept
        case _:
            return None
