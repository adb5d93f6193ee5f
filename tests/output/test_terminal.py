"""Foreign text made harmless, and streams that can't show everything or whose reader has gone."""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.output.escaping import visible, yaml_word
from reconciler.output.terminal import Streams, Style
from tests.view.hostile import HOSTILE

PLAIN = "https://hooks.example.com/a?b=c&d=%20 ${NAME} [bold] {{x}} ::add-mask::"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param(PLAIN, PLAIN, id="ascii"),
        pytest.param("Zürich — 東京 → ‹hidden› é́ 🎉", "Zürich — 東京 → ‹hidden› é́ 🎉", id="letters-marks-signs"),
        pytest.param("\x1b[2J", "\\x1b[2J", id="escape"),
        pytest.param("\x1b]8;;u\x07x", "\\x1b]8;;u\\x07x", id="osc-8"),
        pytest.param("\x9b31m", "\\x9b31m", id="c1"),
        pytest.param("a\r\nb\tc", "a\\r\\nb\\tc", id="line-breaks-and-tab"),
        pytest.param("a\u2028b\u0085c", "a\\u2028b\\x85c", id="other-line-breaks"),
        pytest.param("\x00\x7f", "\\x00\\x7f", id="nul-and-delete"),
        pytest.param("\u202eevil\u2066", "\\u202eevil\\u2066", id="bidirectional"),
        pytest.param("a\u200b\ufeffb\u00ad", "a\\u200b\\ufeffb\\xad", id="zero-width"),
        pytest.param("a\u00a0b\u3000c\u2003d", "a\\xa0b\\u3000c\\u2003d", id="odd-spaces"),
        pytest.param(
            "a\u3164b\u115fc\uffa0d\u2800", "a\\u3164b\\u115fc\\uffa0d\\u2800", id="letters-that-show-nothing"
        ),
        pytest.param("a\u034fb\ufe0fc\U000e0100", "a\\u034fb\\ufe0fc\\U000e0100", id="marks-that-show-nothing"),
        pytest.param("\ud800x\udfff", "\\ud800x\\udfff", id="lone-surrogates"),
        pytest.param("\ue000\U0010ffff", "\\ue000\\U0010ffff", id="private-and-unassigned"),
        pytest.param("\U000e0041", "\\U000e0041", id="tags"),
        pytest.param("##[error]x", "#\\x23[error]x", id="workflow-command"),
        pytest.param("###[a]##[b]", "##\\x23[a]#\\x23[b]", id="workflow-commands"),
        pytest.param("é##[error]", "é#\\x23[error]", id="workflow-command-beside-letters"),
        pytest.param("## [x] ##", "## [x] ##", id="no-workflow-command"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(text=st.text(st.characters()) | st.sampled_from(HOSTILE))
@example(text="##\ufeff[error]")
def test_visible_text_is_printable_and_harmless(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert not [one for one in shown if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]
    assert "##[" not in shown
    assert visible(shown) == shown
    shown.encode()


@given(text=st.text(st.characters(codec="ascii", exclude_categories=["Cc"])).filter(lambda text: "##[" not in text))
def test_visible_leaves_plain_text_alone(text: str) -> None:
    assert visible(text) == text


@contextmanager
def _pipe(encoding: str) -> Iterator[tuple[TextIO, TextIO]]:
    """A real pipe: its reading and its writing end."""
    read, write = os.pipe()
    with open(read, encoding=encoding, newline="") as reader, open(write, "w", encoding=encoding) as writer:  # noqa: PTH123 - descriptors
        yield reader, writer


def _streams(out: TextIO, err: TextIO) -> Streams:
    return Streams(out=out, err=err, out_color=False, err_color=False, interactive=False, live=False, width=80)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        pytest.param("utf-8", "old → ‹hidden› … é 東", id="utf-8"),
        pytest.param("ascii", "old -> <hidden> ... \\xe9 \\u6771", id="ascii"),
        pytest.param("cp1252", "old -> <hidden> ... \\xe9 \\u6771", id="windows"),
    ],
)
def test_streams_write_plainly_where_the_encoding_can_do_no_more(encoding: str, shown: str) -> None:
    with _pipe(encoding) as (reader, writer):
        streams = _streams(writer, writer)
        streams.print_result("old → ‹hidden› … é 東")
        streams.print_message("plain")
        streams.print_result()
        writer.close()
        assert reader.read() == f"{shown}\nplain\n\n"


