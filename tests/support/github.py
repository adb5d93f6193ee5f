"""GitHub's webhook API on loopback, as its documentation says: masks, `Link` paging, a `config` that is one unit."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct, field

from tests.support.serving import serving

TOKEN = "ghp_0123456789abcdef"
MASK = "********"
_REPOSITORIES = re.compile(r"/orgs/(?P<owner>[^/]+)/repos")
_PATH = re.compile(r"(?P<place>/repos/[^/]+/[^/]+|/orgs/[^/]+)/hooks(?:/(?P<id>\d+)(?P<config>/config)?)?")


class GitHub(Struct):
    """The server's state. Real repositories answer 404 to who may not see them.

    Attributes:
        places: the webhooks of each repository and organisation, by path and id, secrets in clear.
        calls: every request: method, path below the place, and what was sent.
        page: webhooks on a page where nobody asks, and the most of them.
        links: whether answers have a `Link` header; a proxy may take it away.
        users: the owners that are no organisations, so that their repositories aren't listed.
        archived: repositories, by path, whose webhooks can't be changed.
        broken: places, by path, whose webhooks can't be listed.
        forgets: whether any change of a config takes its secret away.
        refusal: why no webhook can be made; empty where it can.
        read_only: whether the token may only read; GitHub hides from it what it may not change.
        frozen: paths, below their place, at which nothing can be changed.
        throttle: so many calls are answered with 403 and a reset time, or with what `throttle_headers` says.
    """

    places: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    page: tuple[int, int] = (30, 100)
    links: bool = True
    throttle: int = 0
    throttle_headers: dict[str, str] = field(default_factory=dict)
    refusal: str = ""
    read_only: bool = False
    frozen: str = ""
    forgets: bool = False
    users: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    base_url: str = ""
    made: int = 0

    def put(self, place: str, url: str, *events: str, active: bool = True, **config: Any) -> int:  # noqa: ANN401 - texts
        """Let a place have a webhook; its id."""
        self.made += 1
        self.places.setdefault(place, {})[self.made] = {
            "id": self.made,
            "type": "Repository",
            "name": "web",
            "active": active,
            "events": list(events or ("push",)),
            "config": {"url": url, "content_type": "json", "insecure_ssl": "0", **config},
            "created_at": f"2026-01-01T00:{self.made // 60:02}:{self.made % 60:02}Z",
            "updated_at": "2026-01-02T00:00:00Z",
        }
        return self.made

    def of(self, place: str) -> list[dict[str, Any]]:
        """A place's webhooks, secrets in clear."""
        return list(self.places.get(place, {}).values())

    def writes(self) -> list[tuple[str, str, Any]]:
        """The requests that asked for a change."""
        return [call for call in self.calls if call[0] != "GET"]

    def shown(self, place: str, hook: dict[str, Any]) -> dict[str, Any]:
        """A webhook as GitHub shows it."""
        config = {**hook["config"], **({"secret": MASK} if "secret" in hook["config"] else {})}
        address = f"{self.base_url}{place}/hooks/{hook['id']}"
        return {**hook, "config": config, "url": address, "test_url": f"{address}/tests", "last_response": {}}


@contextmanager
def github_server(*places: str) -> Iterator[GitHub]:
    """Serve these repositories and organisations, by path."""
    state = GitHub(places={place: {} for place in places})

    class Handler(_Handler):
        github = state

    with serving(Handler) as state.base_url:
        yield state


