"""Webhooks described as entries of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.configuration import Account, Named
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url import Endpoint
from reconciler.model.webhook import Remote, Scope, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedEntry:
    """An entry of a file to be written.

    Attributes:
        name: the entry's name.
        endpoint: what the URL means.
        url: what it says; secrets as environment parts with the variables' names.
        owner: the pattern that owns it: the URL without its query.
        events: sorted.
        active: whether it delivers.
        kind: the kind that must be said of it; None where the account says the same.
        said: its other fields, those that aren't as a file means without saying them. Of a secret that the provider
            doesn't show, a placeholder.
    """

    name: str
    endpoint: Endpoint
    url: SecretText
    owner: SecretText
    events: tuple[str, ...]
    active: bool
    kind: Scope | None
    said: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A webhook that no entry can describe, and why."""

    remote: Remote
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """An item of `owns`: a pattern, and the kind that it says, if any."""

    pattern: SecretText
    kind: Scope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """An account as a file will say it.

    Attributes:
        account: which; its protected patterns, limits and settings are said as they are.
        entries: the entries that describe its webhooks, by URL.
        left_out: the webhooks that none can.
        owns: what the file is responsible for. An item that stands twice is written once.
        known: what else is known to be there.
    """

    account: Account
    entries: tuple[ExportedEntry, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    owns: tuple[Owner, ...] = ()
    known: tuple[Named, ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        """The variables that the entries use, and their values."""
        return {part.name: part.text for part in self._parts if part.origin is Origin.ENVIRONMENT}

    @property
    def unknown(self) -> tuple[str, ...]:
        """The variables that the entries use and whose values the provider doesn't show, sorted."""
        return tuple(sorted({part.name for part in self._parts if part.origin is Origin.PLACEHOLDER}))

    @property
    def _parts(self) -> Iterator[Part]:
        for entry in self.entries:
            secrets = (value for value in entry.said.values() if isinstance(value, SecretText))
            for text in (entry.url, entry.owner, *secrets):
                yield from text.parts
