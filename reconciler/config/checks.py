"""What has to hold between entries, claims and accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.config.accounts import Declaration, FileAccount
from reconciler.config.diagnostics import Diagnostics, Span
from reconciler.config.interpolation import Interpolation
from reconciler.config.ownership import AccountClaims, Ownership
from reconciler.config.url_text import depends_on_unset_variable
from reconciler.config.webhooks import Entry
from reconciler.model.configuration import DEFAULT_PROVIDER, Account, Named, NamedSet
from reconciler.model.secret import Origin, SecretText
from reconciler.model.webhook import Key


def check_owned(entries: Iterable[Entry], claims: Mapping[str, AccountClaims], diagnostics: Diagnostics) -> None:
    """Report entries that their accounts don't own.

    Args:
        entries: all of them.
        claims: by the file's names of accounts.
        diagnostics: gets the errors, each with the pattern to add.
    """
    for entry in entries:
        for account in entry.accounts:
            owns = claims[account.group].owns
            if not owns.certain or owns.span is None or _is_owned(entry, owns):
                continue
            if not owns.items:
                diagnostics.error(
                    "owns-empty",
                    owns.span,
                    "`owns` is empty, but there are webhooks",
                    "Add the URL patterns this configuration is responsible for, such as "
                    "`https://hooks.example.com/shippo/*`.",
                )
            elif not depends_on_unset_variable(entry.url.source) and not _is_plain_http(entry):
                whose = "under `owns`" if len(claims) == 1 else f"that `{account.group}` owns"
                message = f"no pattern {whose} matches this URL"
                diagnostics.error("not-owned", entry.url_span, message, _pattern_to_add(entry))
                break


def _is_owned(entry: Entry, owns: Ownership) -> bool:
    """Whether a pattern matches an entry, whatever its variables hold; of a URL that one holds only the host counts.

    Else the message would tell what a secret begins with, pattern by pattern.
    """
    if entry.url.whole_variable:
        return any(pattern.matches_place(entry.url.endpoint) for pattern in owns.symbolic.patterns)
    return entry.url.symbolic in owns.symbolic


def _is_plain_http(entry: Entry) -> bool:
    """Whether it was refused for that: what is to be owned is its https form."""
    return entry.url.endpoint.scheme == "http" and not entry.url.is_loopback


def _pattern_to_add(entry: Entry) -> str:
    source = entry.url.source
    if Origin.LITERAL not in source.origins():
        return f"Add a pattern to `owns` that matches the value of `{_as_written(source)}`."
    path_end = len(source.reveal().partition("?")[0])
    return f"Add `{_as_written(source.slice(0, path_end))}` to `owns`, or a pattern with `*` that matches it."


def _as_written(text: SecretText) -> str:
    """A text with its variables by name, those from `--var` too: what a message may quote."""
    return "".join(f"${{{part.name}}}" if part.name else part.text for part in text.parts)


def check_absent(entries: Iterable[Entry], claims: Mapping[str, AccountClaims], diagnostics: Diagnostics) -> None:
    """Report entries that `absent` says must not exist."""
    # What stands at the top is one object in all accounts: its set is made once.
    sets: dict[int, NamedSet] = {}
    for entry in entries:
        for account in entry.accounts:
            absent = claims[account.group].absent
            if not absent or entry.url.whole_variable:
                continue
            if id(absent) not in sets:
                sets[id(absent)] = NamedSet(
                    replace(item, pattern=item.pattern.symbolic) for item in absent if item.pattern is not None
                )
            named = sets[id(absent)].find_all(entry.url.symbolic)
            found = next((item for item in named if _names(item, entry, account)), None)
            if found is not None:
                diagnostics.error(
                    "entry-absent",
                    entry.url_span,
                    f"this entry's webhook must not exist according to `absent` at {found.place}",
                    "Remove the entry, or the pattern or event in `absent`.",
                )
                break


def _names(absent: Named, entry: Entry, account: Account) -> bool:
    """Whether `absent` names a webhook of an entry. It names only webhooks of the account's kind."""
    return any(
        (absent.events is None or absent.events & account.provider.events_of(desired.fields))
        and account.is_own_kind(desired.key.scope)
        for desired, _ in entry.desired
    )


def check_unique(entries: Iterable[Entry], diagnostics: Diagnostics) -> None:
    """Report entries that are one and the same webhook."""
    seen: dict[tuple[str, Key], tuple[str, Span]] = {}
    reported: set[tuple[str, str]] = set()
    for entry in entries:
        for desired, span in entry.desired:
            other, first = seen.setdefault((desired.address.account, desired.key), (entry.name, span))
            if first is span or (other, entry.name) in reported:
                continue
            reported.add((other, entry.name))
            is_same = other == entry.name
            what = "this event is listed twice" if is_same else f"this webhook is the same as one of entry `{other}`"
            parts = ["URL (ignoring secret parameters)", *(["event"] if desired.key.event is not None else [])]
            parts += [f"`{name}`" for name, _ in desired.key.scope]
            *most, last = parts
            same = f"{', '.join(most)} and {last} are" if most else f"{last} is"
            message, help_ = f"{what}: first at {first.place}", f"Keep one of the two: {same} the same."
            diagnostics.error("webhook-twice", span, message, help_)


def check_tokens_alone(found: Iterable[FileAccount], interpolation: Interpolation, declaration: Declaration) -> None:
    """Report tokens that stand elsewhere too: what else is sent or shown would have them.

    Who could name another variable as the account's token could else put the one that had been there into a URL. So
    the providers' usual variables count always, and every variable that holds a token, whoever it is for.
    """
    found = tuple(found)
    accounts = [account for one in found for account in one.accounts]
    usual = declaration(DEFAULT_PROVIDER)
    providers = [*([usual] if usual is not None else []), *(account.provider for account in accounts)]
    tokens = {account.token.reveal() for account in accounts} - {""}

    def is_token(value: str) -> bool:
        # A whole one, or its prefix: an error that hangs on less would tell a value piece by piece.
        return value in tokens or any(
            provider.kind_of(value) is not None or provider.is_neutral(value) for provider in providers
        )

    reasons = dict.fromkeys(interpolation.mentioned(is_token), "contains a token and is also used here")
    reasons |= {
        provider.auth.variable: f"is the usual variable for {provider.title}'s token, and can't be used here"
        for provider in providers
    }
    feeding = (name for one in found for name in one.token_variables)
    reasons |= dict.fromkeys(feeding, "is used as a token and is also used here")
    for name, what in reasons.items():
        for span in interpolation.mentions.get(name, ()):
            interpolation.diagnostics.error(
                "token-elsewhere",
                span,
                f"`${{{name}}}` {what}",
                "Use another variable here: a token is only sent to its provider.",
            )
