"""What a command loads before it begins: its start is what people wait for most often."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"deepdiff", "jsonschema", "requests", "rich", "urllib3"}
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
        pytest.param(("validate", "--help"), HEAVY | {"hashlib", "reconciler.view.codec"}, id="validate"),
        pytest.param(("plan", "--help"), HEAVY | {"hashlib"}, id="plan"),
        pytest.param(("apply", "--help"), HEAVY, id="apply"),
    ],
)
def test_command_loads_only_what_it_needs(arguments: tuple[str, ...], unneeded: set[str]) -> None:
    command = [sys.executable, "-c", CODE, ",".join(unneeded), *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert done.stderr == "loaded:\n"


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys; before = {*sys.modules}; import reconciler; print(*sorted({*sys.modules} - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "reconciler\n"
