"""The command in a process of its own that is forked from one with everything loaded: real deaths by the hundred."""

from __future__ import annotations

import os
import selectors
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.tool import TOKEN, WAIT, Ended
from tests.support.forking import CONTEXT, be_the_command


class Forked:
    """A command under way. A context manager that leaves no process behind.

    Args:
        folder: where it runs.
        arguments: without the program's name.
        environment: beside the token.
        first: is called in the new process before the command begins; a function of a module.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        first: Callable[[], object] | None = None,
    ) -> None:
        self._out, out = CONTEXT.Pipe(duplex=False)
        self._err, err = CONTEXT.Pipe(duplex=False)
        self._said = {self._out: b"", self._err: b""}
        variables = {"SHIPPO_API_TOKEN": TOKEN, **(environment or {})}
        self.process = CONTEXT.Process(target=_run, args=(folder, arguments, variables, out, err, first), daemon=True)
        self.process.start()
        out.close()
        err.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.join()
        self._out.close()
        self._err.close()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def until(self, words: str) -> None:
        """Read until it said these words on standard error."""
        self._read_until(self._err, words)

    def until_said(self, words: str) -> None:
        """Read until it said these words on standard output."""
        self._read_until(self._out, words)

    def _read_until(self, stream: Connection, words: str) -> None:
        while words.encode() not in self._said[stream]:
            assert stream.poll(WAIT), f"nothing more was said: {self._said}"
            read = os.read(stream.fileno(), 65536)
            assert read, self._said
            self._said[stream] += read

    def stop_reading(self, *, out: bool = False, err: bool = False) -> None:
        """Close standard output or error at the other end, as `head` does."""
        for stream, wanted in ((self._out, out), (self._err, err)):
            if wanted:
                stream.close()

    def end(self) -> Ended:
        """Read to the end. The code is negative where a signal killed it."""
        with selectors.DefaultSelector() as selector:
            for stream in (self._out, self._err):
                if not stream.closed:
                    selector.register(stream, selectors.EVENT_READ, stream)
            while selector.get_map():
                ready = selector.select(WAIT)
                assert ready, f"still running: {self._said}"
                for key, _ in ready:
                    read = os.read(key.fd, 65536)
                    self._said[key.data] += read
                    if not read:
                        selector.unregister(key.fileobj)
        self.process.join(WAIT)
        assert self.process.exitcode is not None
        out, err = (self._said[stream].decode() for stream in (self._out, self._err))
        assert "Traceback" not in err, err
        assert "this is a bug" not in err, err
        return Ended(code=self.process.exitcode, out=out, err=err)


def _run(
    folder: Path,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    out: Connection,
    err: Connection,
    first: Callable[[], object] | None,
) -> None:
    """Be the command: in the new process."""
    streams = os.dup(out.fileno()), os.dup(err.fileno())
    out.close()
    err.close()
    be_the_command(folder, arguments, environment, streams, first)
