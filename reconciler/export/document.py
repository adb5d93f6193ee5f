"""Described webhooks as the plain values of a file: secrets are variables here, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.export.description import Description, ExportedEntry, Owner
from reconciler.model.configuration import (
    DEFAULT_ACCOUNT,
    DEFAULT_PROVIDER,
    DEFAULT_TIMEOUT,
    Account,
    Configuration,
    Named,
    OnUnmanaged,
)
from reconciler.model.secret import HIDDEN, Origin, SecretText
from reconciler.model.url import BUILT_IN_SECRET_PARAMS, Url
from reconciler.model.webhook import Value
from reconciler.view.codec import Json
from reconciler.view.redact import scope_text


def template_text(text: SecretText) -> str:
    """Text as a file writes it: variables by name, every other dollar sign doubled."""
    if Origin.PROVIDER in text.origins():
        raise ValueError("what a provider wrote must become a literal or a variable first")
    return "".join(
        f"${{{part.name}}}" if part.origin in (Origin.ENVIRONMENT, Origin.PLACEHOLDER) else _escaped(part.text)
        for part in text.parts
    )


def file_document(configuration: Configuration, described: Sequence[Description]) -> dict[str, Json]:
    """A whole file.

    Args:
        configuration: its secret parameters and accounts count.
        described: the accounts, in the file's order.
    """
    groups: dict[str, list[Description]] = {}
    for one in described:
        groups.setdefault(one.account.group, []).append(one)
    several = len(groups) > 1
    document: dict[str, Json] = {"version": 1}
    if several or not _is_usual(described[0].account):
        document["accounts"] = {
            name: {**_settings([one.account for one in group]), **(_claims(group) if several else {})}
            for name, group in groups.items()
        }
    secret = sorted(configuration.secret_params - BUILT_IN_SECRET_PARAMS)
    public = sorted(configuration.public_params)
    document |= {"secret_params": secret} if secret else {}
    document |= {"public_params": public} if public else {}
    document |= {} if several else _claims(described)
    document |= _allow_events(described)
    document["webhooks"] = _webhooks(described, several=len(described) > 1)
    return document


def fragment_document(configuration: Configuration, one: Description) -> dict[str, Json]:
    """What is to be added to a file: patterns, events that it doesn't allow yet, and entries.

    Args:
        configuration: the file's.
        one: the account.
    """
    several = configuration.qualifies_addresses
    owns: dict[str, Json] = {"owns": _owns([one])}
    place: dict[str, Json] = {"accounts": {one.account.name: owns}} if several else owns
    events = _allow_events([one], configuration.allow_events)
    return {**place, **events, "webhooks": _webhooks([one], several=several)}


def _allow_events(described: Iterable[Description], allowed: frozenset[str] = frozenset()) -> dict[str, Json]:
    """The events of the entries that this version doesn't know of their provider, and that nothing allows yet."""
    unknown = {
        event
        for one in described
        for entry in one.entries
        for event in entry.events
        if event not in one.account.provider.events
    }
    return {"allow_events": tuple(map(_escaped, sorted(unknown - allowed)))} if unknown - allowed else {}


def _webhooks(described: Sequence[Description], *, several: bool) -> dict[str, Json]:
    """The entries by name."""
    return {
        entry.name: _entry(entry, one.account.name if several else "") for one in described for entry in one.entries
    }


def left_out_lines(configuration: Configuration, described: Iterable[Description]) -> list[str]:
    """What can't be described, a line each, masked."""
    lines: list[str] = []
    for one in described:
        provider = one.account.provider
        for left in one.left_out:
            url = left.remote.fields["url"]
            shown = "(no URL)" if url is None else configuration.redaction.show(url) if isinstance(url, Url) else HIDDEN
            events = ", ".join(sorted(provider.events_of(left.remote.fields))) or "(no event)"
            scope = scope_text(provider.scope_of(left.remote.fields))
            about = f"{events} ({scope})" if scope else events
            lines.append(f"@{left.remote.id}  {about}  {shown}: {left.why}")
    return lines


