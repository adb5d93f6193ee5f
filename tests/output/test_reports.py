"""Reports beside what the terminal gets: each is written once, with what happened, whatever the terminal does."""

from __future__ import annotations

import errno
import io

import pytest
from msgspec.structs import replace

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.output.formats import Reporter, Target, reporter
from reconciler.output.reports import WithReports, with_reports
from reconciler.view.outcome import CommandResult
from tests.output.telling import context_of, streams_of

DONE = CommandResult("Apply complete: 1 created, 0 updated, 0 deleted.", 0)
STOPPED = Diagnostic(severity=Severity.ERROR, code="stopped", message="Stopped.", help="")


class Full(io.StringIO):
    """A file on a disk that is full."""

    def write(self, text: str, /) -> int:
        del text
        raise OSError(errno.ENOSPC, "No space left on device")


def _reporter(written: list[str], out: io.StringIO | None = None, err: io.StringIO | None = None) -> WithReports:
    """A reporter with two reports, of which the second can't be written."""
    streams = streams_of(out or io.StringIO(), err or io.StringIO())
    context = replace(context_of(io.StringIO()), streams=streams)

    def write(text: str) -> str:
        written.append(text)
        return "" if len(written) == 1 else "it can't be written"

    targets = [Target(format="markdown", write=write), Target(format="junit", write=write)]
    return with_reports(reporter("text", context), context, targets)


def test_report_that_cannot_be_written_is_an_error() -> None:
    err = io.StringIO()
    assert _reporter([], err=err).end(DONE) == 1
    assert err.getvalue() == "error: it can't be written\nhelp: Give `--report` another path.\n"
    assert _reporter([]).end(CommandResult("Refused.", 3)) == 3


def test_each_report_is_written_once() -> None:
    written: list[str] = []
    story = _reporter(written)
    assert [story.end(DONE), story.fail([STOPPED], 130)] == [1, 130]
    assert len(written) == 2


def test_terminal_that_cannot_be_written_to_keeps_no_report_from_its_file() -> None:
    written: list[str] = []
    story = _reporter(written, Full())
    with pytest.raises(OSError, match="space"):
        story.end(DONE)
    assert f"## {DONE.words[:14]}" in written[0]
    assert len(written) == 2


def test_run_that_was_interrupted_while_it_ended_still_writes_its_reports() -> None:
    written: list[str] = []
    story = _reporter(written)

    def interrupted(_: Reporter, /, code: int) -> int:
        raise KeyboardInterrupt(code)

    with pytest.raises(KeyboardInterrupt):
        story._written(0, interrupted)
    story.cut_off([STOPPED], 130)
    assert [text.count("Stopped.") > 0 for text in written] == [True, True]


def test_bug_in_a_report_is_raised_once() -> None:
    written: list[str] = []
    story = _reporter(written)

    def broken(_: Reporter) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        story._reports[0].written(broken)
    story.fail([STOPPED], 1)
    assert len(written) == 1
