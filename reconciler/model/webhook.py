"""Webhooks on both sides: what the file wants, what the provider has, and the key that makes two the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from reconciler.model.diagnostic import Place
from reconciler.model.secret import SecretText
from reconciler.model.url import Endpoint, Url

Settings = Mapping[str, object]
"""A nested field's value in plain JSON terms; never holds a secret."""


class Masked(Enum):
    """A secret of which a provider shows only that it is set."""

    SET = "set"


Value = Url | SecretText | Masked | str | bool | int | float | frozenset[str] | Settings | None
"""A field's value in normal form, so that *in step* is `==`."""

Fields = Mapping[str, Value]

Scope = tuple[tuple[str, str | bool], ...]
"""What separates kinds of webhook that never meet, such as `(("is_test", True),)`; empty where a provider has none."""

LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What makes two webhooks of one account the same one.

    Attributes:
        endpoint: where it delivers.
        event: what it delivers; None where the provider takes several events on one webhook.
        scope: the kind it belongs to.
    """

    endpoint: Endpoint
    event: str | None
    scope: Scope

    @property
    def receiver(self) -> tuple[Endpoint, Scope]:
        """Where its events arrive, whichever they are."""
        return (self.endpoint, self.scope)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Address:
    """The name of a webhook in every output: `live/orders[transaction_created]`, or `@<object id>` without an entry."""

    account: str
    name: str
    index: str = ""

    @classmethod
    def of_remote(cls, account: str, object_id: str) -> Address:
        """The address of a webhook that no entry stands for."""
        return cls(account=account, name=f"@{object_id}")

    def text(self, *, long: bool) -> str:
        """The address as people write it; `long` puts the account before it."""
        short = f"{self.name}[{self.index}]" if self.index else self.name
        return f"{self.account}/{short}" if long else short

    def __str__(self) -> str:
        return self.text(long=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """One webhook that the file wants in one account.

    Attributes:
        address: its name.
        key: what the provider's webhook must have to be this one.
        fields: every field of the provider's declaration, in normal form.
        ignored: names of the fields that are left as the provider has them (`url` means its secret parameters).
        place: where the file says so.
    """

    address: Address
    key: Key
    fields: Fields
    ignored: frozenset[str] = frozenset()
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """One webhook that the provider has.

    Attributes:
        id: the provider's id.
        key: None where its URL has no normal form, or something of it can't be read: no entry is it, only `absent`,
            `protect` and `known` reach it.
        fields: as `Desired.fields`; the URL is `SecretText` where it has no normal form.
        created: when the provider made it (UTC); None where it doesn't say.
        updated: when the provider last changed it (UTC); None where it doesn't say.
        unknown: names of fields that the declaration doesn't have.
        answered: when the provider sent this, by its own clock (UTC); None where it doesn't say.
        unreadable: the declared fields that hold nothing that can be read; then it has no key, and they are None.
    """

    id: str
    key: Key | None
    fields: Fields
    created: datetime | None = None
    updated: datetime | None = field(default=None, compare=False)
    unknown: tuple[str, ...] = field(default=(), compare=False)
    answered: datetime | None = field(default=None, compare=False)
    unreadable: tuple[str, ...] = ()

    @property
    def age(self) -> tuple[datetime, str]:
        """A sort key: the oldest first, those without a date last, then by id."""
        return (self.created or LATEST, self.id)


def revealed(fields: Fields) -> dict[str, object]:
    """What fields really hold, in plain JSON terms: for digests, never to be shown."""
    return {name: _revealed(value) for name, value in fields.items()}


def _revealed(value: Value) -> object:
    match value:
        case Url() | SecretText():
            return value.reveal()
        case Masked():
            return {"masked": True}
        case frozenset():
            return sorted(value)
        case Mapping():
            return dict(value)
        case _:
            return value