def _is_usual(account: Account) -> bool:
    """Whether the account is the one that a file without `accounts` means."""
    provider = account.provider
    usual = replace(
        account, name=DEFAULT_ACCOUNT, base_url=provider.base_url, place="", settings={}, timeout=DEFAULT_TIMEOUT
    )
    token = account.token.variables()
    return account == usual and provider.name == DEFAULT_PROVIDER and token == (provider.auth.variable,)


def _settings(places: Sequence[Account]) -> dict[str, Json]:
    """The provider's settings of an account, those that aren't the usual ones.

    Args:
        places: the account, once for each of its places.
    """
    account = places[0]
    settings: dict[str, Json] = {"provider": account.provider.name, "token": template_text(account.token)}
    settings |= {account.provider.auth.kind_setting: account.kind} if account.kind else {}
    usual = account.base_url == account.provider.base_url
    settings |= {} if usual else {"base_url": _escaped(account.base_url)}
    settings |= {"timeout": account.timeout} if account.timeout != DEFAULT_TIMEOUT else {}
    if account.place:
        settings[account.place_setting] = [_escaped(place.place_name) for place in places]
    said = account.settings.items()
    return settings | {key: template_text(value) if isinstance(value, SecretText) else value for key, value in said}


def _claims(places: Sequence[Description]) -> dict[str, Json]:
    """What the file is responsible for in an account, over all its places."""
    account = places[0].account
    protect = [template_text(pattern.source) for pattern in account.protect.patterns]
    losses = account.max_losses
    known = tuple(dict.fromkeys(item for one in places for item in one.known))
    claims: dict[str, Json] = {"owns": _owns(places)}
    claims |= {"protect": protect} if protect else {}
    claims |= {"known": list(map(_named, known))} if known else {}
    on_unmanaged = account.on_unmanaged
    claims |= {"unmanaged": on_unmanaged.value} if on_unmanaged is not OnUnmanaged.REPORT else {}
    return claims | ({} if losses is None else {"limits": {"max_losses": losses}})


def _owns(places: Iterable[Description]) -> Json:
    """The items of `owns`, each once."""
    return list(map(_owner, {(str(owner.pattern), owner.kind): owner for one in places for owner in one.owns}.values()))


def _owner(owner: Owner) -> Json:
    url = template_text(owner.pattern)
    return url if owner.kind is None else {"url": url, **dict(owner.kind)}


def _named(item: Named) -> Json:
    """An item of `known`."""
    if item.pattern is None:
        return {"id": _escaped(item.object_id)}
    url = template_text(item.pattern.source)
    return url if item.events is None else {"url": url, "events": tuple(map(_escaped, sorted(item.events)))}


def _escaped(text: str) -> str:
    return text.replace("$", "$$")


def _entry(entry: ExportedEntry, account: str) -> dict[str, Json]:
    written: dict[str, Json] = {
        "url": template_text(entry.url),
        "events": tuple(map(_escaped, entry.events)),
    }
    written |= {"account": account} if account else {}
    written |= {} if entry.active else {"active": False}
    written |= dict(entry.kind or ())
    return written | {name: _value(value) for name, value in entry.said.items()}


def _value(value: Value) -> Json:
    """A field's value as a file writes it."""
    match value:
        case SecretText():
            return template_text(value)
        case str():
            return _escaped(value)
        case frozenset():
            return tuple(map(_escaped, sorted(value)))
        case Mapping():
            return {name: _settings_value(inner) for name, inner in value.items()}
        case bool() | int() | float() | None:
            return value
    raise ValueError("a URL or a masked secret must become a variable first")


def _settings_value(value: object) -> Json:
    match value:
        case str():
            return _escaped(value)
        case Mapping():
            return {str(name): _settings_value(inner) for name, inner in value.items()}
        case list():
            return tuple(map(_settings_value, value))
        case bool() | int() | float():
            return value
    return None
