"""Loads a file and matches it with what is there, in one process, each beside the least: prints its CPU times as JSON.

`python -m benchmarks.in_process FILE RUNS`. Start-up, the network and what is printed are not in it.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks import least_plan
from benchmarks.workload import SECRET, VARIABLE, event_of, id_of, url_of
from reconciler.config.load import Inputs, load
from reconciler.model.configuration import Configuration
from reconciler.model.reading import Reading
from reconciler.model.secret import SecretText
from reconciler.model.url import Url, parse_url
from reconciler.model.webhook import Remote
from reconciler.planning.planner import PlanOptions, plan
from reconciler.providers.registry import INSTALLED

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def loaded(path: str) -> Configuration:
    """The configuration of a file."""
    inputs = Inputs(
        files=(path,),
        variables={},
        env_files=(),
        environment={"SHIPPO_API_TOKEN": "shippo_live_benchmark", VARIABLE: SECRET},
        allowed_hosts=frozenset(),
        standard_input=bytes,
    )
    found = load(inputs, INSTALLED).configuration
    assert found is not None
    return found


def read(configuration: Configuration) -> Reading:
    """An account that has all that the file describes."""
    (account,) = configuration.accounts
    remotes = []
    for number, wanted in enumerate(configuration.desired):
        url = wanted.fields["url"]
        assert isinstance(url, Url)
        fields = {**wanted.fields, "url": parse_url(SecretText.provider(url.reveal()))}
        remotes.append(Remote(id=id_of("", number), key=wanted.key, fields=fields, created=NOW))
    return Reading(account=account.name, remotes=tuple(remotes), count=len(remotes))


def matched(configuration: Configuration, reading: Reading) -> None:
    """A plan without a change."""
    made = plan(configuration, {reading.account: reading}, PlanOptions(), NOW)
    assert not made.has_changes


def listed(webhooks: int) -> list[dict[str, Any]]:
    """The same webhooks as plain dictionaries."""
    numbers = range(webhooks)
    flags = {"active": True, "is_test": False}
    return [{"object_id": id_of("", at), "url": url_of(at), "event": event_of(at), **flags} for at in numbers]


def seconds(work: Callable[[], object]) -> float:
    """The CPU time of a piece of work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Measure in turn, and print."""
    path, runs = sys.argv[1], int(sys.argv[2])
    configuration, plain = loaded(path), least_plan.wanted_of(least_plan.read(path), {VARIABLE: SECRET})
    reading, dictionaries = read(configuration), listed(len(plain))
    gc.freeze()  # so that no measurement pays for what another one left
    work: Mapping[str, Callable[[], object]] = {
        "least load": lambda: least_plan.wanted_of(least_plan.read(path), {VARIABLE: SECRET}),
        "load": lambda: loaded(path),
        "least match": lambda: least_plan.compared(plain, dictionaries),
        "match": lambda: matched(configuration, reading),
    }
    times = [{name: seconds(one) for name, one in work.items()} for _ in range(runs)]
    json.dump({name: [found[name] for found in times] for name in work}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # taking all of it apart is no part of it


if __name__ == "__main__":
    main()