class _Handler(BaseHTTPRequestHandler):
    github: GitHub
    protocol_version = "HTTP/1.1"
    _lock = threading.Lock()

    def log_message(self, *_: object) -> None:
        """Nothing: the calls are kept."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = json.loads(self.rfile.read(length)) if length else None
        with self._lock:
            status, document, headers = self._answer(sent)
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - as http.server calls them

    def _answer(self, sent: Any) -> tuple[int, Any, dict[str, str]]:  # noqa: ANN401, C901, PLR0912 - JSON; a table of cases
        state, parts = self.github, urlsplit(self.path)
        found = _PATH.fullmatch(parts.path)
        place = found["place"] if found else ""
        state.calls.append((self.command, parts.path.removeprefix(place), sent))
        if state.throttle:
            state.throttle -= 1
            return 403, {"message": "API rate limit exceeded"}, state.throttle_headers
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, {}
        if (owned := _REPOSITORIES.fullmatch(parts.path)) is not None:
            return self._repositories(owned["owner"], parts.query)
        hooks = state.places.get(place)
        if found is None or hooks is None or (state.read_only and self.command != "GET"):
            return 404, {"message": "Not Found"}, {}
        if place in state.broken:
            return 451, {"message": "Repository access blocked"}, {}
        if place in state.archived and self.command != "GET":
            return 403, {"message": "Repository was archived so is read-only."}, {}
        if found["id"] is None:
            return self._create(place, sent) if self.command == "POST" else self._list(place, parts.query)
        hook = hooks.get(int(found["id"]))
        if hook is None:
            return 404, {"message": "Not Found"}, {}
        if self.command == "PATCH" and state.frozen == parts.path.removeprefix(place):
            return 422, {"message": "Validation Failed"}, {}
        if self.command == "DELETE":
            del hooks[hook["id"]]
            return 204, None, {}
        if self.command == "PATCH" and found["config"]:
            hook["config"] |= sent
            if state.forgets:
                hook["config"].pop("secret", None)
            return 200, state.shown(place, hook)["config"], {}
        if self.command == "PATCH":
            if "config" in sent:  # a secret that isn't sent again is gone
                hook["config"] = {"content_type": "form", "insecure_ssl": "0", **sent["config"]}
            hook |= {name: sent[name] for name in ("active", "events") if name in sent}
            hook["updated_at"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return 200, state.shown(place, hook), {}

    def _create(self, place: str, sent: Any) -> tuple[int, Any, dict[str, str]]:  # noqa: ANN401 - JSON
        config = {"content_type": "form", "insecure_ssl": "0", **sent["config"]}
        same = (config["url"], sorted(sent.get("events", ["push"])))
        exists = any((hook["config"]["url"], sorted(hook["events"])) == same for hook in self.github.of(place))
        if reason := self.github.refusal or ("Hook already exists on this repository" if exists else ""):
            problem = {"resource": "Hook", "code": "custom", "message": reason}
            return 422, {"message": "Validation Failed", "errors": [problem]}, {}
        made = self.github.put(place, config.pop("url"), *sent.get("events", ["push"]), **config)
        hook = self.github.places[place][made]
        hook["active"] = sent.get("active", True)
        return 201, self.github.shown(place, hook), {}

    def _repositories(self, owner: str, query: str) -> tuple[int, Any, dict[str, str]]:
        if owner in self.github.users:
            return 404, {"message": "Not Found"}, {}
        prefix = f"/repos/{owner}/".lower()  # case makes no difference
        paths = sorted(path for path in self.github.places if path.lower().startswith(prefix))
        names = [path.removeprefix("/repos/") for path in paths]
        shown = [{"full_name": name, "archived": f"/repos/{name}" in self.github.archived} for name in names]
        return self._page(f"/orgs/{owner}/repos", shown, query)

    def _list(self, place: str, query: str) -> tuple[int, Any, dict[str, str]]:
        return self._page(f"{place}/hooks", [self.github.shown(place, hook) for hook in self.github.of(place)], query)

    def _page(self, path: str, items: list[Any], query: str) -> tuple[int, Any, dict[str, str]]:
        asked = parse_qs(query)
        usual, most = self.github.page
        size = min(int(asked.get("per_page", [str(usual)])[0]), most)
        number = int(asked.get("page", ["1"])[0])
        page = items[(number - 1) * size : number * size]
        headers: dict[str, str] = {}
        if self.github.links and number * size < len(items):
            following = f"{self.github.base_url}{path}?per_page={size}&page={number + 1}"
            headers["Link"] = f'<{following}>; rel="next", <{following}>; rel="last"'
        return 200, page, headers
