"""Other tools with as many things as there are webhooks, all as they should be: plans that find nothing to change."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import starmap
from pathlib import Path

from benchmarks.measure import PLAIN, FailedError, Program, program
from benchmarks.workload import event_of, id_of, url_of

_OCTODNS = """\
providers:
  config: {class: octodns.provider.yaml.YamlProvider, directory: ./config, escaped_semicolons: false}
  target: {class: octodns.provider.yaml.YamlProvider, directory: ./target, escaped_semicolons: false}
zones:
  example.com.: {sources: [config], targets: [target]}
"""


def octodns(folder: Path, size: int) -> Program | None:
    """OctoDNS, from YAML to YAML, with as many records; None where it isn't installed."""
    if find_spec("octodns") is None:
        return None
    records = "".join(f"shop-{number}: {{type: CNAME, value: hooks.example.com.}}\n" for number in range(size))
    for side in ("config", "target"):
        (folder / side).mkdir(parents=True)
        (folder / side / "example.com.yaml").write_text("---\n" + records, encoding="utf-8")
    (folder / "octodns.yaml").write_text(_OCTODNS, encoding="utf-8")
    command = (str(Path(sys.executable).with_name("octodns-sync")), "--config-file", "octodns.yaml")
    found = subprocess.run(command, cwd=folder, env=PLAIN, capture_output=True, text=True, check=False)  # noqa: S603
    if "No changes were planned" not in found.stderr + found.stdout:
        raise FailedError(f"octoDNS sees changes where there are none:\n{found.stderr}{found.stdout}")
    return program(*command, folder=folder)


def terraform(folder: Path, size: int) -> Program | None:
    """Terraform with as many of `terraform_data`, which it has built in; None where it isn't installed.

    The state is written here: Terraform itself takes minutes to create a thousand of them.
    """
    installed = shutil.which("terraform")
    if installed is None:
        return None
    folder.mkdir(parents=True)
    settings = folder / "settings.tfrc"
    settings.touch()
    environment = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1"}
    inputs = {f"shop-{at}": {"url": url_of(at), "event": event_of(at), "id": id_of("", at)} for at in range(size)}
    with (folder / "main.tf").open("w", encoding="utf-8") as file:
        for name, values in inputs.items():
            lines = "".join(f"    {key} = {json.dumps(value)}\n" for key, value in values.items())
            file.write(f'resource "terraform_data" "{name}" {{\n  input = {{\n{lines}  }}\n}}\n')
    state = {"version": 4, "serial": 1, "lineage": "benchmark", "resources": [*starmap(_in_state, inputs.items())]}
    (folder / "terraform.tfstate").write_text(json.dumps(state), encoding="utf-8")
    program(installed, "init", "-input=false", folder=folder, environment=lambda: environment)()
    arguments = ("plan", "-input=false", "-detailed-exitcode")
    return program(installed, *arguments, folder=folder, environment=lambda: environment)


def _in_state(name: str, values: Mapping[str, str]) -> Mapping[str, object]:
    typed = {"value": values, "type": ["object", dict.fromkeys(values, "string")]}
    attributes = {"id": values["id"], "input": typed, "output": typed, "triggers_replace": None}
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
    }
