"""The readers of Terraform's plans that docs/readers.md names: each judges ours as it judges Terraform's own.

The control is a plan of the same changes that the real `terraform` made. Each reader is installed in an environment of
its own, below `.outside`, when a test first needs it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import venv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from reconciler.sandbox.api import SandboxOptions
from tests.e2e.tool import Tool
from tests.outside.terraform import TYPE, same_plan
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
ACCOUNTS = """
version: 1
accounts:
  live: {provider: shippo, token: "${LIVE}", mode: live, base_url: "BASE"}
  test: {provider: shippo, token: "${TEST}", mode: test, base_url: "BASE"}
owns: ["https://hooks.example.com/*"]
limits: {max_losses: 9}
webhooks:
  orders:
    accounts: [live, test]
    url: https://hooks.example.com/orders?token=${HOOK_TOKEN}
    events: [transaction_created, transaction_updated]
  everything: {account: live, url: "https://hooks.example.com/everything", events: [all]}
  off: {account: test, url: "https://hooks.example.com/off", events: [track_updated]}
  moved: {account: live, url: "https://hooks.example.com/new", events: [batch_purchased]}
"""
LIVE, TEST = "shippo_live_of-the-control", "shippo_test_of-the-control"
SECRET = "the-secret-of-the-control"
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


class Ended(Struct, frozen=True, kw_only=True):
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
    """The page's files, its plan, one that its policies let pass, one of two accounts, and Terraform's own of each."""
    folder = tmp_path_factory.mktemp("readers")
    for text in (*_blocks("yaml"), *_blocks("gherkin"), *_blocks("rego")):
        name = text.partition("\n")[0].removeprefix("# ")
        for path, said in ((folder / name, text), (folder / "terraform" / name, _for_terraform(text))):
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(said, encoding="utf-8")
    with Sandbox(SandboxOptions()) as sandbox:
        plans = {**_plans_of_the_page(folder, sandbox), "accounts": _plan_of_accounts(folder, sandbox)}
    for name, plan in plans.items():
        (folder / f"{name}.json").write_text(plan, encoding="utf-8")
        made = folder / f"made-{name}"
        made.mkdir()
        (folder / "terraform" / f"{name}.json").write_text(same_plan(made, json.loads(plan)), encoding="utf-8")
    return folder


def _for_terraform(policy: str) -> str:
    """A policy of the page for the resource that Terraform has built in, whose values are below `input`."""
    text = policy.replace("shippo_webhook", TYPE).replace("attribute: event", "attribute: input.event")
    return text.replace("change.before.url", "change.before.input.url").replace("change.action_reason", "change.type")


def _plans_of_the_page(folder: Path, sandbox: Sandbox) -> dict[str, str]:
    tool = Tool(folder=folder, sandbox=sandbox)
    plan = ["plan", "--format", "json", "--base-url", sandbox.base_url]
    good = _without_all(tool, plan)
    tool.hook("/gone", "track_updated")
    tool.hook("/old", "batch_created")
    ours = tool.run(*plan)
    assert ours.code == 0, ours.err
    return {"good": good, "plan": ours.out}


def _plan_of_accounts(folder: Path, sandbox: Sandbox) -> str:
    """Creates, updates, deletes, a move, and webhooks that stay as they are, in two accounts, some with a secret."""
    host = "https://hooks.example.com"
    for token, path, event, active in (
        (LIVE, f"/orders?token={SECRET}", "transaction_created", True),
        (LIVE, "/old", "batch_purchased", True),
        (LIVE, "/gone", "track_updated", True),
        (TEST, "/orders?token=another", "transaction_updated", True),
        (TEST, "/off", "track_updated", False),
        (TEST, "/gone", "batch_created", True),
    ):
        sandbox.store.create(token, url=host + path, event=event, active=active, is_test=token == TEST)
    text = ACCOUNTS.replace("BASE", sandbox.base_url)
    (folder / "accounts.yaml").write_text(text, encoding="utf-8")
    variables = {"LIVE": LIVE, "TEST": TEST, "HOOK_TOKEN": SECRET}
    ended = Tool(folder=folder, sandbox=sandbox).run("plan", "-f", "accounts.yaml", "--format", "json", **variables)
    assert ended.code == 0, ended.err
    return ended.out


def _without_all(tool: Tool, plan: Sequence[str]) -> str:
    """The plan of the page's file where nothing receives all events and nothing is deleted."""
    path = tool.folder / "webhooks.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[all]", "[track_updated]"), encoding="utf-8")
    ended = tool.run(*plan)
    path.write_text(text, encoding="utf-8")
    assert ended.code == 0, ended.err
    return ended.out


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


