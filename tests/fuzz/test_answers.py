"""Answers that nobody promised: no traceback, no write that wasn't asked for, no call off its path, harmless output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from tests.e2e.tool import HOST, Ended
from tests.support.draws import draws

from .liar import Document, Liar, Spoiler, run
from .shapes import ANYTHING, TEXTS

COMMANDS: dict[str, tuple[list[str], set[int]]] = {
    "plan": (["plan", "-vv"], {0, 1}),
    "plan-json": (["plan", "--format", "json"], {0, 1}),
    "apply": (["apply", "--auto-approve", "--allow-losses", "9"], {0, 1, 3}),
    "apply-json": (["apply", "--auto-approve", "--allow-losses", "9", "--format", "json"], {0, 1, 3}),
    "destroy": (["destroy", "--auto-approve", "--allow-losses", "9"], {0, 1, 3}),
    "drift": (["drift", "--fail-on-unmanaged"], {0, 1, 2}),
    "list": (["list"], {0, 1}),
    "list-json": (["list", "--format", "json"], {0, 1}),
    "export": (["export"], {0, 1}),
    "export-missing": (["export", "--missing"], {0, 1}),
}
IDS = [
    "../other",
    "..",
    ".",
    "",
    "a/b",
    "a%2Fb",
    "%2e%2e",
    "..%2f..%2fx",
    "?x=1",
    "#x",
    "a\nb",
    "a\rHost: evil",
    "é\u202e",
    "\x00",
    "x" * 200,
    "x" * 10_000,
    "\ud800",
    "1 2",
    "@id",
    "orders",
    "webhooks",
    "http://evil.example/",
    "a\\b",
    "*",
]
URLS = [
    f"{HOST}/orders",
    f"{HOST}/orders?token=abc",
    f"{HOST}/gone",
    f"{HOST}/old?x=1",
    f"{HOST}/" + "a" * 300,
    "https://elsewhere.example.com/orders",
    "https://u:p@hooks.example.com/orders",
    "http://hooks.example.com/orders",
    "not a url",
    "",
    f"{HOST}/\x1b[2J",
    "https://hooks.example.com.evil.example/x",
    f"{HOST}\\@evil.example/",
    "https://hooks.example.com@evil.example/",
    "HTTPS://HOOKS.EXAMPLE.COM/ORDERS",
    f"{HOST}/%2e%2e/%zz",
    f"{HOST}/\ud800",
    "https://" + "a" * 70 + ".example.com/",
    "https://[::1]/",
    "https://xn--zz--.example.com/",
    "https://1.2.3/",
]
BODIES = [
    b"",
    b"null",
    b"[]",
    b"true",
    b"<html>",
    b'"x"',
    b"{",
    b'{"a": NaN}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'\xef\xbb\xbf{"results": [], "count": 0}',
    b'{"results": [], "count": 1e999}',
    b'{"results": [{}], "count": 1}',
    b'{"results": [], "results": [1], "count": 0}',
    b'{"count": ' + b"9" * 5_000 + b', "results": []}',
    b'{"results": [{"object_id": "\\ud800", "event": "all", "url": "x"}], "count": 1}',
]
STATUSES = [
    "200 OK",
    "201 Created",
    "202 Accepted",
    "204 No Content",
    "206 Partial",
    "299 x",
    "300 x",
    "301 x",
    "304 x",
    "307 x",
    "400 x",
    "401 x",
    "403 x",
    "404 x",
    "409 x",
    "410 x",
    "418 x",
    "422 x",
    "429 x",
    "500 x",
    "503 x",
    "599 x",
    "600 x",
    "999 x",
    "103 Early",
    "000 x",
]
HEADERS = [
    "Set-Cookie: a=b; Path=/; Expires=Thu, 99-99-9999",
    "Set-Cookie: " + "a" * 9_000,
    "Retry-After: 99999999999",
    "Retry-After: -1",
    "Retry-After: Wed, 99 Foo",
    "Location: /webhooks",
    "Location: http://\x9b[2J",
    "Location: //[",
    "Content-Type: ;",
    "Content-Type: text/html; charset=\xff",
    "Content-Encoding: br",
    "Content-Encoding: gzip",
    "Content-Encoding: gzip, gzip",
    "Link: <x>; rel=next",
    "X: " + "y" * 60_000,
]
NEXTS = [
    "",
    "?page=1",
    "?page=0",
    "/webhooks?results=100",
    "/other?page=1",
    "//evil.example/",
    "https://evil.example/",
    "/webhooks/1",
    "http://127.0.0.1:1/webhooks",
    "x" * 20_000,
    "?" + "a" * 9_000,
    "\n",
    "?page=1\r\nX: y",
    "../../x",
    "#",
    "ftp://x/",
    "http://[",
]

webhooks = st.fixed_dictionaries(
    {"object_id": st.sampled_from(IDS) | st.sampled_from(["1", "2", "3", "4", "5"]), "url": st.sampled_from(URLS),
     "event": st.sampled_from(["track_updated", "transaction_created", "all", "new_one"])},
    optional={"active": st.booleans() | st.just("true"), "is_test": st.booleans(), "object_created": TEXTS,
              "object_updated": st.sampled_from(["2021-06-28T15:44:11.647Z", "9999-12-31T23:59:59-14:00", ""]),
              "object_owner": st.just("a@b.example"), "\x1b[2J": st.just(1)},
)  # fmt: skip
values = ANYTHING | st.sampled_from([*IDS, *URLS, *NEXTS]) | webhooks | st.lists(webhooks, max_size=2)
spoilers = st.builds(
    Spoiler,
    values=st.lists(st.tuples(st.integers(0, 40), values), max_size=2).map(tuple),
    removed=st.lists(st.integers(0, 40), max_size=1).map(tuple),
    status=st.just("") | st.just("") | st.sampled_from(STATUSES),
    body=st.none() | st.none() | st.sampled_from(BODIES),
    headers=st.lists(st.sampled_from(HEADERS), max_size=1).map(tuple),
)


def good(number: int, url: str, **more: Document) -> Document:
    return {"object_id": str(number), "url": url, "event": "track_updated", "active": True, "is_test": False, **more}


WORLD = [
    good(1, f"{HOST}/orders?token=old"),
    good(2, f"{HOST}/orders?token=old", object_created="2021-06-28T15:44:11Z"),
    good(3, f"{HOST}/gone"),
    good(4, "https://elsewhere.example.com/orders"),
    good(5, f"{HOST}/orders", event="transaction_created", active=False),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("answers")


def check(liar: Liar, ended: Ended, allowed: set[int], *, may_write: bool) -> None:
    """See that a run kept its promises, whatever it was told."""
    assert ended.code in allowed, ended.all
    liar.check(HOST)
    if not may_write or "not checked" in ended.out:
        assert liar.writes == [], ended.all


@draws(100)
@given(
    command=st.sampled_from(sorted(COMMANDS)),
    there=st.just(WORLD) | st.lists(webhooks, max_size=7),
    lies=st.dictionaries(st.integers(0, 12), spoilers, max_size=4),
    page_size=st.integers(1, 9),
)
def test_whatever_is_answered_promises_hold(
    folder: Path, command: str, there: list[Document], lies: dict[int, Spoiler], page_size: int
) -> None:
    arguments, allowed = COMMANDS[command]
    liar = Liar(webhooks=json.loads(json.dumps(there)), spoilers=lies, page_size=page_size)
    ended = run(folder, liar, *arguments)
    note(repr(liar.asked))
    check(liar, ended, allowed, may_write=command.startswith(("apply", "destroy")))


def test_provider_that_does_not_lie_is_made_to_agree(folder: Path) -> None:
    liar = Liar(webhooks=json.loads(json.dumps(WORLD)), spoilers={})
    ended = run(folder, liar, "apply", "--auto-approve", "--allow-losses", "9")
    assert (ended.code, len(liar.writes)) == (0, 5), ended.all
    assert run(folder, liar, "plan", "--detailed-exitcode").code == 0
