"""Keeps a server running for as long as its own standard input is open: whoever started it may die without a word.

`python keeper.py LOG COMMAND…` prints the server's process id, and ends with it and with all that it started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

PATIENCE = 20  # seconds that a server may take to end by itself


def _end(server: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(server.pid, number)
            server.wait(PATIENCE)
            return


def main() -> int:
    """Start the server, and wait for its end; its exit code."""
    with Path(sys.argv[1]).open("ab") as log:
        server = subprocess.Popen(
            sys.argv[2:], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    sys.stdout.write(f"{server.pid}\n")
    sys.stdout.flush()
    threading.Thread(target=_end, args=(server,), daemon=True).start()
    code = server.wait()
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)  # its workers
    return code


if __name__ == "__main__":
    sys.exit(main())
