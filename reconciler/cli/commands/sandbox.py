"""`reconciler sandbox`: a local provider to try things on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.options import DEFAULT_FILE
from reconciler.model.configuration import DEFAULT_PROVIDER, Configuration
from reconciler.model.diagnostic import SIGNALLED
from reconciler.output.escaping import shell_word, visible
from reconciler.output.terminal import OutputError
from reconciler.sandbox.api import SandboxOptions, is_token
from reconciler.sandbox.faults import FORMS, Rule, parse_fault
from reconciler.sandbox.messy import seed_messy
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
    click.option("--messy", is_flag=True,
                 help="Start with 16 webhooks as people click them together: duplicates, secrets in queries and paths, "
                      "inactive ones, other hosts, http."),
    click.option("--token", default=_DEFAULT_TOKEN, show_default=True, metavar="TOKEN", callback=_token,
                 help="The token of the account that --seed or --messy fills."),
    click.option("--page-size", type=click.IntRange(1, 100), metavar="N",
                 help="Webhooks per page, regardless of what the request asks for."),
    click.option("--hide-inactive", is_flag=True, help="Leave inactive webhooks out of the list."),
    click.option("--limits", is_flag=True, help="Apply Shippo's published rate limits: respond with 429 above them."),
    click.option("--fault", "faults", multiple=True, metavar="FAULT", callback=_faults,
                 help="Fail like a real service; see below. Repeatable."),
    click.option("-q", "--quiet", count=True, help="Don't log the requests."),
    epilog="\b\nFaults: " + FORMS.replace("\n\n", "\n\n\b\n"),
    examples="""
    # 16 webhooks, kept in a file
    reconciler sandbox --seed 16 --data sandbox.db

    # One in five creates fails
    reconciler sandbox --fault 20%:503:POST
    """,
)  # fmt: skip
def sandbox_command(invocation: Invocation, *, seeded: int, messy: bool, token: str, **options: Any) -> int:  # noqa: ANN401 - fields of `SandboxOptions`
    """Serve Shippo's webhook API on this machine, to try a file without an account.

    Any token that begins with shippo_test_ or shippo_live_ has its own account; others get a 401.
    Rate limits apply only with --limits. Each request is a line on standard error. Stop it with Ctrl-C.
    """
    streams, stop = invocation.streams, invocation.stop
    if messy and seeded:
        fail("`--messy` and `--seed` both fill the account", "Remove one of them.")
    log = None if invocation.options.quiet else streams.print_message
    try:
        with Sandbox(SandboxOptions(log=log, **options)) as sandbox:
            if messy:
                seed_messy(sandbox.store, token)
            seed(sandbox.store, token, seeded)
            # First, since whoever reads the address may stop this at once.
            try_it = f"{_command_to_try(invocation, token)} --base-url {sandbox.base_url}"
            streams.print_result(sandbox.base_url)
            streams.print_message(f"The sandbox is running; Ctrl-C stops it. Try it in another terminal:\n  {try_it}")
            with stop.finishing():
                while not stop.wait(1):
                    pass
    except OutputError:
        raise
    except (OSError, StoreError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        fail(f"the sandbox can't start: {visible(reason)}", "Use another `--port` or `--data FILE`.")
    return SIGNALLED + stop.signal


def _command_to_try(invocation: Invocation, token: str) -> str:
    """A command that works as it is typed in this folder: where it has a file, with the token that this needs."""
    tokens: tuple[str, ...] = ("SHIPPO_API_TOKEN",)
    command = "list"
    if Path(DEFAULT_FILE).exists():
        # Only here, since it loads what makes requests.
        from reconciler.cli.run import inputs_of  # noqa: PLC0415
        from reconciler.config.load import load  # noqa: PLC0415
        from reconciler.providers.registry import INSTALLED  # noqa: PLC0415

        command = "plan --allow-unset"
        inputs = replace(inputs_of(invocation, offline=True), files=(DEFAULT_FILE,), environment={})
        found = load(inputs, INSTALLED).configuration or Configuration(accounts=())
        account = next((one for one in found.accounts if one.provider.name == DEFAULT_PROVIDER), None)
        if account is not None:
            fits = not account.kind or token.startswith(f"shippo_{account.kind}_")
            token = token if fits else f"shippo_{account.kind}_sandbox"
            tokens = account.token.variables()
            command += f" --account {account.name}" if found.qualifies_addresses else ""
    return " ".join([*(f"{name}={shell_word(token)}" for name in tokens), "reconciler", command])
