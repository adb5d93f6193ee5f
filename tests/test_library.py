"""`from reconciler import load, plan, apply`: it gives what the command gives, and changes nothing unasked."""

from __future__ import annotations

import json
import re
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest

import reconciler
from reconciler import (
    Configuration,
    ConfigurationError,
    PlanChangedError,
    PlanRefusedError,
    apply,
    library,
    load,
    plan,
)
from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import Answer, Rule
from reconciler.testing.clock import HurriedClock
from tests.e2e.tool import COMMAND, TOKEN, Tool, entries
from tests.support.canaries import leaks
from tests.support.faults import HoldAnswer
from tests.support.printing import shown_in_every_way
from tests.support.reachable import reachable
from tests.support.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "library" / "apply_additions.py"
# As a program calls them that no type checker has seen.
unchecked_load: Any = load
unchecked_plan: Any = plan
unchecked_apply: Any = apply
SECRET = "Zq7X2kPz9LmW4RtY8s"
OTHER_SECRET = "b0f3a9c477e1d25860"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tool]:
    monkeypatch.setattr(library, "SystemClock", HurriedClock)
    with Sandbox(SandboxOptions(page_size=25)) as sandbox:
        tool = Tool(folder=tmp_path, sandbox=sandbox, environment={"HOOK": SECRET})
        tool.write(entries(orders="/orders?token=${HOOK} transaction_created", tracking="/tracking"))
        yield tool


def loaded(tool: Tool, **more: Any) -> Configuration:  # noqa: ANN401 - as `load` takes it
    return load(tool.folder / "webhooks.yaml", **({"environment": tool.env({})} | more))


def test_walk_from_a_file_to_a_plan_without_changes(tool: Tool) -> None:
    configuration = loaded(tool)
    assert (configuration.accounts, configuration.warnings) == (("default",), ())
    planned = plan(configuration)
    assert planned.summary == "Plan: 2 to create, 0 to update, 0 to delete."
    assert [(row.action.value, row.account) for row in planned.changes] == [("create", "default")] * 2
    assert tool.writes() == []
    report = apply(planned)
    assert (report.summary, report.is_complete) == ("Apply complete: 2 created, 0 updated, 0 deleted.", True)
    assert [(result.words, result.error) for result in report.results] == [("done", "")] * 2
    assert len(tool.there()) == 2
    again = plan(configuration)
    assert (again.summary, again.changes) == ("No changes.", ())
    assert apply(again).is_complete


def test_plan_is_what_the_command_shows(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tool.folder)
    tool.hook("/old")
    told = tool.run("plan", "--format", "json").json()
    made = json.loads(plan(load("webhooks.yaml", environment=tool.env({}))).json())
    assert made | {"timestamp": ""} == told | {"timestamp": ""}


@pytest.mark.parametrize(
    ("targets", "excludes"),
    [
        pytest.param(["tracking"], ["orders"], id="own"),
        pytest.param(["shippo_webhook.tracking"], [], id="terraform's"),
        pytest.param(['*_webhook.track*["*"]'], [], id="terraform's-with-stars"),
        pytest.param([], ['shippo_webhook.orders["transaction_created"]'], id="excluded-as-terraform's"),
    ],
)
def test_targets_are_those_of_the_command(tool: Tool, targets: list[str], excludes: list[str]) -> None:
    planned = plan(loaded(tool), targets=targets, excludes=excludes)
    assert [row.webhook_address for row in planned.changes] == ["tracking[track_updated]"]
    assert len(apply(planned).results) == len(tool.there()) == 1


def test_guard_holds_until_it_is_told_otherwise(tool: Tool) -> None:
    tool.hook("/old")
    tool.write("webhooks: {}\n")
    refused = plan(loaded(tool))
    assert refused.is_refused
    with pytest.raises(PlanRefusedError, match="1 to delete; refused: default"):
        apply(refused)
    assert tool.writes() == []
    allowed = plan(loaded(tool), allowed_losses=1)
    assert apply(allowed).summary == "Apply complete: 0 created, 0 updated, 1 deleted."


