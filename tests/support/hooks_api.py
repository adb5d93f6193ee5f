"""What services' APIs of webhooks share, for servers on loopback that are written to their documentation."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlsplit

from tests.support.serving import serving

TOKEN = "tok_0123456789abcdef"


class Answer(NamedTuple):
    """What a server says."""

    status: int
    document: Any = None
    headers: Mapping[str, str] = MappingProxyType({})


@dataclass
class HooksApi:
    """A service: each place's webhooks by id, as they are kept.

    Attributes:
        places: by path, as it is sent.
        calls: every request: method, path below the base URL, and what was sent.
        authorization: the header that a request must have, and its value.
        base: the path of the API.
    """

    authorization: tuple[str, str] = ("Authorization", f"Bearer {TOKEN}")
    base: str = ""
    places: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    base_url: str = ""
    made: int = 0

    def of(self, place: str) -> list[dict[str, Any]]:
        return list(self.places[place].values())

    def keep(self, place: str, hook: dict[str, Any]) -> int:
        """Let a place have a webhook; its id."""
        self.made += 1
        self.places[place][self.made] = {"id": self.made, **hook}
        return self.made

    def writes(self) -> list[tuple[str, str, Any]]:
        """The requests that asked for a change."""
        return [call for call in self.calls if call[0] != "GET"]

    def answer(self, method: str, path: str, query: dict[str, str], sent: Any) -> Answer:  # noqa: ANN401 - JSON
        """What a request to `PLACE/hooks` or `PLACE/hooks/ID` gets."""
        place, _, object_id = path.partition("/hooks")
        hooks = self.places.get(place)
        if hooks is None:
            return Answer(404, {"message": "404 Not Found"})
        if not object_id:
            return self.create(place, sent) if method == "POST" else self.page(place, query)
        hook = hooks.get(int(object_id.removeprefix("/")))
        if hook is None:
            return Answer(404, {"message": "404 Not Found"})
        if method == "DELETE":
            del hooks[hook["id"]]
            return Answer(204)
        if method != "GET":
            self.change(hook, sent)
        return Answer(200, self.shown(place, hook))

    def page(self, place: str, query: dict[str, str]) -> Answer:
        raise NotImplementedError

    def create(self, place: str, sent: Any) -> Answer:  # noqa: ANN401 - JSON
        raise NotImplementedError

    def change(self, hook: dict[str, Any], sent: Any) -> None:  # noqa: ANN401 - JSON
        raise NotImplementedError

    def shown(self, place: str, hook: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


Api = TypeVar("Api", bound=HooksApi)


@contextmanager
def hooks_server(state: Api) -> Iterator[Api]:
    """Serve an API."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing: the calls are kept."""

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            path = parts.path.removeprefix(state.base)
            with lock:
                state.calls.append((self.command, path, sent))
                name, value = state.authorization
                if self.headers.get(name) == value:
                    status, document, headers = state.answer(self.command, path, dict(parse_qsl(parts.query)), sent)
                else:
                    status, document, headers = Answer(401, {"message": "401 Unauthorized"})
            body = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            for header, text in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(header, text)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any  # noqa: N815 - as http.server calls them

    with serving(Handler) as origin:
        state.base_url = origin + state.base
        yield state
