"""`reconciler demo`: the whole story on a sandbox, told by the real commands."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from reconciler.cli.failure import fail
from reconciler.cli.invocation import Invocation
from reconciler.output.terminal import OutputError, Streams, Style, visible
from reconciler.sandbox.server import Sandbox

_TOKEN = "shippo_test_demo"  # noqa: S105 - an account of the sandbox
_HOOK_TOKEN = "a-secret-of-your-own"  # noqa: S105 - shows that it is never shown
_HOST = "https://hooks.example.com/shippo"
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


@click.command("demo")
@click.option("--no-color", is_flag=True, help="Disable colors, also on terminals (like NO_COLOR).")
@click.pass_obj
def command(invocation: Invocation, *, no_color: bool) -> int:
    """Show the whole story on a sandbox: plan, apply, drift, repair, and a refused loss.

    Takes seconds, needs no account, and leaves nothing behind.
    """
    streams = invocation.streams(color=not no_color)
    try:
        with TemporaryDirectory(prefix="reconciler-demo-") as folder, Sandbox() as sandbox:
            stage = _Stage(
                invocation=invocation, streams=streams, folder=Path(folder), sandbox=sandbox, color=not no_color
            )
            return 0 if stage.play() else 1
    except OutputError:
        raise
    except OSError as error:
        needs = "It needs a writable temporary folder (see `TMPDIR`), a port on loopback and a few threads."
        fail(f"the demo can't run: {visible(error.strerror or '')}", needs)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """The folder and the sandbox that the story plays in."""

    invocation: Invocation
    streams: Streams
    folder: Path
    sandbox: Sandbox
    color: bool

    def play(self) -> bool:
        """Tell the story; whether every command ended as it should."""
        self._say(
            "An account at Shippo, with webhooks that somebody set up by hand. (It is a sandbox on this machine.)"
        )
        self._click_together()
        self._write(_EMPTY)
        ended = [self._run(0, "list")]
        self._say("`export` writes a file that describes the account as it is: a start for an existing account.")
        ended.append(self._run(0, "export"))
        self._say(
            "This file describes what should exist. It is responsible for what `owns` matches; the rest is never "
            "touched."
        )
        self._show(self._write(_FILE))
        self._say(
            "What would change? `plan` only reads. In CI it runs on a pull request, and saves the plan for review."
        )
        ended.append(self._run(0, "plan", "--out", "reviewed.plan"))
        self._say("In the meantime somebody changes the account. The reviewed plan is out of date: refused.")
        self._create(f"{_HOST}/orders?token=an-older-secret", "transaction_created", active=True)
        ended.append(self._run(3, "apply", "reviewed.plan"))
        self._say("Apply without a saved plan. On a terminal it would ask first.")
        ended.append(self._run(0, "apply", "--auto-approve"))
        self._say("Now the provider matches the file: the next plan has no changes.")
        ended.append(self._run(0, "plan"))
        self._say(
            "Somebody switches `tracking` off in the portal. `drift`, on a schedule, reports it with exit code 2."
        )
        self._switch_off_tracking()
        ended.append(self._run(2, "drift"))
        self._say("`apply` repairs it, on the same webhook.")
        ended.append(self._run(0, "apply", "--auto-approve"))
        self._say(
            "A merge goes wrong and the file loses its webhooks. No endpoint would receive events any more: refused."
        )
        self._write(_EMPTY)
        ended.append(self._run(3, "apply", "--auto-approve"))
        self._say("That's it. Start with `reconciler init`, or try a file on `reconciler sandbox`.")
        return all(ended)

    def _click_together(self) -> None:
        for path, event, active in (
            ("orders?token=an-older-secret", "transaction_created", True),
            ("tracking", "track_updated", True),
            ("tracking", "track_updated", True),
            ("beta/orders", "transaction_created", True),
        ):
            self._create(f"{_HOST}/{path}", event, active=active)
        self._create("https://warehouse.example.net/labels", "batch_purchased", active=True)

    def _create(self, url: str, event: str, *, active: bool) -> None:
        self.sandbox.store.create(
            _TOKEN, url=url, event=event, active=active, is_test=True, created=_CLICKED, updated=_CLICKED
        )

    def _switch_off_tracking(self) -> None:
        for webhook in self.sandbox.store.list(_TOKEN):
            if webhook.event == "track_updated":
                self.sandbox.store.update(
                    _TOKEN, webhook.object_id, url=webhook.url, event=webhook.event, active=False, is_test=True
                )

    def _write(self, text: str) -> str:
        (self.folder / "webhooks.yaml").write_text(text.replace("BASE_URL", self.sandbox.base_url), encoding="utf-8")
        return "webhooks.yaml"

    def _show(self, name: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        self.streams.print_result(textwrap.indent(text, "    "))

    def _say(self, text: str) -> None:
        lines = textwrap.wrap(text, width=min(self.streams.width, 100) - 2)
        style = Style(self.streams.out_color)
        self.streams.print_result("\n" + "\n".join(style.paint(f"# {line}", "cyan") for line in lines) + "\n")

    def _run(self, expected: int, *arguments: str) -> bool:
        """Run a command as a user would; whether it ended with the code that the story needs."""
        self.streams.print_result(Style(self.streams.out_color).paint(f"$ reconciler {' '.join(arguments)}", "bold"))
        more = () if self.color else ("--no-color",)
        environment = {**self.invocation.environment, "SHIPPO_API_TOKEN": _TOKEN, "HOOK_TOKEN": _HOOK_TOKEN}
        for name in ("RECONCILER_FILE", "RECONCILER_ALLOW_HOSTS"):
            environment.pop(name, None)
        done = subprocess.run(  # noqa: S603 - this very program
            [sys.executable, "-m", "reconciler", *arguments, *more], cwd=self.folder, env=environment, check=False
        )
        self.streams.print_result(f"(exit code {done.returncode})")
        return done.returncode == expected
