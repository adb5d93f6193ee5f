"""Where an account's calls go, and whether its token may go there: a hostile file must not be able to take it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.model.configuration import Account
from reconciler.model.host import normal_host
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.url_error import UrlError

_VISIBLE = re.compile(r"[\x21-\x7e]+")
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?")
_DEFAULT_PORT = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where calls go.

    Attributes:
        origin: scheme, host and port in normal form; may be shown.
        path: what comes before each call's path, without a slash at its end.
        loopback: whether it is this machine.
    """

    origin: str
    path: str
    loopback: bool


def destination_of(account: Account, allowed_hosts: frozenset[str]) -> Destination:
    """Where an account's calls go, if its token may go there.

    Args:
        account: its base URL, token and account id are looked at.
        allowed_hosts: hosts, with an optional `:port`, that the user allows outside the file.
    Raises:
        ProviderError: DENIED, where the token may not go there, or can't be sent at all.
    """
    url = _base_url(account)
    endpoint = url.endpoint
    if endpoint.query or url.secrets:
        raise _denied(
            f"the base URL at {endpoint.origin} has a query", "Write `base_url` as `https://host`, with a path at most."
        )
    if endpoint.scheme != "https" and not url.is_loopback:
        raise _denied(
            f"the base URL {endpoint.origin} is http: the token would travel in clear",
            "Write `https://`; http is for loopback only.",
        )
    if not (url.is_loopback or _is_own(account, endpoint.host) or _is_allowed(url, allowed_hosts)):
        raise _denied(
            f"the token may not go to {endpoint.origin}, which isn't {account.provider.title}'s own host",
            f"If you trust that host with the token, allow it with `--allow-host {endpoint.host}`.",
        )
    if account.token or not account.provider.auth.optional:
        _check_header("token", account.token)
    for setting, value in account.header_settings:
        _check_header(setting.name, value)
    return Destination(origin=endpoint.origin, path=endpoint.path.rstrip("/"), loopback=url.is_loopback)


def _base_url(account: Account) -> Url:
    try:
        return parse_url(SecretText.literal(account.base_url))
    except UrlError as error:
        message, help_ = error.message, error.help
    raise _denied(f"the account's `base_url` can't be used: {message}", help_)


def _is_own(account: Account, host: str) -> bool:
    own = account.provider.base_url
    return bool(own) and host == parse_url(SecretText.literal(own)).endpoint.host


def _is_allowed(url: Url, allowed_hosts: frozenset[str]) -> bool:
    port = url.endpoint.port or _DEFAULT_PORT[url.endpoint.scheme]
    return any(_names(allowed, url.endpoint.host, port) for allowed in allowed_hosts)


def _names(allowed: str, host: str, port: int) -> bool:
    """Whether what the user allows is this host; without a port, it is the host on any."""
    found = _HOST_AND_PORT.fullmatch(allowed.strip())
    if found is None:
        return False
    try:
        same_host = normal_host(found["host"]) == host
    except UrlError:
        return False
    return same_host and (found["port"] is None or int(found["port"]) == port)


def _check_header(what: str, value: SecretText) -> None:
    """Only visible ASCII goes into a header: a line break would begin another one."""
    if _VISIBLE.fullmatch(value.reveal()):
        return
    names = ", ".join(f"`{name}`" for name in value.variables())
    where = f"Check the value of {names}" if names else f"Check the account's {what}"
    if not value:
        raise _denied(f"the {what} is empty", f"{where}.")
    raise _denied(
        f"the {what} has white space, a line break or another character that can't be sent in a header",
        f"{where}: a line break at its end is the usual reason.",
    )


def _denied(message: str, help_: str) -> ProviderError:
    return ProviderError(kind=ErrorKind.DENIED, message=message, help=help_)
