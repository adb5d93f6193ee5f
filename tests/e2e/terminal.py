"""Runs the installed command on a terminal of its own, as a person sits before it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.e2e.tool import COMMAND, WAIT, Tool


class Terminal:
    """The command with a pseudo-terminal as its input and outputs.

    Args:
        tool: whose command.
        arguments: without the program's name.
        shell: what runs the command (`"$@"`) in place of nothing.
        size: columns and lines.
    """

    def __init__(self, tool: Tool, *arguments: str, shell: str = "", size: tuple[int, int] = (100, 24)) -> None:
        self.shown = ""
        self._main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.process = subprocess.Popen(
            [*(["bash", "-c", shell, "bash"] if shell else []), COMMAND, *arguments],
            cwd=tool.folder,
            env=tool.env({"TERM": "xterm-256color"}),
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
        )
        os.close(side)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._main)

    def until(self, words: str) -> str:
        """Read until these words were shown."""
        return self.until_match(re.escape(words))

    def until_match(self, pattern: str) -> str:
        """Read until this was shown, in one line."""
        end = time.monotonic() + WAIT
        while not re.search(pattern, self.shown):
            assert time.monotonic() < end, self.shown
            if not self._read():
                break
        assert re.search(pattern, self.shown), self.shown
        return self.shown

    def type(self, text: str | bytes) -> None:
        """Type, a line end included where it is wanted."""
        os.write(self._main, text.encode() if isinstance(text, str) else text)

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self.process.wait(WAIT)

    def end_answering(self, answers: Mapping[str, str]) -> int:
        """Read to the end, and answer each question as often as it is asked; the exit code."""
        answered = dict.fromkeys(answers, 0)
        while self._read():
            for question, answer in answers.items():
                if self.shown.count(question) > answered[question]:
                    answered[question] += 1
                    self.type(answer)
        return self.process.wait(WAIT)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._main], [], [], WAIT)
        assert ready, self.shown
        try:
            read = os.read(self._main, 65536)
        except OSError:  # the other side was closed
            return False
        self.shown += read.decode("utf-8", "replace")
        return bool(read)
