"""Measures, prints a table, and writes it as JSON and as a chart: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.chart import chart
from benchmarks.groups import GROUPS, Scale
from benchmarks.measure import FailedError, Row

QUICK = Scale(
    sizes=(100, 1_000),
    slow_sizes=(1_000,),
    runs=2,
    creates=100,
    workers=(10, 32),
    accounts=64,
    more_accounts=(640,),
    is_quick=True,
)
TINY = Scale(
    sizes=(10, 20), slow_sizes=(20,), runs=1, creates=20, workers=(1, 2), accounts=4, more_accounts=(8,), is_quick=True
)


def line(row: Row) -> str:
    """The row of the table."""
    values = f"{row.ratio:7.2f} {row.measured:9.3g} {row.least:9.3g} {row.quantity.value}"
    return f"{row.group:<7} {row.name:<42} ÷ {row.baseline:<30} {values}"


def machine() -> str:
    """What it is measured on, and how much else it does."""
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    return f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors, load {load}"


def main() -> None:
    """Measure what the arguments say; end with 1 where a program failed, whatever the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Each figure is a ratio; less is better.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"only these: {', '.join(GROUPS)}")
    scales = parser.add_mutually_exclusive_group()
    scales.add_argument("--quick", action="store_true", help="a small one, in less than a minute")
    scales.add_argument("--tiny", action="store_true", help="whether it runs; its figures say nothing")
    parser.add_argument("--most", type=int, metavar="N", help="nothing with more webhooks than this")
    parser.add_argument("--within", type=float, metavar="SECONDS", help="begin no group later than this")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"), metavar="FOLDER", help="for the files")
    options = parser.parse_args()
    if unknown := set(options.groups) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    scale = QUICK if options.quick else TINY if options.tiny else Scale()
    if options.most:
        kept = (tuple(size for size in sizes if size <= options.most) for sizes in (scale.sizes, scale.slow_sizes))
        scale = replace(scale, sizes=next(kept), slow_sizes=next(kept))
    begun, before, rows = time.monotonic(), machine(), []
    print(before, flush=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name in options.groups or GROUPS:
                if options.within is not None and time.monotonic() - begun > options.within:
                    print(f"{name}: left out, because it would begin after more than {options.within:g} s")
                    continue
                inner = Path(folder, name)
                inner.mkdir()
                for found in GROUPS[name](inner, scale):
                    print(line(found) if isinstance(found, Row) else found, flush=True)
                    if isinstance(found, Row):
                        rows.append(found)
    except FailedError as error:
        sys.exit(f"error: {error}")
    options.out.mkdir(parents=True, exist_ok=True)
    results = {"before": before, "after": machine(), "rows": [row.json() for row in rows]}
    (options.out / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (options.out / "chart.svg").write_text(chart(rows), "utf-8")
    took = time.monotonic() - begun
    print(f"{results['after']}, {took:.0f} s. Written: {options.out}/results.json and chart.svg")


if __name__ == "__main__":
    main()
