"""Diagnostics as people read them, to the letter."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given

from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.output.diagnostics import diagnostic_text, diagnostic_texts
from reconciler.output.terminal import Style
from tests.view.hostile import hostile_diagnostics

PLAIN, COLOUR = Style(on=False), Style(on=True)


def diagnostic(place: Place | None, **more: Any) -> Diagnostic:  # noqa: ANN401 - passed through
    return Diagnostic(
        severity=more.pop("severity", Severity.ERROR),
        code="key-unknown",
        message="`urll` is not a known key of an entry",
        help=more.pop("help", "Did you mean `url`?"),
        place=place,
        **more,
    )


def _unset(number: int, help_: str = "Set it in an env file (`--env-file`).") -> Diagnostic:
    place = Place(file="webhooks.yaml", line=number, column=10)
    message = f"`${{V{number}}}` is not set"
    return Diagnostic(
        severity=Severity.ERROR, code="variable-unset", message=message, help=help_, place=place, source="x" * 20
    )


def test_many_unset_variables_are_said_together_with_the_place_of_each() -> None:
    other = diagnostic(Place(file="webhooks.yaml", line=2))
    texts = [*diagnostic_texts([*map(_unset, range(3, 17)), other, _unset(99, "Set `--var`.")], PLAIN)]
    assert texts == [
        "error[variable-unset]: 14 variables are not set\n"
        + "".join(f"  --> webhooks.yaml:{number}:10: `${{V{number}}}` is not set\n" for number in range(3, 17))
        + "  help: Set each in an env file (`--env-file`).",
        diagnostic_text(other, PLAIN),
        diagnostic_text(_unset(99, "Set `--var`."), PLAIN),
    ]


def test_few_unset_variables_are_said_with_their_lines() -> None:
    few = [_unset(number) for number in (1, 2, 3)]
    assert [*diagnostic_texts(few, PLAIN)] == [diagnostic_text(one, PLAIN) for one in few]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        pytest.param(
            diagnostic(Place(file="webhooks.yaml", line=7, column=5), source="    urll: https://h.io", width=4),
            "error[key-unknown]: `urll` is not a known key of an entry\n"
            "  --> webhooks.yaml:7:5\n"
            "  7 |     urll: https://h.io\n"
            "    |     ^^^^\n"
            "  help: Did you mean `url`?",
            id="part-of-a-line",
        ),
        pytest.param(
            diagnostic(Place(file="webhooks.yaml", line=123), source="urll: x", severity=Severity.WARNING),
            "warning[key-unknown]: `urll` is not a known key of an entry\n"
            "  --> webhooks.yaml:123\n"
            "  123 | urll: x\n"
            "  help: Did you mean `url`?",
            id="whole-line",
        ),
        pytest.param(
            diagnostic(Place(file="webhooks.yaml")),
            "error[key-unknown]: `urll` is not a known key of an entry\n  --> webhooks.yaml\n  help: Did you mean "
            "`url`?",
            id="whole-file",
        ),
        pytest.param(
            diagnostic(None, help=""),
            "error[key-unknown]: `urll` is not a known key of an entry",
            id="no-place-and-no-help",
        ),
        pytest.param(
            diagnostic(Place(file="a\x1bb.yaml", line=1, column=3), source="a\tb\x1b[31m: {{x", width=2),
            "error[key-unknown]: `urll` is not a known key of an entry\n"
            "  --> a\\x1bb.yaml:1:3\n"
            "  1 | a\\tb\\x1b[31m: {{x\n"
            "    |    ^^^^^\n"
            "  help: Did you mean `url`?",
            id="escapes-are-counted-as-they-show",
        ),
        pytest.param(
            diagnostic(Place(file="w.yaml", line=1, column=4), source="東京: x", width=1),
            "error[key-unknown]: `urll` is not a known key of an entry\n"
            "  --> w.yaml:1:4\n"
            "  1 | 東京: x\n"
            "    |      ^\n"
            "  help: Did you mean `url`?",
            id="wide-letters-take-two-columns",
        ),
        pytest.param(
            diagnostic(Place(file="w.yaml", line=1, column=3), source="a: ", width=50),
            "error[key-unknown]: `urll` is not a known key of an entry\n"
            "  --> w.yaml:1:3\n"
            "  1 | a: \n"
            "    |   ^\n"
            "  help: Did you mean `url`?",
            id="mark-ends-with-the-line",
        ),
        pytest.param(
            diagnostic(Place(file="w.yaml", line=1, column=9), source="a: b", width=2),
            "error[key-unknown]: `urll` is not a known key of an entry\n"
            "  --> w.yaml:1:9\n"
            "  1 | a: b\n"
            "    |     ^\n"
            "  help: Did you mean `url`?",
            id="mark-after-the-line",
        ),
    ],
)
def test_diagnostic_text(said: Diagnostic, text: str) -> None:
    assert diagnostic_text(said, PLAIN) == text


@pytest.mark.parametrize("column", [1, 150, 199, 201, 250, 1000, 1999])
def test_of_a_long_line_the_part_that_is_meant_shows(column: int) -> None:
    source = "".join(chr(ord("a") + number % 26) for number in range(2000))
    said = diagnostic(Place(file="w.yaml", line=1, column=column), source=source, width=1000)
    _, _, line, marks, _ = diagnostic_text(said, PLAIN).splitlines()
    assert len(line) <= 210
    assert len(marks) <= len(line)
    assert line[marks.index("^")] == source[column - 1]


def test_colour_changes_no_character() -> None:
    said = diagnostic(Place(file="w.yaml", line=7, column=5), source="    urll: x", width=4)
    coloured = diagnostic_text(said, COLOUR)
    assert "\x1b[1;31merror[key-unknown]\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == diagnostic_text(said, PLAIN)


@given(said=hostile_diagnostics())
def test_diagnostic_prints_only_what_is_printable(said: Diagnostic) -> None:
    text = diagnostic_text(said, PLAIN)
    assert all(line.isprintable() for line in text.split("\n"))
    assert "##[" not in text
    assert not re.search(r"^\s*::", text, re.MULTILINE)