PLANS = ("good", "plan", "accounts")


def _both(folder: Path, reader: str, *arguments: str) -> tuple[Ended, Ended]:
    """What a reader says in the folder of our plans, and in the one of Terraform's."""
    return _read(folder, reader, *arguments), _read(folder / "terraform", reader, *arguments)


@pytest.mark.parametrize("name", PLANS)
def test_terraform_plans_the_same_changes(folder: Path, name: str) -> None:
    ours, its = (json.loads((path / f"{name}.json").read_text("utf-8")) for path in (folder, folder / "terraform"))
    assert its["terraform_version"] != ours["terraform_version"]  # the one that made it
    actions = Counter(action for row in its["resource_changes"] for action in row["change"]["actions"])
    assert actions == Counter(action for row in ours["resource_changes"] for action in row["change"]["actions"])
    addresses = {row["address"].replace("shippo_webhook", TYPE) for row in ours["resource_changes"]}
    found = {row["address"] for row in its["resource_changes"]}
    replaced = sum(len(row["change"]["actions"]) > 1 for row in its["resource_changes"])
    assert (found <= addresses, len(addresses - found)) == (True, replaced)
    assert replaced == (name == "accounts")


@pytest.mark.parametrize(("name", "deleted", "moved"), [("good", 0, 0), ("plan", 2, 0), ("accounts", 3, 1)])
def test_preapply_counts_as_for_terraform(folder: Path, name: str, deleted: int, moved: int) -> None:
    """It judges both alike; a move, two webhooks of ours, is one replaced resource of Terraform's."""
    ours, its = map(_document, _both(folder, "preapply", "analyze", f"{name}.json", "--json", "--quiet"))
    assert (ours["deletion_count"], its["deletion_count"]) == (deleted, deleted)
    assert ours["affected_count"] - its["affected_count"] == moved
    verdict = ("risk_level", "risk_action", "approval_required", "recommendations")
    assert {key: ours[key] for key in verdict} == {key: its[key] for key in verdict}
    assert sorted(ours["risk_attributes"]["action_types"]) == sorted(its["risk_attributes"]["action_types"])


@pytest.mark.parametrize(("name", "code"), [("good", 0), ("plan", 1), ("accounts", 1)])
def test_terraform_compliance_holds_features_as_for_terraform(folder: Path, name: str, code: int) -> None:
    both = _both(folder, "terraform-compliance", "-p", f"{name}.json", "-f", "features", "--no-ansi")
    assert [one.code for one in both] == [code, code], both
    ours, its = ([line for line in one.out.splitlines() if "Failure: event" in line] for one in both)
    assert [line.replace("shippo_webhook", TYPE) for line in ours] == its
    assert len(its) == code


def test_checkov_judges_every_webhook_as_for_terraform(folder: Path) -> None:
    files = [argument for name in PLANS for argument in ("-f", f"{name}.json")]
    policy = ["--external-checks-dir", "policies", "-c", "CKV2_HOOKS_1", "--skip-download", "-o", "json"]
    ours, its = map(_verdicts, _both(folder, "checkov", *files, "--framework", "terraform_plan", *policy))
    assert ours == its
    failed = {(path, address) for path, address, verdict in ours if verdict == "failed"}
    everything = f'{TYPE}.everything["all"]'
    assert failed == {("/plan.json", everything), ("/accounts.json", f"module.live.{everything}")}
    assert len(ours) == 3 + 3 + 7


def _verdicts(ended: Ended) -> list[tuple[str, str, str]]:
    """Of checkov: file, address and verdict, of a webhook as of Terraform's resource."""
    results = _document(ended)["results"]
    return sorted(
        (one["file_path"], one["resource"].replace("shippo_webhook", TYPE), verdict)
        for verdict in ("passed", "failed")
        for one in results[f"{verdict}_checks"]
    )


@pytest.mark.parametrize(("name", "deleted"), [("good", 0), ("plan", 2), ("accounts", 2)])
def test_opa_denies_as_for_terraform_and_what_only_we_say(folder: Path, name: str, deleted: int) -> None:
    ours, its = ({*one.out.splitlines()} - {""} for one in _both(folder, "regopy", f"{name}.json"))
    assert (len(its), its <= ours) == (deleted, True), (ours, its)
    assert all(" would no longer receive " in one for one in ours - its)
    assert len(ours - its) == deleted


def test_page_names_the_versions_that_run_here() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for reader, pinned in READERS.items():
        version = ".".join(pinned.partition("==")[2].split(".")[:2])
        assert re.search(rf"\b{reader}(?:\]\([^)]*\))? {version}\b", text), reader
