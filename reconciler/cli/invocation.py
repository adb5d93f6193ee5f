"""What a command is given by its process: environment, streams, clock, and the wish to stop."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.config.bounded import read_stream
from reconciler.config.limits import MOST_OF_A_FILE
from reconciler.operations.run import Stop
from reconciler.output.terminal import Streams
from reconciler.providers.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One run of the command.

    Attributes:
        environment: every variable that may count.
        stop: whether the run was asked to stop.
        clock: time and chance.
    """

    environment: Mapping[str, str]
    stop: Stop
    clock: Clock

    def streams(self, *, color: bool = True) -> Streams:
        """The process's streams; `color` False forbids colour."""
        return Streams.standard(self.environment, color=color)

    @staticmethod
    def standard_input() -> bytes:
        """All of standard input.

        Raises:
            OSError: it can't be read, or holds more than a configuration may.
        """
        return read_stream(sys.stdin.buffer, MOST_OF_A_FILE) if sys.stdin is not None else b""
