"""One random edit to the bytes of a valid file ends in 0 or 1, in complaints with a place, and never in a traceback."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.diagnostic import Severity
from tests.config.tools import inputs, loaded, used_in
from tests.support.draws import draws

from .running import check_places, provider, run_twice, validated
from .valid import ENVIRONMENT, VALID, VARIABLES

FILE = "webhooks.yaml"
BREAKS = ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029", "\n\r", "\f", "\v"]
BOMS = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff", b"\xef\xbb"]
BAD = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"\x00", b"\x1b", b"\x7f"]
PIECES = [
    "&a ",
    "*a",
    "!!x ",
    "!",
    "<<: ",
    "? ",
    "- ",
    ": ",
    "# ",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "${",
    "$$",
    "$A",
    "${A:-",
    "@",
    "`",
    "\t",
    "\\",
    "~",
    "=",
    ",",
    "\u202e",
    "\ufeff",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for a file, beside what the examples take from files."""
    made = tmp_path_factory.mktemp("files")
    (made / "token").write_text("shippo_live_mounted\n")
    with provider():
        yield made


@st.composite
def edited(draw: st.DrawFn) -> bytes:
    """A valid file after one edit."""
    data = draw(st.sampled_from(VALID)).text.encode()
    start = draw(st.integers(0, len(data)))
    end = min(start + draw(st.integers(1, 40)), len(data))
    before, piece, after = data[:start], data[start:end], data[end:]
    match draw(
        st.sampled_from(["delete", "twice", "insert", "bytes", "transpose", "lines", "cut", "flip", "huge", "mark"])
    ):
        case "delete":
            return before + after
        case "twice":
            return before + piece * draw(st.sampled_from([2, 3, 500])) + after
        case "insert":
            return before + draw(st.sampled_from(PIECES)).encode() + piece + after
        case "bytes":
            return before + draw(st.sampled_from(BAD) | st.binary(max_size=4)) + piece + after
        case "transpose":
            return before + piece[::-1] + after
        case "lines":
            return _lines(draw, data)
        case "cut":
            return before
        case "flip":
            return (
                before + bytes([piece[0] ^ draw(st.sampled_from([1, 32, 128]))]) + piece[1:] + after if piece else data
            )
        case "huge":
            return before + draw(st.sampled_from([b" ", b"a", b"${A}", b"/", b"["])) * 12_000 + piece + after
    return draw(st.sampled_from(BOMS)) + draw(st.sampled_from([data, data.decode().encode("utf-16-le")]))


def _lines(draw: st.DrawFn, data: bytes) -> bytes:
    """Lines swapped, taken away, indented anew, or ended in another way."""
    lines = data.decode().splitlines(keepends=True)
    at, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    match draw(st.sampled_from(["swap", "delete", "indent", "tab", "break", "breaks"])):
        case "swap":
            lines[at], lines[other] = lines[other], lines[at]
        case "delete":
            del lines[at]
        case "indent":
            lines[at] = " " * draw(st.integers(0, 9)) + lines[at].lstrip(" ")
        case "tab":
            lines[at] = lines[at].replace("  ", "\t", 1)
        case "break":
            lines[at] = lines[at].rstrip("\r\n") + draw(st.sampled_from(BREAKS))
        case "breaks":
            ends = draw(st.lists(st.sampled_from(BREAKS), min_size=3, max_size=3))
            lines = [line.rstrip("\r\n") + ends[number % 3] for number, line in enumerate(lines)]
    return "".join(lines).encode()


@draws(120)
@given(data=edited())
@example(data=b"")
@example(data=b"\x00" * 100)
@example(data=b"\xef\xbb\xbf")
def test_edited_file_is_complained_of_or_plans(folder: Path, data: bytes) -> None:
    (folder / FILE).write_bytes(data)
    used = used_in(data.decode("utf-8", "replace"), VARIABLES)
    options = [f"--var={name}={value}" for name, value in used.items()]
    found = validated(folder, *options)
    check_places(found, FILE, data)
    planned = run_twice(folder, "plan", *options, environment=ENVIRONMENT)
    # What is wrong with the file alone is wrong at any command; what a variable's value does to it comes on top.
    is_valid = all(complaint.severity == "warning" for complaint in found)
    assert planned.code in (0, 1, 3) if is_valid else planned.code == 1
    assert ("Refused: " in planned.out) == (planned.code == 3), planned.all
    assert ("error" in planned.all) == (planned.code == 1)


SCALARS = [
    (valid, found.start(1), found.end(1))
    for valid in VALID[:1] + VALID[2:7]
    for found in re.finditer(r"(?m)^ *(?:- )?(?!x-|<<)[a-z_]+: ([^\s#>&{\[][^\n#]*?)(?= *(?:#.*)?$)", valid.text)
]


@draws(150)
@given(
    places=st.lists(st.sampled_from(SCALARS), min_size=2, max_size=2, unique=True),
    wrong=st.sampled_from(["{a: b}", "[[]]", "!!x y", "[*nowhere]"]),
)
def test_all_complaints_come_in_one_run_each_on_its_edited_line(
    places: list[tuple[object, int, int]], wrong: str
) -> None:
    first, second = sorted(places, key=lambda place: place[1])
    if first[0] is not second[0]:
        second = first
    assert isinstance(first[0], type(VALID[0]))
    text = first[0].text
    lines = {text[:start].count("\n") + 1 for _, start, _ in (first, second)}
    for _, start, end in dict.fromkeys((second, first)):
        text = text[:start] + wrong + text[end:]
    found = loaded(inputs(text, environment=ENVIRONMENT, variables=used_in(text, VARIABLES)))
    told = {diagnostic.place.line for diagnostic in found.diagnostics if diagnostic.place and diagnostic.is_error}
    assert lines <= told, [diagnostic for diagnostic in found.diagnostics if diagnostic.severity is Severity.ERROR]


_CHILD = """
import sys
from tests.config.tools import inputs, loaded
from tests.fuzz.test_file_bytes import _spoiled_often
for data in _spoiled_often():
    print(loaded(inputs(data)).diagnostics)
"""


def _spoiled_often() -> Iterator[bytes]:
    """Every valid file with a piece of itself in a wrong place, again and again."""
    for valid in VALID:
        lines = valid.text.splitlines(keepends=True)
        for step in (2, 3, 5):
            yield "".join(line for number, line in enumerate(lines) if number % step).encode()
            yield valid.text.replace("e", "é" * step, step).replace(":", ": {", 1).encode()


def test_complaints_hang_on_no_hash_seed() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", _CHILD],
            cwd=Path(__file__).parents[2],
            env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert said[0].count(b"Diagnostic(") > 300
