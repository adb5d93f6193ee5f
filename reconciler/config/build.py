"""From what the files write to the configuration they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.config.accounts import build_account, check_distinct, default_account
from reconciler.config.bounds import MOST_ACCOUNTS, MOST_PARAMS
from reconciler.config.checks import check_absent, check_owned, check_tokens_alone, check_unique
from reconciler.config.context import Context
from reconciler.config.entries import Entry, EntryReader, Known
from reconciler.config.patterns import AccountClaims, read_claims
from reconciler.config.spot import Spot
from reconciler.config.written import DEFAULT_ACCOUNT, Text, Written
from reconciler.model.configuration import Account, Configuration
from reconciler.model.diagnostic import Place
from reconciler.model.pattern import Pattern
from reconciler.model.showing import Showing
from reconciler.model.url import BUILT_IN_SECRET_PARAMS
from reconciler.model.webhook import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A configuration, as good as it could be built, and what advice looks at."""

    configuration: Configuration
    entries: tuple[Entry, ...]
    allow_events: Mapping[str, Text]
    claims: Mapping[str, AccountClaims]


def build(written: Written, context: Context) -> Built:
    """Build the configuration.

    Args:
        written: all files together.
        context: gets every complaint; with an error among them the configuration is worth nothing.
    """
    _check_missing(written, context)
    accounts = _accounts(written, context)
    claims = read_claims(written.claims, written.accounts or (), DEFAULT_ACCOUNT, context)
    accounts = {name: _with_claims(account, claims[name]) for name, account in accounts.items()}
    secret_params, public_params = _params(written, context)
    allow_events = _allow_events(written, context)
    _check_kinds(accounts.values(), claims, context)
    known = Known(
        accounts=accounts,
        names=written.account_names,
        defaults=written.defaults,
        secret_params=secret_params,
        allow_events=frozenset(allow_events),
    )
    reader = EntryReader(known, context)
    entries = tuple(found for entry in written.entries if (found := reader.read(entry)) is not None)
    check_owned(entries, claims, context.complaints)
    check_absent(entries, claims, context.complaints)
    check_unique(entries, context.complaints)
    check_tokens_alone(written, tuple(accounts.values()), context)
    context.interpolator.complain_of_unset()
    configuration = Configuration(
        accounts=tuple(accounts.values()),
        desired=tuple(desired for entry in entries for desired, _ in entry.desired),
        files=tuple(source.name for source in written.sources),
        secret_params=secret_params,
        public_params=public_params,
        allow_events=frozenset(allow_events),
        showing=Showing((entry.url for entry in entries), public_params, _patterns(accounts)),
    )
    return Built(configuration=configuration, entries=entries, allow_events=allow_events, claims=claims)


def _patterns(accounts: Mapping[str, Account]) -> Iterator[Pattern]:
    """Every pattern of the files: what they write in clear may be shown."""
    for account in accounts.values():
        yield from (pattern for pattern, _ in account.owned_patterns)
        yield from account.protect.patterns
        yield from (item.pattern for item in (*account.absent, *account.known) if item.pattern is not None)


def _check_missing(written: Written, context: Context) -> None:
    if not written.complete:
        return
    place = Place(file=written.sources[0].name, line=1, column=1)
    if not written.has_webhooks:
        context.complaints.error(
            "missing-key",
            place,
            "the file has no `webhooks`",
            "Add entries, or `webhooks: {}` where there are to be none.",
        )
    if written.claims.owns is not None:
        return
    if written.accounts is None:
        context.complaints.error("missing-key", place, "the file has no `owns`", _OWNS_HELP)
    for account in written.accounts or ():
        if account.claims.owns is None:
            context.complaints.error(
                "missing-key", account.spot, "neither this account nor the file has `owns`", _OWNS_HELP
            )


_OWNS_HELP = (
    "Add the URL patterns this configuration is responsible for, such as `https://hooks.example.com/shippo/*`; "
    "what they match and the file doesn't name is deleted."
)


def _accounts(written: Written, context: Context) -> dict[str, Account]:
    """The accounts that could be built, by name, in the file's order."""
    if written.accounts is None:
        # Another file may name the accounts: nothing to be complained of as missing.
        account = default_account(context, Place(file=written.sources[0].name)) if written.complete else None
        return {} if account is None else {account.name: account}
    if len(written.accounts) > MOST_ACCOUNTS:
        where = written.accounts[MOST_ACCOUNTS].spot
        context.complaints.too_much(
            where, f"there are more than {MOST_ACCOUNTS} accounts", "Write several configurations."
        )
    built = [(build_account(account, context), account.spot) for account in written.accounts]
    found = [(account, spot) for account, spot in built if account is not None]
    check_distinct(tuple(found), context)
    return {account.name: account for account, _ in found}


def _with_claims(account: Account, claims: AccountClaims) -> Account:
    return replace(
        account,
        owns=claims.owns.matcher,
        owns_kinds={_scope(account, is_test): patterns for is_test, patterns in claims.owns.kinds.items()},
        absent=claims.absent,
        absent_at=claims.absent_at,
        protect=claims.protect,
        known=claims.known,
        on_unmanaged=claims.on_unmanaged,
        max_losses=claims.max_losses,
    )


def _allow_events(written: Written, context: Context) -> dict[str, Text]:
    """The events that are allowed though no provider is known to have them, and where each is named."""
    found = {context.plain(text, needed=not context.offline): text for text in written.allow_events}
    return {name: text for name, text in found.items() if name is not None}


def _scope(account: Account, is_test: bool) -> Scope:  # noqa: FBT001 - a value, not an option
    """The account's scope, but of this kind."""
    return tuple({**dict(account.scope), "is_test": is_test}.items())


def _check_kinds(accounts: Iterable[Account], claims: Mapping[str, AccountClaims], context: Context) -> None:
    """Complain of items of `owns` that say a kind which the account's provider doesn't have."""
    told: set[Spot] = set()
    for account in accounts:
        if "is_test" in account.provider.scope_fields:
            continue
        for item in claims[account.name].owns.items:
            if item.is_test_spot is not None and item.is_test_spot not in told:
                told.add(item.is_test_spot)
                context.complaints.error(
                    "setting-unsupported",
                    item.is_test_spot,
                    f"{account.provider.title} has no `is_test`",
                    "Leave it out.",
                )


def _params(written: Written, context: Context) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the secret query parameters, and of those that the file calls public, in lower case."""

    def names(texts: tuple[Text, ...]) -> dict[str, Text]:
        if len(texts) > MOST_PARAMS:
            where = texts[MOST_PARAMS].spot
            context.complaints.too_much(where, f"more than {MOST_PARAMS} parameters are named", "Name fewer of them.")
        found = [(context.plain(text, needed=not context.offline), text) for text in texts]
        return {name.lower(): text for name, text in found if name is not None}

    secret, public = names(written.secret_params), names(written.public_params)
    for name, text in public.items():
        if name in secret:
            context.complaints.error(
                "param-twice",
                text.spot,
                "this parameter is named under `secret_params` too",
                "Keep it in one of the two.",
            )
    return (BUILT_IN_SECRET_PARAMS | secret.keys()) - public.keys(), frozenset(public)
