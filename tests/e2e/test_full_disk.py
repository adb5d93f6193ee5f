"""Full disks, read-only and vanishing folders, death while a file is written: files are whole or absent, nothing is
applied, and what was there stays."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from reconciler.sandbox.faults import Rule, When
from tests.e2e.forked import Forked
from tests.e2e.tool import COMMAND, WAIT, Tool, entries, run_here
from tests.support.faults import HoldAnswer

LEFT_BY_DEATH = re.compile(r"\.(saved\.plan|back\.yaml(\.env)?|new\.(yaml|env))\.[0-9a-f]{16}\.tmp")
APPLY = ("apply", "--auto-approve", "--allow-losses", "99", "--backup")
WRITERS = [
    pytest.param(("plan", "--out"), "saved.plan", id="plan"),
    pytest.param(("export", "--out"), "new.yaml", id="export"),
    pytest.param(("export", "--secrets-to"), "new.env", id="secrets"),
    pytest.param(("init", "-f"), "new.yaml", id="init"),
    pytest.param(APPLY, "back.yaml", id="backup"),
]


@pytest.fixture
def full(tool: Tool) -> Tool:
    """A file, and an account with much to write about."""
    for number in range(20):
        tool.hook(f"/{number}?token=aSecret{number}")
    tool.write(entries(a="/a"))
    return tool


def _limit_files(size: int) -> None:
    """No file of this process can grow beyond so many bytes. Python ignores the signal of it: the write fails."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("arguments", "name"), WRITERS)
@pytest.mark.parametrize("size", [0, 100])
def test_file_that_does_not_fit_is_absent_and_nothing_is_applied(
    full: Tool, arguments: tuple[str, ...], name: str, size: int
) -> None:
    before = full.there()
    with Forked(full.folder, *arguments, name, first=partial(_limit_files, size)) as command:
        ended = command.end()
    assert (ended.code, "can't be written: File too large" in ended.err) == (1, True), ended.all
    assert _names(full.folder) == ["webhooks.yaml"]
    assert (full.there(), full.writes()) == (before, [])


def test_backup_of_which_only_one_file_fits_is_absent_and_nothing_is_applied(full: Tool) -> None:
    assert run_here(full.folder, *APPLY, "measured.yaml", "--target", "a").code == 0
    sizes = [(full.folder / f"measured.yaml{end}").stat().st_size for end in (".env", "")]
    assert sizes[0] < sizes[1]
    before, mark = _names(full.folder), full.sandbox.mark()
    with Forked(full.folder, *APPLY, "back.yaml", first=partial(_limit_files, sizes[0])) as command:
        ended = command.end()
    assert (ended.code, "back.yaml can't be written: File too large" in ended.err) == (1, True), ended.all
    assert (_names(full.folder), full.writes(mark)) == (before, [])


def _pair(file: str, env: str) -> tuple[str, ...]:
    return ("export", "--out", file, "--secrets-to", env)


@pytest.mark.parametrize(
    ("file", "env", "bad"),
    [
        pytest.param("taken", "new.env", "taken already exists", id="the-file-exists"),
        pytest.param("new.yaml", "taken", "taken already exists", id="its-secrets-exist"),
        pytest.param("link", "new.env", "link already exists", id="a-link-to-a-file"),
        pytest.param("folder", "new.env", "File 'folder' is a directory", id="a-folder"),
        pytest.param("nowhere/new.yaml", "new.env", "nowhere/new.yaml can't be written: No such", id="no-folder"),
        pytest.param("new.yaml", "nowhere/e", "nowhere/e can't be written: No such", id="no-folder-for-the-secrets"),
        pytest.param("taken/new.yaml", "new.env", "taken/new.yaml can't be written: Not a", id="a-file-for-a-folder"),
        pytest.param("/proc/new.yaml", "new.env", "/proc/new.yaml can't be written: ", id="a-folder-that-takes-none"),
        pytest.param("new.yaml", "/proc/e", "/proc/e can't be written: ", id="one-that-takes-no-secrets"),
        pytest.param("n" * 256, "new.env", "can't be written: File name too long", id="a-name-that-is-too-long"),
        pytest.param("same", "./same", "name the same file", id="one-name-for-both"),
        pytest.param("same", "folder/../same", "name the same file", id="one-name-for-both-in-disguise"),
        pytest.param("-", "new.env", "Invalid value for '--out'", id="standard-output"),
        pytest.param("new.yaml", "-", "Invalid value for '--secrets-to'", id="standard-output-for-the-secrets"),
        pytest.param("", "new.env", "Invalid value for '--out'", id="no-name"),
    ],
)
def test_export_writes_its_file_and_the_secrets_or_neither(full: Tool, file: str, env: str, bad: str) -> None:
    (full.folder / "taken").write_text("mine")
    (full.folder / "link").symlink_to("taken")
    (full.folder / "folder").mkdir()
    before = _names(full.folder)
    refused = run_here(full.folder, *_pair(file, env))
    assert (refused.code, refused.out, bad in refused.err) == (1, "", True), refused.err
    assert "aSecret" not in refused.err
    assert (_names(full.folder), (full.folder / "taken").read_text()) == (before, "mine")
    again = run_here(full.folder, *_pair("good.yaml", "new.env"))
    assert (again.code, _names(full.folder)) == (0, sorted([*before, "good.yaml", "new.env"])), again.err


