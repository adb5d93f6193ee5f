"""Measures what people would notice, each against a baseline in the same run: `python benchmarks/run.py`.

Prints medians and ratios. Absolute times say little on shared machines; a ratio that grows says something.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml

from reconciler.config.load import Inputs, load
from reconciler.model.configuration import Configuration
from reconciler.model.reading import Reading
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Remote
from reconciler.planning.planner import PlanOptions, plan
from reconciler.providers.registry import INSTALLED

MANY, FEW = 10_000, 1_000
RUNS = 5


def file_of(entries: int) -> str:
    """A file with so many entries of one event each."""
    lines = ["version: 1", "owns: [https://hooks.example.com/*]", "webhooks:"]
    for number in range(entries):
        lines += [f"  e{number}:", f"    url: https://hooks.example.com/h/{number}?token=${{T}}", "    events: [all]"]
    return "\n".join(lines) + "\n"


def loaded(path: Path) -> Configuration:
    """The configuration of a file."""
    inputs = Inputs(
        files=(str(path),),
        variables={},
        env_files=(),
        environment={"SHIPPO_API_TOKEN": "shippo_live_x", "T": "secret"},
        allowed_hosts=frozenset(),
        standard_input=bytes,
    )
    found = load(inputs, INSTALLED).configuration
    assert found is not None
    return found


def read(configuration: Configuration) -> Reading:
    """An account in which every second webhook is missing and every fourth differs."""
    (account,) = configuration.accounts
    remotes = []
    for number, wanted in enumerate(configuration.desired):
        if number % 2:
            continue
        fields = {**wanted.fields, "active": bool(number % 4)}
        url = fields["url"]
        assert isinstance(url, Url)
        fields["url"] = parse_url(SecretText.provider(url.reveal()))
        remotes.append(Remote(id=str(number), key=wanted.key, fields=fields, created=datetime(2026, 1, 1, tzinfo=UTC)))
    return Reading(account=account.name, remotes=tuple(remotes), count=len(remotes))


def planned(configuration: Configuration, reading: Reading) -> None:
    """A plan of it."""
    made = plan(configuration, {reading.account: reading}, PlanOptions(), datetime(2026, 1, 1, tzinfo=UTC))
    assert made.has_changes


def seconds(work: Callable[[], object]) -> float:
    """The median time of a piece of work."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def started(arguments: Sequence[str]) -> Callable[[], object]:
    """Starts a process and waits for it."""
    return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603


def say(what: str, measured: float, baseline: str, base: float) -> None:
    """Print a row."""
    print(f"{what:<44} {measured * 1000:8.0f} ms  {measured / base:6.2f} × {baseline} ({base * 1000:.0f} ms)")  # noqa: T201


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        many, few = Path(folder, "many.yaml"), Path(folder, "few.yaml")
        many.write_text(file_of(MANY), encoding="utf-8")
        few.write_text(file_of(FEW), encoding="utf-8")
        text = many.read_text(encoding="utf-8")
        plain = seconds(lambda: yaml.load(text, Loader=yaml.CSafeLoader))
        load_many, load_few = seconds(lambda: loaded(many)), seconds(lambda: loaded(few))
        say(f"load {MANY} entries", load_many, "yaml.CSafeLoader", plain)
        say(f"load {MANY} entries", load_many, f"load {FEW}", load_few)
        big, small = loaded(many), loaded(few)
        gc.freeze()  # as the command does
        there, fewer = read(big), read(small)
        plan_many, plan_few = seconds(lambda: planned(big, there)), seconds(lambda: planned(small, fewer))
        say(f"plan {MANY} webhooks", plan_many, f"plan {FEW}", plan_few)
    python = seconds(started(["-c", "pass"]))
    say("reconciler --version", seconds(started(["-m", "reconciler", "--version"])), "python -c pass", python)
    click = seconds(started(["-c", "import click"]))
    say("reconciler --help", seconds(started(["-m", "reconciler", "--help"])), "import click", click)


if __name__ == "__main__":
    main()
