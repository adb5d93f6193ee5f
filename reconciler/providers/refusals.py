"""What is said of a call that failed, as a `ProviderError`: one sentence, and what to check."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from reconciler.model.configuration import Account
from reconciler.model.provider import Provider
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.providers import reasons
from reconciler.providers.complaint import complaint
from reconciler.providers.exchange import NoReply, Reply, Request
from reconciler.providers.reasons import NOT_THE_API
from reconciler.providers.retry import REQUEST_TIMEOUT, Ending

_MINUTE = 60
_HOUR = 3600
_DAY = 86400


def no_reply(account: Account, origin: str, failure: NoReply, *, may_have_acted: bool) -> ProviderError:
    """No attempt got an answer that can be read."""
    return ProviderError(
        kind=ErrorKind.GARBLED if failure.ending is Ending.UNUSABLE else ErrorKind.UNREACHABLE,
        message=f"{account.provider.title} at {origin} {failure.message}",
        help=failure.help,
        may_have_acted=may_have_acted,
    )


def refusal(account: Account, request: Request, reply: Reply, *, may_have_acted: bool) -> ProviderError:
    """The provider answered with something else than success (and than 429).

    Args:
        account: who called.
        request: what was sent.
        reply: what was answered.
        may_have_acted: whether this attempt or one before may have been carried out.
    """
    title = account.provider.title
    match reply.status:
        case 401:
            kind, message = ErrorKind.DENIED, f"{title} denied the call with {reply.status}"
            help_ = _check_credential(account)
        case 403:
            kind, message = ErrorKind.DENIED, f"{title} denied the call with {reply.status}"
            help_ = _check_credential(account) if request.method == "GET" else _check_permission(account)
        case 407:
            kind, (message, help_) = ErrorKind.REFUSED, reasons.PROXY_CREDENTIALS
            message = f"{title} {message}"
        case 404:
            kind, message = ErrorKind.GONE, f"{title} answered with 404 (not found)"
            help_ = "Somebody may have deleted it in the meantime; run `plan` again."
        case 400 | 409 | 422:
            kind, message = ErrorKind.INVALID, f"{title} rejected the request ({reply.status})"
            help_ = "Check that the provider supports the entry's values."
        case status if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own classes
            where = f" to {reply.redirect}" if reply.redirect else ""
            kind, message = ErrorKind.REFUSED, f"{title} answered with a redirect ({status}){where}"
            help_ = "Redirects are never followed, because the token would be sent along; fix `base_url`."
        case status if status >= 500 or status == REQUEST_TIMEOUT:  # noqa: PLR2004 - HTTP's own classes
            kind, message = ErrorKind.REFUSED, f"{title} could not answer ({status})"
            help_ = "Try again later, or check whether the provider reports an outage."
        case status:
            kind, message, help_ = (
                ErrorKind.REFUSED,
                f"{title} answered with {status}, which is unexpected",
                NOT_THE_API,
            )
    if reply.status < 400:  # noqa: PLR2004 - HTTP's own classes
        return ProviderError(kind=kind, message=message, help=help_, may_have_acted=may_have_acted, status=reply.status)
    said = complaint(reply.body, (*request.secrets, *_secrets(account)), request.shown | _declared(account.provider))
    return ProviderError(
        kind=kind, message=f"{message}{said}", help=help_, may_have_acted=may_have_acted, status=reply.status
    )


def limited(account: Account, seconds: float, now: datetime, *, may_have_acted: bool, status: int) -> ProviderError:
    """The provider asks for a longer wait than a run may wait.

    Args:
        account: who called.
        seconds: until the provider wants to be called again.
        now: the time of day (UTC).
        may_have_acted: whether an attempt before may have been carried out.
        status: what asked for it, 429 or 503; 0 where it was another call's answer.
    """
    return ProviderError(
        kind=ErrorKind.REFUSED if status == 503 else ErrorKind.LIMITED,  # noqa: PLR2004 - HTTP's own number
        message=f"{account.provider.title} asks to wait longer than a run may",
        help=come_back(seconds, now),
        may_have_acted=may_have_acted,
        status=status,
    )


def interrupted(account: Account, *, may_have_acted: bool) -> ProviderError:
    """The run was asked to stop before the call (or its next attempt) was made."""
    return ProviderError(
        kind=ErrorKind.INTERRUPTED,
        message=f"stopped before {account.provider.title} was called"
        if not may_have_acted
        else f"stopped before {account.provider.title} could be called again",
        help="Run the command again; it continues from there.",
        may_have_acted=may_have_acted,
    )


def come_back(seconds: float, now: datetime) -> str:
    """When to try again, as a sentence."""
    try:
        at = f" (not before {now + timedelta(seconds=math.ceil(seconds)):%Y-%m-%d %H:%M:%S} UTC)"
    except OverflowError:
        at = ""
    return f"Run the command again in {duration(seconds)}{at}."


def duration(seconds: float) -> str:
    """Seconds as people say them, rounded up: `45 s`, `6 min`, `3 h`, `2 days`."""
    if seconds <= 2 * _MINUTE:
        return f"{math.ceil(seconds)} s"
    if seconds <= 2 * _HOUR:
        return f"{math.ceil(seconds / _MINUTE)} min"
    if seconds <= 2 * _DAY:
        return f"{math.ceil(seconds / _HOUR)} h"
    return f"{math.ceil(seconds / _DAY)} days"


def _declared(provider: Provider) -> frozenset[str]:
    """Words of the provider's own."""
    return frozenset({*(spec.name for spec in provider.fields), *provider.events})


def _secrets(account: Account) -> tuple[str, ...]:
    """What of the token and of other headers must not show; a token's known prefix may."""
    token = account.token.reveal()
    shown = account.provider.prefix_of(token)
    return (token.removeprefix(shown), *(value.reveal() for _, value in account.header_settings))


def _names(account: Account) -> str:
    return " and ".join(f"`{name}`" for name in account.token.variables()) or "the account's token"


def _said_headers(account: Account) -> str:
    return " and ".join(f"`{setting.name}`" for setting, _ in account.header_settings)


def _check_permission(account: Account) -> str:
    managed = f", also for {said}" if (said := _said_headers(account)) else ""
    return (
        f"Check in {account.provider.portal or 'the provider’s portal'} what the token in {_names(account)} may do"
        f"{managed}, and what the account may have."
    )


def _check_credential(account: Account) -> str:
    kind = f", for {account.kind} {account.provider.auth.kind_setting}" if account.kind else ""
    managed = f", and that {said} is an account that it may access" if (said := _said_headers(account)) else ""
    return f"Check that {_names(account)} is a complete and valid token{kind}{managed}."
