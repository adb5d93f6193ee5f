"""An invented service whose deliveries have headers of the user's own, which it shows in one of three ways."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from msgspec import Struct, field

from reconciler.provider import Auth, Provider, ProviderPlugin, ReadsBack, Rest, Update, events, headers, text, url
from reconciler.providers import registry
from tests.support.serving import serving

TOKEN = "ct_0123456789abcdef"
MASK = "-- redacted --"


def _courier(name: str, reads_back: ReadsBack, items: tuple[str, str] | None) -> ProviderPlugin:
    provider = Provider(
        name=name,
        title="Courier",
        fields=(
            url(),
            events("parcel.sent", "*"),
            text("note"),
            headers(at="delivery.headers", reads_back=reads_back, items=items),
        ),
        catch_all="*",
        base_url="https://api.courier.example",
        auth=Auth(variable="COURIER_TOKEN"),
        rest=Rest(collection="/hooks", created="created", update=Update(verb="PUT", keeps_secrets=True)),
    )
    return ProviderPlugin(interface=1, provider=provider)


COURIERS = {
    "clear": _courier("clear", ReadsBack.CLEAR, None),
    "keys": _courier("keys", ReadsBack.KEYS, ("key", "value")),
    "masked": _courier("masked", ReadsBack.MASKED, ("name", "value")),
    "never": _courier("never", ReadsBack.NEVER, ("name", "value")),
}
CLEAR, KEYS, MASKED, NEVER = COURIERS.values()


class Courier(Struct):
    """The server's state: the webhooks by id, headers in clear, and what each request that writes sent."""

    kind: str
    base_url: str = ""
    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def headers(self) -> list[dict[str, str]]:
        return [hook["headers"] for hook in self.hooks.values()]

    def shown(self, hook: dict[str, Any]) -> dict[str, Any]:
        """A webhook as the service shows it."""
        values: dict[str, str] = hook["headers"]
        forms: dict[str, Any] = {
            "clear": values,
            "keys": [{"key": name} for name in values],
            "masked": [{"name": name, "value": MASK} for name in values],
        }
        delivery = {"headers": forms[self.kind]} if self.kind in forms else {}
        return {**{name: value for name, value in hook.items() if name != "headers"}, "delivery": delivery}

    def take(self, hook: dict[str, Any], sent: dict[str, Any]) -> None:
        """Take what is sent; headers that aren't sent stay."""
        given = sent.pop("delivery", {}).get("headers")
        hook |= sent
        if isinstance(given, list):
            given = {one.get("name", one.get("key")): one["value"] for one in given}
        if given is not None:
            hook["headers"] = given


@contextmanager
def courier_server(kind: str) -> Iterator[Courier]:
    """Serve it, with nothing there."""
    state = Courier(kind=kind)

    class Handler(_Handler):
        courier = state

    with serving(Handler) as state.base_url:
        yield state


def install_couriers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all of them be installed, as by a package."""
    entries = tuple(EntryPoint(kind, f"{__name__}:{kind.upper()}", registry.GROUP) for kind in COURIERS)
    monkeypatch.setattr(registry, "_entry_points", lambda: entries)


class _Handler(BaseHTTPRequestHandler):
    courier: Courier
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Nothing: what is sent is kept."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length).decode()
        status, document = self._answer(json.loads(text) if text else {})
        if self.command in ("POST", "PUT"):
            self.courier.sent.append((self.command, json.loads(text)))
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - as http.server calls them

    def _answer(self, sent: dict[str, Any]) -> tuple[int, Any]:
        courier, wanted = self.courier, self.path.removeprefix("/hooks").strip("/")
        if self.command == "POST":
            wanted = str(len(courier.hooks) + 1)
            courier.hooks[wanted] = {"id": wanted, "headers": {}, "created": "2026-01-01T00:00:00Z"}
            courier.take(courier.hooks[wanted], sent)
            return 201, courier.shown(courier.hooks[wanted])
        if not wanted:
            return 200, [courier.shown(hook) for hook in courier.hooks.values()]
        hook = courier.hooks.get(wanted)
        if hook is None:
            return 404, {}
        if self.command == "DELETE":
            del courier.hooks[wanted]
            return 204, None
        if self.command == "PUT":
            courier.take(hook, sent)
        return 200, courier.shown(hook)
