"""Webhooks described as entries of a file: what `export` and a backup write."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.secret import Origin, SecretText
from reconciler.model.url import Endpoint
from reconciler.model.webhook import Remote


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
        is_test: what must be said of it; None where the account says the same.
    """

    account: str
    name: str
    endpoint: Endpoint
    url: SecretText
    owner: SecretText
    events: tuple[str, ...]
    active: bool
    is_test: bool | None


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
        parts = (part for entry in self.entries for text in (entry.url, entry.owner) for part in text.parts)
        return {part.name: part.text for part in parts if part.origin is Origin.ENVIRONMENT}
