"""Words for attempts that got no answer: what is said after the origin, and what to check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from reconciler.providers.retry import Ending

SLOW = "Try again later, or raise the account's `timeout` (seconds to wait for an answer)."
NOT_THE_API = "Check that `base_url` is the provider's API."
_NETWORK = "Check the network, the proxy settings and `base_url`."
_BUNDLE = "Check the certificates in `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE`."

PROXY = (
    "can't be reached through the proxy set in the environment",
    "Check `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.",
)
PROXY_CREDENTIALS = (
    "can't be reached: the proxy asks for a user name and a password (407)",
    "Add them to `HTTPS_PROXY`: `http://USER:PASSWORD@HOST:PORT`, percent-encoded.",
)
PROXY_REFUSED = (
    "can't be reached: the proxy refused to connect to it ({status})",
    "Check that the proxy allows this host, or exclude the host with `NO_PROXY`.",
)
NO_SUCH_HOST = (
    "can't be found: its host name can't be resolved",
    "Check the host in `base_url`, and this machine's DNS settings.",
)
NOT_LISTENING = (
    "refused the connection: nothing is listening on that port",
    "Check the host and port in `base_url`, and that the service is running.",
)
TLS = ("closed the TLS connection", f"{_NETWORK} {_BUNDLE}")
NOT_SET_UP = ("did not set up a connection in time", _NETWORK)
BUNDLE = ("can't be called: the certificates to verify it can't be read", _BUNDLE)
ELSEWHERE = (
    "has a loopback name that resolves to another machine",
    "Nothing was sent. Check how this machine resolves that name, or write `127.0.0.1`.",
)

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


def of_certificate(verify_code: int) -> tuple[str, str]:
    """Why a server's certificate isn't trusted.

    Args:
        verify_code: OpenSSL's `X509_V_ERR_*` code.
    """
    reason, help_ = _CERTIFICATE.get(verify_code, _OTHER_CERTIFICATE)
    return f"has a TLS certificate that {reason}", help_


def of_ending(ending: Ending, timeout: float) -> tuple[str, str]:
    """What can be said where nothing but the ending is known.

    Args:
        ending: how the attempt ended.
        timeout: seconds that the server may be silent.
    """
    match ending:
        case Ending.TIMED_OUT:
            return f"did not answer within {timeout:g} seconds", SLOW
        case Ending.NOT_SENT:
            return "can't be reached", _NETWORK
        case Ending.UNUSABLE:
            return "sent an answer that can't be read", NOT_THE_API
        case Ending.HOPELESS:
            return "can't be called: the request can't be made", _BUNDLE
        case Ending.BROKEN | Ending.ANSWERED:
            return "closed the connection", _NETWORK
        case _:
            assert_never(ending)