def test_a_reader_that_has_gone_stops_nothing() -> None:
    with _pipe("utf-8") as (reader, writer), _pipe("utf-8") as (err_reader, err_writer):
        streams = _streams(writer, err_writer)
        streams.print_result("read")
        assert reader.readline() == "read\n"
        reader.close()
        for number in range(100):
            streams.print_result(f"line {number}")
        streams.print_message("told")
        err_writer.close()
        assert err_reader.read() == "told\n"


def test_a_full_disk_is_no_reader_that_has_gone() -> None:
    with pytest.raises(OSError, match="space") as caught, open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123
        _streams(full, full).print_result("lost")
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.parametrize(
    ("environment", "color", "expected"),
    [
        pytest.param({}, True, (True, True), id="terminal"),
        pytest.param({"NO_COLOR": "1"}, True, (False, True), id="no-color"),
        pytest.param({"NO_COLOR": ""}, True, (True, True), id="empty-no-color"),
        pytest.param({"TERM": "dumb"}, True, (False, False), id="dumb"),
        pytest.param({"TERM": "dumb", "FORCE_COLOR": "1"}, True, (True, False), id="force-beats-dumb"),
        pytest.param({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, (False, True), id="no-color-beats-force"),
        pytest.param({"CLICOLOR": "0"}, True, (False, True), id="clicolor-off"),
        pytest.param({"CLICOLOR": "1"}, True, (True, True), id="clicolor-on"),
        pytest.param({"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, True, (True, True), id="force-beats-clicolor"),
        pytest.param({"FORCE_COLOR": "0"}, True, (False, True), id="force-color-off"),
        pytest.param({"FORCE_COLOR": "1"}, False, (False, True), id="option-beats-force"),
        pytest.param({}, False, (False, True), id="option"),
    ],
)
def test_streams_know_what_they_may(
    environment: dict[str, str],
    color: bool,  # noqa: FBT001 - a column
    expected: tuple[bool, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Terminal:
        closed = False

        def isatty(self) -> bool:
            return True

    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", Terminal())
    streams = Streams.standard(environment, color=color)
    assert (streams.out_color, streams.live) == expected
    assert (streams.out_color, streams.interactive) == (streams.err_color, True)
    assert streams.width >= 40


@pytest.mark.parametrize(
    ("environment", "color"),
    [
        ({}, False),
        ({"CLICOLOR": "1"}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
    ids=str,
)
def test_pipes_get_colour_only_where_it_is_forced(environment: dict[str, str], color: bool) -> None:  # noqa: FBT001 - a column
    with _pipe("utf-8") as (_, writer), pytest.MonkeyPatch.context() as patch:
        for name in ("stdin", "stdout", "stderr"):
            patch.setattr(f"sys.{name}", writer)
        streams = Streams.standard(environment, color=True)
        assert (streams.out_color, streams.err_color, streams.live, streams.line_width) == (color, color, False, None)


def test_pipes_get_no_colour_and_no_question() -> None:
    with _pipe("utf-8") as (_, writer), pytest.MonkeyPatch.context() as patch:
        for name in ("stdin", "stdout", "stderr"):
            patch.setattr(f"sys.{name}", writer)
        streams = Streams.standard({}, color=True)
        assert (streams.out_color, streams.err_color, streams.interactive, streams.live) == (False,) * 4


@pytest.mark.parametrize(
    ("styles", "painted"),
    [
        pytest.param(("bold", "red"), "\x1b[1;31mx\x1b[0m", id="two"),
        pytest.param((), "x", id="none"),
    ],
)
def test_style_paints_only_where_it_is_on(styles: tuple[str, ...], painted: str) -> None:
    assert (Style(on=True).paint("x", *styles), Style(on=False).paint("x", *styles)) == (painted, "x")
    assert Style(on=True).paint("", *styles) == ""


def test_every_colour_ends_where_its_text_ends() -> None:
    painted = Style(on=True).paint("x", "dim", "green", "yellow", "cyan")
    assert re.fullmatch(r"\x1b\[[0-9;]+mx\x1b\[0m", painted)


@given(
    st.text() | st.from_regex(r"[0-9.eExob_+-]{1,9}", fullmatch=True) | st.sampled_from(["true", "No", "null", "007"])
)
def test_yaml_word_is_read_as_the_text(text: str) -> None:
    assert yaml.safe_load(f"- id: {yaml_word(text)}") == [{"id": visible(text)}]
