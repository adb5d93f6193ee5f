"""A provider that keeps to its API but for the answers that a test spoils, and remembers what it said and was asked."""

from __future__ import annotations

import copy
import json
import re
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import requests

from tests.e2e.harmless import check_harmless
from tests.e2e.tool import HOST, Ended, entries, run_here
from tests.providers.tools import RawServer, Received, answer
from tests.support.clock import FakeClock

from .shapes import paths

Document = Any
"""Plain JSON."""

FIRST = "/webhooks?results=100"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiler:
    """What is done to one answer.

    Attributes:
        values: values that take the place of others: which (counted in the document, around), and what.
        removed: keys and items that are taken away, counted likewise.
        status: the status line; empty for the right one.
        body: the bytes in place of the document; None for the document.
        headers: more header lines.
    """

    values: tuple[tuple[int, Document], ...] = ()
    removed: tuple[int, ...] = ()
    status: str = ""
    body: bytes | None = None
    headers: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Liar:
    """The provider, as a handler of a `RawServer`.

    Attributes:
        webhooks: what it has, in the order of its list.
        spoilers: by the number of the request, from 0.
        page_size: webhooks on a page.
        asked: method and target of each request, in order.
        listed: every id that a list named, with the URLs it was named with.
        made: every id that an answer to a create named.
        pages: the targets that lists named as their next pages.
    """

    webhooks: list[Document]
    spoilers: Mapping[int, Spoiler]
    page_size: int = 3
    asked: list[tuple[str, str]] = field(default_factory=list)
    listed: dict[str, set[str]] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    pages: set[str] = field(default_factory=lambda: {FIRST})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, connection: socket.socket, request: Received) -> None:
        with self._lock:
            number = len(self.asked)
            self.asked.append((request.method, request.target))
            status, document = self._right(request)
            said = spoil(status, document, self.spoilers.get(number, Spoiler()))
            self._remember(request, said[1])
        connection.sendall(answer(said[0], said[1], *said[2]))

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The requests that would change something."""
        return [(method, target) for method, target in self.asked if method != "GET"]

    def check(self, owned: str) -> None:
        """See that nothing was asked for but its own lists and webhooks, and nothing written but what is owned.

        Args:
            owned: what the URL of an owned webhook begins with.
        """
        for method, target in self.asked:
            if method == "GET" and (target in self.pages or _form(target) in map(_form, self.pages)):
                continue  # a page that was named, or one asked for ahead of it
            if (method, target) == ("POST", "/webhooks"):
                continue
            start, _, segment = target.rpartition("/")
            object_id = unquote(segment, errors="strict")
            assert start == "/webhooks", target
            assert not set("?#") & set(segment), target
            assert object_id not in ("", ".", ".."), target
            assert object_id in self.listed or object_id in self.made, target
            if method != "GET" and object_id not in self.made:
                assert any(f"{url.lower()}/".startswith(f"{owned}/") for url in self.listed[object_id]), (
                    method,
                    target,
                )

    def _right(self, request: Received) -> tuple[str, Document]:
        """The answer of a provider that doesn't lie."""
        path, _, query = request.target.partition("?")
        object_id = unquote(path.removeprefix("/webhooks/")) if path.startswith("/webhooks/") else ""
        found = next((one for one in self.webhooks if one.get("object_id") == object_id), None)
        match request.method, found:
            case "GET", None if not object_id:
                page = query.removeprefix("page=")
                return "200 OK", self._page(int(page) if page.isdecimal() else 0)
            case "POST", _:
                made = {"object_id": f"made{len(self.made)}", **json.loads(request.body)}
                self.webhooks.append(made)
                return "201 Created", copy.deepcopy(made)
            case _, None:
                return "404 Not Found", {"detail": "Not found."}
            case "PUT", _:
                found.update(json.loads(request.body))
            case "DELETE", _:
                self.webhooks.remove(found)
                return "204 No Content", None
        return "200 OK", copy.deepcopy(found)

    def _page(self, number: int) -> Document:
        start = number * self.page_size
        more = start + self.page_size < len(self.webhooks)
        return {
            "next": f"/webhooks?page={number + 1}" if more else None,
            "count": len(self.webhooks),
            "results": copy.deepcopy(self.webhooks[start : start + self.page_size]),
        }

    def _remember(self, request: Received, body: bytes) -> None:
        """What an answer named, as any reader would understand it."""
        try:
            document = json.loads(body.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            return
        if not isinstance(document, dict):
            return
        results = document.get("results")
        for one in results if request.method == "GET" and isinstance(results, list) else ():
            if isinstance(one, dict) and isinstance(one.get("object_id"), str):
                self.listed.setdefault(one["object_id"], set()).add(str(one.get("url")))
        if request.method == "GET" and isinstance(document.get("next"), str):
            with suppress(ValueError):  # such a next page can't be asked for
                absolute = urljoin(f"http://here{request.target}", document["next"])
                target = "/" + absolute.partition("://")[2].partition("/")[2]
                # As it is asked for: the library writes percent-encoding its own way.
                self.pages.add(requests.Request("GET", f"http://here{target}").prepare().path_url)
        if request.method == "POST" and isinstance(document.get("object_id"), str):
            self.made.add(document["object_id"])


def _form(target: str) -> str:
    """A page's target without its number."""
    return re.sub(r"(?<==)[0-9]+", "", target)


def spoil(status: str, document: Document, spoiler: Spoiler) -> tuple[str, bytes, Sequence[str]]:
    """An answer as it goes out: its status line, body, and more headers."""
    for number, value in spoiler.values:
        if there := list(paths(document)):
            _set(document, there[number % len(there)], value)
    for number in spoiler.removed:
        if there := list(paths(document)):
            _remove(document, there[number % len(there)])
    body = b"" if document is None else json.dumps(document).encode()
    return spoiler.status or status, body if spoiler.body is None else spoiler.body, spoiler.headers


def _set(document: Document, path: Sequence[str | int], value: Document) -> None:
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


def _remove(document: Document, path: Sequence[str | int]) -> None:
    for step in path[:-1]:
        document = document[step]
    del document[path[-1]]


def run(folder: Path, liar: Liar, *arguments: str, timeout: float = 5.0) -> Ended:
    """Run a command against a liar; what it says must be harmless."""
    with RawServer(liar) as server:
        account = (
            f"{{provider: shippo, token: '${{SHIPPO_API_TOKEN}}', base_url: '{server.base_url}', timeout: {timeout}}}"
        )
        (folder / "webhooks.yaml").write_text(
            f"version: 1\naccounts: {{default: {account}}}\nowns: ['{HOST}/*']\n"
            + entries(orders="/orders?token=${ORDERS_TOKEN} track_updated transaction_created", new="/new"),
            encoding="utf-8",
        )
        ended = run_here(folder, *arguments, clock=FakeClock())
    check_harmless(ended.out + ended.err)
    return ended
