"""Bombs of every kind, in a process with a limit: what is read of them, and what it costs, has a bound."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.config.tools import ENTRY, OWNS, TOP
from tests.e2e.tool import HOST, entries
from tests.providers.tools import Handler, RawServer, Received
from tests.support.draws import times

from .bounded import measured

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's peak")

MIB = 2**20
START = 60
"""MiB that a command takes with a small file and a small account, and some more."""


def _many(template: str, count: int) -> str:
    return "".join(template.format(number) for number in range(count))


GOOD = TOP + OWNS + ENTRY
BOMBS: Mapping[str, tuple[Callable[[], str], str, int]] = {
    "long-text": (lambda: GOOD + "x-a: " + "a" * 8 * MIB, "more than 10000 characters begin here", 110),
    "too-large": (lambda: GOOD + "#" * 33 * MIB, "the configuration has more than 33554432 bytes", 120),
    "line-breaks": (lambda: GOOD + "\n" * 2 * MIB, "", 80),
    "values": (lambda: GOOD + "x-a: [" + "a," * 2 * MIB + "]", "more than 1000000 keys and values", 330),
    "billion-laughs": (
        lambda: GOOD + "x-0: &a0 [a]\n" + "".join(f"x-{n + 1}: &a{n + 1} [{f'*a{n}, ' * 9}]\n" for n in range(20)),
        "expand to too many values",
        START,
    ),
    "deep": (lambda: "[" * 8 * MIB, "nesting depth", 100),
    "errors": (lambda: GOOD + "x-a: [" + "!a b," * 6 * MIB + "]\n", "there may be more errors than these 10000", 150),
    "colons": (
        lambda: TOP + OWNS + "webhooks:\n"
        + _many("  a{0}: {{url: 'https://" + ":" * 9_900 + "]/{0}', events: [all]}}\n", 200),
        "error[url-host]",
        150,
    ),
    "variables": (
        lambda: GOOD.replace("com/a", "com/" + "${BIG}" * 1_000),
        "with its variables substituted, this has more than 10000 characters",
        START,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words", "most"), BOMBS.values(), ids=BOMBS)
def test_file_that_is_a_bomb_is_refused_within_bounds(
    tmp_path: Path, text: Callable[[], str], words: str, most: int
) -> None:
    (tmp_path / "webhooks.yaml").write_text(text())
    ended = measured(tmp_path, "validate", environment={"BIG": "x" * 100_000})
    assert (ended.code, words in ended.err) == (1 if words else 0, True), ended.err[-500:]
    assert ended.peak <= most


def test_standard_input_has_the_bound_of_a_file(tmp_path: Path) -> None:
    with (tmp_path / "large").open("w+b") as file:
        file.truncate(2**36)
        ended = measured(tmp_path, "validate", "-f", "-", stdin=file)
    assert (ended.code, "the configuration has more than 33554432 bytes" in ended.err) == (1, True), ended.err
    assert ended.peak <= 120


def test_env_file_of_blanks_is_refused_within_bounds(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text(GOOD)
    (tmp_path / ".env").write_text("A=b\nB=c" + " " * 15 * MIB + "d\n")
    ended = measured(tmp_path, "validate", "--env-file", ".env")
    assert (ended.code, "  --> .env:2\n" in ended.err) == (1, True), ended.err
    assert ended.peak <= 120


# Answers

HEAD = b"HTTP/1.1 200 OK\r\n"
LARGE = 10 * MIB - 1_000


def _webhook(object_id: str, **more: object) -> dict[str, object]:
    return {"object_id": object_id, "url": "x", "event": "all", **more}


def _page(*results: object, **more: object) -> bytes:
    return json.dumps({"count": len(results), "next": None, "results": results, **more}).encode()


def _zeros(mebibytes: int) -> bytes:
    return gzip.compress(bytes(16 * MIB)) * (mebibytes // 16)


def _sends(*pieces: bytes) -> Handler:
    return lambda connection, _: connection.sendall(b"".join(pieces))


def _floods(beginning: bytes, piece: bytes) -> Handler:
    """Sends without an end, though one that comes when no client should be there any more."""

    def flood(connection: socket.socket, _: Received) -> None:
        connection.sendall(beginning)
        for _turn in range(2_000):
            connection.sendall(piece * (MIB // len(piece)))

    return flood


ANSWERS: Mapping[str, tuple[Callable[[], Handler], str, int]] = {
    "gzip-of-a-gigabyte": (
        lambda: _sends(HEAD, b"Content-Encoding: gzip\r\n\r\n", _zeros(1_024)), "response larger than 10 MiB", 80),
    "body": (lambda: _floods(HEAD + b"\r\n", b" "), "response larger than 10 MiB", 80),
    "chunk-of-no-length": (
        lambda: _floods(HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", b" "), "response larger than 10 MiB", 100),
    "lists": (lambda: _sends(HEAD, b'\r\n{"results": [', b"[]," * (LARGE // 3), b"[]]}"), "other than a webhook", 400),
    "deep": (lambda: _sends(HEAD, b"\r\n", b"[" * LARGE), "nested too deeply", 100),
    "names": (
        lambda: _sends(HEAD, b"\r\n", _page(_webhook("1", **{f"k{number}": 1 for number in range(200_000)}))), "", 150),
    "parts-of-a-url": (
        lambda: _sends(HEAD, b"\r\n", _page(_webhook("1", url=f"{HOST}/?" + "a&" * (LARGE // 2)))), "", 120),
}  # fmt: skip


def _configured(folder: Path, server: RawServer) -> None:
    account = f"{{provider: shippo, token: '${{SHIPPO_API_TOKEN}}', base_url: '{server.base_url}', timeout: 60}}"
    (folder / "webhooks.yaml").write_text(
        f"version: 1\naccounts: {{default: {account}}}\nowns: ['{HOST}/*']\n{entries(orders='/orders')}"
    )


@pytest.mark.parametrize(("handler", "words", "most"), ANSWERS.values(), ids=ANSWERS)
def test_answer_that_is_a_bomb_is_refused_within_bounds(
    tmp_path: Path, handler: Callable[[], Handler], words: str, most: int
) -> None:
    with RawServer(handler()) as server:
        _configured(tmp_path, server)
        ended = measured(tmp_path, "plan")
    assert (ended.code, words in ended.out) == (1 if words else 0, True), ended.out[-500:]
    assert ended.peak <= most


@pytest.mark.parametrize(
    "arguments", [["plan"], ["plan", "--format", "json"], ["plan", "--out", "saved"], ["export"]], ids=" ".join
)
def test_memory_grows_with_the_webhooks_and_no_faster(tmp_path: Path, arguments: list[str]) -> None:
    """2,000 unmanaged ones in every run; a long one has 100,000 of them."""
    count = min(2_000 * times(), 100_000)
    hooks = [
        _webhook(f"{number:08}", url=f"https://other{number % 100}.example.com/hook/{number}?token=abc{number}")
        for number in range(count)
    ]

    def page(connection: socket.socket, request: Received) -> None:
        start = int(request.target.partition("page=")[2] or 0)
        end = start + 2_000
        body = _page(*hooks[start:end], count=count, next=f"/webhooks?page={end}" if end < count else None)
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with RawServer(page) as server:
        _configured(tmp_path, server)
        ended = measured(tmp_path, *arguments)
    assert ended.code == 0, ended.err
    assert ended.peak <= START + 10 + count * 12 // 1_024  # 12 KiB each
