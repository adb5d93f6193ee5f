"""Plays a scenario: a folder's file and its account's webhooks through the planner to what a person reads."""

from __future__ import annotations

import argparse
import io
import json
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from reconciler.config.load import Inputs, Loaded, load
from reconciler.model.configuration import Configuration
from reconciler.model.plan import Filters
from reconciler.model.reading import ErrorKind, ProviderError, Reading
from reconciler.output.formats import reporter
from reconciler.output.plan_text import plan_text
from reconciler.output.terminal import Style
from reconciler.planning.planner import PlanOptions, plan
from reconciler.planning.targets import selected_accounts
from reconciler.providers.registry import INSTALLED
from reconciler.providers.wire import RemoteReader
from reconciler.view.codec import json_text
from reconciler.view.documents import PlanView, Tool
from reconciler.view.outcome import CommandResult, drift_outcome, plan_outcome, unapplied_outcome
from reconciler.view.redact import view_plan
from tests.output.telling import context_of

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
USUAL_ENVIRONMENT = {"SHIPPO_API_TOKEN": "shippo_live_0a1b2c3d4e5f"}
SHARED = {
    "plan.md": "markdown",
    "plan.html": "html",
    "plan.github": "github",
    "plan.junit.xml": "junit",
    "plan.code-quality.json": "code-quality",
    "plan.prom": "prometheus",
}
"""Expected files that a folder may have, and their formats."""
DRIFT = ("switched-off", "hijacked", "protected-difference")
_FIELDS = {"id": "object_id", "created": "object_created", "updated": "object_updated"}


class Said(Struct, frozen=True, kw_only=True):
    """What a scenario says: the contents of its expected files, and the values that must not be in them."""

    files: dict[str, str]
    secrets: tuple[str, ...]


def play(folder: Path) -> Said:
    """Plan what a folder describes.

    Args:
        folder: has `webhooks.yaml`, `remote.json` (each account's webhooks, or its error), and where they are needed
            `arguments.txt` (options of `plan`) and `environment.json`. It is the working directory.
    """
    arguments = _arguments(folder)
    environment = USUAL_ENVIRONMENT | _json(folder / "environment.json", {})
    loaded = _loaded(arguments, environment)
    assert loaded.configuration is not None, loaded.diagnostics
    options = PlanOptions(
        filters=Filters(
            accounts=tuple(arguments.account), targets=tuple(arguments.target), excludes=tuple(arguments.exclude)
        ),
        destroy=arguments.destroy,
        allowed_losses=arguments.allow_losses,
    )
    readings = _readings(loaded.configuration, _json(folder / "remote.json", {}), arguments.account)
    view = view_plan(plan(loaded.configuration, readings, options, NOW))
    failing = view_plan(plan(loaded.configuration, readings, replace(options, fail_on_unmanaged=True), NOW))
    # The tool's version stands for any.
    published = replace(view, tool=Tool(version="0"))
    shared = {name: _document(folder, kind, published) for name, kind in SHARED.items() if (folder / name).exists()}
    if (folder / "drift.txt").exists():
        shared["drift.txt"] = f"{_plan_text(view, arguments.verbose, is_drift=True)}\n{drift_outcome(view).words}\n"
    return Said(
        files={
            **shared,
            "plan.txt": f"{_plan_text(view, arguments.verbose)}\n{_last_words(view)}\n",
            "plan.json": json_text(published) + "\n",
            "ends.txt": _ends(view, failing),
        },
        secrets=tuple(environment.values()),
    )


def _arguments(folder: Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("--account", "--target", "--exclude", "--var"):
        parser.add_argument(name, action="append", default=[])
    parser.add_argument("--allow-losses", type=int)
    parser.add_argument("--destroy", action="store_true")
    parser.add_argument("-v", "--verbose", action="count", default=0)
    file = folder / "arguments.txt"
    return parser.parse_args(shlex.split(file.read_text("utf-8")) if file.exists() else [])


def _json(file: Path, otherwise: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else otherwise
    return document


def _loaded(arguments: argparse.Namespace, environment: dict[str, str]) -> Loaded:
    inputs = Inputs(
        files=("webhooks.yaml",),
        variables=dict(variable.split("=", 1) for variable in arguments.var),
        env_files=(),
        environment=environment,
        allowed_hosts=frozenset(),
        accounts=tuple(arguments.account),
        standard_input=bytes,
    )
    return load(inputs, INSTALLED)


def _readings(
    configuration: Configuration, there: dict[str, Any], patterns: list[str]
) -> dict[str, Reading | ProviderError]:
    """What the accounts said, for those that the options let through."""
    found: dict[str, Reading | ProviderError] = {}
    for account in selected_accounts(configuration, patterns):
        said = there[account.name]
        if isinstance(said, dict):
            error = ProviderError(kind=ErrorKind.DENIED, message=said["error"], help=said["help"])
            found[account.name] = error
            continue
        remotes = tuple(
            RemoteReader(account.provider, account.provider.rest, configuration.secret_params).read(
                {_FIELDS.get(key, key): value for key, value in hook.items()}
            )
            for hook in said
            if account.provider.rest is not None
        )
        found[account.name] = Reading(account=account.name, remotes=remotes, count=len(remotes))
    return found


def _document(folder: Path, kind: str, view: PlanView) -> str:
    """What a format made to be shared says: of the plan, or of drift where that is the scenario's matter."""
    out = io.StringIO()
    story = reporter(kind, context_of(out))
    if folder.name in DRIFT:
        story.drift(view)
        story.end(drift_outcome(view))
    else:
        story.plan(view)
        story.end(plan_outcome(view, detailed=False))
    return out.getvalue()


def _plan_text(view: PlanView, verbosity: int, *, is_drift: bool = False) -> str:
    """What is read on a terminal of 80 columns."""
    return plan_text(view, Style(on=False), verbosity, width=80, is_drift=is_drift)


def _last_words(view: PlanView) -> str:
    return plan_outcome(view, detailed=False).words


def _ends(view: PlanView, failing: PlanView) -> str:
    """How each command that plans ends: its exit code and its last words."""
    ends = [
        ("plan", plan_outcome(view, detailed=False)),
        ("plan --detailed-exitcode", plan_outcome(view, detailed=True)),
        ("drift", drift_outcome(view)),
        ("drift --fail-on-unmanaged", drift_outcome(failing)),
        ("apply", _apply_end(view)),
    ]
    return "".join(f"{command}\n  {outcome.code}: {outcome.words}\n" for command, outcome in ends)


def _apply_end(view: PlanView) -> CommandResult:
    if view.refused or not view.summary.changes:
        return unapplied_outcome(view)
    return CommandResult("(asks, and does it)", 0)
