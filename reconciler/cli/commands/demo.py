"""`reconciler demo`: a short story on a sandbox, told by the real commands."""

from __future__ import annotations

import secrets
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.options import DEFAULT_FILE, NO_COLOR
from reconciler.output.escaping import visible
from reconciler.output.terminal import OutputError, Style
from reconciler.sandbox.server import Sandbox

_TOKEN = "shippo_test_demo"  # noqa: S105 - an account of the sandbox
_CLICKED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_FILE = """\
version: 1
owns:
  - https://hooks.example.com/shippo/*
webhooks:
  orders:
    url: https://hooks.example.com/shippo/orders?token=${HOOK_TOKEN}
    events: [transaction_created, transaction_updated]
"""
_NEXT = (
    "  reconciler init                         write a first file",
    "  reconciler export --out webhooks.yaml   describe the account that you have",
    "  reconciler sandbox --messy              try it on a made-up account",
)


@command(
    click.option("--no-pause", is_flag=True, help="Don't wait for Enter between the steps, also on terminals."),
    NO_COLOR,
    examples="reconciler demo --no-pause",
)
def demo_command(invocation: Invocation, *, no_pause: bool) -> int:
    """Show a plan, an apply, drift and its repair, and a refusal, on a sandbox.

    Takes a minute, needs no account, and leaves nothing behind.
    """
    pauses = not no_pause and invocation.streams.interactive and invocation.streams.out.isatty()
    try:
        with TemporaryDirectory(prefix="reconciler-demo-") as folder, Sandbox() as sandbox:
            return 0 if _Stage(invocation, Path(folder), sandbox).play(pauses=pauses) else 1
    except OutputError:
        raise
    except OSError as error:
        needs = "It needs a writable temporary folder (see `TMPDIR`), a port on loopback and a few threads."
        fail(f"the demo can't run: {visible(error.strerror or '')}", needs)


class _Stage:
    def __init__(self, invocation: Invocation, folder: Path, sandbox: Sandbox) -> None:
        self._folder, self._sandbox, self._streams = folder, sandbox, invocation.streams
        self._style = Style(self._streams.out_color)
        self._environment = {
            **invocation.environment,
            **({"NO_COLOR": "1"} if invocation.options.no_color else {}),
            "SHIPPO_API_TOKEN": _TOKEN,
            "HOOK_TOKEN": secrets.token_hex(16),
        }
        for name in ("RECONCILER_FILE", "RECONCILER_ALLOW_HOSTS"):
            self._environment.pop(name, None)

    def play(self, *, pauses: bool) -> bool:
        """Tell the story; whether every command ended as it should."""
        for words, code, arguments in self._story():
            self._say(words)
            if self._run(*arguments.split()) != code:
                return False
            if pauses:
                self._streams.ask("\nPress Enter to continue (Ctrl-C stops): ")
            self._streams.print_result()
        self._say("What next?", *_NEXT)
        return True

    def _story(self) -> Iterator[tuple[str, int, str]]:
        """What is said, then a command and the exit code that it needs; between them the account changes."""
        store = self._sandbox.store
        url = "https://hooks.example.com/shippo/orders?token=an-older-secret"
        orders = store.create(_TOKEN, url=url, event="transaction_created", is_test=True, created=_CLICKED)
        url = "https://warehouse.example.net/labels"
        store.create(_TOKEN, url=url, event="batch_purchased", is_test=True, created=_CLICKED)
        (self._folder / DEFAULT_FILE).write_text(_FILE, encoding="utf-8")
        self._say("This file says which webhooks an account should have.")
        self._type(f"cat {DEFAULT_FILE}")
        self._streams.print_result(_FILE)
        self._say("The account is at a sandbox on this machine: nothing reaches Shippo.")
        self._type(f'export SHIPPO_API_TOKEN={_TOKEN} HOOK_TOKEN="$(openssl rand -hex 16)"')
        self._streams.print_result()
        yield "`plan` shows what differs and changes nothing. What the file doesn't own is never touched.", 0, "plan"
        yield "`apply` makes the account match. Without --auto-approve it asks first.", 0, "apply --auto-approve -q"
        store.update(_TOKEN, orders.object_id, active=False)
        yield "Somebody switches a webhook off in the portal. `drift` says so, with exit code 2.", 2, "drift -q"
        yield "The next `apply` repairs it.", 0, "apply --auto-approve -q"
        words = "No endpoint loses its events by mistake: without consent such a plan is refused, with exit code 3."
        yield words, 3, "destroy --auto-approve"

    def _say(self, *paragraphs: str) -> None:
        width = min(self._streams.width, 100) - 2
        for line in (line for words in paragraphs for line in textwrap.wrap(words, width)):
            self._streams.print_result(self._style.paint(f"# {line}", "cyan"))

    def _type(self, line: str) -> None:
        self._streams.print_result(self._style.paint(f"$ {line}", "bold"))

    def _run(self, *arguments: str) -> int:
        """Run a command as it is shown; gives its exit code."""
        arguments = (*arguments, "--base-url", self._sandbox.base_url)
        self._type(f"reconciler {' '.join(arguments)}")
        return subprocess.run(  # noqa: S603 - this very program
            [sys.executable, "-m", "reconciler", *arguments], cwd=self._folder, env=self._environment, check=False
        ).returncode
