"""A cheap server of Shippo's webhooks for thousands of managed accounts, which tells them apart by `SHIPPO-ACCOUNT-ID`.

`python -m tests.support.fleet PORT DELAY ACCOUNTS HOOKS` runs one of its own, with so many accounts that have so many
webhooks each; it answers after a delay in seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "shippo_live_of-a-platform"
EVENTS = ("transaction_created", "transaction_updated", "track_updated", "batch_created", "batch_purchased")
URL = "https://hooks.example.com/shippo/orders"
_TIME = "2026-01-05T12:00:00.000Z"
_PHRASES = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
}


class Fleet:
    """The accounts and their webhooks, and in which ways the service is wrong."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.managed: list[Any] = []  # what `GET /shippo-accounts` lists
        self.hooks: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)  # by account; "" for the platform's own
        self.ignores_header = False
        self.acts_for: Callable[[str, str], str] = lambda _method, account: account  # which account's webhooks it means
        self.answer_with: dict[str, Any] | None = None  # to creates, instead of what they are to make
        self.refuses: set[tuple[str, str]] = set()  # methods in accounts
        self.refuses_urls: set[str] = set()  # of creates, as what can't be
        self.on_call: Callable[[str, str], None] = lambda _method, _account: None  # before it is answered
        self.lists_for_all = False  # creates are right, and lists show the webhooks of all accounts
        self.lists_no_accounts = False
        self.denied: set[str] = set()
        self.calls: list[tuple[str, str, str]] = []  # account, method, path
        self.running = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.most_running = 0
        self.base_url = ""
        self.counts_anew = False  # ids, in each account
        self._count = 0

    def fill(self, account: str, number: int) -> None:
        """Give an account so many of the webhooks that a file wants."""
        for event in EVENTS[:number]:
            self.add(account, event)

    def add(self, account: str, event: str, url: str = URL) -> dict[str, Any]:
        self._count += 1
        number = len(self.hooks[account]) + 1 if self.counts_anew else self._count
        time = f"2026-01-05T12:{self._count // 60 % 60:02}:{self._count % 60:02}.000Z" if self.counts_anew else _TIME
        hook: dict[str, Any] = {"object_id": f"{number:032x}", "object_created": time, "object_updated": time}
        hook |= {"object_owner": "x@example.com", "url": url, "event": event, "active": True, "is_test": False}
        self.hooks[account][hook["object_id"]] = hook
        return hook

    def made(self) -> Counter[str]:
        """How many webhooks there are, by account."""
        return Counter({account: len(found) for account, found in self.hooks.items() if found})

    def writes(self) -> list[tuple[str, str, str]]:
        return [call for call in self.calls if call[1] != "GET"]

    def _accounts(self, page: int) -> tuple[int, Any]:
        if self.lists_no_accounts:
            return 403, {"detail": "no access"}
        found = self.managed[(page - 1) * 100 : page * 100]
        more = f"{self.base_url}/shippo-accounts?page={page + 1}&results=100"
        results = [{} if one is None else {"object_id": one} for one in found]
        return 200, {"next": None if page * 100 >= len(self.managed) else more, "results": results}

    def _create(self, account: str, said: dict[str, Any]) -> tuple[int, Any]:
        if self.answer_with is not None:
            return 201, self.answer_with
        if said["url"] in self.refuses_urls:
            return 400, {"url": ["Enter a valid URL."]}
        hook = self.add(account, said["event"], said["url"])
        hook |= said
        return 201, hook

    def answer(self, method: str, target: str, account: str, body: bytes) -> tuple[int, Any]:
        """The status and the document of an answer."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if len(self.calls) < 100_000:
            self.calls.append((account, method, path))
        if path == "/shippo-accounts":
            return self._accounts(int(query.get("page", ["1"])[0]))
        self.on_call(method, account)
        if account in self.denied or (method, account) in self.refuses:
            return 403, {"detail": "no access"}
        account = "" if self.ignores_header else self.acts_for(method, account)
        hooks = self.hooks[account]
        object_id = path.removeprefix("/webhooks").strip("/")
        if method == "GET" and not object_id:
            every = [one for its in self.hooks.values() for one in its.values()]
            found_hooks = every if self.lists_for_all else list(hooks.values())
            return 200, {"next": None, "count": len(found_hooks), "results": found_hooks}
        if method == "POST":
            return self._create(account, json.loads(body))
        if object_id not in hooks:
            return 404, {"detail": "Not found."}
        if method == "PUT":
            hooks[object_id] |= json.loads(body)
        if method == "DELETE":
            del hooks[object_id]
            return 204, None
        return 200, hooks[object_id]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.rstrip().split("\r\n")
                method, target, _ = first.split(" ")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.running += 1
                self.most_running = max(self.most_running, self.running)
                if self.delay:
                    await asyncio.sleep(self.delay)
                self.running -= 1
                status, document = 401, {"detail": "no token"}
                if headers.get("authorization") == f"ShippoToken {TOKEN}":
                    status, document = self.answer(method, target, headers.get("shippo-account-id", ""), body)
                text = b"" if document is None else json.dumps(document).encode()
                length = "" if status == 204 else f"Content-Length: {len(text)}\r\n"
                writer.write(f"HTTP/1.1 {status} {_PHRASES[status]}\r\n{length}\r\n".encode() + text)
                await writer.drain()
        self.writers.discard(writer)
        writer.close()


def _url(server: asyncio.Server) -> str:
    _, port = server.sockets[0].getsockname()
    return f"http://127.0.0.1:{port}"


@contextmanager
def fleet_server(delay: float = 0.0) -> Iterator[Fleet]:
    """One on a free port of loopback, in a thread of its own."""
    fleet, loop = Fleet(delay), asyncio.new_event_loop()

    async def started() -> asyncio.Server:
        return await asyncio.start_server(fleet.serve, "127.0.0.1", 0)

    server = loop.run_until_complete(started())
    fleet.base_url = _url(server)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield fleet
    finally:

        async def ended() -> None:
            server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for writer in [*fleet.writers]:
                writer.transport.abort()  # what serves it sees that, and ends
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)  # until the last transport is closed

        asyncio.run_coroutine_threadsafe(ended(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _alone(port: int, delay: float, accounts: int, hooks: int) -> None:
    fleet = Fleet(delay)
    fleet.managed = [f"acct{number:05}" for number in range(accounts)]
    for account in fleet.managed:
        fleet.fill(account, hooks)
    server = await asyncio.start_server(fleet.serve, "127.0.0.1", port)
    fleet.base_url = _url(server)
    sys.stdout.write(f"{fleet.base_url}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_alone(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
