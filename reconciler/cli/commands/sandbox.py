"""`reconciler sandbox`: a local provider to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.options import DEFAULT_FILE
from reconciler.model.accounts import Accounts
from reconciler.model.configuration import DEFAULT_PROVIDER, Configuration
from reconciler.model.diagnostic import SIGNALLED
from reconciler.output.escaping import shell_word, visible
from reconciler.output.terminal import OutputError
from reconciler.sandbox.api import SandboxOptions, is_token
from reconciler.sandbox.faults import FORMS, Rule, parse_fault
from reconciler.sandbox.messy import seed_messy
from reconciler.sandbox.seed import seed
from reconciler.sandbox.server import HttpServer, Sandbox
from reconciler.sandbox.store import StoreError

_DEFAULT_TOKEN = "shippo_test_sandbox"  # noqa: S105 - any token of this form is an account of a sandbox


def _faults(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Rule, ...]:
    try:
        return tuple(map(parse_fault, values))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@command(
    click.option("--provider", "name", default=DEFAULT_PROVIDER, show_default=True, metavar="NAME",
                 help="The provider whose API to serve: any installed one, as its declaration says."),
    click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0 for a free one. [default: 0]"),
    click.option("--data", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                 help="Store the webhooks in this file. Without it they are lost when the sandbox stops."),
    click.option("--seed", "seeded", type=click.IntRange(min=0), default=0, metavar="N",
                 help="Start with N webhooks, as in an account that was set up by hand. Only for Shippo."),
    click.option("--messy", is_flag=True,
                 help="Start with 16 webhooks as people click them together: duplicates, secrets in queries and paths, "
                      "inactive ones, other hosts, http. Only for Shippo."),
    click.option("--token", default="", metavar="TOKEN",
                 help=f"The token of the account that --seed or --messy fills [default: {_DEFAULT_TOKEN}]; of another "
                      "provider than Shippo the only one that is accepted."),
    click.option("--page-size", type=click.IntRange(1, 100), metavar="N",
                 help="Webhooks per page, regardless of what the request asks for."),
    click.option("--hide-inactive", is_flag=True, help="Leave inactive webhooks out of the list. Only for Shippo."),
    click.option("--limits", is_flag=True, help="Apply the published rate limits: respond with 429 above them."),
    click.option("--fault", "faults", multiple=True, metavar="FAULT", callback=_faults,
                 help="Fail like a real service; see below. Repeatable."),
    click.option("-q", "--quiet", count=True, help="Don't log the requests."),
    epilog="\b\nFaults: " + FORMS.replace("\n\n", "\n\n\b\n"),
    examples="""
    # 16 webhooks, kept in a file
    reconciler sandbox --seed 16 --data sandbox.db

    # One in five creates fails
    reconciler sandbox --fault 20%:503:POST

    # GitHub's API, as its declaration describes it
    reconciler sandbox --provider github
    """,
)  # fmt: skip
def sandbox_command(invocation: Invocation, *, name: str, seeded: int, messy: bool, token: str, **options: Any) -> int:  # noqa: ANN401 - fields of `SandboxOptions`
    """Serve a provider's webhook API on this machine, to try a file without an account.

    At Shippo's, any token that begins with shippo_test_ or shippo_live_ has its own account; others get a 401. Another
    provider's has one account, and does what its declaration says; it prints what to put into a file to reach it.
    Rate limits apply only with --limits. Each request is a line on standard error. Stop it with Ctrl-C.
    """
    streams, stop = invocation.streams, invocation.stop
    if messy and seeded:
        fail("`--messy` and `--seed` both fill the account", "Remove one of them.")
    log = None if invocation.options.quiet else streams.print_message
    settings = SandboxOptions(log=log, **options)
    try:
        if name == DEFAULT_PROVIDER:
            opened = _shippo(invocation, settings, token or _DEFAULT_TOKEN, seeded=seeded, messy=messy)
        elif messy or seeded or settings.hide_inactive:
            fail("`--seed`, `--messy` and `--hide-inactive` are only for Shippo's sandbox", "Remove them.")
        else:
            opened = _declared(name, settings, token)
        sandbox, words = opened
        with sandbox:
            streams.print_result(sandbox.base_url)
            streams.print_message(words)
            with stop.finishing():
                while not stop.wait(1):
                    pass
    except OutputError:
        raise
    except (OSError, StoreError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        fail(f"the sandbox can't start: {visible(reason)}", "Use another `--port` or `--data FILE`.")
    return SIGNALLED + stop.signal


def _shippo(
    invocation: Invocation, options: SandboxOptions, token: str, *, seeded: int, messy: bool
) -> tuple[HttpServer, str]:
    """Shippo's sandbox, and what is said of it."""
    if not is_token(token):
        problem = "a sandbox token is shippo_test_ or shippo_live_, followed by letters and digits"
        raise click.BadParameter(problem, param_hint="'--token'")
    sandbox = Sandbox(options)
    try:
        if messy:
            seed_messy(sandbox.store, token)
        seed(sandbox.store, token, seeded)
        # Before the address is printed, since whoever reads it may stop this at once.
        try_it = f"{_command_to_try(invocation, token)} --base-url {sandbox.base_url}"
    except BaseException:
        sandbox.close()
        raise
    return sandbox, f"The sandbox is running; Ctrl-C stops it. Try it in another terminal:\n  {try_it}"