def test_plan_without_the_secrets_is_never_applied(tool: Tool) -> None:
    planned = plan(loaded(tool, environment={"SHIPPO_API_TOKEN": TOKEN}, allow_unset=True))
    assert planned.document.unset_variables == ("HOOK",)
    with pytest.raises(PlanRefusedError, match="allow_unset"):
        apply(planned)
    assert tool.writes() == []


def test_plan_that_is_out_of_date_is_not_applied(tool: Tool) -> None:
    planned = plan(loaded(tool))
    tool.hook("/old")
    with pytest.raises(PlanChangedError) as caught:
        apply(planned)
    assert tool.writes() == []
    assert apply(caught.value.plan).summary == "Apply complete: 2 created, 0 updated, 1 deleted."


def test_account_that_cannot_be_read_is_said_and_left_alone(tool: Tool) -> None:
    tool.sandbox.faults.add(Rule(action=Answer(status=403, body=b"{}"), method="GET"))
    planned = plan(loaded(tool))
    assert (list(planned.errors), planned.changes) == (["default"], ())
    assert "not checked: default" in planned.summary
    report = apply(planned)
    assert (report.is_complete, report.results) == (False, ())
    assert tool.writes() == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(lambda tool: loaded(tool, environment={}), "`${SHIPPO_API_TOKEN}` is not set", id="unset"),
        pytest.param(lambda tool: load(tool.folder / "none.yaml"), "none.yaml", id="no such file"),
        pytest.param(
            lambda tool: loaded(tool, accounts=["live"]),
            "error[option]: `--account live`: account not found\n  help: The accounts are: default.",
            id="account",
        ),
        pytest.param(
            lambda tool: loaded(tool, base_url="https://elsewhere.example.com"), "error[base-url-host]", id="host"
        ),
        pytest.param(
            lambda tool: plan(loaded(tool), targets=["oders"]),
            "`--target oders`: webhook not found\n  help: Similar addresses: orders",
            id="target",
        ),
        pytest.param(
            lambda tool: plan(loaded(tool), excludes=["oders"]), "`--exclude oders`: webhook not found", id="exclude"
        ),
    ],
)
def test_what_is_wrong_is_said_as_the_command_says_it(tool: Tool, call: Callable[[Tool], object], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        call(tool)
    assert words in str(caught.value)
    assert all(diagnostic.is_error for diagnostic in caught.value.diagnostics)
    assert tool.writes() == []


def test_no_file_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match="one or more files"):
        load()


def test_nothing_that_is_given_or_raised_shows_a_secret(tool: Tool) -> None:
    tool.write(entries(orders="/${HOOK}/orders?token=${HOOK}"))
    tool.hook(f"/old?token={OTHER_SECRET}")
    configuration = loaded(tool)
    planned = plan(configuration, allowed_losses=9)
    tool.hook("/other")
    with pytest.raises(PlanChangedError) as caught:
        apply(planned)
    report = apply(caught.value.plan)
    secrets = (SECRET, OTHER_SECRET, TOKEN.removeprefix("shippo_live_"))
    public = (configuration, planned, caught.value, report)
    assert not [one for one in public[:2] if is_dataclass(one)]
    shown = [("json", planned.json()), ("traceback", traceback_of(caught.value))]
    for value, owner in reachable(*public):
        if isinstance(value, str):  # what holds one in clear is sealed
            is_clear = any(leaks(secret, value) for secret in secrets)
            assert not is_clear or hasattr(type(owner), "__deepcopy__"), type(owner)
        elif type(value).__module__.startswith("reconciler."):
            shown += ((f"{way} of {type(value).__name__}", said) for way, said in shown_in_every_way(value))
    for way, said in shown:
        assert [leaks(secret, said) for secret in secrets] == [[]] * len(secrets), way


