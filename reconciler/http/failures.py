"""Why an attempt got no answer: from exceptions to words, what is said after the origin and what to check."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from http.client import HTTPException

from requests import exceptions
from urllib3 import exceptions as urllib3_exceptions

from reconciler.http.exchange import NOT_THE_API, SLOW, EndedError, Ending, NoReply

_NETWORK = "Check the network, the proxy settings and `base_url`."
_BUNDLE = "Check the certificates in `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE`."

_UNREADABLE_BUNDLE = NoReply(Ending.HOPELESS, "can't be called: the certificates to verify it can't be read", _BUNDLE)
_BUNDLE_READERS = ("PEM", "X509")  # the parts of OpenSSL that read certificates from a file

_UNKNOWN_ISSUER = (
    "isn't signed by an authority that this machine trusts",
    "If your own proxy intercepts TLS, point `REQUESTS_CA_BUNDLE` at its certificate; otherwise don't send it a token.",
)
_OTHER_HOST = ("is for another host", "Check `base_url`, and whether something between here and the provider answers.")
_OTHER_CERTIFICATE = ("can't be trusted", "Check which server answers at this address before you send it a token.")
_CERTIFICATE: Mapping[int, tuple[str, str]] = {
    9: ("isn't valid yet", "Check this machine's clock."),
    10: ("has expired", "Check this machine's clock; if it is right, the provider must renew its certificate."),
    **dict.fromkeys((2, 18, 19, 20, 21), _UNKNOWN_ISSUER),
    **dict.fromkeys((62, 64), _OTHER_HOST),
}
"""By OpenSSL's `X509_V_ERR_*` code."""

_PROXY = (
    "can't be reached through the proxy set in the environment",
    "Check `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.",
)
_NO_SUCH_HOST = (
    "can't be found: its host name can't be resolved",
    "Check the host in `base_url`, and this machine's DNS settings.",
)
_NOT_LISTENING = (
    "refused the connection: nothing is listening on that port",
    "Check the host and port in `base_url`, and that the service is running.",
)
_WORDS: Mapping[type, tuple[str, str]] = {
    exceptions.ProxyError: _PROXY,
    exceptions.InvalidURL: _PROXY,  # our own URL is always a valid one
    exceptions.InvalidSchema: _PROXY,
    exceptions.SSLError: ("closed the TLS connection", f"{_NETWORK} {_BUNDLE}"),
    exceptions.ConnectTimeout: ("did not set up a connection in time", _NETWORK),
    socket.gaierror: _NO_SUCH_HOST,
    urllib3_exceptions.NameResolutionError: _NO_SUCH_HOST,
    ConnectionRefusedError: _NOT_LISTENING,
}
"""By exceptions among the causes; the first counts."""
_WORDS_OF_ENDING = {
    Ending.NOT_SENT: ("can't be reached", _NETWORK),
    Ending.TIMED_OUT: ("did not answer within {:g} seconds", SLOW),
    Ending.BROKEN: ("closed the connection", _NETWORK),
    Ending.UNUSABLE: ("sent an answer that can't be read", NOT_THE_API),
    Ending.HOPELESS: ("can't be called: the request can't be made", _BUNDLE),
}
"""What can be said where nothing else is known."""

_ENDINGS: Mapping[type, Ending] = {
    exceptions.RequestException: Ending.BROKEN,
    exceptions.ConnectTimeout: Ending.NOT_SENT,
    exceptions.ProxyError: Ending.NOT_SENT,
    exceptions.Timeout: Ending.TIMED_OUT,
    exceptions.ContentDecodingError: Ending.UNUSABLE,
    exceptions.InvalidHeader: Ending.HOPELESS,
    exceptions.InvalidSchema: Ending.HOPELESS,
    exceptions.InvalidURL: Ending.HOPELESS,
    urllib3_exceptions.HTTPError: Ending.BROKEN,
    HTTPException: Ending.BROKEN,
    OSError: Ending.HOPELESS,  # those that requests doesn't wrap: the certificate bundle isn't there
    ValueError: Ending.HOPELESS,  # a request that can't be built
}
"""How an attempt ended that ended in such an exception; the nearest class counts. What is new is in doubt BROKEN."""


def no_reply(error: Exception, timeout: float) -> NoReply:
    """How an exchange ended, where a server may be silent for `timeout` seconds.

    The exception carries the request, token and body: it is turned into words here and forgotten.
    """
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, EndedError):
            return cause.outcome
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason, help_ = _CERTIFICATE.get(cause.verify_code, _OTHER_CERTIFICATE)
            return NoReply(Ending.HOPELESS, f"has a TLS certificate that {reason}", help_)
        if isinstance(cause, ssl.SSLError) and cause.library in _BUNDLE_READERS:
            return _UNREADABLE_BUNDLE
    ending = next(_ENDINGS[kind] for kind in type(error).__mro__ if kind in _ENDINGS)
    kinds = {kind for cause in causes for kind in type(cause).__mro__}
    if urllib3_exceptions.NewConnectionError in kinds:
        ending = Ending.NOT_SENT
    elif urllib3_exceptions.ReadTimeoutError in kinds:
        ending = Ending.TIMED_OUT
    words = next((words for kind, words in _WORDS.items() if kind in kinds), _WORDS_OF_ENDING[ending])
    return NoReply(ending, words[0].format(timeout), words[1])


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it wraps, in whichever way requests and urllib3 hold them."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            # Not its context: that may be an exception which the caller was handling when it made this call.
            waiting += [*found.args, getattr(found, "reason", None), found.__cause__]
