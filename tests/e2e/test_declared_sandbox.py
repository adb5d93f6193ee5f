"""`reconciler sandbox --provider NAME` as a process: what it prints is all that a file needs, and it keeps its data."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reconciler.providers.registry import built_in
from reconciler.sandbox.declared import token_of
from reconciler.testing.samples import events_of
from tests.e2e.tool import COMMAND, WAIT, Tool

PROVIDERS = [provider for provider in built_in() if provider.name != "shippo"]


@contextmanager
def _running(tool: Tool, *arguments: str) -> Iterator[list[str]]:
    """What it prints before it answers."""
    process = subprocess.Popen(
        [COMMAND, "sandbox", *arguments], cwd=tool.folder, env=tool.env({}), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            lines = [process.stdout.readline().strip()]
            while not lines[-1].endswith("reconciler list"):
                lines.append(process.stderr.readline().rstrip("\n"))
                assert lines[-1] or process.poll() is None
            yield lines
            process.send_signal(signal.SIGINT)
            assert process.wait(WAIT) == 130
        finally:
            process.kill()


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_what_it_prints_is_what_a_file_needs_and_it_keeps_its_data(tool: Tool, provider) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a declaration
    data = tool.folder / "sandbox.json"
    entry = {"url": "https://hooks.example.com/a", "events": events_of(provider)[:1]}
    more_options = ("--secrets-to", "secrets.env") if provider.makes_secrets else ()
    entry |= {"secret_to": "MADE"} if provider.makes_secrets else {}
    rest = {"version": 1, "owns": ["https://hooks.example.com/*"], "webhooks": {"a": entry}}
    for summary in ("Apply complete: 1 created", "No changes"):
        with _running(tool, "--provider", provider.name, "--data", str(data)) as (
            base_url,
            _,
            _,
            *lines,
            _,
            _,
            command,
        ):
            accounts = "\n".join(line.removeprefix("  ") for line in lines)
            more = "\n".join(f"{key}: {json.dumps(value)}" for key, value in rest.items())
            (tool.folder / "webhooks.yaml").write_text(f"{accounts}\n{more}\n")
            assert base_url in accounts
            name, _, token = command.split()[0].partition("=")
            assert token == token_of(provider)
            ended = tool.run("apply", "--auto-approve", *more_options, **{name: token})
            assert (ended.code, summary in ended.all) == (0, True), ended.all
            assert tool.run("list", **{name: f"{token}-wrong"}).code == 1
    assert data.stat().st_mode & 0o777 == 0o600


def test_it_fails_as_it_is_told_to(tool: Tool) -> None:
    with _running(tool, "--provider", "github", "--fault", "418:GET") as (base_url, *_):
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"{base_url}/repos/a/b/hooks"],
                              capture_output=True, check=True)  # fmt: skip
        assert done.stdout == b"418"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("--provider", "pigeons"), "provider `pigeons` not found", id="unknown"),
        pytest.param(("--provider", "github", "--messy"), "only for Shippo's sandbox", id="messy"),
        pytest.param(("--provider", "github", "--data", "."), "", id="folder"),
    ],
)
def test_what_it_cannot_do_is_said(tool: Tool, arguments: tuple[str, ...], message: str) -> None:
    ended = tool.run("sandbox", *arguments)
    assert ended.code != 0
    assert message in ended.err
    assert re.search(r"Traceback|bug", ended.err) is None


def test_file_that_is_something_else_is_left_alone(tool: Tool) -> None:
    (tool.folder / "data").write_text("mine")
    ended = tool.run("sandbox", "--provider", "github", "--data", "data")
    assert (ended.code, "is not a data file" in ended.err) == (1, True), ended.err
    assert (tool.folder / "data").read_text() == "mine"
