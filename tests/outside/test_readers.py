"""The readers of Terraform's plans that docs/readers.md names: each judges ours as it judges one of Terraform's.

Each is installed in an environment of its own, below `.outside`, when a test first needs it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.api import SandboxOptions
from tests.e2e.tool import Tool
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.outside

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "readers.md"
READERS = {
    "checkov": "checkov==3.3.30",
    "terraform-compliance": "terraform-compliance==1.16.0",
    "preapply": "preapply==1.0.4",
    "regopy": "regopy==1.5.2",
}
WAIT = 600
CONFTEST = """
import json, sys
from regopy import Interpreter
rego = Interpreter()
rego.add_module("webhooks", open("policies/webhooks.rego").read())
rego.set_input(json.load(open(sys.argv[1])))
denied = rego.query("data.main.deny").results[0].expressions[0]
print("\\n".join(f"FAIL - {sys.argv[1]} - main - {one}" for one in sorted(denied)))
sys.exit(bool(denied))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a reader ended."""

    code: int
    out: str


def _programs(reader: str) -> Path:
    """The folder of the reader's programs; installs it if need be."""
    folder = ROOT / ".outside" / reader
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", READERS[reader]], check=True, timeout=WAIT)
        (folder / "installed").touch()
    return folder / "bin"


def _read(folder: Path, reader: str, *arguments: str) -> Ended:
    """Call a reader in a folder, where it can reach no network by a proxy or a name of ours."""
    programs = _programs(reader)
    command = [programs / "python", "-c", CONFTEST] if reader == "regopy" else [programs / reader]
    environment = {"PATH": f"{programs}:{os.defpath}", "HOME": str(folder), "LOG_LEVEL": "CRITICAL", "LANG": "C.UTF-8"}
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT,
        check=False,
    )
    return Ended(code=done.returncode, out=f"{done.stdout}{done.stderr}")


def _document(ended: Ended) -> Any:  # noqa: ANN401 - a reader's JSON
    """The document among what a reader printed."""
    return json.JSONDecoder().raw_decode(ended.out[ended.out.index("{") :])[0]


def _blocks(language: str) -> Iterator[str]:
    yield from re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files, its plan, the plan of an account that a policy lets pass, and one of Terraform's as control."""
    folder = tmp_path_factory.mktemp("readers")
    for text in (*_blocks("yaml"), *_blocks("gherkin"), *_blocks("rego")):
        name = text.partition("\n")[0].removeprefix("# ")
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with Sandbox(SandboxOptions()) as sandbox:
        tool = Tool(folder=folder, sandbox=sandbox)
        plan = ["plan", "--format", "json", "--base-url", sandbox.base_url]
        (folder / "good.json").write_text(_without_all(tool, plan), encoding="utf-8")
        tool.hook("/gone", "track_updated")
        tool.hook("/old", "batch_created")
        ours = tool.run(*plan)
        assert ours.code == 0, ours.err
        (folder / "plan.json").write_text(ours.out, encoding="utf-8")
    (folder / "terraform.json").write_text(json.dumps(_terraform(ours.json())), encoding="utf-8")
    return folder


def _without_all(tool: Tool, plan: Sequence[str]) -> str:
    """The plan of the page's file where nothing receives all events and nothing is deleted."""
    path = tool.folder / "webhooks.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[all]", "[track_updated]"), encoding="utf-8")
    ended = tool.run(*plan)
    path.write_text(text, encoding="utf-8")
    assert ended.code == 0, ended.err
    return ended.out


def _terraform(ours: Mapping[str, Any]) -> dict[str, Any]:
    """The same plan as Terraform would write it for a provider of its own: only its keys, none of ours."""
    kept = ("address", "mode", "type", "name", "index", "change")
    provider = "registry.terraform.io/example/shippo"
    resources = ours["planned_values"]["root_module"]["resources"]
    configured = ours["configuration"]["root_module"]["resources"]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": {"root_module": {"resources": [one | {"provider_name": provider} for one in resources]}},
        "resource_changes": [
            {"provider_name": provider, **{key: row[key] for key in kept}} for row in ours["resource_changes"]
        ],
        "configuration": {
            "provider_config": {"shippo": {"name": "shippo", "full_name": provider}},
            "root_module": {"resources": configured},
        },
        "timestamp": "2026-01-01T00:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
    }


@pytest.mark.parametrize("block", [*_blocks("console")], ids=lambda block: block.split()[1])
def test_output_on_the_page_is_what_the_reader_says(folder: Path, block: str) -> None:
    command, *expected = block.splitlines()
    reader, *arguments = command.removeprefix("$ ").split()
    if reader == "conftest":  # regopy runs the same policy on the same document
        reader, arguments = "regopy", [arguments[1]]
    ended = _read(folder, reader, *arguments)
    said = [line.strip(" •\t") for line in ended.out.splitlines()]
    assert [line for line in expected if line not in said] == [], ended.out
    assert ended.code == (0 if reader == "preapply" else 1)


@pytest.mark.parametrize("name", ["plan", "terraform"])
def test_preapply_counts_deletions(folder: Path, name: str) -> None:
    ended = _read(folder, "preapply", "analyze", f"{name}.json", "--json", "--quiet")
    found = _document(ended)
    assert (found["deletion_count"], found["affected_count"]) == (2, 5)


@pytest.mark.parametrize(("name", "code"), [("good", 0), ("plan", 1), ("terraform", 1)])
def test_terraform_compliance_holds_its_features(folder: Path, name: str, code: int) -> None:
    ended = _read(folder, "terraform-compliance", "-p", f"{name}.json", "-f", "features", "--no-ansi")
    assert ended.code == code, ended.out


def test_checkov_judges_every_webhook_that_will_be_there(folder: Path) -> None:
    files = [argument for name in ("good", "plan", "terraform") for argument in ("-f", f"{name}.json")]
    policy = ["--external-checks-dir", "policies", "-c", "CKV2_HOOKS_1", "--skip-download", "-o", "json"]
    ended = _read(folder, "checkov", *files, "--framework", "terraform_plan", *policy)
    found = _document(ended)
    verdicts = {
        kind: sorted((one["file_path"], one["resource"]) for one in found["results"][f"{kind}_checks"])
        for kind in ("passed", "failed")
    }
    everything = 'shippo_webhook.everything["all"]'
    assert verdicts["failed"] == [("/plan.json", everything), ("/terraform.json", everything)]
    assert len(verdicts["passed"]) == 3 + 2 + 2


@pytest.mark.parametrize(("name", "denied"), [("good", 0), ("plan", 4), ("terraform", 2)])
def test_opa_reads_changes_and_what_only_we_say(folder: Path, name: str, denied: int) -> None:
    ended = _read(folder, "regopy", f"{name}.json")
    assert ended.out.count("FAIL") == denied, ended.out


def test_page_names_the_versions_that_run_here() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for reader, pinned in READERS.items():
        version = ".".join(pinned.partition("==")[2].split(".")[:2])
        assert re.search(rf"\[{reader}\]\([^)]*\) {version}\b", text), reader
