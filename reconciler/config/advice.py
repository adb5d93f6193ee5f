"""Warnings of what is legal but unwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.config.checks import matching_patterns
from reconciler.config.diagnostics import Diagnostics, Span
from reconciler.config.entry import Entry
from reconciler.config.ownership import Ownership
from reconciler.config.urls import depends_on_unset_variable
from reconciler.model.endpoint import Endpoint, param_name
from reconciler.model.host import host_address
from reconciler.model.pattern import Pattern
from reconciler.model.provider import Provider
from reconciler.model.secret import SHOWN_BY_NAME
from reconciler.model.webhook import Desired, Scope, Value

_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid")


def advise(
    entries: tuple[Entry, ...],
    owned: Mapping[str, Ownership],
    diagnostics: Diagnostics,
) -> None:
    """Warn of what is legal but unwise."""
    public: dict[str, bool] = {}  # hosts, of which entries have few
    for entry in entries:
        host = entry.url.endpoint.host
        if host not in public:
            public[host] = _is_public(host)
        if entry.url.endpoint.scheme == "http" or not public[host]:
            _advise_on_host(entry, diagnostics, is_public=public[host])
        if entry.said:
            _advise_on_kind(entry, owned, diagnostics)
    _advise_on_catch_all(entries, diagnostics)
    # An entry with an error may be the one that a pattern is for.
    if not diagnostics.errors:
        _advise_on_owns(entries, owned, diagnostics)


def _is_public(host: str) -> bool:
    address = host_address(host)
    return "." in host and not host.endswith(_PRIVATE_NAMES) if address is None else address.is_global


def _advise_on_host(entry: Entry, diagnostics: Diagnostics, *, is_public: bool) -> None:
    if entry.url.endpoint.scheme == "http" and not entry.url.is_loopback:
        message = "the URL is http: events are sent unencrypted"
        help_ = "Use `https://` if the receiver supports it; the tool then creates a new webhook and deletes this one."
        diagnostics.warning("url-not-https", entry.url_span, message, help_)
    if is_public or depends_on_unset_variable(entry.url.source):
        return
    if not all(account.is_local for account in entry.accounts):
        message = "the URL's host is private: a provider on the internet can't reach it"
        help_ = "Use a public host name; to try a file locally, use `reconciler sandbox` and `--base-url`."
        diagnostics.warning("url-private", entry.url_span, message, help_)


def advise_on_params(entries: Iterable[Entry], public_params: frozenset[str], diagnostics: Diagnostics) -> None:
    """Warn of variables in parameters that may be secret.

    In `validate` only, where a file is written: a backup, which is applied, has such a variable for each value.
    """
    for entry in entries:
        items = () if entry.url.whole_variable else (item for item in entry.url.items if not item.secret)
        others = (item for item in items if not item.public and param_name(item.name) not in public_params)
        if any(item.value_origins & SHOWN_BY_NAME for item in others):
            message = "a variable is used in a query parameter that isn't secret: a new value creates a new webhook"
            help_ = (
                "Add secret ones to `secret_params` (a new value then updates the webhook), others to `public_params`."
            )
            diagnostics.warning("secret-param", entry.url_span, message, help_)


def _advise_on_kind(entry: Entry, owned: Mapping[str, Ownership], diagnostics: Diagnostics) -> None:
    """Warn of a kind that isn't the account's, unless an item of `owns` says the same, as in a file of `export`."""
    for account, desired, _ in entry.desired:
        pin = account.provider.auth.kind_setting or "token"
        for key, value in account.scope:
            said = dict(desired.key.scope)[key]
            if key in entry.said and said != value and not _owns_kind(owned[account.group], entry, (key, said)):
                message = f"`{key}` contradicts the account's {pin}, which is {account.kind}"
                help_ = (
                    f"If this is intended, add an item with this URL and `{key}: {str(said).lower()}` to `owns`; "
                    f"otherwise, remove `{key}`, or move the entry to an account with another {pin}."
                )
                diagnostics.warning("is-test-mode", entry.said[key][1], message, help_)


def _owns_kind(owns: Ownership, entry: Entry, kind: tuple[str, Value]) -> bool:
    matching = set(matching_patterns(entry, owns))
    return any(kind in item.kind and item.pattern.symbolic in matching for item in owns.items)


def _advise_on_catch_all(entries: Iterable[Entry], diagnostics: Diagnostics) -> None:
    catch_alls: dict[tuple[str, Endpoint, Scope], Span] = {}
    for entry in entries:
        for account, desired, span in entry.desired:
            if _is_catch_all(desired, account.provider):
                catch_alls[account.name, desired.key.endpoint, desired.key.scope] = span
    for account, desired, span in (found for entry in entries for found in entry.desired) if catch_alls else ():
        provider = account.provider
        is_live = provider.catch_all is not None and provider.is_live(desired.fields)
        catch_all = catch_alls.get((account.name, desired.key.endpoint, desired.key.scope), span)
        if is_live and catch_all is not span:
            what = f"`{provider.catch_all}` is combined with single events of the same endpoint"
            message = f"{what}: those events are delivered twice"
            diagnostics.warning("delivered-twice", catch_all, message, "Keep one of the two.")


def _is_catch_all(desired: Desired, provider: Provider) -> bool:
    event = desired.key.event
    if provider.catch_all is None or (event is not None and event != provider.catch_all):
        return False
    return provider.catch_all in provider.events_of(desired.fields) and provider.is_live(desired.fields)


def _advise_on_owns(entries: tuple[Entry, ...], owned: Mapping[str, Ownership], diagnostics: Diagnostics) -> None:
    if any(depends_on_unset_variable(entry.url.source) for entry in entries):
        return
    number = len({item.pattern.symbolic for owns in owned.values() for item in owns.items})
    used: set[Pattern] = set()
    for entry, account in ((one, account) for one in entries for account in one.accounts):
        used.update(matching_patterns(entry, owned[account.group]))
        if len(used) == number:
            return
    for owns in owned.values():
        for item in owns.items if owns.certain else ():
            if item.pattern.symbolic not in used:
                message = (
                    "no entry matches this pattern: `apply` deletes webhooks that match it, except those under "
                    "`protect` or `known`"
                )
                help_ = "Keep it until an apply has deleted what matches, then remove it."
                diagnostics.warning("owns-unused", item.span, message, help_)
