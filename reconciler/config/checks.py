"""What has to hold between entries, claims and accounts (errors), and what is legal but unwise (warnings)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from reconciler.config.accounts import Declaration, FileAccount
from reconciler.config.cursor import Text
from reconciler.config.diagnostics import Diagnostics, Span
from reconciler.config.interpolation import Values, depends_on_unset_variable
from reconciler.config.ownership import Ownership
from reconciler.config.webhooks import Entry
from reconciler.model.configuration import DEFAULT_PROVIDER, NamedSet
from reconciler.model.host import host_address, host_is_loopback
from reconciler.model.pattern import Pattern
from reconciler.model.secret import SHOWN_BY_NAME, Origin, Part, SecretText
from reconciler.model.webhook import Key

OWNS_HELP = (
    "Add the URL patterns this configuration is responsible for, such as `https://hooks.example.com/shippo/*`; "
    "webhooks that match them and aren't in the file are deleted."
)
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid")


def check_owned(entries: Iterable[Entry], owned: Mapping[str, Ownership], diagnostics: Diagnostics) -> None:
    """Report entries that their accounts don't own, each with the pattern to add."""
    for entry in entries:
        url = entry.url
        for account in entry.accounts:
            owns = owned[account.group]
            if not owns.certain or owns.span is None or any(matching_patterns(entry, owns)):
                continue
            if not owns.items:
                diagnostics.error("owns-empty", owns.span, "`owns` is empty, but there are webhooks", OWNS_HELP)
            elif not depends_on_unset_variable(url.source):
                whose = "under `owns`" if len(owned) == 1 else f"under `owns` for account `{account.group}`"
                help_ = _how_to_own(url.source)
                diagnostics.error("not-owned", entry.url_span, f"no pattern {whose} matches this URL", help_)
                break


def matching_patterns(entry: Entry, owns: Ownership) -> Iterable[Pattern]:
    """The patterns that match an entry, whatever its variables hold; of a URL that one holds only the host counts.

    Else a message would tell what a secret begins with, pattern by pattern.
    """
    if entry.url.whole_variable:
        return (pattern for pattern in owns.symbolic.patterns if pattern.matches_place(entry.url.endpoint))
    return owns.symbolic.find_all(entry.url.symbolic)


def _how_to_own(source: SecretText) -> str:
    path = source.slice(0, len(source.reveal().partition("?")[0]))
    # With its variables by name, those from `--var` too: what a message may quote.
    written = "".join(f"${{{part.name}}}" if part.name else part.text for part in path.parts)
    if Origin.LITERAL not in source.origins():
        return f"Add a pattern to `owns` that matches the value of `{written}`."
    return f"Add `{written}` to `owns`, or a pattern with `*` that matches it."


def check_absent(entries: Iterable[Entry], diagnostics: Diagnostics) -> None:
    """Report entries that `absent` says must not exist. It names only webhooks of the account's kind."""
    # What stands at the top is one object in all accounts: its set is made once.
    sets: dict[int, NamedSet] = {}
    for entry in entries:
        for account in entry.accounts:
            absent = account.absent
            if not absent or entry.url.whole_variable:
                continue
            if id(absent) not in sets:
                items = (replace(item, pattern=item.pattern.symbolic) for item in absent if item.pattern is not None)
                sets[id(absent)] = NamedSet(items)
            own = (desired for of, desired, _ in entry.desired if of is account and of.is_own_kind(desired.key.scope))
            wanted = [account.provider.events_of(desired.fields) for desired in own]
            for item in sets[id(absent)].find_all(entry.url.symbolic):
                if any(item.events is None or item.events & events for events in wanted):
                    message = f"this entry's webhook is also listed under `absent`, at {item.place}"
                    help_ = "Remove the entry, or the pattern or event in `absent`."
                    diagnostics.error("entry-absent", entry.url_span, message, help_)
                    break


