"""`reconciler export`: write the file that describes an account as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import click

from reconciler.cli.invocation import Invocation, command, fail
from reconciler.cli.loading import inputs_of
from reconciler.cli.options import ACCOUNT, DEFAULT_FILE, FILES, TALK, options_of_url, output_path
from reconciler.cli.run import Run
from reconciler.cli.writing import written
from reconciler.export.document import ExportedFile, missing_part, whole_file
from reconciler.export.summary import changes_of, summary
from reconciler.export.write import env_text, yaml_text
from reconciler.model.characters import is_masked
from reconciler.model.diagnostic import ExitCode
from reconciler.model.plan import Plan
from reconciler.output.escaping import shell_word, visible
from reconciler.output.plan_text import head_text
from reconciler.output.terminal import Streams
from reconciler.providers.registry import is_built_in
from reconciler.view.documents import SCHEMAS
from reconciler.view.outcome import count_text
from reconciler.view.places import places_together
from reconciler.view.redact import view_plan

_MISSING_FILE = "missing.yaml"  # what a second file is called in the next commands


@command(
    *FILES,
    click.option("--missing", is_flag=True, help="Only the webhooks that the file doesn't describe, as lines to "
                                                 "add to it."),
    click.option("--owns-hosts", is_flag=True, help="Own each host as a whole (https://HOST/*) if all its webhooks are "
                                                    "described and it isn't shared with others."),
    output_path("--out", "Write to this file instead of standard output. It must not exist yet."),
    output_path("--secrets-to", "Write the values of the secrets to this env file (mode 0600). Without it they aren't "
                                "written."),
    ACCOUNT, *TALK,
    examples="""
    # Start with an existing account
    reconciler export --out webhooks.yaml --secrets-to hooks.env
    reconciler plan -f webhooks.yaml --env-file hooks.env

    # What a file lacks
    reconciler export -f webhooks.yaml --env-file hooks.env --missing
    """,
)  # fmt: skip
def export_command(
    invocation: Invocation, *, missing: bool, owns_hosts: bool, out: Path | None, secrets_to: Path | None
) -> int:
    """Write a file that describes the account as it is, so that the next plan only deletes duplicates.

    Works without a file, for the account of SHIPPO_API_TOKEN. Secrets become variables. Webhooks that can't be
    described are listed under `known`, with the reason, and aren't owned. Exits with 1 if an account could not be read.

    `owns` has the exact URL of each entry. With --owns-hosts it has one pattern for each host that is yours: all its
    webhooks are described, no path has a secret in it, and it isn't a service such as Slack or Zapier.
    """
    with suppress(OSError):  # the working directory was removed: nothing can be written there, and that is told then
        if out is not None and secrets_to is not None and os.path.realpath(out) == os.path.realpath(secrets_to):
            fail("`--out` and `--secrets-to` name the same file", "Give each its own name.")
    if missing and owns_hosts:
        fail("`--owns-hosts` can't be combined with `--missing`", "Remove one of the two.")
    run = Run(invocation, needs_file=False)
    plan = run.look()
    view = view_plan(plan, brief=True)
    run.reporter.not_checked(view.not_checked)
    if not plan.planned:
        return ExitCode.ERROR
    if missing and len(plan.accounts) > 1:
        fail("`--missing` describes one account at a time", "Choose one with `--account NAME`.")
    head = [
        f"Written by `reconciler export` on {view.timestamp.partition('T')[0]}.",
        *map(head_text, places_together(view).accounts),
    ]
    if missing:
        file = missing_part(plan, invocation.environment, head)
    else:
        head[:0] = [f"yaml-language-server: $schema={schema}" for schema in _schemas(plan, out)]
        file = whole_file(plan, invocation.environment, head, owns_hosts=owns_hosts)
    if file.document:
        _write(run, file, out, secrets_to)
        _say_what_it_means(run, file, out, secrets_to, missing=missing)
    else:
        run.streams.print_message("Nothing is missing: the next plan deletes only duplicates, if there are any.")
    return ExitCode.ERROR if view.not_checked else ExitCode.DONE


def _schemas(plan: Plan, out: Path | None) -> Iterator[str]:
    """Where the schema of the file is: beside it, or else at its address, which knows the built-in providers only."""
    local = (out or Path(DEFAULT_FILE)).parent / "webhooks.schema.json"
    if os.path.exists(local):  # noqa: PTH110 - also of a path that no file can have
        yield f"./{local.name}"
    elif all(is_built_in(account.account.provider) for account in plan.accounts):
        yield f"{SCHEMAS}/{local.name}"


def _write(run: Run, file: ExportedFile, out: Path | None, secrets_to: Path | None) -> None:
    """Write the file and the values of its secrets, each where that was asked for, both or none."""
    text = yaml_text(file)
    files = []
    if secrets_to is not None:
        files.append(("--secrets-to", secrets_to, env_text(file.variables)))
    if out is not None:
        files.append(("--out", out, text))
    with written(files):
        if out is None:
            run.streams.print_file(text)


def _say_what_it_means(
    run: Run, file: ExportedFile, out: Path | None, secrets_to: Path | None, *, missing: bool
) -> None:
    """What was described, where it is, which variables to set, and the next two commands."""
    say = run.streams.print_message
    for line in summary(file, missing=missing):
        say(line)
    if out is not None:
        say(f"Wrote {visible(str(out))}.")
    _say_what_to_set(run.streams, file, secrets_to)
    files = inputs_of(run.invocation).files if missing else (str(out or DEFAULT_FILE),)
    before = "Next:"
    if missing and not file.is_whole:
        lines = "the lines" if out is None else f"the lines of {visible(str(out))}"
        before = f"Add {lines} below each key to the same key in {_listed(files)}, then:"
    elif missing:
        files = (*files, str(out or _MISSING_FILE))
    if out is None and file.is_whole:
        before = f"Save it as {files[-1]}, then:"
    say(before)
    options = [*_options(run.invocation, files, secrets_to, missing=missing)]
    for name in ("plan", "apply" if missing or changes_of(file).changes else "drift"):
        say(f"  reconciler {' '.join((name, *options))}")


def _say_what_to_set(streams: Streams, file: ExportedFile, secrets_to: Path | None) -> None:
    say = streams.print_message
    if secrets_to is not None and not file.variables:
        say(f"Wrote {visible(str(secrets_to))}, which is empty: there are no secrets.")
    elif secrets_to is not None:
        variables = count_text(len(file.variables), "variable")
        say(f"Wrote {visible(str(secrets_to))}, with {variables}. Keep it out of version control:")
        ignored = f"*{secrets_to.suffix}" if secrets_to.suffix == ".env" else secrets_to.name  # a backup's, too
        say(f"  echo {shell_word(ignored)} >> {shell_word(str(secrets_to.with_name('.gitignore')))}")
        say(f"To set them as secrets of your GitHub repository:\n  gh secret set -f {shell_word(str(secrets_to))}")
    if secrets_to is None and file.variables:
        names = ", ".join(sorted(file.variables))
        say(f"To use this file, set {names}; `--secrets-to FILE` writes an env file that does.")
    masked = [name for name, value in file.variables.items() if is_masked(value)]
    if masked:
        say(f"The provider returns {', '.join(masked)} masked: set the real value before you change such a webhook.")
    if file.unknown:
        say(f"The provider doesn't return secrets: set {', '.join(file.unknown)} to what they are.")
        say("help: To keep a secret as it is at the provider, remove its line from the file.")


def _listed(files: Sequence[str]) -> str:
    return " or ".join(map(visible, files))


def _options(invocation: Invocation, files: Sequence[str], secrets_to: Path | None, *, missing: bool) -> Iterator[str]:
    """The options that the next commands need to read the file: those of this one that are not yet in it."""
    given = invocation.options
    if tuple(files) != (DEFAULT_FILE,) or invocation.environment.get("RECONCILER_FILE"):
        yield from (f"-f {shell_word(path)}" for path in files)
    if missing:
        yield from (f"--var {shell_word(f'{name}={value}')}" for name, value in given.variables.items())
        yield from (f"--var-file {shell_word(path)}" for path in given.var_files)
        yield from (f"--account {shell_word(name)}" for name in given.accounts)
    env_files = [*given.env_files, *([str(secrets_to)] if secrets_to is not None else [])]
    yield from (f"--env-file {shell_word(path)}" for path in env_files)
    yield from options_of_url(given)
