"""SIGTERM at every single line of an apply, a backup and a file's writing: no half of anything is left."""

from __future__ import annotations

import inspect
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from reconciler.cli import applying, saved, writing
from reconciler.cli.commands import export, packaged
from reconciler.operations import files
from tests.e2e.tool import HOST, Ended, Tool, entries, run_here
from tests.support.sandbox import Sandbox

# A signal between the end of a `with` block and its clean-up leaves the closing to the end of the process.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Iterator[Tool]]:
    """Folders and accounts, one after another, all in the same state."""

    def made(sandbox: Sandbox) -> Iterator[Tool]:
        for number in itertools.count():
            folder = tmp_path / str(number)
            folder.mkdir()
            tool = Tool(folder=folder, sandbox=sandbox, environment={"SHIPPO_API_TOKEN": f"shippo_live_line-{number}"})
            for path in ("/gone?token=aSecret", "/keep"):
                sandbox.store.create(tool.environment["SHIPPO_API_TOKEN"], url=HOST + path, event="track_updated")
            tool.write(entries(a="/a", keep="/keep"))
            yield tool

    with Sandbox() as sandbox:
        yield made(sandbox)


class Strike:
    """Sends this process a signal at the n-th line that it executes of some functions.

    Args:
        at: which line.
        functions: of which functions.

    Attributes:
        lines: how many were executed so far.
        place: where the signal was sent.
    """

    def __init__(self, at: int, functions: tuple[Callable[..., object], ...]) -> None:
        self.lines = 0
        self.place = ""
        self._at = at
        self._codes: frozenset[CodeType] = frozenset(_code(function) for function in functions)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Meanwhile it counts."""
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(before)

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ANN401 - as `sys.settrace` has it
        del event, argument
        return self._executed if frame.f_code in self._codes else None

    def _executed(self, frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ANN401 - as `sys.settrace` has it
        del argument
        if event == "line":
            self.lines += 1
            if self.lines == self._at:
                self.place = f"{frame.f_code.co_name}:{frame.f_lineno}"
                os.kill(os.getpid(), signal.SIGTERM)
        return self._executed


def _code(function: Callable[..., object]) -> CodeType:
    code = inspect.unwrap(function).__code__
    assert isinstance(code, CodeType)
    return code


def _struck(
    tools: Iterator[Tool], functions: tuple[Callable[..., object], ...], *arguments: str
) -> Iterator[tuple[Strike, Tool, Ended]]:
    """Run a command again and again, each time with the signal a line later, until it ends before it."""
    for at, tool in enumerate(tools, 1):
        strike = Strike(at, functions)
        with strike.armed():
            ended = run_here(tool.folder, *arguments, environment=tool.environment)
        yield strike, tool, ended
        if not strike.place:
            return


def _changed(tool: Tool) -> bool:
    urls = [webhook.url for webhook in tool.sandbox.store.list(tool.environment["SHIPPO_API_TOKEN"])]
    return urls != [f"{HOST}/gone?token=aSecret", f"{HOST}/keep"]


def _names(tool: Tool) -> list[str]:
    return sorted(path.name for path in tool.folder.iterdir())


DRAFT = files._Draft
WRITING = (
    files.write_file,
    files.new_files,
    files._written,
    *(DRAFT.__init__, DRAFT.fill, DRAFT.take_name),
)
APPLYING = (applying.apply_plan, applying._carried_out, applying._write_backup, *WRITING)


def test_apply_is_reported_and_its_backup_is_whole_or_absent_whenever_the_signal_comes(tools: Iterator[Tool]) -> None:
    codes = set()
    for strike, tool, ended in _struck(tools, APPLYING, "apply", "--auto-approve", "--backup", "back.yaml"):
        last_words = (ended.out.splitlines() or [""])[-1]
        whole = ["back.yaml", "back.yaml.env", "webhooks.yaml"]
        if _changed(tool):
            assert last_words.startswith(("Stopped: ", "Apply complete: ")), strike.place
            assert _names(tool) == whole, strike.place
        else:
            assert _names(tool) in (["webhooks.yaml"], whole), strike.place
        codes.add(ended.code)
    assert codes == {0, 143}


@pytest.mark.parametrize(
    ("functions", "arguments"),
    [
        pytest.param((export._write, writing.written), ("export", "--out", "new.yaml"), id="export"),
        pytest.param((export._write, writing.written), ("export", "--secrets-to", "new.env"), id="its-secrets"),
        pytest.param((packaged.init_command.callback,), ("init", "-f", "new.yaml"), id="init"),
    ],
)
def test_new_file_is_whole_or_absent_whenever_the_signal_comes(
    tools: Iterator[Tool], functions: tuple[Callable[..., object], ...], arguments: tuple[str, ...]
) -> None:
    texts = set()
    for strike, tool, ended in _struck(tools, (*functions, *WRITING), *arguments):
        assert ended.code in (0, 143), ended.all
        assert _names(tool) in (["webhooks.yaml"], [arguments[-1], "webhooks.yaml"]), strike.place
        texts |= {(tool.folder / name).read_text() for name in _names(tool) if name != "webhooks.yaml"}
    assert len(texts) == 1


@pytest.mark.parametrize(
    "more", [pytest.param((), id="the-file-on-standard-output"), pytest.param(("--out", "new.yaml"), id="both")]
)
def test_export_and_its_secrets_are_both_there_or_none_whenever_the_signal_comes(
    tools: Iterator[Tool], more: tuple[str, ...]
) -> None:
    whole = sorted(["new.env", *more[1:], "webhooks.yaml"])
    seen = set()
    functions = (export._write, writing.written, *WRITING)
    for strike, tool, ended in _struck(tools, functions, "export", "--secrets-to", "new.env", *more):
        assert _names(tool) in (["webhooks.yaml"], whole), strike.place
        seen.add((ended.code, _names(tool) == whole))
    # Whether a signal can still come behind the last file is the code's to choose.
    assert {(143, False), (0, True)} <= seen <= {(143, False), (143, True), (0, True)}


def test_older_plan_stays_or_a_whole_new_one_takes_its_place_whenever_the_signal_comes(tools: Iterator[Tool]) -> None:
    first = next(tools)
    assert run_here(first.folder, "plan", "--target", "a", "--out", "saved.plan").code == 0
    older = (first.folder / "saved.plan").read_bytes()

    def prepared() -> Iterator[Tool]:
        for tool in tools:
            (tool.folder / "saved.plan").write_bytes(older)
            yield tool

    seen = set()
    for strike, tool, ended in _struck(prepared(), (saved.save_plan, *WRITING), "plan", "--out", "saved.plan"):
        assert _names(tool) == ["saved.plan", "webhooks.yaml"], strike.place
        assert run_here(tool.folder, "show", "saved.plan").code == 0, strike.place
        seen.add((ended.code, (tool.folder / "saved.plan").read_bytes() == older))
    assert seen == {(143, True), (143, False), (0, False)}
