"""Runs the command in a folder with a file and an environment: in this process, or as the installed one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from reconciler.http.pacing import Clock
from reconciler.model.diagnostic import UrlError
from reconciler.model.secret import SecretText
from reconciler.model.url import parse_url
from reconciler.sandbox.store import Webhook
from tests.support.here import main_here
from tests.support.sandbox import LogEntry, Sandbox

COMMAND = str(Path(sys.executable).with_name("reconciler"))
TOKEN = "shippo_live_of-these-tests"
HOST = "https://hooks.example.com"
WAIT = 60


class Ended(Struct, frozen=True, kw_only=True):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Everything that it printed."""
        return self.out + self.err

    def json(self) -> Any:  # noqa: ANN401 - whatever the document is
        """The document that it printed."""
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """The objects that it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Tool(Struct, kw_only=True):
    """The command in a folder of its own, with a sandbox as the provider."""

    folder: Path
    sandbox: Sandbox
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, webhooks: str, *, owns: str = f"[{HOST}/*]", more: str = "", name: str = "webhooks.yaml") -> None:
        """Write a file with these entries; the account is the sandbox's."""
        (self.folder / name).write_text(
            f"version: 1\naccounts:\n  default:\n    provider: shippo\n    token: ${{SHIPPO_API_TOKEN}}\n"
            f"    base_url: {self.sandbox.base_url}\nowns: {owns}\n{more}{webhooks}",
            encoding="utf-8",
        )

    def run(self, *arguments: str, stdin: str = "", **variables: str) -> Ended:
        """Run it to its end in this process: what it does is the same, and it takes a tenth of the time."""
        return run_here(self.folder, *arguments, environment=self.environment | variables, stdin=stdin)

    def run_installed(self, *arguments: str, **variables: str) -> Ended:
        """Run the installed command to its end, for what is about a process or its surroundings."""
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.env(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=WAIT,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    def env(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The environment of a run: nothing of the tests' own."""
        base = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "SHIPPO_API_TOKEN": TOKEN, "PYTHONWARNINGS": "error"}
        return {**base, **self.environment, **variables}

    def there(self) -> tuple[Webhook, ...]:
        """What the provider has."""
        return self.sandbox.store.list(TOKEN)

    def hook(self, path: str, event: str = "track_updated", *, active: bool = True, is_test: bool = False) -> str:
        """Somebody clicks a webhook together; its id."""
        url = HOST + path if path.startswith("/") else path
        return self.sandbox.store.create(TOKEN, url=url, event=event, active=active, is_test=is_test).object_id

    def writes(self, after: int = 0) -> list[LogEntry]:
        """The writes that reached the provider after a mark of the log."""
        return [entry for entry in self.sandbox.log(after=after) if entry.method != "GET"]


def run_here(
    folder: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    stdin: str = "",
) -> Ended:
    """Run the command to its end in this process.

    Args:
        folder: where.
        arguments: without the program's name.
        environment: beside the account's token, and `ORDERS_TOKEN` with `abc`.
        clock: the run's; the machine's without its waits where none is given.
        stdin: what stands on standard input.
    """
    variables = {"SHIPPO_API_TOKEN": TOKEN, "ORDERS_TOKEN": "abc", **(environment or {})}
    code, out, err = main_here(folder, arguments, variables, clock, stdin.encode())
    assert "this is a bug" not in err, err
    return Ended(code=code, out=out, err=err)


def entries(**urls: str) -> str:
    """Entries by name: `name="/path event event"`."""
    lines = ["webhooks:"]
    for name, said in urls.items():
        path, *events = said.split()
        lines += [f"  {name}:", f"    url: {HOST}{path}", f"    events: [{', '.join(events) or 'track_updated'}]"]
    return "\n".join(lines if urls else ["webhooks: {}"]) + "\n"


def delivered(sandbox: Sandbox, token: str) -> set[tuple[object, ...]]:
    """What an account's webhooks deliver: endpoint, event and kind."""
    found: set[tuple[object, ...]] = set()
    for webhook in sandbox.store.list(token):
        with suppress(UrlError):
            endpoint = parse_url(SecretText.provider(webhook.url)).endpoint
            found |= {(endpoint, webhook.event, webhook.is_test)} if webhook.active else set()
    return found
