"""Other tools with as many things as there are webhooks, all as they should be: plans that find nothing to change."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
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
    """Terraform with as many of `terraform_data`, which it has built in; None where it isn't installed."""
    installed = shutil.which("terraform")
    if installed is None:
        return None
    folder.mkdir(parents=True)
    blocks = (
        f'resource "terraform_data" "shop-{number}" {{\n'
        f'  input = {{ url = "{url_of(number)}", event = "{event_of(number)}", id = "{id_of("", number)}" }}\n}}\n'
        for number in range(size)
    )
    (folder / "main.tf").write_text("".join(blocks), encoding="utf-8")
    settings = folder / "settings.tfrc"
    settings.touch()
    environment = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1"}
    for arguments in (("init",), ("apply", "-auto-approve")):
        program(installed, *arguments, "-input=false", folder=folder, environment=lambda: environment)()
    return program(
        installed, "plan", "-input=false", "-detailed-exitcode", folder=folder, environment=lambda: environment
    )
