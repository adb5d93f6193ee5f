"""`reconciler sandbox`: a local provider to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.model.diagnostic import SIGNALLED
from reconciler.output.escaping import visible
from reconciler.output.terminal import OutputError
from reconciler.sandbox.api import SandboxOptions, is_token
from reconciler.sandbox.faults import FORMS, Rule, parse_fault
from reconciler.sandbox.seed import seed
from reconciler.sandbox.server import Sandbox
from reconciler.sandbox.store import StoreError

_DEFAULT_TOKEN = "shippo_test_sandbox"  # noqa: S105 - any token of this form is an account of a sandbox


def _faults(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Rule, ...]:
    try:
        return tuple(map(parse_fault, values))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _token(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if is_token(value):
        return value
    raise click.BadParameter("a sandbox token is shippo_test_ or shippo_live_, followed by letters and digits")


@command(
    click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0 for a free one. [default: 0]"),
    click.option("--data", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                 help="Store the webhooks in this file. Without it they are lost when the sandbox stops."),
    click.option("--seed", "seeded", type=click.IntRange(min=0), default=0, metavar="N",
                 help="Start with N webhooks, as in an account that was set up by hand."),
    click.option("--token", default=_DEFAULT_TOKEN, show_default=True, metavar="TOKEN", callback=_token,
                 help="The token of the account that --seed fills."),
    click.option("--page-size", type=click.IntRange(1, 100), metavar="N",
                 help="Webhooks per page, regardless of what the request asks for."),
    click.option("--hide-inactive", is_flag=True, help="Leave inactive webhooks out of the list."),
    click.option("--limits", is_flag=True, help="Apply Shippo's published rate limits: respond with 429 above them."),
    click.option("--fault", "faults", multiple=True, metavar="FAULT", callback=_faults,
                 help="Fail like a real service; see below. Repeatable."),
    epilog="\b\nFaults: " + FORMS.replace("\n\n", "\n\n\b\n"),
    examples="""
    # 16 webhooks, kept in a file
    reconciler sandbox --seed 16 --data sandbox.db

    # One in five creates fails
    reconciler sandbox --fault 20%:503:POST
    """,
)  # fmt: skip
def sandbox_command(invocation: Invocation, seeded: int, token: str, **options: Any) -> int:  # noqa: ANN401 - fields of `SandboxOptions`
    """Serve Shippo's webhook API on this machine, to try a file without an account.

    Any token that begins with shippo_test_ or shippo_live_ has its own account; others get a 401.
    Rate limits apply only with --limits. Stop it with Ctrl-C.
    """
    streams, stop = invocation.streams, invocation.stop
    try:
        with Sandbox(SandboxOptions(**options)) as sandbox:
            if seeded:
                seed(sandbox.store, token, seeded)
            streams.print_result(sandbox.base_url)
            words = f"The sandbox is running. Use {token} as the token, and add this to the account in the file:"
            streams.print_message(f"{words}\n  base_url: {sandbox.base_url}")
            with stop.finishing():
                while not stop.wait(1):
                    pass
    except OutputError:
        raise
    except (OSError, StoreError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        fail(f"the sandbox can't start: {visible(reason)}", "Use another `--port` or `--data FILE`.")
    return SIGNALLED + stop.signal
