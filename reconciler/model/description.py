"""Webhooks described as entries of a file: what `export` and a backup write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.url import Endpoint
from reconciler.model.webhook import Remote, Scope, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a file to be written.

    Attributes:
        account: the account it belongs to.
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

    account: str
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

    account: str
    remote: Remote
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The entries that describe an account's webhooks, and the webhooks that none can."""

    entries: tuple[Entry, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

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
