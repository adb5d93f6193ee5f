"""What is said of a call that failed, as a `ProviderError`: one sentence, and what to check."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from reconciler.http.complaint import complaint
from reconciler.http.exchange import NOT_THE_API, PROXY_CREDENTIALS, Ending, NoReply, Reply, Request
from reconciler.http.retry import REQUEST_TIMEOUT
from reconciler.model.configuration import Account
from reconciler.model.reading import ErrorKind, ProviderError

_UNITS = ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h"), (math.inf, 86400, "days"))  # up to so many seconds


def failure(account: Account, origin: str, request: Request, outcome: Reply | NoReply) -> ProviderError:
    """The last attempt got no answer that can be read, or one that is no success and doesn't ask to wait."""
    provider, token = account.provider, account.token.reveal()
    if isinstance(outcome, NoReply):
        kind = ErrorKind.GARBLED if outcome.ending is Ending.UNUSABLE else ErrorKind.UNREACHABLE
        return ProviderError(kind, f"{provider.title} at {origin} {outcome.message}", outcome.help)
    if outcome.status == 404 and request.is_collection:  # noqa: PLR2004 - HTTP's own number
        return _no_list(account)
    kind, message, help_ = _refusal(account, request, outcome)
    if outcome.status >= 400:  # noqa: PLR2004 - HTTP's own classes
        # A token's known prefix may show, and the provider's own words.
        headers = (value.reveal() for _, value in account.header_settings)
        secrets = (*request.secrets, token.removeprefix(provider.prefix_of(token)), *headers)
        shown = {*request.shown, *provider.events, *(spec.name for spec in provider.fields)}
        message += complaint(outcome.body, secrets, frozenset(shown))
    return ProviderError(kind, f"{provider.title} {message}", help_, status=outcome.status)


def _refusal(account: Account, request: Request, reply: Reply) -> tuple[ErrorKind, str, str]:
    status = reply.status
    match status:
        case 401 | 403:
            is_permission = status == 403 and request.method != "GET"  # noqa: PLR2004 - HTTP's own number
            help_ = _check_token(account, is_permission=is_permission)
            return ErrorKind.DENIED, f"denied the call with {status}", help_
        case 407:
            return ErrorKind.REFUSED, PROXY_CREDENTIALS.message, PROXY_CREDENTIALS.help
        case 404:
            help_ = "Somebody may have deleted it in the meantime; run `plan` again."
            return ErrorKind.GONE, "answered with 404 (not found)", help_
        case 400 | 409 | 422:
            help_ = "Check that the provider supports the entry's values."
            return ErrorKind.INVALID, f"rejected the request ({status})", help_
        case _ if status // 100 == 3:  # noqa: PLR2004 - HTTP's own classes
            where = f" to {reply.redirect}" if reply.redirect else ""
            help_ = "Redirects are never followed, because the token would be sent along; fix `base_url`."
            return ErrorKind.REFUSED, f"answered with a redirect ({status}){where}", help_
        case _ if status >= 500 or status == REQUEST_TIMEOUT:  # noqa: PLR2004 - HTTP's own classes
            help_ = "Try again later, or check whether the provider reports an outage."
            return ErrorKind.REFUSED, f"could not answer ({status})", help_
    return ErrorKind.REFUSED, f"answered with {status}, which is unexpected", NOT_THE_API


def _no_list(account: Account) -> ProviderError:
    provider = account.provider
    headers = (setting.name for setting in provider.settings if setting.header)
    keys = " and ".join(f"`{key}`" for key in ("base_url", *(place.setting for place in provider.places), *headers))
    hidden = ", and that the token may see it" if provider.places else ""
    message = f"{provider.title} has no list of webhooks at this address (404)"
    return ProviderError(ErrorKind.REFUSED, message, f"Check {keys} under the account{hidden}.", status=404)


def limited(account: Account, seconds: float, now: datetime, status: int) -> ProviderError:
    """The provider asks for a longer wait than a run may wait; `status` is 0 where another call was answered so."""
    kind = ErrorKind.REFUSED if status == 503 else ErrorKind.LIMITED  # noqa: PLR2004 - HTTP's own number
    message = f"{account.provider.title} asks to wait longer than a run may"
    return ProviderError(kind, message, come_back(seconds, now), status=status)


def interrupted(account: Account, *, again: bool) -> ProviderError:
    """The run was asked to stop before the call, or its next attempt (`again`), was made."""
    message = f"stopped before {account.provider.title} {'could be called again' if again else 'was called'}"
    return ProviderError(ErrorKind.INTERRUPTED, message, "Run the command again; it continues from there.")


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


def _check_token(account: Account, *, is_permission: bool) -> str:
    token = " and ".join(f"`{name}`" for name in account.token.variables()) or "the account's token"
    headers = " and ".join(f"`{setting.name}`" for setting, _ in account.header_settings)
    if is_permission:
        also = f", also for {headers}" if headers else ""
        portal = account.provider.portal or "the provider’s portal"
        return f"Check in {portal} what the token in {token} may do{also}, and what the account may have."
    kind = f", for {account.kind} {account.provider.auth.kind_setting}" if account.kind else ""
    managed = f", and that {headers} is an account that it may access" if headers else ""
    return f"Check that {token} is a complete and valid token{kind}{managed}."
