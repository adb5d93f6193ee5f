"""Host and port of a URL in normal form."""

from __future__ import annotations

import ipaddress
import re

from reconciler.model.characters import is_seen
from reconciler.model.diagnostic import UrlError

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"0*([1-9][0-9]{0,4})")
DEFAULT_PORTS = {"https": 443, "http": 80}
_HIGHEST_PORT = 65535


def normal_host(host: str) -> str:
    """A host in lower case, without a trailing dot, IPv6 compressed in brackets, other scripts as IDNA; or UrlError."""
    if not host:
        raise UrlError("url-host", "the URL has no host", "Write it as `https://host/path`.")
    if "%" in host:
        help_ = "Write the plain host name, without escapes or a zone id."
        raise UrlError("url-host", "the URL's host has a `%` in it", help_)
    if host.startswith("["):
        return _ipv6(host)
    name = ".".join(map(_label, host.lower().removesuffix(".").split(".")))
    return _ipv4(name) if _NUMERIC.fullmatch(name.rpartition(".")[2]) else name


def normal_port(scheme: str, port: str) -> int | None:
    """The port as a number, None where it is the scheme's default; UrlError where it is no port."""
    if not port:
        return None
    found = _PORT.fullmatch(port)
    if found is None or (number := int(found[1])) > _HIGHEST_PORT:
        help_ = "Write a port such as `:8443`, or none."
        raise UrlError("url-port", "the URL's port is not a number from 1 to 65535", help_)
    return None if number == DEFAULT_PORTS[scheme] else number


def host_is_loopback(host: str) -> bool:
    """Whether a host in normal form means this machine: `localhost`, names under it, 127.0.0.0/8, `[::1]`."""
    address = host_address(host)
    if isinstance(address, ipaddress.IPv6Address):
        # Python 3.13 looks into an IPv4-mapped address by itself; 3.11 does not.
        address = address.ipv4_mapped or address
    return address.is_loopback if address is not None else host == "localhost" or host.endswith(".localhost")


def host_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host in normal form is, or None for a name."""
    if host.startswith("["):
        return ipaddress.IPv6Address(host[1:-1])
    return ipaddress.IPv4Address(host) if _NUMERIC.fullmatch(host.rpartition(".")[2]) else None


def _ipv6(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host[1:-1] if host.endswith("]") else "")
    except ipaddress.AddressValueError:
        raise _no_host() from None
    # RFC 5952 section 5, and Python 3.13's own form; 3.11 writes the last two groups in hexadecimal.
    return f"[::ffff:{address.ipv4_mapped}]" if address.ipv4_mapped else f"[{address.compressed}]"


def _ipv4(host: str) -> str:
    try:
        return str(ipaddress.IPv4Address(host))
    except ipaddress.AddressValueError:
        message = "the URL's host is numeric but not an IPv4 address in its usual form"
        raise UrlError("url-host", message, "Write four numbers from 0 to 255 with dots between them.") from None


def _label(label: str) -> str:
    # UTS 46 drops some characters that show nothing: a host with one would be taken for the host without.
    if not label.isascii() and all(map(is_seen, label)):
        import idna  # loads tables of all scripts, which few files need  # noqa: PLC0415

        try:
            label = idna.uts46_remap(label, std3_rules=False, transitional=False)
            label = label if label.isascii() else idna.alabel(label).decode("ascii")
        except idna.IDNAError:
            raise _no_host() from None
    if not _LABEL.fullmatch(label):
        raise _no_host()
    return label


def _no_host() -> UrlError:
    message = "the URL's host is not a valid name or address"
    return UrlError("url-host", message, "Write a host such as `hooks.example.com`.")
