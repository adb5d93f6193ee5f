"""A small GitLab: the notes of one merge request, with pages. For other tokens and paths it answers as GitLab does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct, field

from tests.support.serving import serving

TOKEN = "glpat-of-these-tests"
ME, SOMEBODY = 7, 8
_NOTES = "/api/v4/projects/12/merge_requests/3/notes"
_PAGE = 2  # notes a page, so that a few need several


class GitLab(Struct, kw_only=True):
    """The server: its notes, oldest first, and every write that it took; `before` is called with each one's method."""

    api: str
    notes: list[dict[str, Any]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    def add(self, author: int, body: str) -> dict[str, Any]:
        note = {"id": max((note["id"] for note in self.notes), default=99) + 1, "author": {"id": author}, "body": body}
        self.notes.append(note)
        return note

    @property
    def variables(self) -> dict[str, str]:
        """What a job of this merge request is given."""
        return {"CI_API_V4_URL": self.api, "CI_MERGE_REQUEST_PROJECT_ID": "12", "CI_MERGE_REQUEST_IID": "3"}


class _Handler(BaseHTTPRequestHandler):
    gitlab: GitLab

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if self.headers["PRIVATE-TOKEN"] != TOKEN:
            return self._answer(401, {"message": "401 Unauthorized"})
        if asked.path == "/api/v4/user":
            return self._answer(200, {"id": ME})
        if asked.path != _NOTES:
            return self._answer(404, {"message": "404 Not found"})
        page, notes = int(parse_qs(asked.query)["page"][0]), self.gitlab.notes
        more = str(page + 1) if page * _PAGE < len(notes) else ""
        return self._answer(200, notes[(page - 1) * _PAGE : page * _PAGE], more)

    def _write(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        self.gitlab.before(self.command)
        at, _, number = self.path.rpartition("/")
        found = (one for one in self.gitlab.notes if at == _NOTES and str(one["id"]) == number)
        is_new = self.command == "POST" and self.path == _NOTES
        note = self.gitlab.add(ME, "") if is_new else next(found, None)
        if self.headers["PRIVATE-TOKEN"] != TOKEN or note is None:
            return self._answer(404, {"message": "404 Not found"})
        self.gitlab.writes.append(self.command)
        if self.command == "DELETE":
            self.gitlab.notes.remove(note)
        else:
            note["body"] = sent["body"]
        return self._answer(200, note)

    do_POST = do_PUT = do_DELETE = _write  # noqa: N815 - as http.server calls them

    def _answer(self, status: int, document: object, next_page: str = "") -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-next-page", next_page)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def gitlab_server() -> Iterator[GitLab]:
    """One on loopback, without notes."""

    class Handler(_Handler):
        pass

    with serving(Handler) as url:
        Handler.gitlab = GitLab(api=f"{url}/api/v4")
        yield Handler.gitlab