def _declared(name: str, options: SandboxOptions, token: str) -> tuple[HttpServer, str]:
    """The sandbox of a declaration, and what is said of it: what a file says to reach it."""
    from reconciler.providers.registry import INSTALLED, usable
    from reconciler.sandbox.declared import DeclaredApi, DeclaredSandbox

    if name not in [*INSTALLED]:
        fail(f"provider `{visible(name)}` not found", f"Known providers are {', '.join(sorted(usable()))}.")
    provider = INSTALLED[name]
    if provider.rest is None:
        fail(f"{provider.title} has no description of its API that could be served", "Use its own test server.")
    api = DeclaredApi(provider, options, token=token)
    sandbox = DeclaredSandbox(api, provider, options)
    lines = [
        "accounts:",
        f"  {name}:",
        f"    provider: {name}",
        f"    token: ${{{provider.auth.variable}}}",
        f"    base_url: {sandbox.base_url}",
        *(f"    {setting.setting}: [{_as_text(setting.example)}]" for setting in provider.required_places[:1]),
    ]
    file = "\n".join(f"  {line}" for line in lines)
    return sandbox, (
        f"The sandbox of {provider.title} is running; Ctrl-C stops it. In {DEFAULT_FILE}:\n\n{file}\n\n"
        f"In another terminal:\n  {provider.auth.variable}={shell_word(api.token)} reconciler list"
    )


def _as_text(word: str) -> str:
    """A word of YAML that isn't taken for a number."""
    return f'"{word}"' if word.isdecimal() else word


def _command_to_try(invocation: Invocation, token: str) -> str:
    """A command that works as it is typed in this folder: where it has a file, with the token that this needs."""
    tokens: tuple[str, ...] = ("SHIPPO_API_TOKEN",)
    command = "list"
    if Path(DEFAULT_FILE).exists():
        # Only here, since it loads what makes requests.
        from reconciler.cli.loading import inputs_of
        from reconciler.config.load import load
        from reconciler.providers.registry import INSTALLED

        command = "plan --allow-unset"
        inputs = replace(inputs_of(invocation, offline=True), files=(DEFAULT_FILE,), environment={})
        found = load(inputs, INSTALLED).configuration or Configuration(accounts=Accounts())
        account = next((one for one in found.accounts if one.provider.name == DEFAULT_PROVIDER), None)
        if account is not None:
            fits = not account.kind or token.startswith(f"shippo_{account.kind}_")
            token = token if fits else f"shippo_{account.kind}_sandbox"
            tokens = account.token.variables()
            command += f" --account {account.name}" if found.qualifies_addresses else ""
    return " ".join([*(f"{name}={shell_word(token)}" for name in tokens), "reconciler", command])
