"""What is legal but unwise: warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from reconciler.config.checks import matching_patterns
from reconciler.config.cursor import Text
from reconciler.config.diagnostics import Diagnostics
from reconciler.config.ownership import Ownership
from reconciler.config.url_text import depends_on_unset_variable
from reconciler.config.webhooks import Entry
from reconciler.model.configuration import Account
from reconciler.model.host import host_address, host_is_loopback
from reconciler.model.pattern import Pattern
from reconciler.model.secret import Origin
from reconciler.model.url import QueryItem

_FROM_OUTSIDE = frozenset({Origin.ENVIRONMENT, Origin.PLACEHOLDER})
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid")


def advise(
    entries: tuple[Entry, ...],
    owned: Mapping[str, Ownership],
    public_params: frozenset[str],
    allow_events: Mapping[str, Text],
    diagnostics: Diagnostics,
) -> None:
    """Warn of what is legal but unwise.

    Args:
        entries: all of them.
        owned: by the file's names of accounts.
        public_params: names of the query parameters that hold no secret.
        allow_events: the events that the files allow, and where each is named.
        diagnostics: gets the warnings.
    """
    for entry in entries:
        _advise_on_host(entry, diagnostics)
        _advise_on_secrets(entry, public_params, diagnostics)
        _advise_on_kind(entry, diagnostics)
    _advise_on_catch_all(entries, diagnostics)
    # An entry with an error may be the one that a pattern is for.
    if not diagnostics.has_errors:
        _advise_on_owns(entries, owned, diagnostics)
        if allow_events:
            _advise_on_allow_events(entries, allow_events, diagnostics)


def _advise_on_host(entry: Entry, diagnostics: Diagnostics) -> None:
    if not _is_private(entry.url.endpoint.host) or depends_on_unset_variable(entry.url.source):
        return
    # A provider on this machine, such as the sandbox, reaches what this machine reaches.
    if any(not _is_local(account) for account in entry.accounts):
        message = "the URL's host is private: a provider on the internet can't reach it"
        help_ = "Use a public host name; to try a file locally, point `base_url` at `reconciler sandbox`."
        diagnostics.warning("url-private", entry.url_span, message, help_)


def _is_local(account: Account) -> bool:
    host = urlsplit(account.base_url).hostname or ""
    return host_is_loopback(f"[{host}]" if ":" in host else host)


def _is_private(host: str) -> bool:
    """Whether a host in normal form is surely not on the public internet."""
    address = host_address(host)
    if address is not None:
        return not address.is_global
    return "." not in host or host.endswith(_PRIVATE_NAMES)


def _advise_on_secrets(entry: Entry, public_params: frozenset[str], diagnostics: Diagnostics) -> None:
    if entry.url.whole_variable:
        return
    for item in entry.url.items:
        origins = _value_origins(item)
        if item.secret and Origin.LITERAL in origins:
            message = "the value of a secret parameter is written in the file"
            help_ = "Put the value in an environment variable and write `${NAME}`."
            diagnostics.warning("secret-literal", entry.url_span, message, help_)
        if not item.secret and origins & _FROM_OUTSIDE and unquote(item.name).lower() not in public_params:
            message = "a variable is used in a query parameter that isn't secret: a new value means a new webhook"
            help_ = (
                "If it is secret, add the parameter to `secret_params`, so that a new value updates the webhook; if "
                "not, to `public_params`."
            )
            diagnostics.warning("secret-param", entry.url_span, message, help_)


def _value_origins(item: QueryItem) -> frozenset[Origin]:
    """Where the characters behind the `=` came from."""
    name, equals, _ = item.text.reveal().partition("=")
    return item.text.slice(len(name) + len(equals), len(item.text)).origins()


def _advise_on_kind(entry: Entry, diagnostics: Diagnostics) -> None:
    for account in entry.accounts if entry.said.spans else ():
        pin = account.provider.auth.kind_setting or "token"
        kinds = [desired.key.scope for desired, _ in entry.desired if desired.address.account == account.name]
        for key, value in account.scope:
            if key in entry.said.spans and any(dict(kind)[key] != value for kind in kinds):
                message = f"`{key}` contradicts the account's {pin}, which is {account.kind}"
                help_ = f"Remove it, or move the entry to an account with another {pin}."
                diagnostics.warning("is-test-mode", entry.said.spans[key], message, help_)


def _advise_on_catch_all(entries: Iterable[Entry], diagnostics: Diagnostics) -> None:
    """Of one endpoint: an event that catches all, beside single ones."""
    if not any(_may_be_catch_all(entry) for entry in entries):
        return
    live = [
        ((account.name, desired.key.endpoint, desired.key.scope), desired, span, account.provider)
        for entry in entries
        for desired, span in entry.desired
        for account in entry.accounts
        if account.name == desired.address.account and account.provider.is_live(desired.fields)
    ]
    catch_alls = {
        place: span
        for place, desired, span, provider in live
        if provider.catch_all in provider.events_of(desired.fields)
    }
    for place, _, span, provider in live:
        catch_all = catch_alls.get(place, span)
        if catch_all is not span:
            what = f"`{provider.catch_all}` is combined with single events of the same endpoint"
            message = f"{what}: those events are delivered twice"
            diagnostics.warning("delivered-twice", catch_all, message, "Keep one of the two.")


def _may_be_catch_all(entry: Entry) -> bool:
    catch_alls = {account.provider.catch_all for account in entry.accounts}
    return any(text.raw in catch_alls or "$" in text.raw for text in entry.events)


def _advise_on_allow_events(
    entries: Iterable[Entry], allow_events: Mapping[str, Text], diagnostics: Diagnostics
) -> None:
    """Of names under `allow_events` that lift no error: who reads them would think that they do."""
    accounts = {account.name: account for entry in entries for account in entry.accounts}
    needed: set[str] = set()
    for entry in entries:
        for desired, _ in entry.desired:
            needed |= accounts[desired.address.account].provider.events_of(desired.fields)
    # An event that a variable names is not known where the variable isn't set.
    may_be_needed = any("$" in text.raw for entry in entries for text in entry.events)
    providers = {account.provider.title: account.provider for account in accounts.values()}.values()
    for name, text in allow_events.items():
        knowing = [provider.title for provider in providers if name in provider.events]
        if knowing and len(knowing) == len(providers):
            message = f"this is a known event of {knowing[0]} anyway"
            diagnostics.warning("allow-events-unused", text.span, message, "Remove it.")
        elif name not in needed and not may_be_needed:
            message = "no entry uses this event"
            diagnostics.warning("allow-events-unused", text.span, message, "Remove it, or check its spelling.")


def _advise_on_owns(entries: Iterable[Entry], owned: Mapping[str, Ownership], diagnostics: Diagnostics) -> None:
    used: set[Pattern] = set()
    for entry in entries:
        if depends_on_unset_variable(entry.url.source):
            return
        for account in entry.accounts:
            used.update(matching_patterns(entry, owned[account.group]))
    for owns in owned.values():
        for item in owns.items if owns.certain else ():
            if item.pattern.symbolic not in used:
                said = " and ".join(f"`{key}: {str(value).lower()}`" for key, value in item.kind)
                whose = f"webhooks with {said}" if said else "webhooks of the account's kind"
                message = (
                    f"no entry matches this pattern: `apply` deletes the {whose} that match it, except those "
                    "under `protect` or `known`"
                )
                help_ = "Remove the pattern, unless this is intended."
                diagnostics.warning("owns-unused", item.span, message, help_)
