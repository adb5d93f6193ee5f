"""Webhooks on both sides: what the file wants, what the provider has, and the key that makes two the same one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Self

from msgspec import Struct

from reconciler.model.diagnostic import Place
from reconciler.model.endpoint import Endpoint
from reconciler.model.secret import NEW, Frozen, SecretText
from reconciler.model.url import Url

_EVENT_NAME = re.compile(r"[^\s\[\]\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
SHORTEST_ID = 7
"""How much of an object id is shown, and means a webhook, at least. Source: Git's abbreviated object names."""
_LATEST = datetime.max.replace(tzinfo=UTC)

Settings = Mapping[str, object]
"""A nested field's value in plain JSON terms; never holds a secret."""


class Masked(Enum):
    """A secret of which a provider shows only that it is set."""

    SET = "set"


class Headers(Frozen):
    """Headers by name, whose values are secrets; upper and lower case of names make no difference. Prints masked."""

    __slots__ = ("items",)
    items: tuple[tuple[str, SecretText | Masked], ...]

    def __new__(cls, items: tuple[tuple[str, SecretText | Masked], ...] = ()) -> Self:
        made: Self = NEW(cls.unfrozen)
        made.items = items
        made.__class__ = cls
        return made

    @classmethod
    def of(cls, values: Mapping[str, SecretText | Masked]) -> Headers:
        return cls(tuple(sorted(values.items(), key=lambda item: (item[0].lower(), item[0]))))

    @property
    def names(self) -> tuple[str, ...]:
        """The names in lower case."""
        return tuple(name.lower() for name, _ in self.items)

    @property
    def is_masked(self) -> bool:
        """Whether the provider hides one of the values."""
        return any(isinstance(value, Masked) for _, value in self.items)

    @property
    def is_known(self) -> bool:
        """Whether every value is there."""
        return all(isinstance(value, SecretText) and value.is_known for _, value in self.items)

    def reveal(self) -> dict[str, str]:
        """The real values. For building a request and digesting a plan, as that of a secret."""
        return {name: value.reveal() for name, value in self.items if isinstance(value, SecretText)}

    def __len__(self) -> int:
        return len(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._compared == other._compared

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[tuple[str, SecretText | Masked], ...]:
        return tuple((name.lower(), value) for name, value in self.items)

    def __repr__(self) -> str:
        return f"Headers({', '.join(name for name, _ in self.items)})"


Value = Url | SecretText | Masked | Headers | str | bool | int | float | frozenset[str] | Settings | None
"""A field's value in normal form, so that *in step* is `==`."""

Fields = Mapping[str, Value]

Scope = tuple[tuple[str, str | bool], ...]
"""What separates kinds of webhook that never meet, such as `(("is_test", True),)`; empty where a provider has none."""


def is_event_name(text: str) -> bool:
    """Whether a file, and so an address, may hold it: one word, without brackets and control characters."""
    return _EVENT_NAME.fullmatch(text) is not None


class Key(Struct, frozen=True, kw_only=True, gc=False, cache_hash=True):
    """What makes two webhooks of one account the same one."""

    endpoint: Endpoint
    event: str | None  # None where the provider takes several events on one webhook
    scope: Scope

    @property
    def receiver(self) -> tuple[Endpoint, Scope]:
        return (self.endpoint, self.scope)


class Address(Struct, frozen=True, kw_only=True, order=True, gc=False):
    """The name of a webhook in every output: `live/orders[transaction_created]`, or `@<object id>` without an entry."""

    account: str
    name: str
    index: str = ""

    @property
    def entry(self) -> str:
        """The entry's name in the file; of `tenants[acme]`, one of several that a `for_each` makes, `tenants`."""
        return self.name.partition("[")[0]

    @property
    def has_entry(self) -> bool:
        return self.name[:1] != "@"

    @classmethod
    def of_remote(cls, account: str, object_id: str) -> Address:
        return cls(account=account, name=f"@{object_id}")

    def text(self, *, long: bool) -> str:
        """The address as people write it; `long` puts the account before it."""
        short = f"{self.name}[{self.index}]" if self.index else self.name
        return f"{self.account}/{short}" if long else short

    def __str__(self) -> str:
        return self.text(long=True)


class Desired(Struct, frozen=True, kw_only=True, gc=False):
    """One webhook that the file wants in one account."""

    address: Address
    key: Key
    fields: Fields  # every field of the provider's declaration, in normal form
    ignored: frozenset[str] = frozenset()  # fields left as the provider has them; of `url` its secret parameters
    secret_since: datetime | None = None  # UTC; what was changed before gets its secret again
    secret_to: str = ""  # the name under which a secret goes on that the provider makes
    place: Place
    places: tuple[str, ...] = ()  # of an account that is a pattern of places: patterns of those meant; none for all


class Remote(Struct, frozen=True, kw_only=True, eq=False, gc=False):
    """One webhook that the provider has. Times are UTC, and None where it doesn't say."""

    id: str
    key: Key | None  # None where its URL has no normal form, or something of it can't be read: no entry is it then
    fields: Fields  # the URL is `SecretText` where it has no normal form
    number: int = 0  # the id, where the API writes a number: 10 comes after 9
    created: datetime | None = None
    updated: datetime | None = None
    unknown: tuple[str, ...] = ()  # fields that the declaration doesn't have
    answered: datetime | None = None  # when this was sent, by the provider's own clock
    unreadable: tuple[str, ...] = ()  # declared fields that hold nothing that can be read: they are None
    health: str = ""  # why the provider switched it off by itself, if it did
    made_secret: SecretText | None = None  # that only the answer to its create shows

    def __eq__(self, other: object) -> bool:
        """Whether it is the same webhook, and the same of it matters; when something was heard of it doesn't."""
        return isinstance(other, Remote) and self._compared == other._compared

    def __ne__(self, other: object) -> bool:
        return not self == other  # `Struct` brings its own

    __hash__ = None  # type: ignore[assignment] # its fields are a mapping

    @property
    def _compared(self) -> tuple[object, ...]:
        return (self.id, self.key, self.fields, self.created, self.unreadable)

    @property
    def age(self) -> tuple[datetime, int, str]:
        """A sort key: the oldest first, those without a date last, then by id."""
        return (self.created or _LATEST, self.number, self.id)


def hides_secret(value: Value) -> bool:
    """Whether a value is, or has in it, a secret of which the provider shows only that it is set."""
    return value is Masked.SET or (isinstance(value, Headers) and value.is_masked)


def revealed(fields: Fields) -> dict[str, object]:
    """What fields really hold, in plain JSON terms: for digests, never to be shown."""
    found: dict[str, object] = dict(fields)
    for name, value in fields.items():
        if isinstance(value, Url | SecretText):
            found[name] = value.reveal()
        elif isinstance(value, Headers):
            found[name] = {"headers": value.names, "values": value.reveal()}
        elif isinstance(value, Masked):
            found[name] = {"masked": True}
        elif isinstance(value, frozenset):
            found[name] = sorted(value)
        elif isinstance(value, Mapping):
            found[name] = dict(value)
    return found
