"""What a command is given by its process: environment, streams, clock, and the wish to stop."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.cli.options import OutputOptions
from reconciler.config.limits import MOST_OF_A_FILE, read_stream
from reconciler.operations.run import Stop
from reconciler.output.formats import Context, Reporter, reporter
from reconciler.output.terminal import Streams
from reconciler.providers.clock import Clock


@dataclass(slots=True, kw_only=True)
class Invocation:
    """One run of the command.

    Attributes:
        environment: every variable that may count.
        stop: whether the run was asked to stop.
        clock: time and chance.
        color: False forbids colour, as `--no-color` does.
        reporter: says what the command finds, once it has begun to.
    """

    environment: Mapping[str, str]
    stop: Stop
    clock: Clock
    color: bool = True
    reporter: Reporter | None = None

    def report(self, output: OutputOptions, *, applies: bool = False) -> Reporter:
        """Begin to say what the command finds, in the format that was asked for."""
        streams = self.streams(color=output.color)
        context = Context(streams=streams, verbosity=output.verbosity, now=self.clock.now, applies=applies)
        self.reporter = reporter(output.format, context)
        return self.reporter

    def streams(self, *, color: bool = True) -> Streams:
        """The process's streams; `color` False forbids colour from now on."""
        self.color = self.color and color
        return Streams.standard(self.environment, color=self.color)

    @staticmethod
    def standard_input() -> bytes:
        """All of standard input.

        Raises:
            OSError: it can't be read, or holds more than a configuration may.
        """
        return read_stream(sys.stdin.buffer, MOST_OF_A_FILE) if sys.stdin is not None else b""
