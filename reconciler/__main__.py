"""`python -m reconciler`, and the installed commands."""

from __future__ import annotations

import gc
import signal
import sys

import reconciler

_OTHERS = """\
error: the package `reconciler`, a different project, has replaced files of this tool, or was uninstalled with them
help: `pip uninstall reconciler`, then `pip install --force-reinstall webhook-reconciler`. To use both, give this tool \
an environment of its own: `pipx install webhook-reconciler`
"""


def entry_point() -> None:
    """Run the command. As long as nothing is loaded, Ctrl-C ends it at once, and without a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if getattr(reconciler, "DISTRIBUTION", None) != "webhook-reconciler":
        sys.exit(_OTHERS.rstrip())
    if sys.argv[1:] == ["--version"] and _is_printed(f"reconciler {reconciler.__version__}\n"):
        return  # asked by every pipeline, and nothing needs to be loaded for it
    gc.disable()  # what is loaded now stays to the end: the collector never needs to look at it
    from reconciler.cli import main  # noqa: PLC0415 - takes a while, which is the point

    gc.freeze()
    gc.enable()
    main.entry_point()


def _is_printed(text: str) -> bool:
    """Whether a text could be printed; if not, the command itself says why."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):
        return False
    return True


if __name__ == "__main__":
    entry_point()
