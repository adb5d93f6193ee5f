"""What the suite runs against: a provider's API in memory, or a real server behind a relay. Both log and can fail."""

from __future__ import annotations

import http.client
import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from reconciler.model.field import FieldType, Sent
from reconciler.model.provider import Provider
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.declared import DeclaredApi, base_path_of
from reconciler.sandbox.documents import Values
from reconciler.sandbox.faults import Faults, Rule
from reconciler.sandbox.messages import Request, Response, json_response
from reconciler.sandbox.server import HttpServer

Kept = Mapping[str, object]
"""A webhook as a server has it: the declared fields by name, as JSON has them, secrets in clear."""

_HOP_BY_HOP = re.compile(
    "connection|keep-alive|transfer-encoding|content-length|content-encoding|date|te|upgrade", re.IGNORECASE
)


class Call(Struct, frozen=True, kw_only=True):
    """One request that reached a server, in the order of the effects."""

    method: str
    path: str  # below the base URL, without the query
    status: int
    object_id: str = ""  # the webhook that it changed; empty where it changed none, or nobody knows
    kept: Kept | None = None  # that webhook afterwards; None where it is gone

    @property
    def is_write(self) -> bool:
        """Whether it asked for a change."""
        return self.method not in ("GET", "HEAD")

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class LoggingServer(HttpServer):
    """A server that logs its calls, and fails as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._calls: list[Call] = []

    def calls(self) -> tuple[Call, ...]:
        with self._lock:
            return tuple(self._calls)

    def writes(self) -> tuple[Call, ...]:
        """The requests so far that asked for a change."""
        return tuple(call for call in self.calls() if call.is_write)

    def fail(self, *rules: Rule) -> None:
        """From now on fail by these rules, and no others."""
        self.faults = Faults(rules)
        self.heed_refusals()


class MemoryServer(LoggingServer):
    """A provider's API in memory, with one account; each webhook is a second younger than the one before."""

    def __init__(self, provider: Provider, *, page_size: int | None = None, token: str = "", **said: bool) -> None:
        super().__init__()
        seconds = itertools.count(time.time())
        options = SandboxOptions(page_size=page_size, clock=lambda: next(seconds))
        self.api = DeclaredApi(provider, options, token=token, **said)
        self.token = self.api.token
        self.origin, self.base_url = self.base_url, self.base_url + base_path_of(provider)
        self.intercept: Callable[[Request], Response | None] = lambda _: None  # answers instead of the API
        self.start(self._answer, Faults(()))

    def put(self, kept: Kept, place: str = "", more: Values | None = None) -> str:
        """Let the account have a webhook, younger than all others; its id. Nothing is logged."""
        return self.api.put({**values_of(self.api.provider, kept), **(more or {})}, self._owner(place))

    def remove(self, object_id: str) -> None:
        """Remove a webhook as somebody else would. Nothing is logged."""
        del self.api.rows[object_id]

    def webhooks(self) -> dict[str, Kept]:
        """What the account has, by id."""
        rows = dict(self.api.rows)
        return {id_: kept_of(self.api.provider, row.values) for id_, row in rows.items() if not row.is_gone}

    def _owner(self, place: str) -> str:
        path = place.partition("?")[0]
        return self.api.owner_of(f"{base_path_of(self.api.provider)}{path}{self.api.api.collection}", {})

    def _answer(self, request: Request) -> Response:
        with self._lock:
            before = dict(self.api.rows)
            response = self.intercept(request) or self.api(request)
            after = self.api.rows
            changed = next((id_ for id_ in {**before, **after} if before.get(id_) != after.get(id_)), "")
            row = after.get(changed)
            kept = None if row is None or row.is_gone else kept_of(self.api.provider, row.values)
            path = request.path.removeprefix(base_path_of(self.api.provider))
            call = Call(method=request.method, path=path, status=response.status, object_id=changed, kept=kept)
            self._calls.append(call)
        return response


class Relay(LoggingServer):
    """Passes requests on to a real server, whose links lead back here."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        parts = urlsplit(base_url)
        self._there = f"{parts.scheme}://{parts.netloc}"
        self._netloc, self._is_tls = parts.netloc, parts.scheme == "https"
        self.origin, self.base_url = self.base_url, self.base_url + parts.path.rstrip("/")
        self._base_path = parts.path.rstrip("/")
        self.start(self._answer, Faults(()))

    def _answer(self, request: Request) -> Response:
        kind = http.client.HTTPSConnection if self._is_tls else http.client.HTTPConnection
        connection = kind(self._netloc, timeout=60)
        headers = {name: value for name, value in request.headers.items() if not _HOP_BY_HOP.fullmatch(name)}
        headers = {name: value for name, value in headers.items() if name.lower() not in ("host", "accept-encoding")}
        try:
            connection.request(request.method, request.target, request.body or None, headers)
            reply = connection.getresponse()
            body = reply.read()
            kept = [(name, value) for name, value in reply.getheaders() if not _HOP_BY_HOP.fullmatch(name)]
        except (OSError, http.client.HTTPException):
            return json_response(502, {"message": "The real server can't be reached."})
        finally:
            connection.close()
        there, here = self._there, self.origin
        path = request.path.removeprefix(self._base_path)
        with self._lock:
            self._calls.append(Call(method=request.method, path=path, status=reply.status))
        return Response(
            status=reply.status,
            headers=tuple((name, value.replace(there, here)) for name, value in kept),
            body=body.replace(there.encode(), here.encode()),
        )


def values_of(provider: Provider, kept: Kept) -> Values:
    """A webhook as the API is sent it, by the API's places."""
    return dict(_values(provider, kept))


def _values(provider: Provider, kept: Kept) -> Iterator[tuple[str, object]]:
    for spec in provider.fields:
        value, place = kept.get(spec.name), ".".join(spec.path)
        if value is None or (spec.sent is Sent.NEVER and not spec.says):
            continue
        names = value if isinstance(value, list) else []
        if spec.flags:
            yield from ((where, event in names) for event, where in spec.flags.items())
            continue
        if spec.all_at:
            yield spec.all_at, provider.catch_all in names
            value = [name for name in names if name != provider.catch_all]
        if spec.wire:
            value = spec.wire[value is True]
        yield place, value if spec.write is None else spec.write(value)


def kept_of(provider: Provider, values: Values) -> Kept:
    """A webhook by the declared names, of what the API has by its places."""
    found: dict[str, object] = {}
    for spec in provider.fields:
        value = values.get(".".join(spec.path))
        if spec.flags:
            value = [event for event, place in spec.flags.items() if values.get(place) is True]
        elif spec.all_at and values.get(spec.all_at) is True:
            value = [provider.catch_all]
        elif spec.type is FieldType.SECRET:
            pass  # in clear, whatever an answer shows of it
        elif spec.read is not None and not spec.read_at and (value is not None or spec.sent is Sent.NEVER):
            value = spec.read(value)
        elif spec.type is FieldType.FLAG and spec.wire and value is not None:
            value = value == spec.wire[1]
        if value is not None:
            found[spec.name] = value
    return found
