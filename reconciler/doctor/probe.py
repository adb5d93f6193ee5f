"""Measures receivers over the network: resolves a name, connects, and sends what a receiver is to be sent.

Connections are direct, as a provider's are. Of a response only the status line and the headers are read.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from reconciler import __version__
from reconciler.doctor.receivers import Failure, Measurement, Receiver, Request, Response
from reconciler.http.transport import Hurried, certificate_bundle
from reconciler.model.host import DEFAULT_PORTS

RESOLVE_TIMEOUT = 5.0  # seconds
CONNECT_TIMEOUT = 5.0  # seconds, the handshake apart, which has as many
_USER_AGENT = f"webhook-reconciler/{__version__} (doctor)"
_Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
_Place = tuple[socket.AddressFamily, socket.SocketKind, int, str, _Address]


def trusting_context() -> ssl.SSLContext:
    """What checks certificates, as those of providers are checked; OSError where the authorities can't be read."""
    bundle = certificate_bundle()
    folder = Path(bundle).is_dir()
    return ssl.create_default_context(cafile=None if folder else bundle, capath=bundle if folder else None)


def measure(receiver: Receiver, context: ssl.SSLContext, is_stopped: Callable[[], bool]) -> Measurement:
    """Send a receiver its requests, one after the other, up to the first that fails, or until the run is stopped."""
    if not receiver.url.is_known:
        return Measurement(failure=Failure.UNSET_VARIABLE)
    endpoint = receiver.url.endpoint
    try:
        places = _resolved(endpoint.host.strip("[]"), endpoint.port or DEFAULT_PORTS[endpoint.scheme])
    except OSError:
        return Measurement(failure=Failure.UNRESOLVED)
    responses: list[Response] = []
    for request in receiver.requests:
        responses.append(_response(receiver, request, places, context))
        if responses[-1].failure is not None or is_stopped():
            break
    addresses = tuple(dict.fromkeys(str(place[4][0]) for place in places))
    return Measurement(addresses=addresses, responses=tuple(responses))


def _resolved(host: str, port: int) -> list[_Place]:
    """Where a host is. In a thread of its own: nothing ends the system's resolver, which may take minutes.

    Raises:
        OSError: it can't be found, or not in time.
    """
    found: Future[list[_Place]] = Future()

    def look_up() -> None:
        try:
            found.set_result([*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, UnicodeError) as error:  # the second of a name too long for DNS
            found.set_exception(OSError(str(error)))

    try:
        threading.Thread(target=look_up, daemon=True).start()
    except RuntimeError:  # the system gives no thread
        look_up()
    return found.result(RESOLVE_TIMEOUT)


def _connected(places: list[_Place]) -> socket.socket:
    """A connection to the first place that takes one, each with its share of the time; else the last one's OSError."""
    ends, last = time.monotonic() + CONNECT_TIMEOUT, OSError()
    for number, (family, kind, protocol, _, address) in enumerate(places):
        with ExitStack() as opened:
            try:
                sock = opened.enter_context(socket.socket(family, kind, protocol))
                sock.settimeout(max(ends - time.monotonic(), 0.01) / (len(places) - number))
                sock.connect(address)
            except OSError as error:
                last = error
            else:
                opened.pop_all()
                return sock
    raise last


def _response(receiver: Receiver, request: Request, places: list[_Place], context: ssl.SSLContext) -> Response:
    """Connect, send one request, and read the head of its response. Nothing is sent where no certificate is trusted."""
    endpoint = receiver.url.endpoint
    failure: Failure | None = Failure.UNREACHABLE  # if it ends now
    expires, fault, status, location, began = None, 0, 0, "", time.monotonic()
    try:
        with ExitStack() as opened:
            sock = opened.enter_context(_connected(places))
            failure = Failure.HANDSHAKE
            if endpoint.scheme == "https":
                sock.settimeout(CONNECT_TIMEOUT)
                sock = opened.enter_context(context.wrap_socket(sock, server_hostname=endpoint.host.strip("[]")))
                expires = _expires(sock)
            failure, began = Failure.CLOSED, time.monotonic()
            status, location = _exchange(receiver, request, sock)
            failure = None
    except ConnectionRefusedError:
        failure = Failure.REFUSED
    except TimeoutError:
        failure = Failure.NO_RESPONSE if failure is Failure.CLOSED else Failure.NOT_CONNECTED
    except ssl.SSLCertVerificationError as error:
        failure, fault = Failure.CERTIFICATE, error.verify_code
    except OSError:
        pass
    except (HTTPException, ValueError):
        failure = Failure.NOT_HTTP
    return Response(
        request=request,
        failure=failure,
        certificate_expires=expires,
        certificate_fault=fault,
        status=status,
        location=location,
        seconds=time.monotonic() - began,
    )


def _expires(sock: ssl.SSLSocket) -> datetime:
    """When the certificate of a verified connection expires."""
    text = str((sock.getpeercert() or {})["notAfter"])
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)


def _exchange(receiver: Receiver, request: Request, sock: socket.socket) -> tuple[int, str]:
    """Send one request over a connection: the response's status, and where it redirects."""
    url = urlsplit(receiver.url.reveal())
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    host = receiver.url.endpoint.origin.partition("://")[2]
    headers = {"Host": host, "User-Agent": _USER_AGENT, "Connection": "close"}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    connection = HTTPConnection(host)
    connection.sock = sock
    sock.settimeout(receiver.timeout)
    connection.request(request.method, target, request.body, headers)
    with HTTPResponse(sock, method=request.method) as response:
        response.fp = io.BufferedReader(Hurried(response.fp.detach(), receiver.timeout))
        response.begin()
        return response.status, response.getheader("Location", "")
