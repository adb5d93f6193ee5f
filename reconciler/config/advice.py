"""What is legal but unwise: warnings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from urllib.parse import unquote, urlsplit

from reconciler.config.build import Built
from reconciler.config.complaints import Complaints
from reconciler.config.entries import Entry
from reconciler.config.patterns import AccountClaims, Owned, Patterns
from reconciler.config.spot import Spot
from reconciler.config.url_text import is_guess
from reconciler.model.configuration import Account
from reconciler.model.host import host_address, host_is_loopback
from reconciler.model.pattern import Pattern
from reconciler.model.secret import Origin
from reconciler.model.url import QueryItem

_FROM_OUTSIDE = frozenset({Origin.ENVIRONMENT, Origin.PLACEHOLDER})
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid")


def advise(built: Built, complaints: Complaints) -> None:
    """Warn of what is legal but unwise.

    Args:
        built: the configuration and what it was built from.
        complaints: gets the warnings.
    """
    for entry in built.entries:
        _advise_on_host(entry, complaints)
        _advise_on_secrets(entry, built.configuration.public_params, complaints)
    _advise_on_scope(built.entries, complaints)
    _advise_on_catch_all(built.entries, complaints)
    # An entry with an error may be the one that a pattern is for.
    if not complaints.has_errors:
        _advise_on_owns(built.entries, built.claims, complaints)
        _advise_on_allow_events(built, complaints)


def _advise_on_host(entry: Entry, complaints: Complaints) -> None:
    host = entry.url.endpoint.host
    if not is_private(host) or is_guess(entry.url.source):
        return
    # A provider on this machine, such as the sandbox, reaches what this machine reaches.
    if any(not _is_local(account) for account in entry.accounts):
        complaints.warning(
            "url-private",
            entry.written.url.spot,
            "the URL's host is private: a provider out on the internet can't reach it",
            "Use a public host name; to try things, point `base_url` at a sandbox.",
        )


def _is_local(account: Account) -> bool:
    host = urlsplit(account.base_url).hostname or ""
    return host_is_loopback(f"[{host}]" if ":" in host else host)


def is_private(host: str) -> bool:
    """Whether a host in normal form is surely not on the public internet."""
    address = host_address(host)
    if address is not None:
        return not address.is_global
    return "." not in host or host.endswith(_PRIVATE_NAMES)


def _advise_on_secrets(entry: Entry, public_params: frozenset[str], complaints: Complaints) -> None:
    if entry.url.whole_variable:
        return
    items = [(item.secret, _value_origins(item)) for item in entry.url.items]
    if any(secret and Origin.LITERAL in origins for secret, origins in items):
        complaints.warning(
            "secret-literal",
            entry.written.url.spot,
            "a secret parameter of this URL has its value in the file",
            "Put the value into an environment variable and write `${NAME}`.",
        )
    doubtful = [item for item in entry.url.items if not item.secret and unquote(item.name).lower() not in public_params]
    if any(_value_origins(item) & _FROM_OUTSIDE for item in doubtful):
        complaints.warning(
            "secret-param",
            entry.written.url.spot,
            "a variable stands in a query parameter that isn't known as secret: its value tells webhooks apart",
            "If it is a secret, name the parameter under `secret_params`, so that a new value is an update; if it is "
            "none, under `public_params`.",
        )


def _value_origins(item: QueryItem) -> frozenset[Origin]:
    """Where the characters behind the `=` came from."""
    name, equals, _ = item.text.reveal().partition("=")
    value_start, position = len(name) + len(equals), 0
    found: list[Origin] = []
    for part in item.text.parts:
        position += len(part.text)
        if position > value_start:
            found.append(part.origin)
    return frozenset(found)


def _advise_on_scope(entries: Iterable[Entry], complaints: Complaints) -> None:
    told: set[Spot] = set()
    for entry in entries:
        spot = entry.is_test_spot
        if spot is None or spot in told:
            continue
        scopes = {account.name: account for account in entry.accounts if account.scope}
        for desired, _ in entry.desired:
            account = scopes.get(desired.address.account)
            if account is not None and desired.key.scope != account.scope:
                told.add(spot)
                complaints.warning(
                    "is-test-mode",
                    spot,
                    f"`is_test` says otherwise than the account's mode, which is {account.kind}",
                    "Leave it out, or put the entry into an account of that mode.",
                )
                break


def _advise_on_catch_all(entries: Collection[Entry], complaints: Complaints) -> None:
    """Of one endpoint: an event that catches all, beside single ones."""
    if not any(_may_be_catch_all(entry) for entry in entries):
        return
    live = [
        (desired, spot, account.provider)
        for entry in entries
        for desired, spot in entry.desired
        for account in entry.accounts
        if account.name == desired.address.account and account.provider.is_live(desired.fields)
    ]
    catch_alls = {
        (desired.address.account, desired.key.endpoint, desired.key.scope): (spot, provider)
        for desired, spot, provider in live
        if provider.catch_all in provider.events_of(desired.fields)
    }
    told: set[Spot] = set()
    for desired, spot, _ in live if catch_alls else ():
        place = (desired.address.account, desired.key.endpoint, desired.key.scope)
        catch_all, provider = catch_alls.get(place, (spot, None))
        if provider is not None and catch_all is not spot and catch_all not in told:
            told.add(catch_all)
            complaints.warning(
                "delivered-twice",
                catch_all,
                f"`{provider.catch_all}` stands beside single events of one endpoint: those are delivered twice",
                "Keep one of the two.",
            )


def _may_be_catch_all(entry: Entry) -> bool:
    catch_alls = {account.provider.catch_all for account in entry.accounts}
    return any(text.raw in catch_alls or "$" in text.raw for text in entry.written.events)


def _advise_on_allow_events(built: Built, complaints: Complaints) -> None:
    """Of names under `allow_events` that lift no error: who reads them would think that they do."""
    needed = {
        event
        for entry in built.entries
        for account in entry.accounts
        for desired, _ in entry.desired
        if desired.address.account == account.name
        for event in account.provider.events_of(desired.fields) - frozenset(account.provider.events)
    }
    # An event that a variable names is not known where the variable isn't set.
    may_be_needed = any("$" in text.raw for entry in built.entries for text in entry.written.events)
    providers = {account.provider.title: account.provider for account in built.configuration.accounts}.values()
    for name, text in built.allow_events.items():
        if name in needed:
            continue
        knowing = [provider.title for provider in providers if name in provider.events]
        if knowing:
            complaints.warning(
                "allow-events-unused", text.spot, f"this is a known event of {knowing[0]} anyway", "Remove it."
            )
        elif not may_be_needed:
            complaints.warning(
                "allow-events-unused", text.spot, "no entry has this event", "Remove it, or check its spelling."
            )


def _matching(owns: Patterns, entry: Entry) -> Iterable[Pattern]:
    """The patterns that match an entry, whatever its variables hold."""
    if entry.url.whole_variable:
        return (pattern for pattern in owns.opaque.patterns if pattern.matches_place(entry.url.endpoint))
    return owns.opaque.find_all(entry.url.opaque)


def _advise_on_owns(entries: Iterable[Entry], claims: Mapping[str, AccountClaims], complaints: Complaints) -> None:
    used: set[Pattern] = set()
    for entry in entries:
        if is_guess(entry.url.source):
            return
        for account in entry.accounts:
            used.update(_matching(claims[account.name].owns, entry))
    told: set[int] = set()
    for claim in claims.values():
        for item in claim.owns.items:
            if item.pattern.opaque not in used and id(item) not in told and claim.owns.certain:
                told.add(id(item))
                complaints.warning(
                    "owns-unused",
                    item.spot,
                    f"no entry's URL matches this pattern: `apply` deletes {_deleted(item)} that it matches, except "
                    "those that `protect` or `known` names",
                    "Remove it, unless that is meant.",
                )


def _deleted(item: Owned) -> str:
    """What a pattern of `owns` deletes where no entry is: webhooks of one kind."""
    if item.is_test is None:
        return "the webhooks of the account's kind"
    return f"the webhooks with `is_test: {str(item.is_test).lower()}`"
