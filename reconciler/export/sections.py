"""The sections of a file: its accounts with their settings and claims, and its entries. Only values are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import asdict

from reconciler.export.describe import Description, literal
from reconciler.model.configuration import (
    DEFAULT_ACCOUNT,
    DEFAULT_PROVIDER,
    DEFAULT_TIMEOUT,
    Account,
    Configuration,
    Named,
    OnUnmanaged,
)
from reconciler.model.endpoint import BUILT_IN_SECRET_PARAMS
from reconciler.model.secret import SHOWN_BY_NAME, Origin, SecretText
from reconciler.view.codec import Json


class DescribedAccount(Struct, frozen=True):
    """An account as a file will say it: what it protects and knows, its limits and settings as they are."""

    account: Account
    made: Description
    owns: Sequence[Json]

    @property
    def left_out(self) -> tuple[Named, ...]:
        """What isn't described, as items of `known`, so that no plan touches it and it is no drift."""
        return tuple(Named(object_id=left.remote.id) for left in self.made.left_out)


def template_text(text: SecretText) -> str:
    """Text as a file writes it: variables by name."""
    if Origin.PROVIDER in text.origins():
        raise ValueError("what a provider wrote must become a literal or a variable first")
    return "".join(part.shown if part.origin in SHOWN_BY_NAME else literal(part.text) for part in text.parts)


def _given(keys: Mapping[str, Json]) -> dict[str, Json]:
    """The keys that there is something to say of."""
    return {key: value for key, value in keys.items() if value is not None}


def file_document(configuration: Configuration, described: Sequence[DescribedAccount]) -> dict[str, Json]:
    """A whole file; the accounts stand in the configuration's order."""
    groups: dict[str, list[DescribedAccount]] = {}
    for one in described:
        groups.setdefault(one.account.group, []).append(one)
    several = len(groups) > 1
    accounts = {name: _settings(group) | (_claims(group) if several else {}) for name, group in groups.items()}
    # What a file without `accounts` means. A kind is always said: offline, without the token, nothing else says it.
    auth = described[0].account.provider.auth
    usual = {"provider": DEFAULT_PROVIDER, "token": f"${{{auth.variable}}}"}
    head: dict[str, Json] = {
        "version": 1,
        "accounts": None if accounts == {DEFAULT_ACCOUNT: usual} else accounts,
        "secret_params": sorted(configuration.secret_params - BUILT_IN_SECRET_PARAMS) or None,
        "public_params": sorted(configuration.public_params) or None,
    }
    claims = {} if several else _claims(described)
    return _given(head) | claims | webhooks_section(described, frozenset(), several=len(described) > 1)


def webhooks_section(
    described: Sequence[DescribedAccount], allowed: frozenset[str], *, several: bool
) -> dict[str, Json]:
    """The entries, and the events of theirs that this version doesn't know of their provider and nothing allows yet."""
    unknown: set[str] = set()
    webhooks: dict[str, Json] = {}
    for one in described:
        known = allowed.union(one.account.provider.events)
        account: dict[str, Json] = {"account": one.account.name} if several else {}
        for entry in one.made.entries:
            unknown |= {event for event in entry.events if event not in known}
            webhooks[entry.name] = {"url": entry.url, "events": entry.events, **account, **entry.said}
    return _given({"allow_events": tuple(sorted(unknown)) or None, "webhooks": webhooks})


def _settings(places: Sequence[DescribedAccount]) -> dict[str, Json]:
    """The settings of an account, given once for each of its places, that aren't the usual ones."""
    account, provider = places[0].account, places[0].account.provider
    base_url, names = account.file_base_url, [literal(one.account.place_name) for one in places]
    settings: dict[str, Json] = {
        "provider": provider.name,
        "token": template_text(account.token) if account.token else None,
        provider.auth.kind_setting: account.kind or None,
        "base_url": None if base_url is None or base_url.reveal() == provider.base_url else template_text(base_url),
        "timeout": None if account.timeout == DEFAULT_TIMEOUT else account.timeout,
        "rate_limits": _rate_limits(account),
        **({account.place_setting: names} if account.place_name else {}),
    }
    for key, value in account.settings.items():
        settings[key] = template_text(value) if isinstance(value, SecretText) else value
    return _given(settings)


def _rate_limits(account: Account) -> Json:
    """The calls a minute that a file says instead of the published ones; nothing where it says none."""
    published = asdict(account.provider.limits_of(account.kind))
    own = asdict(account.limits)
    if own == published:
        return None
    return {name: calls for name, calls in own.items() if calls != published[name]} if any(own.values()) else "off"


def _claims(places: Sequence[DescribedAccount]) -> dict[str, Json]:
    """What the file is responsible for in an account, over all its places."""
    account = places[0].account
    known = dict.fromkeys(item for one in places for item in (*one.account.known, *one.left_out))
    claims: dict[str, Json] = {
        "owns": each_once(item for one in places for item in one.owns),
        "protect": [template_text(pattern.source) for pattern in account.protect.patterns] or None,
        "known": [known_item(item) for item in known] or None,
        "unmanaged": None if account.on_unmanaged is OnUnmanaged.REPORT else account.on_unmanaged.value,
        "limits": None if account.max_losses is None else {"max_losses": account.max_losses},
    }
    return _given(claims)


def each_once(items: Iterable[Json]) -> list[Json]:
    """The items, without those that are said already."""
    return list({repr(item): item for item in items}.values())


def known_item(item: Named) -> Json:
    """An item of `known`."""
    if item.pattern is None:
        return {"id": literal(item.object_id)}
    url = template_text(item.pattern.source)
    return url if item.events is None else {"url": url, "events": tuple(map(literal, sorted(item.events)))}
