"""What is said of a call that failed, as a `ProviderError`: one sentence, and what to check."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from reconciler.http import failures
from reconciler.http.complaint import complaint
from reconciler.http.exchange import Ending, NoReply, Reply, Request
from reconciler.http.retry import REQUEST_TIMEOUT
from reconciler.model.configuration import Account
from reconciler.model.reading import ErrorKind, ProviderError

_UNITS = ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h"), (math.inf, 86400, "days"))
"""Up to how many seconds a unit is used, and its own."""


def no_reply(account: Account, origin: str, failure: NoReply) -> ProviderError:
    """No attempt got an answer that can be read."""
    return ProviderError(
        kind=ErrorKind.GARBLED if failure.ending is Ending.UNUSABLE else ErrorKind.UNREACHABLE,
        message=f"{account.provider.title} at {origin} {failure.message}",
        help=failure.help,
    )


def refusal(account: Account, request: Request, reply: Reply) -> ProviderError:
    """The provider answered with something else than success, and didn't ask to wait."""
    kind, message, help_ = _refusal(account, request, reply)
    if reply.status >= 400:  # noqa: PLR2004 - HTTP's own classes
        provider = account.provider
        token = account.token.reveal()
        # A token's known prefix may show, and the provider's own words.
        secrets = (
            token.removeprefix(provider.prefix_of(token)),
            *(value.reveal() for _, value in account.header_settings),
        )
        shown = request.shown | {*(spec.name for spec in provider.fields), *provider.events}
        message += complaint(reply.body, (*request.secrets, *secrets), shown)
    return ProviderError(kind=kind, message=f"{account.provider.title} {message}", help=help_, status=reply.status)


def _refusal(account: Account, request: Request, reply: Reply) -> tuple[ErrorKind, str, str]:
    match reply.status:
        case 401 | 403:
            is_permission = reply.status == 403 and request.method != "GET"  # noqa: PLR2004 - HTTP's own number
            help_ = _check_permission(account) if is_permission else _check_credential(account)
            return ErrorKind.DENIED, f"denied the call with {reply.status}", help_
        case 407:
            return ErrorKind.REFUSED, failures.PROXY_CREDENTIALS.message, failures.PROXY_CREDENTIALS.help
        case 404:
            help_ = "Somebody may have deleted it in the meantime; run `plan` again."
            return ErrorKind.GONE, "answered with 404 (not found)", help_
        case 400 | 409 | 422:
            help_ = "Check that the provider supports the entry's values."
            return ErrorKind.INVALID, f"rejected the request ({reply.status})", help_
        case status if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own classes
            where = f" to {reply.redirect}" if reply.redirect else ""
            help_ = "Redirects are never followed, because the token would be sent along; fix `base_url`."
            return ErrorKind.REFUSED, f"answered with a redirect ({status}){where}", help_
        case status if status >= 500 or status == REQUEST_TIMEOUT:  # noqa: PLR2004 - HTTP's own classes
            help_ = "Try again later, or check whether the provider reports an outage."
            return ErrorKind.REFUSED, f"could not answer ({status})", help_
        case status:
            return ErrorKind.REFUSED, f"answered with {status}, which is unexpected", failures.NOT_THE_API


def limited(account: Account, seconds: float, now: datetime, status: int) -> ProviderError:
    """The provider asks for a longer wait than a run may wait: these seconds from now (UTC).

    `status` is what asked for it, 429 or 503; 0 where it was another call's answer.
    """
    return ProviderError(
        kind=ErrorKind.REFUSED if status == 503 else ErrorKind.LIMITED,  # noqa: PLR2004 - HTTP's own number
        message=f"{account.provider.title} asks to wait longer than a run may",
        help=come_back(seconds, now),
        status=status,
    )


def interrupted(account: Account, *, may_have_acted: bool) -> ProviderError:
    """The run was asked to stop before the call (or its next attempt) was made."""
    was = "could be called again" if may_have_acted else "was called"
    return ProviderError(
        kind=ErrorKind.INTERRUPTED,
        message=f"stopped before {account.provider.title} {was}",
        help="Run the command again; it continues from there.",
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
    size, unit = next((size, unit) for most, size, unit in _UNITS if seconds <= most)
    return f"{math.ceil(seconds / size)} {unit}"


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