def traceback_of(error: Exception) -> str:
    """The library's part of a traceback that shows what is in the variables."""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    package = str(Path(reconciler.__file__).parent)
    frames = [frame for frame in found.stack if frame.filename.startswith(package)]
    assert frames
    return "\n".join([str(error), *(f"{frame.name}: {frame.locals}" for frame in frames)])


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda tool: loaded(tool, accounts="live"), id="load"),
        pytest.param(lambda tool: loaded(tool, env_files=["none.env"]), id="load-with-errors"),
        pytest.param(lambda tool: plan(loaded(tool), targets="oders"), id="plan"),
        pytest.param(lambda tool: apply(plan(loaded(tool)), parallelism=0), id="apply"),
        pytest.param(lambda tool: unchecked_plan(loaded(tool), destroy=1), id="wrong-type"),
    ],
)
def test_traceback_with_what_is_in_the_variables_shows_no_secret(tool: Tool, call: Callable[[Tool], object]) -> None:
    with pytest.raises((ConfigurationError, TypeError, ValueError)) as caught:
        call(tool)
    said = traceback_of(caught.value)
    for secret in (SECRET, TOKEN.removeprefix("shippo_live_")):
        assert leaks(secret, said) == []


@pytest.mark.parametrize(
    ("more", "files"),
    [
        pytest.param(
            {"env_files": "hooks.env", "accounts": "default", "allowed_hosts": "x.example.com"}, (), id="text"
        ),
        pytest.param({"env_files": Path("hooks.env"), "accounts": {"default"}}, (), id="path"),
        pytest.param({"env_files": iter(["hooks.env"]), "accounts": iter(["default"])}, (), id="iterator"),
        pytest.param({"env_files": Path("hooks.env")}, (Path("webhooks.yaml"),), id="file-as-a-path"),
    ],
)
def test_single_text_or_path_is_one(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], files: tuple[Path, ...]
) -> None:
    monkeypatch.chdir(tool.folder)
    Path("hooks.env").write_text(f"HOOK={SECRET}\n", encoding="utf-8")
    environment = {name: value for name, value in tool.env({}).items() if name != "HOOK"}
    configuration = load(*(files or ("webhooks.yaml",)), environment=environment, **more)
    assert configuration.accounts == ("default",)
    planned = plan(configuration, targets="orders", excludes="tracking")
    assert [row.webhook_address for row in planned.changes] == ["orders[transaction_created]"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(lambda _: unchecked_load(7), "`files` must be a path, not int", id="file"),
        pytest.param(lambda _: unchecked_load(["a.yaml"]), "`files` must be a path, not list", id="list-of-files"),
        pytest.param(lambda _: unchecked_load(b"a.yaml"), "`files` must be a path, not bytes", id="bytes"),
        pytest.param(lambda tool: loaded(tool, env_files=7), "`env_files` must be paths, not int", id="env-files"),
        pytest.param(lambda tool: loaded(tool, var_files=None), "`var_files` must be paths, not None", id="none"),
        pytest.param(lambda tool: loaded(tool, var_files=[b"x"]), "`var_files` must be a path, not bytes", id="one"),
        pytest.param(lambda tool: loaded(tool, accounts=7), "`accounts` must be texts, not int", id="accounts"),
        pytest.param(lambda tool: loaded(tool, allowed_hosts=[7]), "`allowed_hosts` must be text, not int", id="hosts"),
        pytest.param(lambda tool: loaded(tool, variables=["A=b"]), "`variables` must be a mapping", id="variables"),
        pytest.param(lambda tool: loaded(tool, variables={"A": 7}), "`variables['A']` must be text", id="number"),
        pytest.param(lambda tool: loaded(tool, environment={7: ""}), "a name in environment` must be", id="name"),
        pytest.param(lambda tool: loaded(tool, base_url=7), "`base_url` must be text, not int", id="base-url"),
        pytest.param(lambda tool: loaded(tool, allow_unset="no"), "`allow_unset` must be True or False", id="flag"),
        pytest.param(
            lambda _: unchecked_plan("webhooks.yaml"), "expected what load() gives, found str", id="configuration"
        ),
        pytest.param(
            lambda tool: unchecked_plan(loaded(tool), targets=[7]), "`targets` must be text, not int", id="targets"
        ),
        pytest.param(
            lambda tool: unchecked_plan(loaded(tool), destroy="no"), "`destroy` must be True or False", id="destroy"
        ),
        pytest.param(
            lambda tool: unchecked_plan(loaded(tool), allowed_losses="3"),
            "`allowed_losses` must be a whole number, not str",
            id="losses",
        ),
        pytest.param(
            lambda tool: unchecked_plan(loaded(tool), allowed_losses=True),
            "`allowed_losses` must be a whole number, not bool",
            id="losses-flag",
        ),
        pytest.param(
            lambda tool: unchecked_plan(loaded(tool), allowed_losses=-1),
            "`allowed_losses` must be at least 0, not -1",
            id="negative",
        ),
        pytest.param(
            lambda tool: unchecked_apply(loaded(tool)), "expected what plan() gives, found Configuration", id="plan"
        ),
        pytest.param(
            lambda tool: unchecked_apply(unchecked_plan(loaded(tool)), parallelism=0),
            "must be from 1 to 64, not 0",
            id="none-parallel",
        ),
        pytest.param(
            lambda tool: unchecked_apply(unchecked_plan(loaded(tool)), parallelism=65),
            "must be from 1 to 64, not 65",
            id="many-parallel",
        ),
        pytest.param(
            lambda tool: unchecked_apply(unchecked_plan(loaded(tool)), parallelism=2.5),
            "must be a whole number, not float",
            id="half",
        ),
    ],
)
def test_argument_that_cannot_be_meant_is_refused(tool: Tool, call: Callable[[Tool], object], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(words)) as caught:
        call(tool)
    assert Path(caught.traceback[-1].path).name == "arguments.py"
    assert tool.writes() == []