@pytest.mark.parametrize("larger", ["file", "env"])
def test_export_of_which_only_one_file_fits_leaves_neither(full: Tool, larger: str) -> None:
    assert run_here(full.folder, *_pair("measured.yaml", "measured.env")).code == 0
    sizes = {end: (full.folder / f"measured.{end}").stat().st_size for end in ("yaml", "env")}
    before = _names(full.folder)
    if larger == "env":  # as many secrets as it takes
        for number in range(9):
            full.hook(f"/0?token={'s' * 100}{number}&secret={'t' * 40}", f"event_{number}")
    limit = sizes["env"] if larger == "file" else sizes["yaml"]
    with Forked(full.folder, *_pair("new.yaml", "new.env"), first=partial(_limit_files, limit)) as command:
        ended = command.end()
    assert (ended.code, "can't be written: File too large" in ended.err) == (1, True), ended.all
    assert _names(full.folder) == before


def test_secrets_go_where_the_file_on_standard_output_can_not_be_written(full: Tool) -> None:
    before = _names(full.folder)
    with Forked(full.folder, "export", "--secrets-to", "new.env", first=_full_output) as command:
        ended = command.end()
    assert (ended.code, ended.err.splitlines()[0]) == (
        1,
        "error: the output can't be written: No space left on device",
    )
    assert _names(full.folder) == before


def _full_output() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


def test_older_plan_stays_where_the_new_one_does_not_fit(full: Tool) -> None:
    assert run_here(full.folder, "plan", "--target", "a", "--out", "saved.plan").code == 0
    older = (full.folder / "saved.plan").read_bytes()
    with Forked(full.folder, "plan", "--out", "saved.plan", first=partial(_limit_files, 1000)) as command:
        assert command.end().code == 1
    assert _names(full.folder) == ["saved.plan", "webhooks.yaml"]
    assert (full.folder / "saved.plan").read_bytes() == older


_MOUNTED = """\
mount -t tmpfs -o "$1" none small && echo mounted || exit
shift
"$@" >/dev/null
code=$?
ls -A small
exit $code
"""


def _run_on_a_mount(tool: Tool, options: str, *arguments: str) -> tuple[int, str, list[str]]:
    """Run the command where `small` is a file system of its own, which is gone when it ends.

    Returns:
        The exit code, what is said on standard error, and the names of the files in `small`.
    """
    if shutil.which("unshare") is None:
        pytest.skip("there is no `unshare`")
    (tool.folder / "small").mkdir()
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", _MOUNTED, "sh", options, COMMAND, *arguments], cwd=tool.folder,
        env=tool.env({"PATH": os.environ["PATH"]}), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
        timeout=WAIT, check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    if lines[:1] != ["mounted"]:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    return done.returncode, done.stderr, lines[1:]


@pytest.mark.parametrize(
    ("options", "words"), [("size=4k", "No space left on device"), ("ro", "Read-only file system")], ids=["full", "ro"]
)
@pytest.mark.parametrize(("arguments", "name"), [WRITERS[0], WRITERS[-1]])
def test_full_or_read_only_file_system_leaves_nothing_and_nothing_is_applied(
    full: Tool, arguments: tuple[str, ...], name: str, options: str, words: str
) -> None:
    code, said, left = _run_on_a_mount(full, options, *arguments, f"small/{name}")
    assert (code, f"can't be written: {words}" in said, left, full.writes()) == (1, True, [], []), said


