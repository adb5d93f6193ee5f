"""The installed providers, and what each can do, as the JSON of `reconciler providers` has them.

What is said of the attributes here stands in the published schema.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from reconciler.model.field import FieldType, ReadsBack, Sent
from reconciler.model.provider import Provider
from reconciler.view.documents import Tool


class ProviderEvents(Struct, frozen=True, kw_only=True):
    """The events that a webhook of a provider can have."""

    several: bool  #: Whether one webhook can have several.
    known: tuple[str, ...]  #: Those that this version knows; none where every account has its own.
    catch_all: str | None  #: The one that means every event; null if there is none.


class SecretRow(Struct, frozen=True, kw_only=True):
    """A secret of a provider's webhooks."""

    name: str  #: Its key in the file, or `secret` where the provider makes it.
    #: How the provider answers with it: in `clear`, `masked`, `never`, `sometimes` (by some versions), or `on create`
    #: alone, where the provider makes it.
    reads_back: ReadsBack


class ProviderRow(Struct, frozen=True, kw_only=True):
    """An installed provider."""

    name: str  #: Its name in the file, such as `shippo`.
    title: str  #: Its name as people write it, such as `Shippo`.
    package: str | None  #: The package that it is from; null if it is built in.
    events: ProviderEvents  #: The events that a webhook can have.
    switch: bool  #: Whether a webhook can be off (`active`).
    fields: tuple[str, ...]  #: Its own keys in an entry, beside those of every provider.
    secrets: tuple[SecretRow, ...]  #: The secrets among them, and those that the provider makes.
    create_only: tuple[str, ...]  #: The fields that no update changes: another value takes another webhook.
    places: tuple[str, ...]  #: The keys in an account that name the places of its webhooks, such as `repositories`.
    verified_on: str | None  #: What its declaration was verified on; null if it doesn't say.


class UnusableError(Struct, frozen=True, kw_only=True):
    """Why a provider can't be used."""

    message: str  #: What is wrong, in one sentence.
    help: str  #: What to do; may be empty.


class UnusableProviderRow(Struct, frozen=True, kw_only=True):
    """An installed provider that can't be used."""

    name: str  #: Its name in the file.
    error: UnusableError  #: Why it can't be used.


class ProvidersView(Struct, frozen=True, kw_only=True):
    """What `providers --format json` writes: the installed providers, with what each can do."""

    format_version: Literal["1.0"] = "1.0"  #: The version of this format.
    tool: Tool = Tool()  #: The tool that wrote this.
    providers: tuple[ProviderRow | UnusableProviderRow, ...]  #: The providers, by name.


def provider_row(provider: Provider, package: str) -> ProviderRow:
    """A provider from a package; from none if it is built in."""
    fields = provider.fields
    return ProviderRow(
        name=provider.name,
        title=provider.title,
        package=package or None,
        events=ProviderEvents(
            several=provider.several_events, known=tuple(provider.events), catch_all=provider.catch_all
        ),
        switch=any(spec.name == "active" for spec in fields),
        fields=tuple(spec.name for spec in provider.own_fields),
        secrets=tuple(
            SecretRow(name=spec.name, reads_back=spec.reads_back) for spec in fields if spec.type is FieldType.SECRET
        ),
        create_only=tuple(spec.name for spec in fields if spec.sent is Sent.CREATE and spec.is_fixed),
        places=tuple(setting.setting for setting in provider.places),
        verified_on=provider.verified_on or None,
    )
