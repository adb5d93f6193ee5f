"""Why an exchange got no answer that can be read, in words, and what to check."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException

from msgspec.structs import replace
from requests.exceptions import InvalidSchema, InvalidURL, RequestException
from urllib3 import exceptions

from reconciler.http.exchange import NOT_THE_API, PROXY_CREDENTIALS, Ending, NoReply

SLOW = "Try again later, or raise the account's `timeout` (seconds to wait for a response)."
_HOST = "Check the host in `base_url`, and this machine's DNS settings."
_PORT = "Check the host and port in `base_url`, and that the service is running."
_NETWORK = "Check the network, the proxy settings and `base_url`."
BUNDLE = "Check the certificates in `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE`."
_UNKNOWN_ISSUER = (
    "isn't signed by an authority that this machine trusts",
    "If your own proxy intercepts TLS, point `REQUESTS_CA_BUNDLE` at its certificate; otherwise don't send it a token.",
)
_OTHER_HOST = (
    "is for another host",
    "Check `base_url`, and whether something between here and the provider intercepts TLS.",
)
_OTHER_CERTIFICATE = ("can't be trusted", "Check which server responds at this URL before you send it a token.")
_CERTIFICATE: Mapping[int, tuple[str, str]] = {
    9: ("isn't valid yet", "Check this machine's clock."),
    10: ("has expired", "Check this machine's clock; if it is right, the provider must renew its certificate."),
    **dict.fromkeys((2, 18, 19, 20, 21), _UNKNOWN_ISSUER),
    **dict.fromkeys((62, 64), _OTHER_HOST),
}
"""By OpenSSL's `X509_V_ERR_*` code."""
_TUNNEL = re.compile(r"Tunnel connection failed: (?P<status>[0-9]{3})\b")  # as Python says what a proxy answered
_TIMED_OUT = NoReply(Ending.TIMED_OUT, "did not respond within {:g} seconds", SLOW)
_BROKEN = NoReply(Ending.BROKEN, "closed the connection", _NETWORK)  # in doubt
_IMPOSSIBLE = NoReply(Ending.HOPELESS, "can't be reached: the request can't be sent", BUNDLE)
_PROXY = "can't be reached through the proxy set in the environment"
_VARIABLES = "Check `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`."
_REASONS: Mapping[type, NoReply] = {
    InvalidURL: NoReply(Ending.HOPELESS, _PROXY, _VARIABLES),  # our own URL is always a valid one
    InvalidSchema: NoReply(Ending.HOPELESS, _PROXY, _VARIABLES),
    exceptions.LocationValueError: NoReply(Ending.HOPELESS, _PROXY, _VARIABLES),
    exceptions.SSLError: NoReply(Ending.BROKEN, "closed the TLS connection", f"{_NETWORK} {BUNDLE}"),
    exceptions.ConnectTimeoutError: NoReply(Ending.NOT_SENT, "did not set up a connection in time", _NETWORK),
    socket.gaierror: NoReply(Ending.NOT_SENT, "can't be found: its host name can't be resolved", _HOST),
    ConnectionRefusedError: NoReply(
        Ending.NOT_SENT, "refused the connection: nothing is listening on that port", _PORT
    ),
    exceptions.NewConnectionError: NoReply(Ending.NOT_SENT, "can't be reached", _NETWORK),
    exceptions.ReadTimeoutError: _TIMED_OUT,
    exceptions.DecodeError: NoReply(Ending.UNUSABLE, "sent a response that can't be read", NOT_THE_API),
}
"""By the class, or the nearest one above it, of the innermost exception that says more than that something failed."""


class EndedError(OSError):
    """Ends an exchange for a reason that is known already: its argument is the `NoReply`."""


class TooSlowError(EndedError, TimeoutError):
    """The time for an answer is over, and it isn't here whole."""


def no_reply(error: Exception, timeout: float) -> NoReply:
    """How an exchange ended, where a server may be silent for `timeout` seconds.

    The exception carries the request, token and body: it is turned into words here and forgotten.
    """
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, EndedError):
            outcome: NoReply = cause.args[0]
            return outcome
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason, help_ = _CERTIFICATE.get(cause.verify_code, _OTHER_CERTIFICATE)
            return NoReply(Ending.HOPELESS, f"has a TLS certificate that {reason}", help_)
        if isinstance(cause, ssl.SSLError) and cause.library in ("PEM", "X509"):  # what reads certificates from a file
            return NoReply(Ending.HOPELESS, "can't be reached: the certificates to verify it can't be read", BUNDLE)
        tunnel = _TUNNEL.match(str(cause))
        if tunnel and tunnel["status"] == "407":
            return PROXY_CREDENTIALS
        if tunnel:
            message = f"can't be reached: the proxy refused to connect to it ({tunnel['status']})"
            help_ = "Check that the proxy allows this host, or exclude the host with `NO_PROXY`."
            return NoReply(Ending.NOT_SENT, message, help_)
    found = _reason_of(causes)
    return replace(found, message=found.message.format(timeout))


def _reason_of(causes: Sequence[BaseException]) -> NoReply:
    if any(isinstance(cause, exceptions.ProxyError) for cause in causes):
        return NoReply(Ending.NOT_SENT, _PROXY, _VARIABLES)
    for kind in (kind for cause in reversed(causes) for kind in type(cause).__mro__):
        if kind in _REASONS:
            return _REASONS[kind]
    # What else fails there may have been sent; what fails elsewhere was not: a bundle isn't there, say.
    began = (RequestException, exceptions.HTTPError, HTTPException)
    return _BROKEN if any(isinstance(cause, began) for cause in causes) else _IMPOSSIBLE


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it wraps, in whichever way urllib3 and requests hold them."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            # Not its context: that may be an exception which the caller was handling when it made this call.
            waiting += [*found.args, getattr(found, "reason", None), found.__cause__]
