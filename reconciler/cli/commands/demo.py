"""`reconciler demo`: the whole story on a sandbox, told by the real commands."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.options import NO_COLOR
from reconciler.output.escaping import visible
from reconciler.output.terminal import OutputError, Style
from reconciler.sandbox.server import Sandbox

_TOKEN = "shippo_test_demo"  # noqa: S105 - an account of the sandbox
_HOOK_TOKEN = "a-secret-of-your-own"  # noqa: S105 - shows that it is never shown
_CLICKED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

_FILE = """\
version: 1
accounts:
  default:
    provider: shippo
    token: ${SHIPPO_API_TOKEN}
    base_url: BASE_URL
owns:
  - https://hooks.example.com/shippo/*
webhooks:
  orders:
    url: https://hooks.example.com/shippo/orders?token=${HOOK_TOKEN}
    events: [transaction_created, transaction_updated]
  tracking:
    url: https://hooks.example.com/shippo/tracking
    events: [track_updated]
"""
_EMPTY = _FILE[: _FILE.index("webhooks:")] + "webhooks: {}\n"


@command(NO_COLOR, examples="reconciler demo")
def demo_command(invocation: Invocation) -> int:
    """Show a complete workflow on a sandbox: plan, apply, drift, repair, and a refused loss.

    Takes seconds, needs no account, and leaves nothing behind.
    """
    try:
        with TemporaryDirectory(prefix="reconciler-demo-") as folder, Sandbox() as sandbox:
            return 0 if _Stage(invocation, Path(folder), sandbox).play() else 1
    except OutputError:
        raise
    except OSError as error:
        needs = "It needs a writable temporary folder (see `TMPDIR`), a port on loopback and a few threads."
        fail(f"the demo can't run: {visible(error.strerror or '')}", needs)


class _Stage:
    def __init__(self, invocation: Invocation, folder: Path, sandbox: Sandbox) -> None:
        self._invocation, self._folder, self._sandbox = invocation, folder, sandbox
        self._streams = invocation.streams
        self._style = Style(self._streams.out_color)

    def play(self) -> bool:
        """Tell the story; whether every command ended as it should."""
        ended = []
        for words, code, arguments in self._story():
            lines = textwrap.wrap(words, width=min(self._streams.width, 100) - 2)
            painted = "\n".join(self._style.paint(f"# {line}", "cyan") for line in lines)
            self._streams.print_result(f"\n{painted}\n")
            ended.append(not arguments or self._run(*arguments.split()) == code)
        return all(ended)

    # fmt: off
    def _story(self) -> Iterator[tuple[str, int, str]]:
        """What is said, then a command, if any, and the exit code that it needs; between them the account changes."""
        self._create("shippo/orders?token=an-older-secret")
        self._create("shippo/tracking", "track_updated")
        self._create("shippo/tracking", "track_updated")
        self._create("shippo/beta/orders")
        self._create("labels", "batch_purchased", "https://warehouse.example.net")
        self._write(_EMPTY)
        yield ("An account at Shippo, with webhooks that somebody set up by hand. (It is a sandbox on this machine.)",
               0, "list")
        yield ("`export` writes a file that describes the account as it is: a starting point for an existing account.",
               0, "export")
        yield (("This file describes what should exist. It is responsible for what `owns` matches; the rest is never "
                "touched."), 0, "")
        self._streams.print_result(textwrap.indent(self._write(_FILE), "    "))
        yield ("What would change? `plan` only reads. In CI it runs on a pull request, and saves the plan for review.",
               0, "plan --out reviewed.plan")
        self._create("shippo/orders?token=an-older-secret")
        yield ("In the meantime somebody changes the account. The reviewed plan is out of date, so it is refused.",
               3, "apply reviewed.plan")
        yield "Apply without a saved plan. On a terminal it would ask first.", 0, "apply --auto-approve"
        yield "Now the provider matches the file: the next plan has no changes.", 0, "plan"
        for webhook in self._sandbox.store.list(_TOKEN):
            if webhook.event == "track_updated":
                self._sandbox.store.update(_TOKEN, webhook.object_id, active=False)
        yield ("Somebody switches `tracking` off in the portal. `drift`, on a schedule, reports it with exit code 2.",
               2, "drift")
        yield "`apply` switches the same webhook on again.", 0, "apply --auto-approve"
        self._write(_EMPTY)
        yield (("A merge goes wrong and the file loses its webhooks. No endpoint would receive events any more, so "
                "`apply` refuses."), 3, "apply --auto-approve")
        yield "That's it. Start with `reconciler init`, or try a file on `reconciler sandbox`.", 0, ""
    # fmt: on

    def _create(self, path: str, event: str = "transaction_created", host: str = "https://hooks.example.com") -> None:
        # Each is younger than those before: of two alike, the oldest stays.
        moment = _CLICKED + timedelta(hours=len(self._sandbox.store.list(_TOKEN)))
        self._sandbox.store.create(_TOKEN, url=f"{host}/{path}", event=event, is_test=True, created=moment)

    def _write(self, text: str) -> str:
        text = text.replace("BASE_URL", self._sandbox.base_url)
        (self._folder / "webhooks.yaml").write_text(text, encoding="utf-8")
        return text

    def _run(self, *arguments: str) -> int:
        """Run a command as a user would; gives its exit code."""
        self._streams.print_result(self._style.paint(f"$ reconciler {' '.join(arguments)}", "bold"))
        more = ("--no-color",) if self._invocation.options.no_color else ()
        environment = {**self._invocation.environment, "SHIPPO_API_TOKEN": _TOKEN, "HOOK_TOKEN": _HOOK_TOKEN}
        for name in ("RECONCILER_FILE", "RECONCILER_ALLOW_HOSTS"):
            environment.pop(name, None)
        done = subprocess.run(  # noqa: S603 - this very program
            [sys.executable, "-m", "reconciler", *arguments, *more], cwd=self._folder, env=environment, check=False
        )
        self._streams.print_result(f"(exit code {done.returncode})")
        return done.returncode
