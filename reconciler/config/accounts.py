"""The accounts of a file: provider, token, mode, base URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.config.context import Context, quoted
from reconciler.config.interpolate import Rule
from reconciler.config.spot import Spot
from reconciler.config.tokens import header_fault, token_fault
from reconciler.config.url_text import read_url
from reconciler.config.written import DEFAULT_ACCOUNT, Text, WrittenAccount
from reconciler.model.configuration import DEFAULT_TIMEOUT, Account
from reconciler.model.destination import destination_of, is_own_host
from reconciler.model.diagnostic import Place
from reconciler.model.provider import Provider, TokenKind
from reconciler.model.secret import Origin, SecretText
from reconciler.model.url import BUILT_IN_SECRET_PARAMS
from reconciler.model.url_error import UrlError

DEFAULT_PROVIDER = "shippo"
_PIN = "Pin it in the account that has this token: `mode: live` or `mode: test`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What mode and token say together; nothing where they aren't known."""

    mode: str = ""
    known: TokenKind | None = None


def build_account(written: WrittenAccount, context: Context) -> Account | None:
    """Build an account, what it claims aside.

    Args:
        written: what the file says.
        context: where complaints go.
    Returns:
        The account; None where its provider isn't known.
    """
    needed = context.needs(written.name)
    provider = _provider(written.provider, context, needed=needed)
    if provider is None:
        return None
    token, is_sound = _token(written, provider, context, needed=needed)
    base_url, is_own = _base_url(written, provider, context, needed=needed)
    kind = _kind(written, token, provider, context, is_own=is_own, is_sound=is_sound)
    account_id = _account_id(written, context, needed=needed)
    trust_count = context.interpolator.flag(written.trust_count, needed=needed)
    return Account(
        name=written.name,
        provider=provider,
        token=token,
        base_url=base_url,
        settings={
            **({} if account_id is None else {"account_id": account_id}),
            **({} if trust_count is not False else {"trust_count": False}),
        },
        timeout=DEFAULT_TIMEOUT if written.timeout is None else float(written.timeout),
        kind=kind.mode,
        scope=kind.known.scope if kind.known is not None else (),
        limits=provider.limits_of(kind.known.name if kind.known is not None else ""),
    )


def default_account(context: Context, where: Place | None) -> Account | None:
    """The account of a configuration that names none."""
    provider = context.declaration(DEFAULT_PROVIDER)
    if provider is None:
        context.complaints.error(
            "provider-unknown",
            where,
            f"the provider `{DEFAULT_PROVIDER}` isn't installed",
            "Name one under `accounts`.",
        )
        return None
    needed = context.needs(DEFAULT_ACCOUNT)
    token = context.interpolator.usual_token(provider.auth.variable, where, needed=needed)
    is_sound = _check_header(token, where, context, token_fault)
    known = provider.kind_of(token.reveal())
    if is_sound and known is None and provider.auth.kinds and Origin.PLACEHOLDER not in token.origins():
        example = f"`accounts: {{live: {{provider: {provider.name}, mode: live}}}}`"
        pin = f"Name the account in the file with its mode, such as {example}."
        _unknown_token(provider, token, where, context, is_own=True, pin=pin)
    return Account(
        name=DEFAULT_ACCOUNT,
        provider=provider,
        token=token,
        base_url=provider.base_url,
        kind=known.name if known is not None else "",
        scope=known.scope if known is not None else (),
        limits=provider.limits_of(known.name if known is not None else ""),
    )


def check_distinct(accounts: tuple[tuple[Account, Spot], ...], context: Context) -> None:
    """Complain of accounts that are one and the same at the provider."""
    seen: dict[tuple[str, str, tuple[str, ...]], tuple[Account, Spot]] = {}
    for account, spot in accounts:
        headers = tuple(value.reveal() for _, value in account.header_settings)
        same = (account.base_url, account.token.reveal(), headers)
        if same in seen:
            other, first = seen[same]
            context.complaints.error(
                "account-same",
                spot,
                f"this account has base URL, token and account id of `{other.name}` at {first.place}",
                "Keep one of the two, or give it its own token.",
            )
        seen.setdefault(same, (account, spot))


def _provider(name: Text, context: Context, *, needed: bool) -> Provider | None:
    said = context.plain(name, needed=needed)
    if said is None:
        return None
    provider = context.declaration(said)
    if provider is None:
        context.complaints.error(
            "provider-unknown",
            name.spot,
            f"{quoted(name, 'this')} is no provider that is installed",
            f"Write `{DEFAULT_PROVIDER}`, or install the package that brings the provider.",
        )
    return provider


