"""Lines fitted to a terminal: under their own column, and never cut in mid-word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.output.fitting import columns, fitted, padded
from reconciler.output.plan_text import plan_text
from reconciler.output.terminal import Style
from reconciler.view.redact import view_plan
from tests.view.hostile import HostileRun, hostile_runs

SGR = re.compile(r"\x1b\[[0-9;]*m")
URL = "https://hooks.example.com/shippo/orders"


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        pytest.param("  a line that fits", ["  a line that fits"], id="fits"),
        pytest.param(
            f"      url  {URL}?token=‹hidden 2› → {URL}?token=${{HOOK}}",
            [
                f"      url  {URL}",
                "           ?token=‹hidden 2›",
                "           → https://hooks.example.com/shippo",
                "           /orders?token=${HOOK}",
            ],
            id="url-at-its-boundaries-and-the-arrow-before-the-second",
        ),
        pytest.param(
            "      events  [track_updated, transaction_created, batch_created]",
            ["      events  [track_updated, transaction_created,", "              batch_created]"],
            id="list-under-its-column",
        ),
        pytest.param(
            "  - @b691ce2  delete: not in the file, last changed 2026-01-10 08:00:00 UTC",
            ["  - @b691ce2  delete: not in the file,", "              last changed 2026-01-10 08:00:00 UTC"],
            id="a-time-is-one-word",
        ),
        pytest.param(
            "      help: add `{url: 'https://h.io/a', is_test: true}` to it",
            ["      help: add", "        `{url: 'https://h.io/a', is_test: true}`", "        to it"],
            id="a-snippet-is-one-word",
        ),
        pytest.param("  " + "x" * 50, ["  " + "x" * 50], id="whole-where-nothing-fits"),
    ],
)
def test_fitted(line: str, lines: list[str]) -> None:
    assert [*fitted(line, 50)] == lines
    assert [*fitted(line, None)] == [line]


@pytest.mark.parametrize(("text", "width"), [("ab", 2), ("東京", 4), ("\x1b[1;31mab\x1b[0m", 2), ("é́", 1)])
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width
    assert columns(padded(text, 9)) == 9


@given(
    words=st.lists(st.text(st.sampled_from("aé東/?&=:‹› `→"), min_size=1), min_size=1),
    gap=st.sampled_from([" ", "  "]),
    width=st.integers(20, 60),
)
def test_fitting_loses_nothing_and_breaks_only_between_words(words: list[str], gap: str, width: int) -> None:
    line = "  " + gap.join(words)
    shown = [*fitted(line, width)]
    assert re.sub(" ", "", "".join(shown)) == re.sub(" ", "", line)
    assert all(columns(one) <= width or len(one.split()) <= len(line.split()) for one in shown)


@settings(max_examples=30)
@given(run=hostile_runs())
def test_a_plan_fits_wherever_its_words_do(run: HostileRun) -> None:
    view = view_plan(run.plan)
    for is_drift in (False, True):
        whole = plan_text(view, Style(on=False), 0, is_drift=is_drift)
        fits = plan_text(view, Style(on=False), 0, width=80, is_drift=is_drift)
        assert "".join(whole.split()) == "".join(fits.split())
        assert SGR.sub("", plan_text(view, Style(on=True), 0, width=80, is_drift=is_drift)) == fits
