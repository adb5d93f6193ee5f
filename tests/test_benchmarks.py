"""The benchmarks run, and their baselines do the work that the command does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks import least_plan
from benchmarks.groups import GROUPS, calls_of
from benchmarks.measure import PLAIN, ROOT, FailedError, Quantity, Sample, module, program, ratio, serving, tool
from benchmarks.server import Webhooks
from benchmarks.workload import SECRET, VARIABLE, write_file

ENVIRONMENT = {"SHIPPO_API_TOKEN": "shippo_live_benchmark", VARIABLE: SECRET}
ROWS = """
start --version ÷ import click
start plan --help ÷ import click
start validate -f FILE ÷ import click, yaml
start plan -f FILE ÷ import click, yaml, requests
load validate of 10 ÷ least plan, --offline
load load of 10 ÷ least load
load match of 10 ÷ least match
load validate of 20 ÷ least plan, --offline
load load of 20 ÷ least load
load match of 20 ÷ least match
plan plan of 10 ÷ least plan
plan list of 10 ÷ plan
plan plan of 20 ÷ least plan
plan list of 20 ÷ plan
plan plan of 20 ÷ plan of 10
latency plan at 50 ms of 20 ÷ least plan, 10 readers
apply 20 creates, limits off, 1 worker ÷ 22 calls × 50 ms ÷ 1
apply 20 creates, limits off, 1 worker ÷ SDK loop
apply 20 creates, limits off, 2 workers ÷ 22 calls × 50 ms ÷ 2
apply 20 creates, limits off, 2 workers ÷ least apply, 2 workers
apply 20 creates, limits off, 2 workers ÷ SDK loop
fleet plan of 4 accounts with 5 each ÷ 4 calls × 50 ms ÷ 32
fleet in 4 shards side by side, joined ÷ plan of 4 accounts with 5 each
fleet plan of 8 accounts ÷ plan of 4 accounts
compare plan of 20 ÷ SDK loop
"""
OPTIONAL = ("octoDNS", "Terraform")  # if they are installed


@pytest.mark.parametrize("group", GROUPS)
def test_every_row_is_printed_and_written(tmp_path: Path, group: str) -> None:
    command = (sys.executable, "-m", "benchmarks", "--tiny", "--out", str(tmp_path), group)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=280, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads((tmp_path / "results.json").read_text("utf-8"))["rows"]
    found = [f"{row['group']} {row['name']} ÷ {row['baseline']}" for row in rows]
    expected = [row for row in ROWS.strip().splitlines() if row.startswith(group)]
    assert [row for row in found if not row.endswith(OPTIONAL)] == expected
    assert all(row["ratio"] > 0 for row in rows)
    printed = done.stdout.splitlines()
    assert all(any(row["name"] in line and f"÷ {row['baseline']}" in line for line in printed) for row in rows)
    drawn = " ".join(ET.fromstring((tmp_path / "chart.svg").read_text("utf-8")).itertext())  # noqa: S314
    lines = {row["series"] for row in rows if row["series"] and row["series"] in drawn}
    assert all(row["series"] in lines or f"{row['name']} ÷ {row['baseline']}" in drawn for row in rows)
    assert ("plan ÷ least plan" in lines) == (group == "plan")


@pytest.mark.parametrize("readers", [1, 10])
@pytest.mark.parametrize(("there", "changes"), [(250, "0, 0, 0"), (130, "120, 0, 0"), (253, "0, 0, 3")])
def test_least_plan_sees_what_plan_sees(tmp_path: Path, there: int, changes: str, readers: int) -> None:
    file, code = tmp_path / "webhooks.yaml", 0 if changes == "0, 0, 0" else 2
    with serving(there) as base_url:
        write_file(file, 250, base_url)
        wanted = least_plan.wanted_of(least_plan.read(str(file)), ENVIRONMENT)
        remotes = least_plan.listed(base_url.removeprefix("http://"), "shippo_live_benchmark", readers)
        counts = [len(part) for part in least_plan.compared(wanted, remotes)]
        assert ", ".join(map(str, counts)) == changes
        if readers == 1:
            tool("plan", "-f", str(file), "--detailed-exitcode", code=code, environment=lambda: ENVIRONMENT)()


@pytest.mark.parametrize("baseline", [("sdk_loop",), ("least_plan", "--workers", "7")])
def test_a_baseline_of_apply_makes_what_the_file_says(tmp_path: Path, baseline: tuple[str, ...]) -> None:
    file = tmp_path / "webhooks.yaml"
    with serving(0) as base_url:
        write_file(file, 120, base_url)
        name, *options = baseline
        module(name, str(file), "--apply", *options, environment=lambda: ENVIRONMENT)()
        module(name, str(file), environment=lambda: ENVIRONMENT)()
        tool("plan", "-f", str(file), "--detailed-exitcode", environment=lambda: ENVIRONMENT)()


def test_server_keeps_what_it_is_sent_for_each_account() -> None:
    webhooks = Webhooks(150)

    def asked(method: str, target: str, body: object = None, account: str = "") -> tuple[int, Any]:
        headers = {"authorization": "ShippoToken t", "shippo-account-id": account}
        status, answer = webhooks.answer(method, f"/webhooks{target}", headers, json.dumps(body).encode())
        return status, json.loads(answer or "null")

    wanted = {"url": "https://hooks.example.com/new", "event": "all", "active": True, "is_test": False}
    status, made = asked("POST", "", wanted)
    assert (status, wanted.items() <= made.items()) == (201, True)
    target = f"/{made['object_id']}"
    assert asked("GET", target) == (200, made)
    status, changed = asked("PUT", target, wanted | {"active": False})
    assert (status, changed["active"]) == (200, False)
    status, page = asked("GET", "?page=2&results=100")
    assert (page["count"], page["next"], page["previous"]) == (151, None, "/webhooks?page=1&results=100")
    assert page["results"][-1] == changed
    assert asked("DELETE", target) == (204, None)
    assert [asked(method, target)[0] for method in ("GET", "PUT", "DELETE")] == [404] * 3
    (_, mine), (_, other) = asked("GET", "?results=100"), asked("GET", "?results=100", account="another")
    assert mine["next"] == "/webhooks?page=2&results=100"
    ids = [{one["object_id"] for one in page["results"]} for page in (mine, other)]
    assert (len(ids[0]), len(ids[1]), len(ids[0] | ids[1])) == (100, 100, 200)


def test_an_apply_makes_the_calls_that_its_ideal_counts(tmp_path: Path) -> None:
    file, creates = tmp_path / "webhooks.yaml", 120
    with serving(0) as base_url:
        write_file(file, creates, base_url)
        command = (Path(sys.executable).with_name("reconciler"), "apply", "-f", file, "--auto-approve", "-vv")
        environment = {**PLAIN, **ENVIRONMENT}
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    calls = [line for line in done.stderr.splitlines() if " attempt 1" in line]
    assert len(calls) == calls_of(creates)


def test_program_that_fails_is_no_figure() -> None:
    with pytest.raises(FailedError, match="ended with 3:\nno such thing"):
        program(sys.executable, "-c", "import sys; sys.stderr.write('no such thing'); sys.exit(3)")()


def test_ratio_is_the_median_of_pairs() -> None:
    measured = [Sample(cpu=cpu, time=1) for cpu in (2, 30, 5)]
    least = [Sample(cpu=cpu, time=1) for cpu in (1, 10, 4)]
    assert ratio(measured, least, Quantity.CPU) == (5, 4, 2)
