"""What a command loads before it begins: its start is what people wait for most often."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import __version__

VERSION = f"reconciler {__version__}\n"
HEAVY = {"deepdiff", "jsonschema", "requests", "rich", "urllib3"}
OWN = {f"reconciler.{room}" for room in ("config", "http", "planning", "providers", "view")}
FILE = """\
version: 1
owns: [https://hooks.example.com/*]
webhooks:
  orders: {url: https://hooks.example.com/orders, events: [track_updated]}
"""
CODE = """
import os, sys
from reconciler.cli.main import main
try:
    main(sys.argv[2:], {})
finally:
    print("loaded:", *sorted(set(sys.argv[1].split(",")) & sys.modules.keys()), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        *(
            pytest.param((option,), HEAVY | {"json", "yaml", "reconciler.model.configuration"}, id=option.strip("-"))
            for option in ("--help", "--version")
        ),
        pytest.param(("schema", "plan"), HEAVY | {"json", "yaml", "reconciler.model.configuration"}, id="schema"),
        *(
            pytest.param((command, "--help"), HEAVY | OWN | {"json", "yaml"}, id=command)
            for command in ("validate", "plan", "apply", "destroy", "drift", "list", "show")
        ),
        *(pytest.param((command, "--help"), HEAVY, id=command) for command in ("doctor", "export", "fmt", "init")),
    ],
)
def test_command_loads_only_what_it_needs(arguments: tuple[str, ...], unneeded: set[str]) -> None:
    command = [sys.executable, "-c", CODE, ",".join(unneeded), *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert done.stderr == "loaded:\n"


def test_validating_loads_nothing_of_what_plans_and_calls(tmp_path: Path) -> None:
    file = tmp_path / "webhooks.yaml"
    file.write_text(FILE, encoding="utf-8")
    planning = {"reconciler.planning", "reconciler.http", "reconciler.view.rows", "reconciler.output.plan_text"}
    command = [sys.executable, "-c", CODE, ",".join(HEAVY | planning | {"fastjsonschema"}), "validate", "-f", str(file)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.stdout, done.stderr) == ("Valid: 1 webhook in 1 account.\n", "loaded:\n")


def test_version_loads_nothing_and_says_what_the_command_says() -> None:
    code = "import sys; sys.argv[1:] = ['--version']; from reconciler.__main__ import entry_point; entry_point()"
    quick = [sys.executable, "-c", f"{code}; print('click' in sys.modules)"]
    assert subprocess.run(quick, capture_output=True, encoding="utf-8", check=True).stdout == f"{VERSION}False\n"
    whole = [sys.executable, "-c", CODE, "click", "--version"]
    assert subprocess.run(whole, capture_output=True, encoding="utf-8", check=False).stdout == VERSION


def test_the_process_ends_with_its_exit_functions_and_its_whole_output(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text(FILE, encoding="utf-8")
    code = "import atexit, sys; atexit.register(print, 'the end'); sys.argv[1:] = ['validate']"
    command = [sys.executable, "-c", f"{code}; from reconciler.__main__ import entry_point; entry_point()"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "Valid: 1 webhook in 1 account.\nthe end\n")
    command[2] = command[2].replace("validate", "none")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (1, "the end\n")


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys; before = {*sys.modules}; import reconciler; print(*sorted({*sys.modules} - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "reconciler\n"
