"""A service's webhook API on loopback, small and as its documentation or its own server says, and files about it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from tests.support.here import main_here
from tests.support.serving import serving

Json = Any
Answer = tuple[int, Json, dict[str, str]]


@dataclass
class Api:
    """A service's state; a subclass says what it does.

    Attributes:
        hooks: its webhooks by id, as it keeps them.
        calls: every request: method, path with its query, and what was sent.
        headers: those of the last request.
    """

    token: ClassVar[str] = "t0ken-of-these-tests"
    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str, Json]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""

    def answer(self, method: str, path: str, query: Mapping[str, str], sent: Json) -> Answer:
        """What a request is answered with: status, body (None for none), and headers."""
        raise NotImplementedError

    def writes(self) -> list[tuple[str, str, Json]]:
        """The requests since the last look that asked for a change."""
        found = [call for call in self.calls if call[0] != "GET"]
        self.calls.clear()
        return found


@contextmanager
def api_server(api: Api) -> Iterator[None]:
    """Serve it."""

    class Handler(_Handler):
        served = api

    with serving(Handler) as api.base_url:
        yield


class _Handler(BaseHTTPRequestHandler):
    served: Api
    protocol_version = "HTTP/1.1"
    _lock = threading.Lock()

    def log_message(self, *_: object) -> None:
        """Nothing: the calls are kept."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = json.loads(self.rfile.read(length)) if length else None
        parts = urlsplit(self.path)
        with self._lock:
            self.served.calls.append((self.command, self.path, sent))
            self.served.headers = dict(self.headers)
            status, document, headers = self.served.answer(self.command, parts.path, dict(parse_qsl(parts.query)), sent)
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - as http.server calls them


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A folder with a file about one account of a service, and the commands in it.

    Attributes:
        account: the account's own lines.
    """

    folder: Path
    api: Api
    account: str

    def write(self, entries: str = "", owns: str = "https://hooks.example.com/*") -> None:
        """Write the file with these entries."""
        lines = self.account.replace("\n", "\n    ")
        text = f"version: 1\naccounts:\n  main:\n    {lines}\n    base_url: {self.api.base_url}\n"
        text += f"owns: ['{owns}']\nwebhooks:{entries or ' {}'}\n"
        (self.folder / "webhooks.yaml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str, code: int = 0, variables: Mapping[str, str] | None = None) -> str:
        """Run a command; what it prints."""
        ended, out, err = self._ended(arguments, variables)
        assert ended == code, out + err
        return out + err

    def json(self, *arguments: str) -> Json:
        """Run a command; the document that it prints."""
        _, out, _ = self._ended((*arguments, "--format", "json"))
        return json.loads(out)

    def apply(self, *arguments: str, variables: Mapping[str, str] | None = None) -> list[tuple[str, str, Json]]:
        """Apply the file, and see that nothing is left to do; the calls that asked for a change."""
        self.api.calls.clear()
        self.run("apply", "--auto-approve", *arguments, variables=variables)
        writes = self.api.writes()
        self.run("drift", variables=variables)
        return writes

    def _ended(self, arguments: Sequence[str], variables: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        return main_here(self.folder, arguments, {"TOKEN": self.api.token, **(variables or {})})
