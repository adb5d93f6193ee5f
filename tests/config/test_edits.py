"""One edit of a valid file, whatever it is, ends in diagnostics with a place in the file and never in a traceback."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.config.load import Loaded
from reconciler.model.diagnostic import Diagnostic, Severity
from tests.config.tools import complaints, inputs, loaded
from tests.support.draws import draws

FILE = """\
# Everything that a file may have.
version: 1
x-events: &events [transaction_created, transaction_updated]
x-more: &more {active: true, ignore_changes: [url]}
accounts:
  live:
    provider: shippo
    token: ${LIVE}
    mode: live
    timeout: 10
    trust_count: true
  test: {provider: shippo, token: "${TEST}", account_id: acct_1, limits: {max_losses: 1}}
defaults:
  account: live
  active: true
owns:
  - https://h.example.com/*
  - "https://*.hooks.example.com/${PART:-shippo}/*"
absent:
  - https://old.example.com/*
  - url: https://h.example.com/orders
    events: [batch_created]
protect: ['https://h.example.com/keep']
limits:
  max_losses: 5
secret_params: [pass]
webhooks:
  orders:
    url: https://h.example.com/orders?token=${HOOK}
    events: *events
    is_test: false
    <<: *more
    description: >-
      Marks orders
      as paid: $$ in
  tracking:
    url: "https://a.hooks.example.com/shippo/tracking"
    events:
    - track_updated
    accounts: [live, test]
"""
PIECES = sorted(set(re.findall(r"[A-Za-z_-]+|[^\sA-Za-z_-]", FILE)))


def test_the_file_is_valid() -> None:
    assert complaints(loaded(inputs(FILE))) == []
    assert complaints(loaded(inputs(FILE)), Severity.WARNING) == []


def check_places(found: Loaded, text: str) -> None:
    """Every diagnostic stands in the file, and its source line is that line with characters masked."""
    lines = re.split(r"\r\n|\r|\n", text)
    for diagnostic in found.diagnostics:
        place = diagnostic.place
        assert place is not None
        assert place.file == "<stdin>"
        assert 0 <= place.line <= len(lines)
        if place.line:
            line = lines[place.line - 1]
            assert 0 <= place.column <= len(line) + 1
            assert 1 <= diagnostic.width <= max(len(line) - place.column + 1, 1)
            assert all(shown in (real, "•") for shown, real in zip(diagnostic.source, line, strict=False))
            assert len(diagnostic.source) <= len(line)


@st.composite
def edits(draw: st.DrawFn) -> bytes:
    """The file after one edit."""
    lines = FILE.splitlines(keepends=True)
    at = draw(st.integers(0, len(FILE) - 1))
    line = draw(st.integers(0, len(lines) - 2))
    match draw(
        st.sampled_from(["delete", "insert", "line", "twice", "swap", "move", "tab", "cut", "byte", "exchange"])
    ):
        case "delete":
            return (FILE[:at] + FILE[at + draw(st.integers(1, 20)) :]).encode()
        case "insert":
            return (
                FILE[:at]
                + draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=3).filter(str.isprintable)))
                + FILE[at:]
            ).encode()
        case "line":
            return "".join(lines[:line] + lines[line + 1 :]).encode()
        case "twice":
            return "".join(lines[: line + 1] + lines[line:]).encode()
        case "swap":
            return "".join([*lines[:line], lines[line + 1], lines[line], *lines[line + 2 :]]).encode()
        case "move":
            indented = draw(
                st.sampled_from([" " + lines[line], lines[line].removeprefix(" "), lines[line].lstrip(" ")])
            )
            return "".join([*lines[:line], indented, *lines[line + 1 :]]).encode()
        case "tab":
            return "".join([*lines[:line], lines[line].replace("  ", "\t", 1), *lines[line + 1 :]]).encode()
        case "cut":
            return FILE[:at].encode()
        case "byte":
            return FILE[:at].encode() + bytes([draw(st.integers(0, 255))]) + FILE[at:].encode()
    pieces = re.split(r"([A-Za-z_-]+|[^\sA-Za-z_-])", FILE)
    pieces[draw(st.integers(0, len(pieces) // 2 - 1)) * 2 + 1] = draw(st.sampled_from(PIECES))
    return "".join(pieces).encode()


@draws(200)
@given(edited=edits())
@example(edited=b"")
@example(edited=b"\xef\xbb\xbf")
@example(edited=b"&a : *a")
@example(edited=b"version: 1\nwebhooks: {a: &b {url: *b}}\n")
@example(edited=b"? ")
@example(edited=b"{? : ")
@example(edited=b"- - - -")
@example(edited=b"<<: 1\n")
@example(edited=b"version: 1\n<<: {<<: {version: 2}}\n")
@example(edited=b"%YAML 9.9\n---\n")
@example(edited=b"--- !<x> {}\n")
def test_no_edit_ends_in_a_traceback(edited: bytes) -> None:
    found = loaded(inputs(edited))
    check_places(found, edited.decode("utf-8", errors="replace").removeprefix("\ufeff"))
    offline = loaded(inputs(edited, environment={}, offline=True))
    check_places(offline, edited.decode("utf-8", errors="replace").removeprefix("\ufeff"))


KEYS = [
    pytest.param(found.start(), found.end(), id=f"{FILE[: found.start()].count(chr(10)) + 1}-{found[0]}")
    for found in re.finditer(r"[a-z_]+(?=:)", FILE)
    if found[0] not in {"https", "live", "test", "orders", "tracking", "paid", "events", "more"}
]


def tells_of(diagnostic: Diagnostic, line: int) -> bool:
    """Whether a diagnostic is about a line, or about what uses an anchor in it."""
    place = diagnostic.place
    return (place is not None and place.line == line) or f"(written at <stdin>:{line}:" in diagnostic.message


@pytest.mark.parametrize(("start", "end"), KEYS)
def test_a_mistyped_key_is_found_on_its_line(start: int, end: int) -> None:
    edited = FILE[:end] + "x" + FILE[end:]
    line = FILE[:start].count("\n") + 1
    found = loaded(inputs(edited))
    assert any(tells_of(diagnostic, line) for diagnostic in found.diagnostics if diagnostic.is_error)


VALUES = [
    pytest.param(found.start(1), found.end(1), id=f"{FILE[: found.start()].count(chr(10)) + 1}-{found[1]}")
    for found in re.finditer(r"(?m)^ *(?:- )?(?!x-|<<)[a-z_]+: ([^\n]+)$", FILE)
    if found[1] != ">-"
]


@pytest.mark.parametrize(("start", "end"), VALUES)
@pytest.mark.parametrize("value", ["{a: b}", "[[]]", "3000000.5", "'", "{", "]", "@x", "!!x y", "*nowhere", "- x"])
def test_a_wrong_value_is_found_on_its_line(start: int, end: int, value: str) -> None:
    edited = FILE[:start] + value + FILE[end:]
    line = FILE[:start].count("\n") + 1
    found = loaded(inputs(edited))
    check_places(found, edited)
    errors = [diagnostic for diagnostic in found.diagnostics if diagnostic.is_error]
    # A bracket or quote that isn't closed may end further down.
    assert any(tells_of(diagnostic, line) for diagnostic in errors) or (value in "'{" and errors)
