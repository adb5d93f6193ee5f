"""An invented service that makes the secret of each webhook, and shows it in the answer to its create alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.provider import (
    Auth,
    Provider,
    ProviderPlugin,
    ReadsBack,
    Rest,
    Sent,
    Update,
    events,
    secret,
    switch,
    text,
    url,
)
from reconciler.providers import registry
from tests.support.serving import serving

TOKEN = "mt_0123456789abcdef"
SECRET = "whsec_{}correct+horse'battery\\staple"
MASK = "whsec_****"

MINT = Provider(
    name="mint",
    title="Mint",
    fields=(
        url(),
        events("coin.struck", "coin.lost", "*"),
        switch(sent=Sent.UPDATE),
        text("version", sent=Sent.CREATE),
        secret(reads_back=ReadsBack.ON_CREATE),
    ),
    catch_all="*",
    base_url="https://api.mint.example",
    auth=Auth(variable="MINT_TOKEN"),
    portal="Mint",
    rest=Rest(collection="/hooks", created="created", update=Update(verb="PATCH", partial=True)),
)
assert MINT.rest is not None
SURE_MINT = replace(MINT, name="sure-mint", rest=replace(MINT.rest, idempotency="Idempotency-Key"))
PLUGIN = ProviderPlugin(interface=1, provider=MINT)
SURE_PLUGIN = ProviderPlugin(interface=1, provider=SURE_MINT)


class Mint(Struct):
    """The server's state.

    Attributes:
        hooks: the webhooks by id, secrets in clear.
        calls: every request: method, path, and the idempotency key.
        lost: of so many creates the answer is lost after they took effect.
        hidden: of so many creates the answer has no secret.
        kept: whether nothing can be deleted.
        refused: whether nothing can be updated.
        ids: how the number of a webhook becomes its id.
        answered: what the answers to creates have otherwise.
        on_create: what happens right after a create took effect, before its answer.
        on_patch: what happens before an update takes effect.
    """

    base_url: str = ""
    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    lost: int = 0
    hidden: int = 0
    kept: bool = False
    refused: bool = False
    answered: dict[str, object] = field(default_factory=dict)
    on_create: Callable[[str], object] = lambda _: None
    on_patch: Callable[[], object] = lambda: None
    made: int = 0
    ids: str = "{}"
    answers: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, url: str, *events: str, age: float = 0.0, **values: Any) -> str:  # noqa: ANN401 - JSON
        """Let it have a webhook, so many seconds old; its id."""
        self.made += 1
        number = self.ids.format(self.made)
        self.hooks[number] = {
            "id": number,
            "url": url,
            "events": list(events or ("*",)),
            "active": True,
            "version": "",
            "secret": SECRET.format(self.made),
            "created": int(time.time() - age),
            **values,
        }
        return number

    @property
    def secrets(self) -> dict[str, str]:
        """The secret of each webhook that is there, by its URL."""
        return {hook["url"]: hook["secret"] for hook in self.hooks.values()}

    def count(self, method: str) -> int:
        return sum(call[0] == method for call in self.calls)


@contextmanager
def mint_server() -> Iterator[Mint]:
    """Serve it, with nothing there."""
    state = Mint()

    class Handler(_Handler):
        mint = state

    with serving(Handler) as state.base_url:
        yield state


def install_mint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both providers be installed, as by a package."""
    entries = (
        EntryPoint("mint", f"{__name__}:PLUGIN", registry.GROUP),
        EntryPoint("sure-mint", f"{__name__}:SURE_PLUGIN", registry.GROUP),
    )
    monkeypatch.setattr(registry, "_entry_points", lambda: entries)


class _Handler(BaseHTTPRequestHandler):
    mint: Mint
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Nothing: the calls are kept."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = json.loads(self.rfile.read(length)) if length else {}
        with self.mint.lock:
            status, document = self._answer(sent)
        if status == 0:
            self.close_connection = True
            return
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - as http.server calls them

    def _answer(self, sent: Any) -> tuple[int, Any]:  # noqa: ANN401 - JSON
        mint, wanted = self.mint, self.path.removeprefix("/hooks").strip("/")
        mint.calls.append((self.command, self.path, self.headers.get("Idempotency-Key") or ""))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "no"}
        if self.command == "POST":
            return self._create(sent)
        if not wanted:
            return 200, [_shown(hook) for hook in mint.hooks.values()]
        hook = mint.hooks.get(wanted)
        if hook is None:
            return 404, {"message": "not found"}
        if self.command == "DELETE":
            if mint.kept:
                return 400, {"message": "it is locked"}
            del mint.hooks[wanted]
            return 204, None
        if self.command == "PATCH":
            mint.on_patch()
            if mint.refused:
                return 400, {"message": "not now"}
            hook |= sent
        return 200, _shown(hook)

    def _create(self, sent: Any) -> tuple[int, Any]:  # noqa: ANN401 - JSON
        mint, key = self.mint, self.headers.get("Idempotency-Key") or ""
        number = mint.answers.get(key) if key else None
        if number is None:
            number = mint.put(sent.pop("url"), *sent.pop("events"), **sent)
            mint.on_create(number)
            if key:
                mint.answers[key] = number
        if mint.lost:
            mint.lost -= 1
            return 0, None
        hook = mint.hooks.get(number, {"id": number})
        mint.hidden -= (is_hidden := mint.hidden > 0)
        return 201, {**(_shown(hook) if is_hidden else hook), **mint.answered}


def _shown(hook: dict[str, Any]) -> dict[str, Any]:
    return {**hook, "secret": MASK}
