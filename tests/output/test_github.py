"""Workflow commands: our own alone, whole, on the files' lines, and as many as GitHub shows."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.output.escaping import visible, without_commands
from reconciler.output.formats import reporter
from reconciler.output.pipeline import Pipeline, append_summary, command, fold_end, fold_start
from tests.output.telling import context_of, plan_told, run_told, streams_of
from tests.support.builders import entry, hook, planned
from tests.view.hostile import HOSTILE, HostileRun, hostile_runs, hostile_texts


class Command(Struct, frozen=True):
    """A command as the runner reads it."""

    name: str
    properties: dict[str, str]
    data: str


def read_by_the_runner(line: str) -> Command | None:
    """What GitHub's runner makes of a line of output. Source: `ActionCommand.cs` of actions/runner."""
    if "##[" in line:
        return Command(name="##", properties={}, data=line)
    trimmed = line.lstrip()
    if not trimmed.startswith("::") or (end := trimmed.find("::", 2)) < 0:
        return None
    name, _, said = trimmed[2:end].partition(" ")
    properties = dict(pair.split("=", 1) for pair in said.split(",") if "=" in pair)
    return Command(
        name=name,
        properties={key: _unescaped(value, "%3A", "%2C") for key, value in properties.items()},
        data=_unescaped(trimmed[end + 2 :]),
    )


def _unescaped(text: str, *more: str) -> str:
    for escape in ("%0D", "%0A", *more, "%25"):
        text = text.replace(escape, chr(int(escape[1:], 16)))
    return text


@given(data=hostile_texts, value=hostile_texts)
def test_command_is_read_as_it_was_meant(data: str, value: str) -> None:
    line = command("warning", data, file=value, title=value)
    assert "\n" not in line
    shown, lines = visible(value.replace("\n", "")), [visible(one) for one in data.split("\n")]
    read = read_by_the_runner(line)
    assert read is not None
    assert (read.name, read.data) == ("warning", "\n".join(lines))
    if "\n" not in value and value:
        assert read.properties == {"file": shown, "title": shown}


@given(texts=st.lists(hostile_texts | st.sampled_from(["##", "[x]", "::error::x", " ", "#", "::", ":"]), max_size=5))
def test_no_pieces_meet_to_make_a_command(texts: list[str]) -> None:
    out, err = io.StringIO(), io.StringIO()
    streams = streams_of(out, err)
    streams.print_result("".join(map(visible, texts)))
    streams.print_message("\n".join(map(visible, texts)))
    lines = [*out.getvalue().split("\n"), *err.getvalue().split("\n")]
    assert [line for line in lines if read_by_the_runner(line)] == []


def test_text_without_commands_stays_as_it_is() -> None:
    text = "a ::b::\n  c: ::1\n## [x]"
    assert without_commands(text) == text


@settings(max_examples=12)
@given(run=hostile_runs(), told=st.tuples(st.booleans(), st.booleans()))
def test_hostile_run_makes_annotations_alone(run: HostileRun, told: tuple[bool, bool]) -> None:
    applies, shows_unmanaged = told
    text = run_told("github", run, applies=applies, shows_unmanaged=shows_unmanaged, configuration=HOSTILE[5])
    for line in text.splitlines():
        read = read_by_the_runner(line)
        assert read is not None, line
        assert read.name in {"error", "warning", "notice"}
        assert read.properties.keys() <= {"file", "line", "col", "endColumn", "title"}
        assert read.properties["title"].startswith("reconciler")


def _annotations(text: str) -> list[tuple[str, dict[str, str], str]]:
    commands = [read for line in text.splitlines() if (read := read_by_the_runner(line)) is not None]
    return [(read.name, read.properties, read.data) for read in commands]


def test_drift_is_a_warning_at_the_entrys_line() -> None:
    plan = planned([entry("a")], [hook("1", active=False), hook("2", "/c", "all")])
    when = "last changed 2026-01-02 00:00:00 UTC"
    name = "a[track_updated] (track_updated at https://hooks.example.com/a)"
    assert _annotations(plan_told("github", plan, is_drift=True)) == [
        (
            "warning",
            {"file": "webhooks.yaml", "line": "1", "title": "reconciler: drift"},
            f"{name}: switched off at the provider, {when}\nactive: false → true",
        ),
        (
            "warning",
            {"title": "reconciler: drift"},
            f"@2 (all at https://hooks.example.com/c): added at the provider, {when}",
        ),
    ]


def test_refused_plan_is_an_error_and_its_changes_are_notices() -> None:
    told = _annotations(plan_told("github", planned([entry("a", active=False)], [hook("1"), hook("2", "/c", "all")])))
    assert [(name, said["title"]) for name, said, _ in told] == [
        ("error", "reconciler: refused"),
        *[("warning", "reconciler: loss")] * 2,
        ("notice", "reconciler: update"),
        ("notice", "reconciler: delete"),
    ]


@pytest.mark.parametrize(
    ("number", "shown", "last"), [(10, 10, "m9"), (11, 10, "and 2 more"), (5_000, 10, "and 4991 more")]
)
def test_of_more_than_github_shows_the_rest_is_counted(number: int, shown: int, last: str) -> None:
    out = io.StringIO()
    errors = [Diagnostic(severity=Severity.ERROR, code="c", message=f"m{index}", help="") for index in range(number)]
    reporter("github", context_of(out)).fail(errors, 1)
    told = _annotations(out.getvalue())
    assert (len(told), told[-1][2].startswith(last)) == (shown, True)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        pytest.param("webhooks.yaml", "infra/webhooks.yaml", id="in-the-folder"),
        pytest.param("../other/a.yaml", "other/a.yaml", id="above"),
        pytest.param("/elsewhere/a.yaml", "/elsewhere/a.yaml", id="outside"),
        pytest.param("<stdin>", None, id="standard-input"),
    ],
)
def test_files_are_named_from_the_repositorys_folder(
    file: str, path: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "infra").mkdir()
    monkeypatch.chdir(tmp_path / "infra")
    out = io.StringIO()
    context = context_of(out, pipeline=Pipeline(name="github", root=str(tmp_path)))
    place = Place(file=file, line=3, column=5)
    error = Diagnostic(severity=Severity.ERROR, code="c", message="m", help="h", place=place, width=4)
    reporter("github", context).fail([error], 1)
    where = {} if path is None else {"file": path, "line": "3", "col": "5", "endColumn": "9"}
    assert _annotations(out.getvalue()) == [("error", {**where, "title": "reconciler: c"}, "m\nh")]


def test_summary_is_appended_and_never_more_than_github_shows(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    assert [append_summary(path, text) for text in ("a\n", "b\n")] == ["", ""]
    assert path.read_text(encoding="utf-8") == "a\nb\n"
    path.write_bytes(b"x" * (1024 * 1024 - 1))
    assert append_summary(path, "ab") == "the job summary is full"
    assert append_summary(path, "a") == ""
    assert append_summary(path.parent, "a").startswith("the job summary can't be written: ")


def test_folds_begin_and_end_as_each_pipeline_reads_them() -> None:
    assert (fold_start("github", "a%\x1b", 1, 9), fold_end("github", 1, 9)) == ("::group::a%25\\x1b", "::endgroup::")
    start, end = fold_start("gitlab", "a\r\x1b", 1, 9.7), fold_end("gitlab", 1, 9)
    assert start == "\x1b[0Ksection_start:10:reconciler_1[collapsed=true]\r\x1b[0Ka\\r\\x1b"
    assert re.fullmatch(r"\x1b\[0Ksection_end:9:reconciler_1\r\x1b\[0K", end)
