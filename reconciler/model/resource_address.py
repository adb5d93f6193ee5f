"""A webhook's address as Terraform writes the address of a resource, for tools that read Terraform's plans.

Source of the syntax: https://developer.hashicorp.com/terraform/cli/state/resource-addressing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from reconciler.model.webhook import Address

WITHOUT_ENTRY = "without_entry"
"""The resource of all webhooks that no entry stands for; their keys are object ids."""
_NO_IDENTIFIER = re.compile(rf"_*(?:[0-9-].*|{WITHOUT_ENTRY})")
"""Names that Terraform doesn't allow, and the one that is taken; with what these become, so that no two become one."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "${": "$${", "%{": "%%{"}
_ESCAPED = re.compile(r'["\\\n\r\t]|[$%]\{')


class ResourceAddress(Struct, frozen=True):
    """`module.live.shippo_webhook.orders["transaction_created"]`, and its parts."""

    module: str | None
    type: str
    name: str
    index: str | None

    @property
    def resource(self) -> str:
        """The address of all instances of its resource."""
        return f"{self.module}.{self.type}.{self.name}" if self.module else f"{self.type}.{self.name}"

    def __str__(self) -> str:
        return self.resource + ("" if self.index is None else f"[{_quoted(self.index)}]")


def resource_address(address: Address, kind: str, *, long: bool) -> ResourceAddress:
    """An address as that of a resource of this type; `long` puts the account before it, as a module.

    The key of a `for_each` and the event are one key, `acme/track_updated`: a resource has no more.
    """
    module = _module(address.account) if long else None
    if not address.has_entry:
        return ResourceAddress(module, kind, WITHOUT_ENTRY, address.name[1:])
    entry = address.entry
    key = address.name[len(entry) + 1 : -1]
    index = f"{key}/{address.index}" if key and address.index else key or address.index
    return ResourceAddress(module, kind, identifier(entry), index or None)


@lru_cache(maxsize=1024)  # an account has many webhooks
def _module(account: str) -> str:
    name, _, place = account.partition(":")
    return f"module.{identifier(name)}" + (f"[{_quoted(place)}]" if place else "")


def identifier(name: str) -> str:
    """The name of an entry or an account as Terraform allows it: behind a `_` if it begins with a digit or a `-`."""
    return f"_{name}" if _NO_IDENTIFIER.fullmatch(name) else name


def _quoted(text: str) -> str:
    """A key as Terraform quotes it, with all that isn't printable escaped."""
    if text.isidentifier():  # as the names of most events are: nothing of it is escaped
        return f'"{text}"'
    escaped = _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)
    if not escaped.isprintable():
        escaped = "".join(one if one.isprintable() else _escape(one) for one in escaped)
    return f'"{escaped}"'


def _escape(one: str) -> str:
    digits = f"{ord(one):04x}"
    return f"\\u{digits}" if len(digits) == len("ffff") else f"\\U{digits:0>8}"
