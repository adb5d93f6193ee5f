"""What is said of a call that failed, as a `ProviderError`: one sentence, and what to check."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from reconciler.http.complaint import complaint
from reconciler.http.exchange import NOT_THE_API, PROXY_CREDENTIALS, REQUEST_TIMEOUT, ApiRequest, Ending, NoReply, Reply
from reconciler.model.configuration import Account
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import Origin, SecretText
from reconciler.model.url import Url
from reconciler.model.webhook import Fields, Headers

_UNITS = ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h"), (math.inf, 86400, "days"))  # up to so many seconds
_VALUES = "Check that the provider supports the entry's values."
_GONE = "Somebody may have deleted it in the meantime; run `plan` again."
_REDIRECT = "Redirects are never followed, because the token would be sent along; fix `base_url`."
_OUTAGE = "Try again later, or check whether the provider reports an outage."
_CLEAR = frozenset({Origin.LITERAL, Origin.OPTION})


def failure(account: Account, origin: str, request: ApiRequest, outcome: Reply | NoReply) -> ProviderError:
    """The last attempt got no answer that can be read, or one that is no success and doesn't ask to wait."""
    provider, token, status = account.provider, account.token.reveal(), outcome.status
    if isinstance(outcome, NoReply):
        kind = ErrorKind.GARBLED if outcome.ending is Ending.UNUSABLE else ErrorKind.UNREACHABLE
        return ProviderError(kind, f"{provider.title} at {origin} {outcome.message}", outcome.help)
    kind, message, help_ = _refusal(account, request, outcome)
    if status >= 400:  # noqa: PLR2004 - HTTP's own classes
        # A token's known prefix may show, and the provider's own words.
        headers = (value.reveal() for _, value in account.header_settings)
        secrets = (*_secrets_of(request.fields), token.removeprefix(provider.prefix_of(token)), *headers)
        sent = provider.events_of(request.fields) if request.fields else ()
        shown = {*sent, *provider.events, *(spec.name for spec in provider.fields)}
        message += complaint(outcome.body, secrets, frozenset(shown))
    return ProviderError(kind, f"{provider.title} {message}", help_, status=status)


def _refusal(account: Account, request: ApiRequest, reply: Reply) -> tuple[ErrorKind, str, str]:
    status, method = reply.status, request.method
    match status:
        case 400 | 409 | 422:
            help_ = _VALUES if request.fields else NOT_THE_API
            if method == "DELETE":
                help_ = f"Check in {_portal(account)} why it can't be deleted."
            return ErrorKind.INVALID, f"rejected the request ({status})", help_
        case 401 | 403:
            help_ = _check_permissions(account) if status == 403 and method != "GET" else _check_token(account)  # noqa: PLR2004
            return ErrorKind.DENIED, f"denied the request with {status}", help_
        case 404 if not request.is_collection:
            return ErrorKind.GONE, "responded with 404 (not found)", _GONE
        case 404 if method == "POST":  # the list was there
            return ErrorKind.DENIED, "responded to the create with 404 (not found)", _check_hidden(account)
        case 404:
            return ErrorKind.REFUSED, "has no list of webhooks at this URL (404)", _check_place(account)
        case 407:
            return ErrorKind.REFUSED, PROXY_CREDENTIALS.message, PROXY_CREDENTIALS.help
        case _ if status in range(300, 400):
            where = f" to {reply.redirect}" if reply.redirect else ""
            return ErrorKind.REFUSED, f"responded with a redirect ({status}){where}", _REDIRECT
        case _ if status == REQUEST_TIMEOUT or status >= 500:  # noqa: PLR2004 - HTTP's own classes
            return ErrorKind.REFUSED, f"could not process the request ({status})", _OUTAGE
    return ErrorKind.REFUSED, f"responded with {status}, which is unexpected", NOT_THE_API


def still_there(account: Account, error: ProviderError) -> ProviderError:
    """A call was answered with 404 (the error), and the webhook is there all the same."""
    message = f"the webhook still exists, but {error.message}"
    return ProviderError(ErrorKind.DENIED, message, _check_hidden(account), status=error.status)


def limited(account: Account, seconds: float, now: datetime, status: int) -> ProviderError:
    """The provider asks for a longer wait than a run may wait; `status` is 0 where another call was answered so."""
    kind = ErrorKind.REFUSED if status == 503 else ErrorKind.LIMITED  # noqa: PLR2004 - HTTP's own number
    message = f"{account.provider.title} asks for a longer wait than a run allows"
    return ProviderError(kind, message, come_back(seconds, now), status=status)


def interrupted(account: Account, *, again: bool) -> ProviderError:
    """The run was asked to stop before the call (`again`: before its next attempt)."""
    message = f"stopped before the request to {account.provider.title} {'could be sent again' if again else 'was sent'}"
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


def _portal(account: Account) -> str:
    return account.provider.portal or "the provider’s portal"


def _check_place(account: Account) -> str:
    places = [place.setting for place in account.provider.places if account.place_name]
    headers = [setting.name for setting in account.provider.settings if setting.header]
    headers = [name for name in headers if not any(place.one == name for place in account.provider.places if places)]
    hidden = ", and that the token has access to it" if places else ""
    return f"Check {_names('base_url', *places, *headers)} under the account{hidden}."


def _check_token(account: Account) -> str:
    headers = _header_names(account)
    kind = f", for {account.kind} {account.provider.auth.kind_setting}" if account.kind else ""
    managed = f", and that {headers} is an account that it may access" if headers else ""
    return f"Check that {_token_name(account)} is a complete and valid token{kind}{managed}."


def _check_permissions(account: Account) -> str:
    also = f", also for {headers}" if (headers := _header_names(account)) else ""
    token = f"the token in {_token_name(account)}"
    return f"Check in {_portal(account)} which permissions {token} has{also}, and which limits the account has."


def _check_hidden(account: Account) -> str:
    """Services like GitHub answer so where a token may not know, or not change, what is there."""
    return f"Providers respond with 404 to a token that may only read, too. {_check_permissions(account)}"


def _token_name(account: Account) -> str:
    return _names(*account.token.variables()) or "the account's token"


def _header_names(account: Account) -> str:
    return _names(*(setting.name for setting, _ in account.header_settings))


def _names(*names: str) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _secrets_of(fields: Fields) -> Iterator[str]:
    """What of a webhook's fields must not show: of a URL what the file doesn't write in clear, its host aside."""
    for value in fields.values():
        if isinstance(value, Url):
            texts = (*value.segments, *(item.text for item in value.items))
            yield from (part.text for text in texts for part in text.parts if part.origin not in _CLEAR)
            yield from (item.text.reveal().partition("=")[2] for item in value.items if item.secret)
        elif isinstance(value, SecretText):
            yield value.reveal()
        elif isinstance(value, Headers):
            yield from value.reveal().values()
