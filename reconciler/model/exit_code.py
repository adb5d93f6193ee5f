"""How a command may end: the numbers that a pipeline may rely on."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a pipeline may rely on. 128 plus the signal's number where a signal ended the run."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    REFUSED = 3


SIGNALLED = 128
"""What is added to a signal's number, as shells do."""
