"""The steps of the action: `start` finds out what to do, `run` becomes the tool, `report` tells what came of it."""

from __future__ import annotations

import sys
from pathlib import Path

from steps.job import JobError, annotate


def main(step: str, *arguments: str) -> int:
    """Take a step; its modules are loaded only then, since `run` needs none of the others'."""
    try:
        match step:
            case "start":
                from steps.start import start  # noqa: PLC0415

                return start()
            case "run":
                from steps.run import run  # noqa: PLC0415

                return run(Path(*arguments))
            case _:
                from steps.report import report  # noqa: PLC0415

                return report(Path(*arguments))
    except JobError as error:
        annotate("error", str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
