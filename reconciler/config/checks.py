"""What has to hold between entries, claims and accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from reconciler.config.accounts import FileAccount
from reconciler.config.diagnostics import Diagnostics, Span
from reconciler.config.entry import Entry
from reconciler.config.interpolation import Values
from reconciler.config.ownership import Ownership
from reconciler.config.urls import depends_on_unset_variable
from reconciler.model.configuration import Account, NamedSet
from reconciler.model.field import SECRET_TO
from reconciler.model.pattern import Pattern
from reconciler.model.provider import Provider
from reconciler.model.secret import Origin, Part, SecretText
from reconciler.model.webhook import Address, Desired, Key

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_owned(entries: Iterable[Entry], owned: Mapping[str, Ownership], diagnostics: Diagnostics) -> None:
    """Report entries that their accounts don't own, each with the pattern to add."""
    claims: dict[int, list[tuple[Account, Ownership]]] = {}  # by the tuple of accounts, of which entries share few
    for entry in entries:
        url, accounts = entry.url, entry.accounts
        claimed = claims.get(id(accounts))
        if claimed is None:
            found = ((account, owned[account.group]) for account in accounts)
            claimed = [(of, owns) for of, owns in found if owns.certain and owns.span is not None]
            claims[id(accounts)] = claimed
        for account, owns in claimed:
            if _is_owned(entry, owns):
                continue
            if not depends_on_unset_variable(url.source):
                whose = "under `owns`" if len(owned) == 1 else f"under `owns` for account `{account.group}`"
                help_ = _how_to_own(url.source)
                diagnostics.error("not-owned", entry.url_span, f"no pattern {whose} matches this URL", help_)
                break


def _is_owned(entry: Entry, owns: Ownership) -> bool:
    if entry.url.has_clear_path:  # as most have
        return owns.symbolic.find(entry.url.endpoint) is not None
    if entry.url.whole_variable:
        return any(matching_patterns(entry, owns))
    return entry.url.symbolic in owns.symbolic


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
    seen: dict[tuple[str, tuple[str, ...]], dict[Key, tuple[Account, Desired, Span]]] = {}
    reported: set[tuple[str, str]] = set()
    for entry in entries:
        for found in entry.desired:
            _, desired, span = found
            of_account = seen.setdefault((desired.address.account, desired.places), {})
            one = of_account.setdefault(desired.key, found)
            if one is found:
                continue
            other, first = one[1].address.name, one[2]
            if (other, entry.name) in reported:
                continue
            reported.add((other, entry.name))
            is_same = other == entry.name
            what = "this event is listed twice" if is_same else f"this webhook is the same as one of entry `{other}`"
            help_ = "Keep one of the two; only parameters that aren't secret tell webhooks apart (`public_params`)."
            diagnostics.error("webhook-twice", span, f"{what}: first at {first.place}", help_)


def check_secret_names(entries: Iterable[Entry], diagnostics: Diagnostics) -> None:
    """Report names for secrets that are none, or that two webhooks have: one secret would take the other's place."""
    seen: dict[str, Address] = {}
    for entry in entries:
        for _, desired, _ in entry.desired:
            name = desired.secret_to
            if not name:
                continue
            span = entry.said[SECRET_TO.name][1]
            first = seen.setdefault(name, desired.address)
            if not _NAME.fullmatch(name):
                message, help_ = f"`{SECRET_TO.name}` is not a valid name", "Use letters, digits and `_`."
                diagnostics.error("secret-to-name", span, message, help_)
                break
            if first != desired.address:
                message = f"the secret of {desired.address} has the name that the one of {first} has"
                help_ = "Give each webhook its own name; write an entry for each account."
                diagnostics.error("secret-to-twice", span, message, help_)
                break


def check_tokens_alone(found: Sequence[FileAccount], values: Values, usual: Provider) -> None:
    """Report tokens that stand elsewhere too: what else is sent or shown would have them.

    Who could name another variable as the account's token could else put the one that had been there into a URL. So
    the providers' usual variables count always, and every variable that holds a token, whoever it is for.
    """
    accounts = [account for one in found for account in one.accounts]
    providers = [usual, *(account.provider for account in accounts)]
    tokens = {account.token.reveal() for account in accounts} - {""}

    def is_token(text: str) -> bool:
        # A whole one, or its prefix: an error that hangs on less would tell a value piece by piece.
        return text in tokens or any(of.is_token(text) for of in providers)

    known = {provider.auth.variable for provider in providers} | {name for one in found for name in one.token_variables}
    for name, spans in values.mentions.items():
        value = values.variables.value(name)
        if name in known or (isinstance(value, Part) and is_token(value.text)):
            for span in spans:
                help_ = "Use another variable here: a token is only sent to its provider."
                message = f"`${{{name}}}` is for a token, and can't be used here"
                values.diagnostics.error("token-elsewhere", span, message, help_)