def test_interrupt_lets_requests_finish_and_says_what_was_done(tool: Tool) -> None:
    tool.write(entries(**{f"a{number}": f"/{number}" for number in range(5)}))
    held = tool.sandbox.faults.add(Rule(action=HoldAnswer(), method="POST"))
    code = "import sys; from reconciler import load, plan, apply; apply(plan(load(sys.argv[1])), parallelism=2)"
    command = [sys.executable, "-c", code, str(tool.folder / "webhooks.yaml")]
    with subprocess.Popen(command, env=tool.env({}), stderr=subprocess.PIPE, encoding="utf-8") as process:
        held.wait_until_held(2, timeout=60)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        tool.sandbox.faults.remove(held)
        said = process.communicate(timeout=60)[1]
    assert process.returncode in (130, -signal.SIGINT)
    assert said.endswith("KeyboardInterrupt\nStopped: 2 created, 0 updated, 0 deleted; 3 not done.\n")
    assert len(tool.there()) == 2


def test_example_applies_what_only_adds(
    tool: Tool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in tool.env({}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), str(tool.folder / "webhooks.yaml")])

    def run() -> object:
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(EXAMPLE), run_name="__main__")
        return ended.value.code

    assert run() == 0
    assert capsys.readouterr().out.endswith(
        "tracking[track_updated]: done\nApply complete: 2 created, 0 updated, 0 deleted.\n"
    )
    tool.hook("/old")
    assert run() == 3
    assert len(tool.there()) == 3
    assert capsys.readouterr().out.endswith("Not applied: look at it with `reconciler plan`.\n")


def test_package_offers_the_library_and_nothing_else() -> None:
    assert all(getattr(reconciler, name) is getattr(library, name) for name in reconciler.__all__)
    with pytest.raises(ImportError):
        from reconciler import reconcile  # type: ignore[attr-defined]  # noqa: F401, PLC0415


def test_other_package_of_the_name_is_said(tmp_path: Path) -> None:
    """`reconciler` of PyPI, installed over this one."""
    package = tmp_path / "reconciler"
    package.mkdir()
    for path in (ROOT / "reconciler").iterdir():
        (package / path.name).symlink_to(path)
    (package / "__init__.py").unlink()
    for content in ('__version__ = "0.2.2"\n', None):  # and uninstalled, which takes the file of both
        (package / "__init__.py").write_text(content) if content else (package / "__init__.py").unlink()
        command = [sys.executable, "-c", "from reconciler.__main__ import entry_point; entry_point()", "--version"]
        done = subprocess.run(
            command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, encoding="utf-8", check=False
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: the package `reconciler`, a different project, has replaced files")
        assert "pip install --force-reinstall webhook-reconciler" in done.stderr


def test_second_command_is_the_same() -> None:
    second = Path(COMMAND).with_name("webhook-reconciler")
    assert second.read_text(encoding="utf-8") == Path(COMMAND).read_text(encoding="utf-8")
