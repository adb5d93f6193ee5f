"""What is measured, and by what: groups give their rows as they are ready, and a line for what they leave out."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from benchmarks import others
from benchmarks.measure import (
    PLAIN,
    ROOT,
    FailedError,
    Program,
    Quantity,
    Row,
    Sample,
    Samples,
    in_turn,
    module,
    python,
    ratio,
    serving,
    tool,
)
from benchmarks.workload import PAGE, SECRET, VARIABLE, id_of, write_file

LATENCY = 0.05  # seconds
READERS = 8
WORKERS_OF_A_FLEET = 32
OF_A_FLEET = 5  # webhooks of each account
CPU, TIME, MEMORY = Quantity.CPU, Quantity.TIME, Quantity.MEMORY

_WARM_UP_TO = 1_000  # webhooks; above, what only the first run does is little of it
_MEMORY_FROM = 1_000  # webhooks; below, this process is larger, and what it starts is counted at least like it (Linux)
_MOST_OF_A_RUN = 30_000  # webhooks in all runs of a row, or one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured.

    Attributes:
        sizes: webhooks, in ascending order.
        slow_sizes: the same, of what takes longer: plans that wait for each answer, and other tools.
        runs: of each row, or fewer where they take long.
        creates: of an apply.
        workers: the numbers of workers that an apply is made with.
        accounts: of a fleet.
        is_quick: whether no first runs are made, and fewer commands are started.
    """

    sizes: tuple[int, ...] = (100, 1_000, 10_000, 100_000)
    runs: int = 5
    slow_sizes: tuple[int, ...] = (1_000, 10_000)
    creates: int = 1_000
    workers: tuple[int, ...] = (1, 10, 32)
    accounts: int = 2_000
    is_quick: bool = False

    def runs_of(self, size: int) -> int:
        return max(1, min(self.runs, _MOST_OF_A_RUN // size))

    def warms_up(self, size: int) -> bool:
        """Whether a first run isn't counted."""
        return not self.is_quick and size <= _WARM_UP_TO


Found = Iterator[Row | str]


def start(folder: Path, scale: Scale) -> Found:
    """From nothing to the end of a command that has little to do, against what it can't do without."""
    file, saved = folder / "webhooks.yaml", folder / "saved.plan"
    with serving(5) as base_url:
        write_file(file, 5, base_url)
        if not scale.is_quick:
            tool("fmt", str(file), environment=_variables)()
            tool("plan", "-f", str(file), "--out", str(saved), environment=_variables)()
        click, yaml, requests = "import click", "import click, yaml", "import click, yaml, requests"
        goals = {
            "--version": click,
            "plan --help": click,
            "validate -f FILE": yaml,
            "plan -f FILE": requests,
        }
        more = {
            "--help": click,
            "apply --help": click,
            "schema": click,
            "show SAVED": click,
            "fmt --check FILE": "import click, ruamel.yaml",
            "list -f FILE": requests,
            "drift -f FILE": requests,
            "apply -f FILE --auto-approve": requests,
            "export -f FILE": requests,
        }
        baselines = goals if scale.is_quick else goals | more
        words = {"FILE": str(file), "SAVED": str(saved)}
        programs = {one: python(one) for one in baselines.values()}
        for command in baselines:
            programs[command] = tool(*(words.get(word, word) for word in command.split()), environment=_variables)
        samples = in_turn(programs, scale.runs, warm=scale.warms_up(5))
    for command, baseline in baselines.items():
        yield _row("start", command, baseline, CPU, samples)


def load(folder: Path, scale: Scale) -> Found:
    """The file alone: `validate` as a whole, and loading and matching in a process that has begun."""
    for size in scale.sizes:
        file, runs = folder / f"{size}.yaml", scale.runs_of(size)
        write_file(file, size)
        validate = {
            "least plan, --offline": module("least_plan", str(file), "--offline"),
            "validate": tool("validate", "-f", str(file), environment=_variables),
        }
        samples = in_turn(validate, runs, warm=scale.warms_up(size))
        yield _row("load", "validate", "least plan, --offline", CPU, samples, size=size)
        command = (sys.executable, "-m", "benchmarks.in_process", str(file), str(runs))
        done = subprocess.run(command, cwd=ROOT, env=PLAIN, stdout=subprocess.PIPE, check=True)  # noqa: S603
        inside = {
            name: [Sample(cpu=time, time=time) for time in times] for name, times in json.loads(done.stdout).items()
        }
        yield _row("load", "load", "least load", CPU, inside, size=size)
        yield _row("load", "match", "least match", CPU, inside, size=size)


def plan(folder: Path, scale: Scale) -> Found:
    """Whole plans that find nothing to change, and lists; the server answers at once."""
    medians: dict[int, float] = {}
    for size in scale.sizes:
        file = folder / f"{size}.yaml"
        with serving(size) as base_url:
            write_file(file, size, base_url)
            programs = {
                "least plan": module("least_plan", str(file), environment=_variables),
                "plan": tool("plan", "-f", str(file), "--detailed-exitcode", environment=_variables),
                "list": tool("list", "-f", str(file), environment=_variables),
            }
            samples = in_turn(programs, scale.runs_of(size), warm=scale.warms_up(size))
        row = _row("plan", "plan", "least plan", CPU, samples, size=size)
        yield row
        yield _row("plan", "list", "plan", CPU, samples, size=size)
        if size >= _MEMORY_FROM:
            yield _row("plan", "plan", "least plan", MEMORY, samples, size=size)
        if medians:
            before, least = next(reversed(medians.items()))
            name, baseline = f"plan of {size:,}", f"plan of {before:,}"
            yield replace(row, name=name, baseline=baseline, least=least, ratio=row.measured / least, size=0, series="")
        medians[size] = row.measured


def latency(folder: Path, scale: Scale) -> Found:
    """The same plans where each answer takes a while, against a plan that reads pages side by side."""
    for size in scale.slow_sizes:
        file = folder / f"{size}.yaml"
        with serving(size, LATENCY) as base_url:
            write_file(file, size, base_url)
            least, readers = f"least plan, {READERS} readers", str(READERS)
            programs = {
                least: module("least_plan", str(file), "--readers", readers, environment=_variables),
                "plan at 50 ms": tool("plan", "-f", str(file), "--detailed-exitcode", environment=_variables),
            }
            samples = in_turn(programs, scale.runs_of(size), warm=scale.warms_up(size))
        yield _row("latency", "plan at 50 ms", least, TIME, samples, size=size)


def apply(folder: Path, scale: Scale) -> Found:
    """Creates, and all else that an apply does then, with no limit of calls a minute."""
    creates = scale.creates
    calls = calls_of(creates)
    file, loop = folder / "webhooks.yaml", "SDK loop"
    with serving(0, LATENCY) as base_url:
        write_file(file, creates, base_url)
        tokens = count()

        def anew() -> Mapping[str, str]:
            """An account that has nothing, for each run."""
            return _variables(f"apply{next(tokens)}")

        arguments = ("apply", "-f", str(file), "--auto-approve", "--parallelism")
        workers = {_applied(creates, number): number for number in scale.workers}
        programs = {name: tool(*arguments, str(number), environment=anew) for name, number in workers.items()}
        if find_spec("shippo") is not None:
            programs[loop] = module("sdk_loop", str(file), "--apply", environment=anew)
        # What makes one call after the other takes too long for several runs.
        slow = {name: one for name, one in programs.items() if workers.get(name, 1) == 1}
        quick = {name: one for name, one in programs.items() if name not in slow}
        samples = {**in_turn(slow, 1, warm=False), **in_turn(quick, max(1, scale.runs // 2), warm=False)}
    for name, number in workers.items():
        ideal, runs = f"{calls:,} calls × 50 ms ÷ {number}", len(samples[name])
        best = [_ideal(calls * LATENCY / number)] * runs
        yield _row("apply", name, ideal, TIME, {**samples, ideal: best})
        if loop in samples:
            yield _row("apply", name, loop, TIME, {**samples, loop: [*samples[loop]] * runs})
    if loop not in samples:
        yield "apply: the loop on Shippo's SDK is left out, because `shippo` isn't installed"


def fleet(folder: Path, scale: Scale) -> Found:
    """An entry of `accounts` that stands for many."""
    file, accounts = folder / "fleet.yaml", scale.accounts
    with serving(OF_A_FLEET, LATENCY) as base_url:
        ids = ", ".join(id_of("account", number) for number in range(accounts))
        write_file(file, OF_A_FLEET, base_url, account=(f"account_ids: [{ids}]",))
        try:
            tool("validate", "-f", str(file), environment=_variables)()
        except FailedError as error:
            yield f"fleet: left out; this version doesn't know `account_ids`: {str(error).splitlines()[1]}"
            return
        name = f"plan of {accounts:,} accounts with {OF_A_FLEET} each"
        planned = tool("plan", "-f", str(file), "--detailed-exitcode", environment=_variables)
        samples = in_turn({name: planned}, 1, warm=False)
    ideal = f"{accounts:,} calls × 50 ms ÷ {WORKERS_OF_A_FLEET}"
    best = [_ideal(accounts * LATENCY / WORKERS_OF_A_FLEET)]
    yield _row("fleet", name, ideal, TIME, {**samples, ideal: best})


def compare(folder: Path, scale: Scale) -> Found:
    """A plan that finds nothing to change, against other tools' that find nothing either."""
    left_out: set[str] = set()
    for size in scale.slow_sizes:
        file = folder / f"{size}.yaml"
        with serving(size) as base_url:
            write_file(file, size, base_url)
            loop = module("sdk_loop", str(file), environment=_variables) if find_spec("shippo") is not None else None
            found: dict[str, Program | None] = {
                "SDK loop": loop,
                "octoDNS": others.octodns(folder / f"octodns-{size}", size),
                "Terraform": others.terraform(folder / f"terraform-{size}", size),
            }
            programs = {name: one for name, one in found.items() if one is not None}
            if programs:
                programs["plan"] = tool("plan", "-f", str(file), "--detailed-exitcode", environment=_variables)
            samples = in_turn(programs, min(scale.runs_of(10 * size), 3), warm=scale.warms_up(size))
        for name in found:
            if name in samples:
                yield _row("compare", "plan", name, CPU, samples, size=size)
                if size >= _MEMORY_FROM:
                    yield _row("compare", "plan", name, MEMORY, samples, size=size)
            else:
                left_out.add(name)
    yield from (f"compare: {name} is left out, because it isn't installed" for name in sorted(left_out))


GROUPS: Mapping[str, Callable[[Path, Scale], Found]] = {
    "start": start,
    "load": load,
    "plan": plan,
    "latency": latency,
    "apply": apply,
    "fleet": fleet,
    "compare": compare,
}


def calls_of(creates: int) -> int:
    """The calls of an apply: a list before, of nothing, the creates, and a list after them."""
    return 1 + creates + math.ceil(creates / PAGE)


def _row(group: str, name: str, baseline: str, quantity: Quantity, samples: Samples, *, size: int = 0) -> Row:
    """The row of these samples; with a size it is one of a series."""
    measured, least, found = ratio(samples[name], samples[baseline], quantity)
    series = f"{name} ÷ {baseline}{', memory' if quantity is MEMORY else ''}"
    return Row(
        group=group,
        name=f"{name} of {size:,}" if size else name,
        baseline=baseline,
        quantity=quantity,
        measured=measured,
        least=least,
        ratio=found,
        size=size,
        series=series if size else "",
    )


def _applied(creates: int, workers: int) -> str:
    return f"{creates:,} creates, limits off, {workers} worker{'s' if workers > 1 else ''}"


def _ideal(seconds: float) -> Sample:
    """The time that nothing but waiting takes."""
    return Sample(cpu=0, time=seconds)


def _variables(account: str = "benchmark") -> Mapping[str, str]:
    return {"SHIPPO_API_TOKEN": f"shippo_live_{account}", VARIABLE: SECRET}
