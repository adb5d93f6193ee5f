"""What is named as a file and is none, or none that ends: commands say so, wait for nobody, and leave it as it is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from reconciler.config import limits as bounds
from tests.config.tools import ENTRY, OWNS, TOP, complaints, configuration, inputs, loaded
from tests.e2e.tool import Tool, entries, run_here
from tests.support.sandbox import Sandbox

GOOD = TOP + OWNS + ENTRY
TOO_LONG = "n" * 300
_RESCUE = 5.0  # seconds after which a command that hangs is let go, so that it fails instead


@contextmanager
def fifo(path: Path) -> Iterator[Path]:
    """A pipe with a name that nobody writes to."""
    os.mkfifo(path)

    def open_and_close() -> None:
        with suppress(OSError):  # nobody reads: nothing hangs
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))

    rescue = threading.Timer(_RESCUE, open_and_close)
    rescue.start()
    try:
        yield path
    finally:
        rescue.cancel()
        rescue.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bounds, "PATIENCE", 0.05)
    (tmp_path / "good.yaml").write_text(GOOD)
    return tmp_path


NO_END = "it was not read to its end within 0.05 seconds"
FIFOS: list[tuple[list[str], Mapping[str, str], str]] = [
    (["validate", "-f", "pipe"], {}, f"error[file-unreadable]: this file can't be read: {NO_END}"),
    (["validate", "-f", "good.yaml", "-f", "pipe"], {}, f"this file can't be read: {NO_END}"),
    (
        ["validate", "-f", "good.yaml", "--env-file", "pipe"],
        {},
        f"error[env-file]: the file can't be read: {NO_END}",
    ),
    (
        ["plan", "-f", "good.yaml"],
        {"SHIPPO_API_TOKEN": "", "SHIPPO_API_TOKEN_FILE": "pipe"},
        "error[variable-file]: the file that `SHIPPO_API_TOKEN_FILE` points to can't be read as text",
    ),
    (["show", "pipe"], {}, f"error[option]: pipe can't be read: {NO_END}"),
    (["apply", "pipe", "-f", "good.yaml"], {}, f"error[option]: pipe can't be read: {NO_END}"),
]


@pytest.mark.parametrize(
    ("arguments", "environment", "words"), [pytest.param(*case, id=" ".join(case[0])) for case in FIFOS]
)
def test_pipe_that_nobody_writes_to_is_waited_for_no_longer_than_patience(
    folder: Path, arguments: list[str], environment: Mapping[str, str], words: str
) -> None:
    with fifo(folder / "pipe"):
        ended = run_here(folder, *arguments, environment=environment)
    assert (ended.code, words in ended.err) == (1, True), ended.err


def test_pipe_among_the_files_of_a_folder_is_waited_for_no_longer_than_patience(folder: Path) -> None:
    with fifo(folder / "pipe.yaml"):
        ended = run_here(folder, "validate", "-f", ".")
    assert (ended.code, "./pipe.yaml\n" in ended.err) == (1, True), ended.err


def test_pipe_that_somebody_writes_to_is_read_to_its_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PATIENCE", 60.0)
    os.mkfifo(folder / "pipe")
    text = GOOD + "#" * 200_000 + "\n"  # more than a pipe holds
    writer = threading.Thread(target=(folder / "pipe").write_text, args=(text,))
    writer.start()
    found = configuration(inputs(files=("pipe",)))
    writer.join()
    assert [wanted.address.name for wanted in found.desired] == ["a"]


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "inner").touch()


IN_THE_WAY: list[tuple[str, Callable[[Path], object], str]] = [
    ("loop", _loop, "Too many levels of symbolic links"),
    ("folder", _folder, "Is a directory"),
    ("good.yaml/below", lambda _: None, "Not a directory"),
    (TOO_LONG, lambda _: None, "File name too long"),
    (f"{TOO_LONG}/below", lambda _: None, "File name too long"),
]


@pytest.mark.parametrize(("name", "make", "reason"), IN_THE_WAY, ids=["loop", "folder", "below-a-file", "long", "deep"])
@pytest.mark.parametrize(
    "arguments", [["validate", "-f", "good.yaml", "--env-file"], ["show"], ["apply", "-f", "good.yaml"]], ids=" ".join
)
def test_what_is_no_file_is_named_with_the_reason(
    folder: Path, name: str, make: Callable[[Path], object], reason: str, arguments: list[str]
) -> None:
    make(folder / name)
    ended = run_here(folder, *arguments, name)
    assert (ended.code, name in ended.err, reason in ended.err) == (1, True, True), ended.err


@pytest.mark.parametrize(("name", "make", "reason"), IN_THE_WAY, ids=["loop", "folder", "below-a-file", "long", "deep"])
def test_configuration_that_is_no_file_is_named(
    folder: Path, name: str, make: Callable[[Path], object], reason: str
) -> None:
    make(folder / name)
    expected = (
        ("folder-empty", name, "this folder has no `*.yaml` or `*.yml` file")
        if name == "folder"
        else ("file-unreadable", name, f"this file can't be read: {reason}")
    )
    assert complaints(loaded(inputs(files=("good.yaml", name)))) == [expected]


def test_folder_of_links_in_a_circle_and_of_many_files_is_read_once_each(folder: Path) -> None:
    inside = folder / "many"
    inside.mkdir()
    for number in range(3_000):
        url = f"https://h.example.com/{number}"
        (inside / f"{number}.yaml").write_text(f"{TOP}webhooks: {{e{number}: {{url: '{url}', events: [all]}}}}\n")
    (inside / "a.yaml").write_text(TOP + OWNS)
    (inside / "loop.yaml").symlink_to("loop.yaml")
    (inside / "again.yaml").symlink_to("../many/a.yaml")
    (inside / "self.yaml").symlink_to("../many")
    assert complaints(loaded(inputs(files=("many",)))) == [
        ("file-twice", "many/again.yaml", "this file is given twice"),
        ("file-unreadable", "many/loop.yaml", "this file can't be read: Too many levels of symbolic links"),
    ]


# Where commands write


@pytest.fixture
def tool(folder: Path) -> Iterator[Tool]:
    with Sandbox() as sandbox:
        made = Tool(folder=folder, sandbox=sandbox)
        made.write(entries(orders="/orders?token=${HOOK}"))
        made.hook("/orders?token=other")
        yield made


WRITING = [
    ["plan", "--out"],
    ["apply", "--auto-approve", "--backup"],
    ["export", "--out"],
    ["export", "--secrets-to"],
    ["init", "-f"],
]
PLACES: list[tuple[str, Callable[[Path], object]]] = [
    *((name, make) for name, make, _ in IN_THE_WAY),
    ("pipe", os.mkfifo),
    ("", lambda _: None),
    ("nowhere/below", lambda _: None),
]


@pytest.mark.parametrize(
    ("name", "make"), PLACES, ids=["loop", "folder", "below-a-file", "long", "deep", "pipe", "empty", "nowhere"]
)
@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_what_can_not_be_written_to_is_named_and_left_and_nothing_is_applied(
    tool: Tool, name: str, make: Callable[[Path], object], arguments: list[str]
) -> None:
    if name:
        make(tool.folder / name)
    before = _tree(tool.folder)
    ended = run_here(tool.folder, *arguments, name, environment={"HOOK": "new"})
    assert (ended.code, name in ended.err or "the backup can't be written" in ended.err) == (1, True), ended.all
    assert _tree(tool.folder) == before
    assert tool.writes() == []


def test_link_that_leads_nowhere_yet_is_followed(tool: Tool) -> None:
    (tool.folder / "link").symlink_to("target")
    ended = run_here(tool.folder, "plan", "--out", "link", environment={"HOOK": "new"})
    assert (ended.code, (tool.folder / "link").is_symlink(), (tool.folder / "target").is_file()) == (0, True, True)


def _tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """What a folder has: each name with its kind and mode, and a file's bytes."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }
