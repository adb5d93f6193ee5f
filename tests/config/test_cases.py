"""Files and what is said of them, side by side in `cases/*.md`: every diagnostic whole, with its source line.

`REWRITE_CASES=1 pytest tests/config/test_cases.py` writes what is said now into them; read the difference.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from reconciler.model.diagnostic import Diagnostic
from tests.config.tools import ENVIRONMENT, LIVE_TOKEN, inputs, loaded, place_of, used_in

CASES = Path(__file__).parent / "cases"
REWRITE = bool(os.environ.get("REWRITE_CASES"))
MORE = {
    **ENVIRONMENT,
    "FLAG": "true",
    "MAYBE": "maybe",
    "SPACED": "a b",
    "BREAK": f"{LIVE_TOKEN}\n",
    "NONSENSE": "nonsense",
    "SOME_HOST": "evil.example",
    "WHOLE": "https://i.example.com/Qx7vRt2mZk9pLw4n",
}
OPTIONS = {"OPTION": "optval", "EVENT": "track_updated", "SUB": "hooks"}
_CASE = re.compile(r"## (?P<id>[a-z0-9-]+)\n\n```yaml\n(?P<text>.*?)```\n\n```text\n(?P<said>.*?)```\n", re.DOTALL)


class Case(Struct, frozen=True):
    """One file and what is said of it; `\\xNN` in the file stands for that character."""

    path: Path
    id: str
    text: str
    said: str


def cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.md")):
        for found in _CASE.finditer(path.read_text(encoding="utf-8")):
            yield Case(path=path, **found.groupdict())


ALL = tuple(cases())


def said(diagnostic: Diagnostic) -> str:
    """A diagnostic as the cases have it."""
    place = f"{place_of(diagnostic)}+{diagnostic.width}"
    source = re.sub(
        r"[^\t\x20-\u2027\u202a-\U0010ffff]|[\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x};", diagnostic.source
    )
    lines = [f"{diagnostic.severity.value} {diagnostic.code} {place}: {diagnostic.message}"]
    if source:
        lines.append(f"    | {source}")
    return "\n".join([*lines, f"    = {diagnostic.help}", ""])


def of_file(text: str) -> str:
    found = loaded(inputs(text, environment=MORE, variables=used_in(text, OPTIONS)))
    return "".join(map(said, found.diagnostics)) or "(nothing)\n"


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path.stem}-{case.id}") for case in ALL])
def test_what_is_said_of_a_file(case: Case) -> None:
    text = re.sub(r"\\x([0-9a-f]{2,4});", lambda found: chr(int(found[1], 16)), case.text)
    now = of_file(text)
    if REWRITE:
        whole = case.path.read_text(encoding="utf-8")
        file = f"## {case.id}\n\n```yaml\n{case.text}```\n\n```text\n"
        assert file + case.said in whole
        case.path.write_text(whole.replace(file + case.said, file + now), encoding="utf-8")
    else:
        assert now == case.said


def test_every_case_is_found() -> None:
    headings = sum(path.read_text(encoding="utf-8").count("\n## ") for path in CASES.glob("*.md"))
    assert len(ALL) == headings > 100
    assert len({(case.path, case.id) for case in ALL}) == headings
