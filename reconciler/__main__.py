"""`python -m reconciler`."""

from __future__ import annotations

import signal


def entry_point() -> None:
    """Run the command. As long as nothing is loaded, Ctrl-C ends it at once, and without a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from reconciler.cli import main  # noqa: PLC0415 - takes a while, which is the point

    main.entry_point()


if __name__ == "__main__":
    entry_point()
