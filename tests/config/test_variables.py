"""Variables: their forms, and where their values come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.config.cursor import Text
from reconciler.config.diagnostics import Diagnostics, SourceText, Span
from reconciler.config.interpolation import Purpose, Values
from reconciler.config.variables import Variables
from reconciler.model.secret import Origin, Part
from tests.config.tools import ENTRY, HOOK_TOKEN, OWNS, TOP, complaints, configuration, inputs, loaded

SET = {"A": "alpha", "B_2": "${A}", "_": "under", "EMPTY": ""}

FORMS = [
    pytest.param("", [Part("")], id="empty"),
    pytest.param("plain", [Part("plain")], id="plain"),
    pytest.param("${A}", [Part("alpha", Origin.ENVIRONMENT, "A")], id="set"),
    pytest.param("${_}", [Part("under", Origin.ENVIRONMENT, "_")], id="underscore"),
    pytest.param("${B_2}", [Part("${A}", Origin.ENVIRONMENT, "B_2")], id="results-are-not-scanned-again"),
    pytest.param(
        "x${A}y${A}z",
        [
            Part("x"),
            Part("alpha", Origin.ENVIRONMENT, "A"),
            Part("y"),
            Part("alpha", Origin.ENVIRONMENT, "A"),
            Part("z"),
        ],
        id="in-a-text",
    ),
    pytest.param("${A:-d}", [Part("alpha", Origin.ENVIRONMENT, "A")], id="default-unused"),
    pytest.param("${N:-d}", [Part("d")], id="default-used"),
    pytest.param("${EMPTY:-d}", [Part("d")], id="empty-counts-as-unset"),
    pytest.param("${N:-}", [], id="empty-default"),
    pytest.param("${N:-${M:-c}}", [Part("c")], id="default-of-a-default"),
    pytest.param("${N:-a${A}b}", [Part("a"), Part("alpha", Origin.ENVIRONMENT, "A"), Part("b")], id="default-parts"),
    pytest.param("${A:-${N}}", [Part("alpha", Origin.ENVIRONMENT, "A")], id="defaults-are-lazy"),
    pytest.param("${A:?e}", [Part("alpha", Origin.ENVIRONMENT, "A")], id="message-unused"),
    pytest.param("${A:?${N}}", [Part("alpha", Origin.ENVIRONMENT, "A")], id="messages-are-lazy"),
    pytest.param("${N:-a:-b:?c}", [Part("a:-b:?c")], id="marks-in-a-default"),
    pytest.param("${N:-{}}", [Part("{"), Part("}")], id="braces-in-a-default"),
    pytest.param("${N:-$$}", [Part("$")], id="dollar-in-a-default"),
    pytest.param("${N:-x$}", [Part("x$")], id="dollar-before-the-closing-brace"),
    pytest.param("$$", [Part("$")], id="dollar"),
    pytest.param("$${A}", [Part("${A}")], id="dollar-and-braces"),
    pytest.param("$$$$A", [Part("$$A")], id="two-dollars"),
    pytest.param("a $ b", [Part("a $ b")], id="dollar-alone"),
    pytest.param("$}", [Part("$}")], id="dollar-and-closing-brace"),
    pytest.param("a$", [Part("a$")], id="dollar-at-the-end"),
    pytest.param("$5 }", [Part("$5 }")], id="dollar-and-number"),
]

ERRORS = [
    pytest.param("${N}", ("variable-unset", "`${N}` is not set"), id="unset"),
    pytest.param("${EMPTY}", ("variable-unset", "`${EMPTY}` is not set"), id="empty"),
    pytest.param("${N:?e $$ f}", ("variable-unset", "`${N}` is not set: e $ f"), id="message"),
    pytest.param("${N:?say ${A} ${M:-m}}", ("variable-unset", "`${N}` is not set: say ${A} ${M}"), id="message-parts"),
    pytest.param("${N:-${M}}", ("variable-unset", "`${M}` is not set"), id="unset-default"),
    pytest.param("${N:?say ${A:-a}}", ("variable-unset", "`${N}` is not set: say ${A}"), id="message-default-unused"),
    pytest.param("$A", ("variable-form", "`$A` is neither a variable nor plain text"), id="bare"),
    pytest.param("${A:-$B}", ("variable-form", "`$B` is neither a variable nor plain text"), id="bare-in-a-default"),
    *(
        pytest.param(text, ("variable-form", "`${` doesn't start a valid variable here"), id=text)
        for text in ("${A-d}", "${A?e}", "${A:+r}", "${", "${}", "${ A}", "${A }", "${A!}", "${1}", "${A", "${A:-d")
    ),
    pytest.param("${A:-" * 60 + "}" * 60, ("variable-form", "`${` doesn't start a valid variable here"), id="deep"),
]


def interpolated(
    text: str, environment: Mapping[str, str] = SET, *, needed: bool = True
) -> tuple[list[Part] | None, Diagnostics]:
    diagnostics = Diagnostics()
    values = Values(Variables(environment), diagnostics, offline=not needed)
    source = SourceText("webhooks.yaml", text)
    found = values.text(Text(text, Span(source, 0, len(text))), Purpose.SECRET)
    values.report_unset()
    return None if found is None else list(found.parts), diagnostics


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_a_text_becomes_parts_that_know_where_they_came_from(text: str, expected: list[Part]) -> None:
    parts, complaints = interpolated(text)
    assert complaints.found == ()
    assert parts == expected


@pytest.mark.parametrize(("text", "expected"), ERRORS)
def test_what_is_no_form_is_an_error(text: str, expected: tuple[str, str]) -> None:
    _, complaints = interpolated(text)
    assert [(found.code, found.message) for found in complaints.found] == [expected]


def test_a_token_of_the_wrong_form_is_complained_of_alone() -> None:
    text = TOP + "accounts: {a: {provider: shippo, token: shippo_live_1}}\n" + OWNS + ENTRY
    assert [code for code, _, _ in complaints(loaded(inputs(text, environment={})))] == ["token-literal"]


def test_a_bare_name_is_offered_both_ways() -> None:
    (found,) = interpolated("say $HOME twice")[1].found
    assert found.help == "Write `${HOME}` for the variable, or `$$HOME` for a dollar sign."
    assert (str(found.place), found.width) == ("webhooks.yaml:1:5", 5)


def test_what_is_not_needed_is_a_placeholder() -> None:
    parts, complaints = interpolated("${N}${M:?e}${N}${K:-d}", needed=False)
    assert complaints.found == ()
    assert parts == [
        Part("~1", Origin.PLACEHOLDER, "N"),
        Part("~2", Origin.PLACEHOLDER, "M"),
        Part("~1", Origin.PLACEHOLDER, "N"),
        Part("d"),
    ]


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(b"from-a-file\n")
    return path


def token_of(tmp_path: Path, **sources: str) -> tuple[str, Origin]:
    """The value of `X` in a URL where sources of these names give it, and its origin."""
    first, second = tmp_path / "first.env", tmp_path / "second.env"
    first.write_text(f"X={sources['first']}\n" if "first" in sources else "\n")
    second.write_text(f"X={sources['second']}\nY=y\n" if "second" in sources else "\n")
    environment = {"SHIPPO_API_TOKEN": "shippo_live_1"}
    environment |= {name: sources[key] for key, name in (("env", "X"), ("file", "X_FILE")) if key in sources}
    (desired,) = configuration(
        inputs(
            TOP + OWNS + ENTRY.replace("/a\n", "/${X}\n"),
            environment=environment,
            env_files=(str(first), str(second)),
            variables={"X": sources["var"]} if "var" in sources else {},
        )
    ).desired
    url = desired.fields["url"]
    part = next(part for part in url.source.parts if part.name)  # type: ignore[union-attr]
    return part.text, part.origin


def test_sources_are_asked_in_their_order(tmp_path: Path, secret_file: Path) -> None:
    everywhere = {"var": "v", "env": "e", "first": "f", "second": "s", "file": str(secret_file)}
    expected = [
        ("v", Origin.OPTION),
        ("e", Origin.ENVIRONMENT),
        ("f", Origin.ENVIRONMENT),
        ("s", Origin.ENVIRONMENT),
        ("from-a-file", Origin.ENVIRONMENT),
    ]
    names = list(everywhere)
    for number, value in enumerate(expected):
        assert token_of(tmp_path, **{name: everywhere[name] for name in names[number:]}) == value


def test_an_empty_value_leaves_the_word_to_the_next_source(tmp_path: Path) -> None:
    assert token_of(tmp_path, var="", env="", first="''", second="s") == ("s", Origin.ENVIRONMENT)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(b"value", "value", id="no-line-break"),
        pytest.param(b"value\n", "value", id="line-break"),
        pytest.param(b"value\r\n", "value", id="windows-line-break"),
        pytest.param(b"\xef\xbb\xbfvalue\n", "value", id="byte-order-mark"),
    ],
)
def test_of_a_mounted_secret_one_final_line_break_is_dropped(tmp_path: Path, written: bytes, expected: str) -> None:
    path = tmp_path / "secret"
    path.write_bytes(written)
    assert token_of(tmp_path, file=str(path)) == (expected, Origin.ENVIRONMENT)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["missing", "no-text"])
def test_a_mounted_secret_that_cannot_be_read_is_an_error_that_names_no_path(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "Qx7vRt2m"
    if content is not None:
        path.write_bytes(content)
    text = TOP + OWNS + ENTRY.replace("/a\n", "/a?token=${X}\n")
    environment = {"SHIPPO_API_TOKEN": "shippo_live_1", "X_FILE": str(path)}
    assert complaints(loaded(inputs(text, environment=environment))) == [
        ("variable-file", "5:10", "the file that `X_FILE` points to can't be read as text")
    ]
    assert configuration(inputs(text, environment=environment, offline=True))


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n"], ids=["empty", "line-break", "windows-line-break"])
def test_an_empty_mounted_secret_counts_as_unset(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    text = TOP + OWNS + ENTRY.replace("/a\n", "/a?token=${X}\n")
    found = loaded(inputs(text, environment={"SHIPPO_API_TOKEN": "shippo_live_1", "X_FILE": str(path)}))
    assert complaints(found) == [("variable-unset", "5:10", "`${X}` is not set")]


def test_only_the_environment_names_files(tmp_path: Path, secret_file: Path) -> None:
    env_file = tmp_path / "x.env"
    env_file.write_text(f"X_FILE={secret_file}\n")
    text = TOP + OWNS + ENTRY.replace("/a\n", "/a?token=${X}\n")
    text += "x-file: ${X_FILE}\n"
    found = loaded(inputs(text, env_files=(str(env_file),), variables={"X_FILE": str(secret_file)}))
    assert complaints(found) == [("variable-unset", "5:10", "`${X}` is not set")]


def test_an_env_file_is_read_as_it_stands_and_bad_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text("# c\nexport A='a$HOME${B}'\nB=\"b\\nc\"\n\nthis is Qx7vRt2mZk9pLw4n\nC=ok # c\nD\n'E=\n")
    text = TOP + OWNS + ENTRY.replace("/a\n", "/a?token=${C}\n")
    found = loaded(inputs(text, env_files=(str(path),)))
    assert complaints(found) == [
        ("env-file-line", f"{path}:5", "this line of the env file is not `NAME=value`"),
        ("env-file-line", f"{path}:8", "this line of the env file is not `NAME=value`"),
    ]
    assert all(diagnostic.source == "" for diagnostic in found.diagnostics)
    path.write_text("A='a$HOME$B%20'\n")
    (desired,) = configuration(inputs(text.replace("{C}", "{A}"), env_files=(str(path),))).desired
    assert desired.fields["url"].reveal() == "https://h.example.com/a?token=a$HOME$B%20"  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [None, b"A=\xff\n"], ids=["missing", "no-text"])
def test_an_env_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.env"
    if content is not None:
        path.write_bytes(content)
    (found,) = loaded(inputs(TOP + OWNS + ENTRY, env_files=(str(path),))).diagnostics
    code, place = ("env-file", str(path)) if content is None else ("file-encoding", f"{path}:1:3")
    assert (found.code, str(found.place)) == (code, place)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("true", None, id="true"),
        pytest.param("True", "`${X}` is neither `true` nor `false`", id="capital"),
        pytest.param("true\n", "`${X}` is neither `true` nor `false`", id="line-break"),
        pytest.param("", "`${X}` is not set", id="empty"),
    ],
)
def test_a_boolean_says_true_or_false_and_nothing_else(value: str, shown: str | None) -> None:
    text = TOP + OWNS + ENTRY + "    active: ${X}\n"
    found = loaded(inputs(text, environment={"SHIPPO_API_TOKEN": "shippo_live_1", "X": value}))
    assert [diagnostic.message for diagnostic in found.diagnostics] == ([] if shown is None else [shown])


@pytest.mark.parametrize("value", ["a&b", "a#b", "a?b", "a/b", "a+b", "a%b", "a%2", "%zz"])
def test_a_value_inside_a_url_stays_within_its_place(value: str) -> None:
    text = TOP + OWNS + ENTRY.replace("/a\n", "/a/${X}\n")
    environment = {"SHIPPO_API_TOKEN": "shippo_live_1", "X": value}
    assert [code for code, _, _ in complaints(loaded(inputs(text, environment=environment)))] == ["url-variable-value"]


@pytest.mark.parametrize("value", ["https://h.example.com/x/y?a=b&c=d+e", "https://h.example.com/%2Fx"])
def test_a_value_that_is_the_whole_url_may_hold_what_a_url_holds(value: str) -> None:
    text = TOP + OWNS + ENTRY.replace("https://h.example.com/a", "${X}")
    found = configuration(inputs(text, environment={"SHIPPO_API_TOKEN": "shippo_live_1", "X": value}))
    (desired,) = found.desired
    url = desired.fields["url"]
    assert (url.reveal(), found.redaction.show(url)) == (value, "${X}")  # type: ignore[union-attr,arg-type]


def test_a_pattern_may_have_a_value_in_its_path_where_a_star_is_a_literal_one() -> None:
    text = TOP + "owns: ['https://h.example.com/${X}/*']\n" + ENTRY.replace("/a\n", "/${X}/a\n")
    found = configuration(inputs(text, environment={"SHIPPO_API_TOKEN": "shippo_live_1", "X": "T*9"}))
    assert repr(found.accounts[0].owns) == "PatternSet([Pattern(https://h.example.com/${X}/*)])"
    missed = text.replace("/${X}/a", "/T1239/a")
    codes = complaints(loaded(inputs(missed, environment={"SHIPPO_API_TOKEN": "shippo_live_1", "X": "T*9"})))
    assert [code for code, _, _ in codes] == ["not-owned"]


def test_a_value_shows_nowhere_in_what_was_loaded() -> None:
    text = TOP + OWNS + ENTRY.replace("/a\n", "/${HOOK}?token=${HOOK}\n")
    found = configuration(inputs(text))
    assert HOOK_TOKEN not in repr(found)
    assert HOOK_TOKEN not in found.redaction.show(found.desired[0].fields["url"])  # type: ignore[arg-type]
