"""What is checked, and what was measured of it, as values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum

from msgspec import Struct

from reconciler.model.configuration import Account, Configuration
from reconciler.model.url import Url
from reconciler.model.webhook import Address, Desired


class Request(Struct, frozen=True, kw_only=True):
    """What a receiver is sent. Without a body it asks for nothing to be done: OPTIONS is safe (RFC 9110, 9.2.1)."""

    method: str = "OPTIONS"
    event: str = ""  # of the sample that is sent
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.method}, {self.event!r})"


class Receiver(Struct, frozen=True, kw_only=True):
    """A URL that webhooks of the file deliver to."""

    url: Url
    webhooks: tuple[Address, ...]
    timeout: float  # seconds: the shortest of its providers'
    title: str  # of the provider that waits so long
    is_local: bool  # whether its providers reach what this machine reaches
    requests: tuple[Request, ...]
    without_sample: tuple[str, ...] = ()  # events whose sample was asked for, and isn't known


class Failure(Enum):
    """Why there is no response."""

    NOT_CHECKED = "not checked"  # the run was over before
    UNSET_VARIABLE = "unset variable"
    UNRESOLVED = "unresolved"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NOT_CONNECTED = "not connected"  # in time
    CERTIFICATE = "certificate"  # not trusted
    HANDSHAKE = "handshake"
    NO_RESPONSE = "no response"  # in time
    CLOSED = "closed"
    NOT_HTTP = "not HTTP"


class Response(Struct, frozen=True, kw_only=True):
    """What came of one request. What the receiver says itself isn't to be printed: it may repeat the URL's secrets."""

    request: Request
    failure: Failure | None = None
    certificate_expires: datetime | None = None  # UTC; None where none was verified
    certificate_fault: int = 0  # OpenSSL's `X509_V_ERR_*` code
    status: int = 0
    location: str = ""
    seconds: float = 0.0  # from the request to the end of the response's headers

    def __repr__(self) -> str:
        return f"Response({self.status}, failure={self.failure}, seconds={self.seconds})"


class Measurement(Struct, frozen=True, kw_only=True):
    """What was measured of a receiver."""

    failure: Failure | None = None  # before anything could be sent
    addresses: tuple[str, ...] = ()  # that its host name resolves to
    responses: tuple[Response, ...] = ()  # up to the first failure

    @property
    def certificate_expires(self) -> datetime | None:
        return next((response.certificate_expires for response in self.responses), None)


def receivers(configuration: Configuration, desired: Iterable[Desired], *, send_samples: bool) -> tuple[Receiver, ...]:
    """The distinct URLs of those webhooks that are active, in the file's order."""
    accounts = {account.name: account for account in configuration.accounts}
    found: dict[Url, list[Desired]] = {}
    for wanted in desired:
        url = wanted.fields["url"]
        if isinstance(url, Url) and accounts[wanted.address.account].provider.is_live(wanted.fields):
            found.setdefault(url, []).append(wanted)
    return tuple(_receiver(url, wanted, accounts, send_samples=send_samples) for url, wanted in found.items())


def _receiver(url: Url, desired: list[Desired], accounts: Mapping[str, Account], *, send_samples: bool) -> Receiver:
    own = {wanted.address.account: accounts[wanted.address.account] for wanted in desired}.values()
    strictest = min((account.provider for account in own), key=lambda provider: provider.delivery.timeout)
    samples = dict(_samples(desired, accounts)) if send_samples else {}
    requests = (Request(method="POST", event=event, body=body) for event, body in samples.items() if body is not None)
    return Receiver(
        url=url,
        webhooks=tuple(wanted.address for wanted in desired),
        timeout=strictest.delivery.timeout,
        title=strictest.title,
        is_local=all(account.is_local for account in own),
        requests=tuple(requests) or (Request(),),
        without_sample=tuple(event for event, body in samples.items() if body is None),
    )


def _samples(desired: Iterable[Desired], accounts: Mapping[str, Account]) -> Iterator[tuple[str, bytes | None]]:
    """The events of webhooks, each with its sample; of one for all events every sample that there is."""
    for wanted in desired:
        provider = accounts[wanted.address.account].provider
        samples = provider.delivery.samples
        events = provider.events_of(wanted.fields)
        for event in samples if samples and provider.catch_all in events else sorted(events):
            yield event, json.dumps(samples[event]).encode() if event in samples else None