@pytest.mark.parametrize(("arguments", "name"), WRITERS)
@pytest.mark.parametrize("place", ["a-file/under/{}", "nowhere/{}", "/proc/{}"])
def test_file_where_none_can_be_made_is_an_error_and_nothing_is_applied(
    full: Tool, arguments: tuple[str, ...], name: str, place: str
) -> None:
    (full.folder / "a-file").write_text("mine")
    ended = run_here(full.folder, *arguments, place.format(name))
    assert (ended.code, "can't be written" in ended.err, full.writes()) == (1, True, []), ended.all
    assert _names(full.folder) == ["a-file", "webhooks.yaml"]


@pytest.mark.parametrize(("arguments", "name"), [writer for writer in WRITERS if writer.id != "init"])
def test_folder_that_vanishes_meanwhile_is_an_error_and_nothing_is_applied(
    full: Tool, arguments: tuple[str, ...], name: str
) -> None:
    (full.folder / "there").mkdir()
    held = full.sandbox.faults.add(Rule(action=HoldAnswer(), when=When(nth=1)))
    with Forked(full.folder, *arguments, f"there/{name}") as command:
        held.wait_until_held()
        (full.folder / "there").rmdir()
        full.sandbox.faults.remove(held)
        ended = command.end()
    assert (ended.code, "can't be written: No such file" in ended.err, full.writes()) == (1, True, []), ended.all
    assert _names(full.folder) == ["webhooks.yaml"]


@pytest.mark.parametrize(("arguments", "name"), [writer for writer in WRITERS if writer.id != "init"])
def test_working_folder_that_vanishes_meanwhile_is_an_error_and_nothing_is_applied(
    full: Tool, arguments: tuple[str, ...], name: str
) -> None:
    (full.folder / "here").mkdir()
    held = full.sandbox.faults.add(Rule(action=HoldAnswer(), when=When(nth=1)))
    with Forked(full.folder / "here", *arguments, name, "-f", str(full.folder / "webhooks.yaml")) as command:
        held.wait_until_held()
        (full.folder / "here").rmdir()
        full.sandbox.faults.remove(held)
        ended = command.end()
    assert (ended.code, "can't be written: No such file" in ended.err, full.writes()) == (1, True, []), ended.all


_STEPS = frozenset({"open", "os.chmod", "os.link", "os.rename", "os.remove"})


def _die_at(step: int) -> None:
    """Let this process kill itself just before it touches one of the files it writes for the n-th time."""
    steps = count(1)

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event in _STEPS and str(arguments[0]).endswith(".tmp") and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


@pytest.mark.parametrize(
    ("arguments", "name"), [writer for writer in WRITERS if writer.id in ("export", "secrets", "backup")]
)
def test_death_while_a_file_is_written_leaves_it_whole_or_absent_and_beside_it_what_says_what_it_is(
    full: Tool, arguments: tuple[str, ...], name: str
) -> None:
    most_left = 2 if arguments is APPLY else 1
    whole: dict[str, set[bytes]] = {}
    for step in count(1):
        folder = full.folder / f"{step}"
        folder.mkdir()
        with Forked(full.folder, *arguments, f"{step}/{name}", first=partial(_die_at, step)) as command:
            ended = command.end()
        left = [path for path in folder.iterdir() if path.name.startswith(".")]
        for path in folder.iterdir():
            if path not in left:
                whole.setdefault(path.name, set()).add(path.read_bytes())
        if ended.code == 0:
            break
        assert (ended.code, full.writes()) == (-signal.SIGKILL, []), step
        assert len(left) <= most_left, step
        assert all(LEFT_BY_DEATH.fullmatch(path.name) and path.stat().st_mode & 0o077 == 0 for path in left), left
    assert (step > 4, left) == (True, [])
    assert all(len(texts) == 1 for texts in whole.values()), whole


def test_death_while_a_plan_is_saved_leaves_the_older_or_the_new_one(full: Tool) -> None:
    assert run_here(full.folder, "plan", "--target", "a", "--out", "saved.plan").code == 0
    older = (full.folder / "saved.plan").read_bytes()
    for step in count(1):
        with Forked(full.folder, "plan", "--out", "saved.plan", first=partial(_die_at, step)) as command:
            ended = command.end()
        left = set(_names(full.folder)) - {"saved.plan", "webhooks.yaml"}
        assert run_here(full.folder, "show", "saved.plan").code == 0
        assert all(map(LEFT_BY_DEATH.fullmatch, left)), left
        assert len(left) <= 1
        for name in left:
            (full.folder / name).unlink()
        if (full.folder / "saved.plan").read_bytes() != older:
            break
        assert ended.code == -signal.SIGKILL
    assert step > 3
