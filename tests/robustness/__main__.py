"""The long fault run, and the search for planted defects: `python -m tests.robustness --help`."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.robustness.campaign import draw_share, look_for
from tests.robustness.defects import DEFECTS


def main() -> int:
    """Run what the command line asks for; 1 where a promise was broken or a defect wasn't found."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness", description=__doc__)
    commands = parser.add_subparsers(required=True)
    runs = commands.add_parser("runs", help="draw and play many cases")
    runs.add_argument("--runs", type=int, default=1000, help="how many [1000]")
    runs.add_argument("--seed", type=int, default=1, help="which campaign; job k plays that of seed + k [1]")
    runs.add_argument("--jobs", type=int, default=2, help="processes that draw, each with a seed of its own [2]")
    runs.set_defaults(work=_runs)
    defects = commands.add_parser("defects", help="plant each defect, and draw until it shows")
    defects.add_argument("--most", type=int, default=200, help="draws for each at most [200]")
    defects.add_argument("--seed", type=int, default=1, help="what the drawing starts from [1]")
    defects.add_argument("--jobs", type=int, default=2, help="processes that draw [2]")
    defects.add_argument("--examples", action="store_true", help="print the smallest case of each, as a test has it")
    defects.add_argument("names", nargs="*", default=list(DEFECTS), help="which defects [all]")
    defects.set_defaults(work=_defects)
    options = parser.parse_args()
    code: int = options.work(options)
    return code


def _runs(options: argparse.Namespace) -> int:
    began = time.monotonic()
    shares = [options.runs // options.jobs + (job < options.runs % options.jobs) for job in range(options.jobs)]
    with _pool(options.jobs) as pool:
        every = list(pool.map(draw_share, shares, range(options.seed, options.seed + options.jobs)))
    total = sum(every, Counter())
    broken = sum(number for name, number in total.items() if name.startswith("broken"))
    for name, number in sorted(total.items()):
        _say(f"{number:>8}  {name}")
    _say(f"{time.monotonic() - began:>8.0f}  seconds")
    _say(f"{broken:>8}  promises broken")
    return 1 if broken else 0


def _defects(options: argparse.Namespace) -> int:
    look = partial(look_for, most=options.most, start=options.seed, example=options.examples)
    with _pool(options.jobs) as pool:
        finds = list(pool.map(look, options.names))
    missed = [name for name, find in zip(options.names, finds, strict=True) if find is None]
    for name in missed:
        _say(f"NOT FOUND in {options.most} draws: {name}")
    _say(f"{len(finds) - len(missed)} of {len(finds)} defects found")
    return 1 if missed else 0


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