def check_unique(entries: Iterable[Entry], diagnostics: Diagnostics) -> None:
    """Report entries that are one and the same webhook."""
    seen: dict[tuple[str, Key], tuple[str, Span]] = {}
    reported: set[tuple[str, str]] = set()
    for entry in entries:
        for _, desired, span in entry.desired:
            other, first = seen.setdefault((desired.address.account, desired.key), (entry.name, span))
            if first is span or (other, entry.name) in reported:
                continue
            reported.add((other, entry.name))
            is_same = other == entry.name
            what = "this event is listed twice" if is_same else f"this webhook is the same as one of entry `{other}`"
            parts = ["URL (ignoring secret parameters)", *(["event"] if desired.key.event is not None else [])]
            *most, last = *parts, *(f"`{name}`" for name, _ in desired.key.scope)
            same = f"{', '.join(most)} and {last} are" if most else f"{last} is"
            message, help_ = f"{what}: first at {first.place}", f"Keep one of the two: {same} the same."
            diagnostics.error("webhook-twice", span, message, help_)


def check_tokens_alone(found: Sequence[FileAccount], values: Values, declaration: Declaration) -> None:
    """Report tokens that stand elsewhere too: what else is sent or shown would have them.

    Who could name another variable as the account's token could else put the one that had been there into a URL. So
    the providers' usual variables count always, and every variable that holds a token, whoever it is for.
    """
    accounts = [account for one in found for account in one.accounts]
    usual = declaration(DEFAULT_PROVIDER)
    providers = [*([usual] if usual is not None else []), *(account.provider for account in accounts)]
    tokens = {account.token.reveal() for account in accounts} - {""}

    def is_token(text: str) -> bool:
        # A whole one, or its prefix: an error that hangs on less would tell a value piece by piece.
        known = (provider.kind_of(text) is not None or provider.is_neutral(text) for provider in providers)
        return text in tokens or any(known)

    mentioned = {name: values.variables.value(name) for name in values.mentions}
    holding = (name for name, value in mentioned.items() if isinstance(value, Part) and is_token(value.text))
    reasons = dict.fromkeys(holding, "contains a token and is also used here")
    for provider in providers:
        reasons[provider.auth.variable] = f"is the usual variable for {provider.title}'s token, and can't be used here"
    feeding = (name for one in found for name in one.token_variables)
    reasons |= dict.fromkeys(feeding, "is used as a token and is also used here")
    for name, what in reasons.items():
        for span in values.mentions.get(name, ()):
            help_ = "Use another variable here: a token is only sent to its provider."
            values.diagnostics.error("token-elsewhere", span, f"`${{{name}}}` {what}", help_)


def advise(
    entries: tuple[Entry, ...],
    owned: Mapping[str, Ownership],
    public_params: frozenset[str],
    allow_events: Mapping[str, Text],
    diagnostics: Diagnostics,
) -> None:
    """Warn of what is legal but unwise."""
    for entry in entries:
        _advise_on_host(entry, diagnostics)
        _advise_on_secrets(entry, public_params, diagnostics)
        _advise_on_kind(entry, diagnostics)
    _advise_on_catch_all(entries, diagnostics)
    # An entry with an error may be the one that a pattern is for.
    if not diagnostics.errors:
        _advise_on_owns(entries, owned, diagnostics)
        _advise_on_allow_events(entries, allow_events, diagnostics)


def _advise_on_host(entry: Entry, diagnostics: Diagnostics) -> None:
    if entry.url.endpoint.scheme == "http" and not entry.url.is_loopback:
        message = "the URL is http: events are sent unencrypted"
        help_ = "Use `https://` if the receiver supports it; the tool then creates a new webhook and deletes this one."
        diagnostics.warning("url-not-https", entry.url_span, message, help_)
    host = entry.url.endpoint.host
    address = host_address(host)
    is_public = "." in host and not host.endswith(_PRIVATE_NAMES) if address is None else address.is_global
    if is_public or depends_on_unset_variable(entry.url.source):
        return
    # A provider on this machine, such as the sandbox, reaches what this machine reaches.
    providers = [urlsplit(account.base_url).hostname or "" for account in entry.accounts]
    if not all(host_is_loopback(f"[{name}]" if ":" in name else name) for name in providers):
        message = "the URL's host is private: a provider on the internet can't reach it"
        help_ = "Use a public host name; to try a file locally, point `base_url` at `reconciler sandbox`."
        diagnostics.warning("url-private", entry.url_span, message, help_)


