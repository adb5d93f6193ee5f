"""Where an account's calls go, and whether its token may go there: a hostile file must not be able to take it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.diagnostic import UrlError
from reconciler.model.host import normal_host, normal_port
from reconciler.model.provider import Provider
from reconciler.model.secret import Origin, SecretText
from reconciler.model.url import Endpoint, Url, parse_url

_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where calls go."""

    origin: str  # scheme, host and port in normal form; may be shown
    path: str  # what comes before each call's path, without a trailing slash
    loopback: bool


def destination_of(url: Url, provider: Provider, allowed_hosts: Iterable[str]) -> Destination:
    """Where calls go whose base URL is this. Hosts that the user allows outside the file are so on any port, or on one.

    Raises:
        UrlError: the account's token may not go there; quotes nothing but a host that the file writes in clear.
    """
    endpoint = url.endpoint
    if url.items:
        raise UrlError("base-url", "the base URL has a query", "Remove the `?` and what follows it.")
    if not url.is_loopback:
        if endpoint.scheme != "https":
            message = "the base URL is http: the token would be sent unencrypted"
            raise UrlError("base-url", message, "Write `https://`; http is for loopback only.")
        if not is_own_host(url, provider) and not any(_allows(host, endpoint) for host in allowed_hosts):
            named = endpoint.origin.partition("://")[2] if set(url.source.origins()) == {Origin.LITERAL} else "HOST"
            raise UrlError(
                "base-url-host",
                f"the base URL's host is neither {provider.title}'s own nor loopback: the token would be sent there",
                f"If this is intended, allow it outside the file: `--allow-host {named}`.",
            )
    return Destination(origin=endpoint.origin, path=endpoint.path.rstrip("/"), loopback=url.is_loopback)


def is_own_host(url: Url, provider: Provider) -> bool:
    """Whether a base URL's host is the one where the provider's API lives, on any port."""
    own = provider.base_url
    return bool(own) and url.endpoint.host == parse_url(SecretText.literal(own)).endpoint.host


def _allows(allowed: str, endpoint: Endpoint) -> bool:
    """Whether what the user allows is this host; text that is no host allows nothing."""
    found = _HOST_AND_PORT.fullmatch(allowed.strip())
    try:
        return (
            found is not None
            and normal_host(found["host"]) == endpoint.host
            and (found["port"] is None or normal_port(endpoint.scheme, found["port"]) == endpoint.port)
        )
    except UrlError:
        return False
