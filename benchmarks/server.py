"""Shippo's webhook API for measuring against: `python -m benchmarks.server --webhooks 1000 --latency 0.05`.

It answers from bytes that it has ready, in one thread, and waits without holding one, so that it isn't what is
measured. It prints its URL, and ends when its standard input does. Each token, and each account that a token acts for
(`SHIPPO-ACCOUNT-ID`), has webhooks of its own: at first, as many as it was started with.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from urllib.parse import parse_qs

from benchmarks.workload import PAGE, event_of, id_of, made_at, url_of, webhook_json

REASONS = {200: "OK", 201: "Created", 204: "No Content", 404: "Not Found"}


@dataclass(slots=True)
class Account:
    """The webhooks of a token or of an account that it acts for, as JSON by id, and the pages made from them so far."""

    webhooks: dict[str, bytes]
    created: dict[str, str] = field(default_factory=dict)  # when, those that were not there at first, by id
    pages: dict[int, bytes] = field(default_factory=dict)


class Webhooks:
    """What is there, in all accounts."""

    def __init__(self, webhooks: int) -> None:
        self.base_url = ""
        self._webhooks = webhooks
        self._accounts: dict[tuple[str, str], Account] = {}

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """The status and the body of an answer."""
        account = self._account(headers.get("authorization", ""), headers.get("shippo-account-id", ""))
        path, _, query = target.partition("?")
        object_id = path.removeprefix("/webhooks").strip("/")
        if method == "GET" and not object_id:
            number = int(parse_qs(query).get("page", ["1"])[0])
            return 200, account.pages.get(number) or self._page(account, number)
        now, status = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z", 200
        if method == "POST":
            object_id, status = id_of(f"{id(account)}", self._webhooks + len(account.created)), 201
            account.created[object_id] = now
        elif object_id not in account.webhooks:
            return 404, b'{"detail": "Not found."}'
        if method == "GET":
            return 200, account.webhooks[object_id]
        account.pages.clear()
        if method == "DELETE":
            del account.webhooks[object_id]
            return 204, b""
        created = account.created.get(object_id, made_at(0))
        account.webhooks[object_id] = made = webhook_json(object_id, created, now, **json.loads(body))
        return status, made

    def _account(self, token: str, account_id: str) -> Account:
        account = self._accounts.get((token, account_id))
        if account is None:
            made = (
                (id_of(account_id, number), made_at(number), made_at(number), url_of(number), event_of(number))
                for number in range(self._webhooks)
            )
            account = Account({one[0]: webhook_json(*one) for one in made})
            self._accounts[token, account_id] = account
        return account

    def _page(self, account: Account, number: int) -> bytes:
        first, count = (number - 1) * PAGE, len(account.webhooks)
        found = tuple(account.webhooks.values())[first : first + PAGE]
        following, before = number + 1 if first + PAGE < count else None, number - 1 or None
        outer = {"next": following, "previous": before}
        links = {key: at and f"{self.base_url}/webhooks?page={at}&results={PAGE}" for key, at in outer.items()}
        head = json.dumps({**links, "count": count}).encode()
        page = account.pages[number] = head[:-1] + b', "results": [' + b", ".join(found) + b"]}"
        return page


class Connection(asyncio.Protocol):
    """A connection that stays open for one request after the other."""

    transport: asyncio.Transport

    def __init__(self, webhooks: Webhooks, latency: float) -> None:
        self._webhooks = webhooks
        self._latency = latency
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self._received = rest[length:]
        method, target, _ = first.split(" ", 2)
        status, body = self._webhooks.answer(method, target, headers, rest[:length])
        answer = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\nDate: {formatdate(usegmt=True)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)


async def serve(webhooks: Webhooks, latency: float) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(webhooks, latency), "127.0.0.1", 0, backlog=1000)
    webhooks.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sys.stdout.write(webhooks.base_url + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Serve as the arguments say."""
    parser = argparse.ArgumentParser(description="A fast webhook API like Shippo's, on loopback.")
    parser.add_argument("--webhooks", type=int, default=0, help="how many each account has at first")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    asyncio.run(serve(Webhooks(options.webhooks), options.latency))


if __name__ == "__main__":
    main()