def _token(written: WrittenAccount, provider: Provider, context: Context, *, needed: bool) -> tuple[SecretText, bool]:
    """The token, and whether nothing is wrong with how it is written."""
    token: SecretText | None = None
    spot = written.spot
    if written.token is not None:
        spot = written.token.spot
        token = context.interpolator.token(written.token, needed=needed)
    elif not written.doubtful_token:
        token = context.interpolator.usual_token(provider.auth.variable, spot, needed=needed)
    if token is None:
        return context.interpolator.unknown(provider.auth.variable), True
    return token, _check_header(token, spot, context, token_fault)


def _account_id(written: WrittenAccount, context: Context, *, needed: bool) -> SecretText | None:
    if written.account_id is None:
        return None
    account_id = context.interpolator.text(written.account_id, Rule(environment=True, needed=needed))
    if account_id is not None:
        _check_header(account_id, written.account_id.spot, context, header_fault)
    return account_id


def _check_header(
    value: SecretText,
    where: Spot | Place | None,
    context: Context,
    fault_of: Callable[[str], tuple[str, str] | None],
) -> bool:
    """Tokens and ids travel in headers: whether this one can, and is what it should be."""
    fault = None if Origin.PLACEHOLDER in value.origins() else fault_of(value.reveal())
    if fault is not None:
        names = ", ".join(f"`${{{name}}}`" for name in value.variables()) or "this"
        context.complaints.error("header-characters", where, f"{names} {fault[0]}", fault[1])
    return fault is None


def _base_url(written: WrittenAccount, provider: Provider, context: Context, *, needed: bool) -> tuple[str, bool]:
    """The base URL, and whether it is the provider's own (or unknown)."""
    if written.base_url is None:
        return provider.base_url, True
    spot = written.base_url.spot
    text = context.interpolator.text(written.base_url, Rule(environment=False, needed=needed))
    url = read_url(text, spot, BUILT_IN_SECRET_PARAMS, context.complaints) if text is not None else None
    if text is None or url is None or Origin.PLACEHOLDER in text.origins():
        return provider.base_url, True
    try:
        destination_of(url, provider, context.allowed_hosts)
    except UrlError as error:
        context.complaints.url_error(error, spot)
    return url.endpoint.origin + url.endpoint.path.rstrip("/"), is_own_host(url, provider)


def _kind(
    written: WrittenAccount, token: SecretText, provider: Provider, context: Context, *, is_own: bool, is_sound: bool
) -> Kind:
    """Mode and token, checked against each other."""
    pinned = context.plain(written.mode, needed=context.needs(written.name)) if written.mode is not None else ""
    known = provider.kind_of(token.reveal())
    modes = {kind.name: kind for kind in provider.auth.kinds}
    if written.mode is not None and pinned is not None and pinned not in modes:
        context.complaints.error(
            "wrong-value",
            written.mode.spot,
            f"`mode` is none that {provider.title} has",
            f"Write {' or '.join(f'`{mode}`' for mode in modes)}." if modes else "Leave `mode` out.",
        )
        return Kind()
    if Origin.PLACEHOLDER in token.origins():
        return Kind(mode=pinned or "", known=modes.get(pinned or ""))
    if known is not None and token.reveal() == known.prefix:
        context.complaints.error(
            "token-kind",
            written.token.spot if written.token is not None else written.spot,
            f"the token ends after its prefix, `{known.prefix}`",
            "Set its variable to the whole token.",
        )
        return Kind()
    if known is None:
        spot = written.token.spot if written.token is not None else written.spot
        says_nothing = provider.is_neutral(token.reveal())
        if is_sound and provider.auth.kinds and pinned is not None and not (pinned and (says_nothing or not is_own)):
            _unknown_token(provider, token, spot, context, is_own=is_own)
        return Kind(mode=pinned or "", known=modes.get(pinned or ""))
    if pinned and known.name != pinned and written.mode is not None:
        context.complaints.error(
            "mode-token",
            written.mode.spot,
            f"`mode` says {pinned}, and the token is one for {known.name}",
            "Name the variable of the right token, or correct `mode`.",
        )
    return Kind(mode=known.name, known=known)


def _unknown_token(
    provider: Provider,
    token: SecretText,
    where: Spot | Place | None,
    context: Context,
    *,
    is_own: bool,
    pin: str = _PIN,
) -> None:
    """Complain of a token that doesn't say its kind where nothing else does."""
    prefixes = " or ".join(f"`{kind.prefix}`" for kind in provider.auth.kinds)
    if provider.is_neutral(token.reveal()):
        message, help_ = "the token doesn't say whether it is for live or test", pin
    elif is_own:
        message = f"the token begins with neither of {provider.title}'s prefixes"
        help_ = f"Check its value: it begins with {prefixes}."
    else:
        message, help_ = "nothing says what mode this is", pin
    context.complaints.error("token-kind", where, message, help_)