def _advise_on_secrets(entry: Entry, public_params: frozenset[str], diagnostics: Diagnostics) -> None:
    for item in entry.url.items if not entry.url.whole_variable else ():
        name, equals, _ = item.text.reveal().partition("=")
        origins = item.text.slice(len(name) + len(equals), len(item.text)).origins()
        if item.secret and Origin.LITERAL in origins:
            message = "the value of a secret parameter is written in the file"
            help_ = "Put the value in an environment variable and write `${NAME}`."
            diagnostics.warning("secret-literal", entry.url_span, message, help_)
        is_told = item.secret or unquote(item.name).lower() in public_params
        if not is_told and origins & SHOWN_BY_NAME:
            message = "a variable is used in a query parameter that isn't secret: a new value creates a new webhook"
            help_ = (
                "Add secret ones to `secret_params` (a new value then updates the webhook), others to `public_params`."
            )
            diagnostics.warning("secret-param", entry.url_span, message, help_)


def _advise_on_kind(entry: Entry, diagnostics: Diagnostics) -> None:
    for account, desired, _ in entry.desired if entry.said else ():
        pin = account.provider.auth.kind_setting or "token"
        for key, value in account.scope:
            if key in entry.said and dict(desired.key.scope)[key] != value:
                message = f"`{key}` contradicts the account's {pin}, which is {account.kind}"
                help_ = f"Remove it, or move the entry to an account with another {pin}."
                diagnostics.warning("is-test-mode", entry.said[key][1], message, help_)


def _advise_on_catch_all(entries: Iterable[Entry], diagnostics: Diagnostics) -> None:
    live = [
        ((account.name, desired.key.endpoint, desired.key.scope), account.provider, desired, span)
        for entry in entries
        for account, desired, span in entry.desired
        if account.provider.catch_all is not None and account.provider.is_live(desired.fields)
    ]
    catch_alls = {
        place: span
        for place, provider, desired, span in live
        if provider.catch_all in provider.events_of(desired.fields)
    }
    for place, provider, _, span in live if catch_alls else ():
        catch_all = catch_alls.get(place, span)
        if catch_all is not span:
            what = f"`{provider.catch_all}` is combined with single events of the same endpoint"
            message = f"{what}: those events are delivered twice"
            diagnostics.warning("delivered-twice", catch_all, message, "Keep one of the two.")


def _advise_on_allow_events(
    entries: tuple[Entry, ...], allow_events: Mapping[str, Text], diagnostics: Diagnostics
) -> None:
    """Of names under `allow_events` that lift no error: who reads them would think that they do."""
    wanted = ((account, desired) for entry in entries for account, desired, _ in entry.desired if allow_events)
    needed = {event for account, desired in wanted for event in account.provider.events_of(desired.fields)}
    # An event that a variable names is not known where the variable isn't set.
    may_be_needed = any("$" in text.raw for entry in entries for text in entry.events)
    providers = {account.provider.name: account.provider for entry in entries for account in entry.accounts}.values()
    for name, text in allow_events.items():
        if providers and all(name in provider.events for provider in providers):
            diagnostics.warning("allow-events-unused", text.span, "this is a known event anyway", "Remove it.")
        elif name not in needed and not may_be_needed:
            help_ = "Remove it, or check its spelling."
            diagnostics.warning("allow-events-unused", text.span, "no entry uses this event", help_)


def _advise_on_owns(entries: tuple[Entry, ...], owned: Mapping[str, Ownership], diagnostics: Diagnostics) -> None:
    if any(depends_on_unset_variable(entry.url.source) for entry in entries):
        return
    pairs = ((entry, account) for entry in entries for account in entry.accounts)
    used = {found for entry, account in pairs for found in matching_patterns(entry, owned[account.group])}
    for owns in owned.values():
        for item in owns.items if owns.certain else ():
            if item.pattern.symbolic not in used:
                said = " and ".join(f"`{key}: {str(value).lower()}`" for key, value in item.kind)
                whose = f"webhooks with {said}" if said else "webhooks of the account's kind"
                message = (
                    f"no entry matches this pattern: `apply` deletes the {whose} that match it, except those "
                    "under `protect` or `known`"
                )
                diagnostics.warning("owns-unused", item.span, message, "Remove the pattern, unless this is intended.")
