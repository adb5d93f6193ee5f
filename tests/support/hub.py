"""A small GitHub for one repository: the parts of its REST API that the action calls, with the permissions they need.

Source: https://docs.github.com/en/rest (API version 2022-11-28)
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct, field

from tests.support.serving import serving

REPOSITORY = "octo-org/webhooks"
REPOSITORY_ID, FORK_ID = 1, 2
BOT = "github-actions[bot]"


class Token(Struct, frozen=True):
    """Who it is, and what it may do: a permission's name to `read` or `write`."""

    login: str
    permissions: Mapping[str, str]


class Issue(Struct, kw_only=True):
    """An issue, or a pull request, which has `pull`."""

    number: int
    title: str
    body: str
    author: str
    labels: list[str] = field(default_factory=list)
    state: str = "open"
    pull: dict[str, Any] | None = None


class Hub(Struct, kw_only=True):
    """What the repository has; tests look at it and change it as people do.

    Attributes:
        page: the most items of a page, whatever is asked for.
        calls: the requests so far, by method and path.
        told: what the incoming webhook at `/incoming` was sent.
        labels: those that the repository has.
        before: called with method and path before each request; may answer it itself, with status, headers and body.
    """

    base_url: str = ""
    page: int = 2
    tokens: dict[str, Token] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    before: Any = None
    _ids: int = 100

    def new_id(self) -> int:
        self._ids += 1
        return self._ids

    def open_issue(self, title: str, body: str, author: str, labels: list[str] | None = None) -> Issue:
        number = len(self.issues) + 1
        self.issues[number] = Issue(number=number, title=title, body=body, author=author, labels=labels or [])
        return self.issues[number]

    def comment(self, number: int, body: str, author: str) -> int:
        """Somebody comments; the comment's id."""
        made = self.new_id()
        self.comments[made] = {"id": made, "issue": number, "body": body, "user": {"login": author}}
        return made

    def comments_of(self, number: int, author: str = BOT) -> list[str]:
        return [
            one["body"] for one in self.comments.values() if (one["issue"], one["user"]["login"]) == (number, author)
        ]

    @staticmethod
    def path(rest: str) -> str:
        """The path of something of the repository."""
        return f"/repos/{REPOSITORY}/{rest}"

    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "GET" and not call[1].endswith(("/graphql", "/incoming"))]

    def written(self) -> str:
        """Every text that stands in the repository's issues and comments."""
        return "\n".join([*(f"{one.title}\n{one.body}" for one in self.issues.values()),
                          *(one["body"] for one in self.comments.values())])  # fmt: skip


