"""What has to hold between entries, claims and accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.config.accounts import DEFAULT_PROVIDER
from reconciler.config.complaints import Complaints
from reconciler.config.context import Context, as_written
from reconciler.config.entries import Entry
from reconciler.config.patterns import AccountClaims, Patterns
from reconciler.config.spot import Spot
from reconciler.config.url_text import is_guess
from reconciler.config.written import Text, Written
from reconciler.model.configuration import Account, Named, NamedSet
from reconciler.model.secret import Origin
from reconciler.model.webhook import Key


def check_owned(entries: Iterable[Entry], claims: Mapping[str, AccountClaims], complaints: Complaints) -> None:
    """Complain of entries that their accounts don't own.

    Args:
        entries: all of them.
        claims: by account.
        complaints: gets the complaints, each with the pattern to add.
    """
    told: set[Spot] = set()
    for entry in entries:
        for account in entry.accounts:
            owns = claims[account.name].owns
            if not owns.certain or owns.spot is None or _is_owned(entry, owns):
                continue
            if not owns.items:
                if owns.spot not in told:
                    told.add(owns.spot)
                    complaints.error(
                        "owns-empty",
                        owns.spot,
                        "`owns` is empty, and there are webhooks",
                        "Name the URL patterns this configuration is responsible for, such as "
                        "`https://hooks.example.com/shippo/*`.",
                    )
            elif not is_guess(entry.url.source) and not _is_plain_http(entry):
                whose = "under `owns`" if len(claims) == 1 else f"that `{account.name}` owns"
                message = f"no pattern {whose} matches this URL"
                complaints.error("not-owned", entry.written.url.spot, message, _pattern_to_add(entry))
                break


def _is_owned(entry: Entry, owns: Patterns) -> bool:
    """Whether a pattern matches an entry, whatever its variables hold; of a URL that one holds only the host counts.

    Else the complaint would tell what a secret begins with, pattern by pattern.
    """
    if entry.url.whole_variable:
        return any(pattern.matches_place(entry.url.endpoint) for pattern in owns.opaque.patterns)
    return entry.url.opaque in owns.opaque


def _is_plain_http(entry: Entry) -> bool:
    """Whether it was refused for that: what is to be owned is its https form."""
    return entry.url.endpoint.scheme == "http" and not entry.url.is_loopback


def _pattern_to_add(entry: Entry) -> str:
    source = entry.url.source
    if Origin.LITERAL not in source.origins():
        return f"Add a pattern to `owns` that matches what `{as_written(source)}` holds."
    path_end = len(source.reveal().partition("?")[0])
    return f"Add `{as_written(source.slice(0, path_end))}` to `owns`, or a pattern with `*` that matches it."


def check_absent(entries: Iterable[Entry], claims: Mapping[str, AccountClaims], complaints: Complaints) -> None:
    """Complain of entries that `absent` says must not exist."""
    # What stands at the top is one object in all accounts: its set is made once.
    sets: dict[int, NamedSet] = {}
    for entry in entries:
        for account in entry.accounts:
            absent = claims[account.name].absent
            if not absent or entry.url.whole_variable:
                continue
            if id(absent) not in sets:
                sets[id(absent)] = NamedSet(
                    replace(item, pattern=item.pattern.opaque) for item in absent if item.pattern is not None
                )
            named = sets[id(absent)].find_all(entry.url.opaque)
            found = next((item for item in named if _names(item, entry, account)), None)
            if found is not None:
                complaints.error(
                    "entry-absent",
                    entry.written.url.spot,
                    f"this entry is wanted here and must not exist at {found.place}",
                    "Remove the entry, or its pattern or event from `absent`.",
                )
                break


def _names(absent: Named, entry: Entry, account: Account) -> bool:
    """Whether `absent` names a webhook of an entry. It names only webhooks of the account's kind."""
    return any(
        (absent.events is None or absent.events & account.provider.events_of(desired.fields))
        and account.is_own_kind(desired.key.scope)
        for desired, _ in entry.desired
    )


def check_unique(entries: Iterable[Entry], complaints: Complaints) -> None:
    """Complain of entries that are one and the same webhook."""
    seen: dict[tuple[str, Key], tuple[str, Spot]] = {}
    told: set[tuple[str, str]] = set()
    for entry in entries:
        name = entry.written.name
        for desired, spot in entry.desired:
            other, first = seen.setdefault((desired.address.account, desired.key), (name, spot))
            if first is spot or (other, name) in told:
                continue
            told.add((other, name))
            what = "this event is named twice" if other == name else f"this webhook is the same as one of `{other}`"
            complaints.error(
                "webhook-twice",
                spot,
                f"{what}: first at {first.place}",
                "Keep one of the two: URL (secret parameters aside), event and `is_test` are the same.",
            )


def check_tokens_alone(written: Written, accounts: tuple[Account, ...], context: Context) -> None:
    """Complain of tokens that stand elsewhere too: what else is sent or shown would have them.

    Who could name another variable as the account's token could else put the one that had been there into a URL. So
    the providers' usual variables count always, and every variable that holds a token, whoever it is for.
    """
    usual = context.declaration(DEFAULT_PROVIDER)
    providers = [*([usual] if usual is not None else []), *(account.provider for account in accounts)]
    tokens = {account.token.reveal() for account in accounts}

    def is_token(value: str) -> bool:
        # A whole one, or its prefix: a complaint that hangs on less would tell a value piece by piece.
        return value in tokens or any(
            provider.kind_of(value) is not None or provider.is_neutral(value) for provider in providers
        )

    interpolator = context.interpolator
    found = dict.fromkeys(interpolator.mentioned(is_token), "holds a token and stands here too")
    found |= {
        provider.auth.variable: f"is where {provider.title}'s token usually stands, and can't stand here too"
        for provider in providers
    }
    found |= dict.fromkeys(_feeding(written, accounts), "feeds a token and stands here too")
    for name, what in found.items():
        for spot in interpolator.mentions.get(name, ()):
            context.complaints.error(
                "token-elsewhere",
                spot,
                f"`${{{name}}}` {what}",
                "Use another variable here: a token goes to its provider alone.",
            )


def _feeding(written: Written, accounts: Iterable[Account]) -> Iterator[str]:
    """The variables that tokens come from: those that accounts name, and the usual ones of accounts that name none."""
    for account in written.accounts or ():
        yield from token_names(account.token)
    saying = {account.name for account in written.accounts or () if account.token is not None or account.doubtful_token}
    yield from (account.provider.auth.variable for account in accounts if account.name not in saying)


def token_names(token: Text | None) -> tuple[str, ...]:
    """The variable that a `token` names."""
    return () if token is None else (token.raw.removeprefix("${").partition("}")[0].partition(":")[0],)
