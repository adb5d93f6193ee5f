"""What is redrawn in place on a real terminal: it shows meanwhile and leaves nothing behind."""

from __future__ import annotations

import re
from contextlib import suppress
from time import sleep

import pytest

from reconciler.model.report import Answered, Finished, Listed, Outcome, Result, Started, Waiting
from reconciler.output.formats import Context
from reconciler.output.progress import Progress
from reconciler.output.terminal import Streams
from reconciler.view.results import ResultMask
from tests.output.screen import COLUMNS, Screen
from tests.support.builders import DAY, entry, planned


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def _streams(screen: Screen, *, color: bool = True) -> Streams:
    return Streams(
        out=screen.stream,
        err=screen.stream,
        out_color=color,
        err_color=color,
        interactive=True,
        live=True,
        width=COLUMNS,
    )


def _progress(streams: Streams, verbosity: int = 0) -> Progress:
    return Progress(Context(streams=streams, verbosity=verbosity, now=lambda: DAY))


def _told(screen: Screen, *, color: bool = True, names: tuple[str, ...] = ("orders", "tracking")) -> None:
    """A run with all that may happen, told on a terminal."""
    plan = planned([entry(name, f"/{number}") for number, name in enumerate(names)], [])
    streams = _streams(screen, color=color)
    progress = _progress(streams)
    with progress.live():
        progress(Listed(account="default", webhooks=25))
        progress(Waiting(account="default", seconds=15.3, reason="the provider's limit\x1b[2J is reached"))
        sleep(1.0)  # as long as the line takes to be redrawn, and more
        progress(Listed(account="default", webhooks=50))
    changes = plan.planned[0].changes
    with progress.live(ResultMask(plan)):
        for change in changes:
            progress(Started(account="default", change=change))
            progress(
                Answered(account="default", result=Result(change=change, outcome=Outcome.DONE, object_id="id\x9b31m"))
            )
            progress(
                Finished(account="default", result=Result(change=change, outcome=Outcome.DONE, object_id="id\x9b31m"))
            )
    streams.print_result("Apply complete.")


@pytest.mark.parametrize("color", [True, False], ids=["colour", "no-colour"])
def test_only_what_happened_stays_on_the_screen(color: bool) -> None:  # noqa: FBT001 - a column
    with Screen() as screen:
        _told(screen, color=color)
    lines, seen = screen.seen()
    assert lines == [
        "+ orders[track_updated] (id\\x9b31m): create: done",
        "+ tracking[track_updated] (id\\x9b31m): create: done",
        "Apply complete.",
    ]
    assert (seen.cursor.x, seen.cursor.hidden) == (0, False)
    assert (b"\x1b[32m" in screen.raw) is color


def test_progress_shows_meanwhile() -> None:
    with Screen() as screen:
        _told(screen)
    text = screen.raw.decode()
    waits = "default: waiting 15 s: the provider's limit\\x1b[2J is reached"
    for shown in ("listing webhooks", "listing default", waits, "default: waiting 14 s: ", "applying", "2/2"):
        assert shown in text, shown


def test_a_long_address_leaves_nothing_behind_either() -> None:
    names = ("a" * 200, "b" * 90)
    with Screen() as screen:
        _told(screen, names=names)
    lines, seen = screen.seen()
    assert "".join(lines[:-1]).count("create: done") == len(names)
    assert [line for line in lines if "━" in line or "applying" in line or "listing" in line] == []
    assert (lines[-1], seen.cursor.hidden) == ("Apply complete.", False)


def test_an_error_on_the_way_leaves_the_terminal_as_it_was() -> None:
    with Screen() as screen:
        streams = _streams(screen)
        progress = _progress(streams)
        with suppress(KeyboardInterrupt), progress.live():
            progress(Listed(account="default", webhooks=25))
            raise KeyboardInterrupt
        streams.print_message("Stopped.")
    lines, seen = screen.seen()
    assert (lines, seen.cursor.hidden) == (["Stopped."], False)


@pytest.mark.parametrize(
    ("live", "verbosity"),
    [pytest.param(False, 0, id="no-terminal"), pytest.param(True, -1, id="quiet")],
)
def test_nothing_is_redrawn_where_it_is_unwanted(live: bool, verbosity: int) -> None:  # noqa: FBT001 - a column
    with Screen() as screen:
        streams = Streams(
            out=screen.stream,
            err=screen.stream,
            out_color=False,
            err_color=False,
            interactive=False,
            live=live,
            width=80,
        )
        progress = _progress(streams, verbosity)
        with progress.live():
            progress(Listed(account="default", webhooks=25))
    assert screen.raw == b""


def test_list_during_an_apply_does_not_move_the_bar() -> None:
    plan = planned([entry(name, f"/{name}") for name in "abc"], [])
    with Screen() as screen:
        progress = _progress(_streams(screen), 0)
        with progress.live(ResultMask(plan)):
            progress(Listed(account="default", webhooks=40))
            result = Result(change=plan.planned[0].changes[0], outcome=Outcome.DONE)
            progress(Answered(account="default", result=result))
            sleep(0.3)  # as long as the bar takes to be redrawn, and more
    assert re.findall(r"(\d+)/3", screen.raw.decode())[-1] == "1"
