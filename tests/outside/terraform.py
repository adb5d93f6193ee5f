"""The real Terraform, with the resource that it has built in: makes a plan of the changes that a plan of ours has.

`terraform_data` needs no provider, and holds in `input` what a webhook holds; nothing is called and nothing is fetched.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

TYPE = "terraform_data"
WAIT = 120


class Terraform(Struct, frozen=True, kw_only=True):
    """Terraform in a folder with a configuration and a state of its own."""

    folder: Path

    def run(self, *arguments: str, code: int = 0) -> str:
        """What it prints."""
        program = shutil.which("terraform")
        assert program is not None, "these tests need `terraform`; CONTRIBUTING.md says where it may come from"
        settings = self.folder / "settings.tfrc"
        settings.touch()
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
        }
        done = subprocess.run(
            [program, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=WAIT,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def lines(self, *arguments: str, code: int = 0) -> list[Any]:
        """The objects that it prints with `-json`."""
        return [json.loads(line) for line in self.run(*arguments, "-json", code=code).splitlines()]

    def configure(self, modules: Mapping[str, Any]) -> None:
        """Write what there is in each module; the root's name is empty."""
        calls = {name: {"source": f"./{name}"} for name in modules if name}
        for name, module in ({"": {}} | dict(modules)).items():
            content = module if name or not calls else module | {"module": calls}
            (self.folder / name).mkdir(exist_ok=True)
            (self.folder / name / "main.tf.json").write_text(json.dumps(content), encoding="utf-8")
        self.run("init", "-input=false")

    def plan(self) -> str:
        """The plan of the configuration as JSON."""
        self.run("plan", "-input=false", "-out=made.plan")
        return self.run("show", "-json", "made.plan")


def same_plan(folder: Path, ours: Mapping[str, Any]) -> str:
    """The JSON plan that Terraform makes of the changes of ours: what is there before is applied first.

    A move, which is a deletion and a creation in ours, is a replacement in Terraform's.
    """
    terraform = Terraform(folder=folder)
    rows = ours["resource_changes"]
    by_address = {row["webhook_address"]: row for row in rows}
    moved = {one["address"]: by_address[one["partner"]] for one in rows if _is_moved(one)}
    gone = {row["address"] for row in moved.values()}
    before = [(row, moved.get(row["address"], row)["change"]["before"]) for row in rows if row["address"] not in gone]
    terraform.configure(_modules(before, moved))
    terraform.run("apply", "-auto-approve", "-input=false")
    terraform.configure(_modules(((row, row["change"]["after"]) for row in rows), moved))
    return terraform.plan()


def _is_moved(row: Mapping[str, Any]) -> bool:
    return row["partner"] is not None and row["change"]["actions"] == ["create"]


def _modules(rows: Iterable[tuple[Mapping[str, Any], Any]], moved: Iterable[str]) -> dict[str, Any]:
    """The modules of these rows with these values; those of an entry that moves are replaced by another URL."""
    modules: dict[str, Any] = {}
    for row, values in rows:
        module = modules.setdefault(row.get("module_address", "").removeprefix("module."), {})
        if values is not None:
            name, key = row["name"], row["index"]
            module.setdefault("locals", {}).setdefault(name, {})[key] = dict(_written(row, values))
            resource = module.setdefault("resource", {}).setdefault(TYPE, {}).setdefault(name, {})
            resource |= {"for_each": f"${{local.{name}}}", "input": "${each.value}"}
            if row["address"] in moved:
                resource["triggers_replace"] = "${each.value.url}"
    return modules


def _written(row: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values as they are written in a configuration; what hides something is sensitive."""
    hidden = {**(row["change"]["before_sensitive"] or {}), **(row["change"]["after_sensitive"] or {})}
    for name, value in values.items():
        escaped = value.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else value
        yield name, f"${{sensitive({json.dumps(escaped)})}}" if name in hidden else escaped
