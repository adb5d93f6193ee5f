"""Large files: everything grows with the file and no faster; what is heavy is loaded only where it is used."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.config.tools import ENTRY, GOOD, OWNS, TOP, complaints, configuration, inputs, loaded


def many(count: int) -> str:
    """A file with so many entries, each owned by a pattern of its own."""
    owns = "".join(f"  - https://h.example.com/hook-{number}\n" for number in range(count))
    entries = "".join(
        f"  hook-{number}:\n    url: https://h.example.com/hook-{number}?token=${{HOOK}}\n    events: [track_updated]\n"
        for number in range(count)
    )
    return TOP + "owns:\n" + owns + "webhooks:\n" + entries


def test_ten_thousand_entries_are_loaded() -> None:
    found = configuration(inputs(many(10_000)))
    assert len(found.desired) == 10_000
    assert str(found.desired[-1].place) == "<stdin>:40002:10"
    assert gc.isenabled()


@pytest.mark.parametrize("at", [0, 1, 65_535, 65_536, 65_537, 131_072, 199_999])
def test_a_character_that_yaml_lacks_is_found_wherever_it_stands(at: int) -> None:
    text = "#" + "x" * 200_000 + "\n" + GOOD
    found = complaints(loaded(inputs(text[: at + 1] + "\x07" + text[at + 1 :])))
    assert [(code, line) for code, line, _ in found] == [("yaml-character", f"1:{at + 2}")]


@contextmanager
def counted_calls() -> Iterator[list[int]]:
    """How many calls were made meanwhile, in Python and into C."""
    calls = [0]

    def count(_frame: object, event: str, _arg: object) -> None:
        calls[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(before)


GROWING = [
    pytest.param(many, id="good"),
    pytest.param(lambda count: many(count).replace("track_updated", "track_update"), id="a-warning-each"),
    pytest.param(lambda count: many(count).replace("[track_updated]", "[]"), id="an-error-each"),
    pytest.param(lambda count: many(count).replace("?token=${HOOK}", "?a=$HOOK"), id="a-bad-variable-each"),
    pytest.param(lambda count: many(count).replace("hooks:\n", "hooks: \t\n"), id="tabs"),
    pytest.param(lambda count: "{" + many(count).replace("\n", " "), id="one-line-that-does-not-parse"),
]


@pytest.mark.parametrize("text", GROWING)
def test_ten_times_the_entries_are_ten_times_the_work(text) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    loaded(inputs(text(10)))
    work = []
    for count in (30, 300):
        given = inputs(text(count))
        with counted_calls() as calls:
            loaded(given)
        work.append(calls[0])
    assert work[1] <= 11 * work[0]


HOSTILE = [
    ":",
    "?",
    "&",
    "@",
    "%",
    "$$",
    "${A:-",
    "a.",
    "-",
    "*",
    "/",
    "/..",
    "${X}",
    "é",
    "x ",
    "\\t",
    "{",
    "[",
    "&a ",
    "!a ",
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("quote", ["", '"'], ids=["plain", "quoted"])
@pytest.mark.parametrize("key", ["url", "owns"])
def test_a_long_value_of_any_kind_comes_to_an_end(key: str, quote: str, piece: str) -> None:
    value = quote + "https://h.example.com/" + piece * 20_000 + quote
    text = TOP + OWNS.replace("]", f", {value}]" if key == "owns" else "]") + ENTRY
    given = text.replace("https://h.example.com/a", value) if key == "url" else text
    for offline in (False, True):
        found = loaded(inputs(given, offline=offline))
        assert all(len(diagnostic.source) <= 240 for diagnostic in found.diagnostics)


def test_a_file_full_of_errors_is_complained_of_in_one_run() -> None:
    found = complaints(loaded(inputs(many(2_000).replace("url: https://", "url: ftp://"))))
    assert len(found) == 2_000


def test_a_good_file_loads_nothing_that_is_heavy() -> None:
    code = f"""
import sys
from tests.config.tools import configuration, inputs
configuration(inputs({GOOD!r}))
print(sorted({{"requests", "deepdiff", "rich", "jsonschema", "dotenv", "idna", "click"}} & sys.modules.keys()))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
