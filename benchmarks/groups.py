"""What is measured, and by what: groups give their rows as they are ready, and a line for what they leave out."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from benchmarks import others
from benchmarks.measure import (
    PLAIN,
    ROOT,
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
READERS = 10
WORKERS_OF_A_FLEET = 32
SHARDS = 4
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
        more_accounts: of fleets whose memory is compared with its.
        is_quick: whether no first runs are made, and fewer commands are started.
    """

    sizes: tuple[int, ...] = (100, 1_000, 10_000, 100_000)
    runs: int = 5
    slow_sizes: tuple[int, ...] = (1_000, 10_000)
    creates: int = 1_000
    workers: tuple[int, ...] = (1, 10, 32)
    accounts: int = 2_000
    more_accounts: tuple[int, ...] = (10_000, 20_000)
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
        least = {number: f"least apply, {number} workers" for number in scale.workers if number > 1}
        apart = ("--apply", "--readers", str(READERS), "--workers")
        for number, name in least.items():
            programs[name] = module("least_plan", str(file), *apart, str(number), environment=anew)
        if find_spec("shippo") is not None:
            programs[loop] = module("sdk_loop", str(file), "--apply", environment=anew)
        # What makes one call after the other takes too long for several runs.
        slow = {name: one for name, one in programs.items() if name == loop or workers.get(name) == 1}
        quick = {name: one for name, one in programs.items() if name not in slow}
        samples = {**in_turn(slow, 1, warm=False), **in_turn(quick, max(1, scale.runs // 2), warm=False)}
    for name, number in workers.items():
        ideal, runs = f"{calls:,} calls × 50 ms ÷ {number}", len(samples[name])
        best = [_ideal(calls * LATENCY / number)] * runs
        yield _row("apply", name, ideal, TIME, {**samples, ideal: best})
        if number in least:
            yield _row("apply", name, least[number], TIME, samples)
        if loop in samples:
            yield _row("apply", name, loop, TIME, {**samples, loop: [*samples[loop]] * runs})
    if loop not in samples:
        yield "apply: the loop on Shippo's SDK is left out, because `shippo` isn't installed"


def fleet(folder: Path, scale: Scale) -> Found:
    """An entry of `accounts` that stands for many: in one run and in shards, and what more accounts take of memory."""
    file, accounts = folder / "fleet.yaml", scale.accounts
    name, sharded = f"plan of {accounts:,} accounts with {OF_A_FLEET} each", f"in {SHARDS} shards side by side, joined"
    with serving(OF_A_FLEET, LATENCY) as base_url:
        _write_fleet(file, accounts, base_url)
        planned = tool("plan", "-f", str(file), "--detailed-exitcode", environment=_variables)
        samples = in_turn({name: planned, sharded: _in_shards(file, folder)}, 1, warm=False)
    ideal = f"{accounts:,} calls × 50 ms ÷ {WORKERS_OF_A_FLEET}"
    best = [_ideal(accounts * LATENCY / WORKERS_OF_A_FLEET)]
    yield _row("fleet", name, ideal, TIME, {**samples, ideal: best})
    yield _row("fleet", sharded, name, TIME, samples)
    sizes = (accounts, *scale.more_accounts)
    memory: dict[str, Sequence[Sample]] = {}
    with serving(OF_A_FLEET) as base_url:
        for size in sizes:
            _write_fleet(file, size, base_url)
            memory |= in_turn({f"plan of {size:,} accounts": planned}, 1, warm=False)
    first, *others = memory
    for other in others:
        yield _row("fleet", other, first, MEMORY, memory)


def _write_fleet(file: Path, accounts: int, base_url: str) -> None:
    ids = ", ".join(id_of("account", number) for number in range(accounts))
    write_file(file, OF_A_FLEET, base_url, account=(f"account_ids: [{ids}]",))


def _in_shards(file: Path, folder: Path) -> Program:
    """All shards of a plan side by side, and their reports as one: it ends as one run does, or is no figure."""
    reports = [folder / f"{number}.json" for number in range(1, SHARDS + 1)]
    plans = [
        tool("plan", "-f", str(file), "--format", "json", "--shard", f"{number}/{SHARDS}", environment=_variables)
        for number in range(1, SHARDS + 1)
    ]
    joined = tool("merge-reports", *map(str, reports), "--detailed-exitcode", environment=_variables)

    def run(out: Path | None = None) -> Sample:
        del out
        begun = time.perf_counter()
        with ThreadPoolExecutor(SHARDS) as threads:
            found = [*threads.map(lambda each: each[0](out=each[1]), zip(plans, reports, strict=True)), joined()]
        cpu, most = sum(one.cpu for one in found), max(one.memory for one in found)
        return Sample(cpu=cpu, time=time.perf_counter() - begun, memory=most)

    return run


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