@contextmanager
def hub() -> Iterator[Hub]:
    """Serve one."""
    state = Hub()

    class Handler(_Handler):
        hub = state

    with serving(Handler) as state.base_url:
        yield state


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    _lock = threading.Lock()

    def log_message(self, *_: object) -> None:
        """Nothing: the calls are kept."""

    def _handle(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        parts = urlsplit(self.path)
        if self.hub.before is not None and (answer := self.hub.before(self.command, parts.path)) is not None:
            self._send(*answer)
            return
        with self._lock:
            self.hub.calls.append((self.command, parts.path))
            headers: dict[str, str] = {}
            try:
                status, document = self._answer(parts.path, sent, {k: v[0] for k, v in parse_qs(parts.query).items()})
            except _RefusedError as error:
                status, document = error.status, {"message": str(error)}
        if isinstance(document, list | _Listed):
            document, headers = self._page(document, parts.path, parse_qs(parts.query))
        body = b"" if document is None else json.dumps(document).encode()
        self._send(status, headers, body)

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - as http.server calls them

    def _page(self, found: Any, path: str, query: dict[str, list[str]]) -> tuple[Any, dict[str, str]]:  # noqa: ANN401 - JSON
        items = found.items if isinstance(found, _Listed) else found
        number = int(query.get("page", ["1"])[0])
        size = min(int(query.get("per_page", ["30"])[0]), self.hub.page)
        headers = {}
        if number * size < len(items):
            kept = "&".join(f"{name}={value[0]}" for name, value in query.items() if name != "page")
            headers["Link"] = f'<{self.hub.base_url}{path}?{kept}&page={number + 1}>; rel="next"'
        page = items[(number - 1) * size : number * size]
        return ({"total_count": len(items), found.key: page} if isinstance(found, _Listed) else page), headers

    def _need(self, level: str, *permissions: str) -> None:
        """One of these permissions is needed."""
        granted = [self._token().permissions.get(name, "none") for name in permissions]
        if not {"write", level} & {*granted}:
            raise _RefusedError(403, "Resource not accessible by integration")

    def _token(self) -> Token:
        token = self.hub.tokens.get((self.headers.get("Authorization") or "").removeprefix("Bearer "))
        if token is None:
            raise _RefusedError(401, "Bad credentials")
        return token

    def _answer(  # noqa: C901, PLR0912 - a table
        self,
        path: str,
        sent: Any,  # noqa: ANN401 - JSON
        query: dict[str, str],
    ) -> tuple[int, Any]:
        hub = self.hub
        if path == "/incoming":
            hub.told.append(sent)
            return 200, None
        login = self._token().login
        if path == "/graphql":
            return 200, {"data": {"viewer": {"login": login}}}
        head, _, rest = path.partition(f"/repos/{REPOSITORY}/")
        if head or not rest:
            raise _RefusedError(404, "Not Found")
        match (self.command, *map(unquote, rest.split("/"))):
            case ("GET", "commits", sha, "pulls"):
                self._need("read", "pull-requests")
                pulls = [one.pull for one in hub.issues.values() if one.pull]
                return 200, [one for one in pulls if sha in (one["merge_commit_sha"], one["head"]["sha"])]
            case ("GET", "actions", "artifacts"):
                self._need("read", "actions")
                return 200, _Listed("artifacts", [one for one in hub.artifacts if one["name"] == query["name"]])
            case ("GET", "actions", "runs", run):
                self._need("read", "actions")
                return 200, hub.runs[int(run)]
            case ("GET", "issues"):
                self._need("read", "issues")
                wanted = {*filter(None, query.get("labels", "").split(","))}
                found = [one for one in hub.issues.values() if one.state == query["state"] and wanted <= {*one.labels}]
                found = [one for one in found if query.get("creator", one.author) == one.author]
                return 200, [self._issue(one) for one in reversed(found)]
            case ("POST", "issues"):
                self._need("write", "issues")
                return 201, self._issue(hub.open_issue(sent["title"], sent["body"], login, sent["labels"]))
            case ("PATCH", "issues", number):
                issue = self._of(number, "write")
                for name in ("title", "body", "state"):
                    setattr(issue, name, sent.get(name, getattr(issue, name)))
                return 200, self._issue(issue)
            case ("GET", "issues", number, "comments"):
                self._of(number, "read")
                return 200, [self._comment(one) for one in hub.comments.values() if one["issue"] == int(number)]
            case ("POST", "issues", number, "comments"):
                self._of(number, "write")
                if len(sent["body"]) > 65_536:
                    raise _RefusedError(422, "Validation Failed")
                return 201, self._comment(hub.comments[hub.comment(int(number), sent["body"], login)])
            case ("PATCH" | "DELETE", "issues", "comments", made):
                comment = hub.comments.get(int(made))
                if comment is None:
                    raise _RefusedError(404, "Not Found")
                self._of(str(comment["issue"]), "write")
                if self.command == "DELETE":
                    del hub.comments[int(made)]
                    return 204, None
                comment["body"] = sent["body"]
                return 200, self._comment(comment)
            case ("GET", "issues", number, "labels"):
                return 200, [{"name": name} for name in self._of(number, "read").labels]
            case ("POST", "issues", number, "labels"):
                issue = self._of(number, "write")
                if not hub.labels.issuperset(sent["labels"]):
                    self._need("write", "issues")  # to make one
                issue.labels += sent["labels"]
                return 200, None
            case ("DELETE", "issues", number, "labels", name):
                self._of(number, "write").labels.remove(name)
                return 200, None
        raise _RefusedError(404, "Not Found")

    def _of(self, number: str, level: str) -> Issue:
        if not re.fullmatch(r"\d+", number) or int(number) not in self.hub.issues:
            raise _RefusedError(404, "Not Found")
        issue = self.hub.issues[int(number)]
        self._need(level, "pull-requests" if issue.pull else "issues")
        return issue

    def _issue(self, issue: Issue) -> dict[str, Any]:
        shown = {
            "id": issue.number,
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "state": issue.state,
            "user": {"login": issue.author},
            "labels": [{"name": name} for name in issue.labels],
            "html_url": f"https://github.example/{REPOSITORY}/issues/{issue.number}",
        }
        return {**shown, "pull_request": {}} if issue.pull else shown

    def _comment(self, comment: dict[str, Any]) -> dict[str, Any]:
        return {**comment, "html_url": f"https://github.example/{REPOSITORY}/comments/{comment['id']}"}


class _Listed(Struct, frozen=True):
    """A list that stands under a key."""

    key: str
    items: list[Any]
