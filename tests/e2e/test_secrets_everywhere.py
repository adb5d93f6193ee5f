"""No secret, of the environment or of the provider's, is told by any command in any format, whatever happens."""

from __future__ import annotations

import json
import re

import pytest

from reconciler.model.redaction import Redaction
from reconciler.model.url import Url
from reconciler.output.formats import FORMATS, PLAN_FORMATS
from tests.e2e.secretive import FED, OPTIONS, THERE, Secretive
from tests.e2e.tool import HOST
from tests.support.canaries import Canaries, spellings

JSON = ("--format", "json")
NUMBERED = re.compile(r"‹hidden \d+›")
YES = ("--auto-approve", "--allow-losses", "9")


# The search itself


def test_secrets_would_be_found_in_every_spelling() -> None:
    secret = "q7\"Zé'k\\0V/w3+Xf"
    canaries = Canaries({"it": secret})
    for start in range(len(secret) - 7):
        for spelled in spellings(secret[start : start + 8]):
            assert canaries.found_in(f"before {spelled} after"), spelled
    assert canaries.found_in("\x1b[1mq7\"\x1b[0m\n   Zé'k\\0V/w3")
    assert canaries.found_in("q7\"Zé'k and V/w3+Xf") == []


def test_secrets_are_there_and_would_be_found(looked: Secretive, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = json.dumps(looked.urls(), ensure_ascii=False)
    not_in_urls = ("other account", "owner", "user info")
    assert [name for name, value in THERE.items() if value not in kept and name not in not_in_urls] == []

    def show(self: Redaction, url: Url) -> str:
        del self
        return url.reveal()

    monkeypatch.setattr(Redaction, "show", show)
    with pytest.raises(AssertionError, match="slack"):
        looked.run("list")


# Commands

_TALK: tuple[tuple[str, ...], ...] = ((), ("-v",), ("-vv",), ("-q",), JSON, (*JSON, "-vv"))
SHARED = [name for name in PLAN_FORMATS if name not in FORMATS]
LOOKS = [
    *((command, *talk) for command in ("plan", "drift", "list", "validate") for talk in _TALK),
    *((command, "--format", name, "--show-unmanaged") for command in ("plan", "drift") for name in SHARED),
    ("plan", "--destroy", "-vv"),
    ("plan", "--detailed-exitcode", *JSON),
    ("plan", "--target", "main/q*", "-vv"),
    ("plan", "--target", "nothing"),
    ("plan", "--account", "other"),
    ("plan", "--account", "nobody"),
    ("plan", "--allow-losses", "9"),
    ("plan", "--var", "QUERY=plain"),
    ("drift", "--fail-on-unmanaged", *JSON),
    ("validate", "--strict"),
    ("export", "-vv"),
    ("export", "--out", "export.yaml", "-q"),
    ("export", "--account", "main", "--missing"),
    ("export", "--secrets-to", "export.env", "--out", "export-2.yaml"),
    ("export", "--secrets-to", "export.env"),
    ("apply",),
    ("apply", *JSON),
    ("apply", "--auto-approve", "-vv"),
    ("apply", "--auto-approve", *JSON),
    ("destroy", "--auto-approve", "-vv"),
    ("destroy", "--auto-approve", "--backup", "not-written.yaml"),
    ("plan", "--out", "saved.plan"),
    ("plan", "--out", "webhooks.yaml"),
    ("apply", "saved.plan"),
    ("apply", "saved.plan", "--destroy"),
]


@pytest.mark.parametrize("command", [pytest.param(command, id=" ".join(command)) for command in LOOKS])
def test_command_that_changes_nothing_tells_no_secret(looked: Secretive, command: tuple[str, ...]) -> None:
    looked.allowed.add("export.env")
    before = looked.urls()
    looked.run(*command)
    assert looked.urls() == before


@pytest.mark.parametrize(
    "command",
    [["init"], ["init", "-f", "new.yaml"], ["schema"], ["schema", "plan"], ["--help"], ["plan", "-h"], ["plan", "x"]],
    ids=" ".join,
)
def test_command_that_reads_no_file_tells_no_secret(looked: Secretive, command: list[str]) -> None:
    looked.run(*command, options=())


def test_secrets_of_an_export_are_in_their_file_and_nowhere_else(world: Secretive) -> None:
    world.allowed |= {"all.env"}
    world.run("export", "--account", "main", "--secrets-to", "all.env", "--out", "all.yaml")
    kept = (world.folder / "all.env").read_text(encoding="utf-8")
    named = ("slack", "discord", "token", "hook_secret", "workflowApiKey", "other parameter", "name of a parameter")
    assert [name for name in named if THERE[name] not in kept] == []
    # A duplicate goes, everything else stays.
    planned = world.run("plan", "-f", "all.yaml", options=("--env-file", "all.env"))
    assert planned.out.endswith("Plan: 0 to create, 0 to update, 1 to delete.\n")


@pytest.mark.parametrize("talk", _TALK, ids=" ".join)
def test_apply_and_destroy_tell_no_secret(world: Secretive, talk: tuple[str, ...]) -> None:
    world.allowed.add("back.yaml.env")
    done = world.run("apply", *YES, "--backup", "back.yaml", *talk)
    assert done.code == 0
    assert f"https://hooks.example.com/query?token={FED['query']}" in world.urls()
    back = world.run("apply", "-f", "back.yaml", *YES, *talk, options=("--env-file", "back.yaml.env"))
    assert back.code == 0
    assert f"https://hooks.example.com/query?token={THERE['old query']}" in world.urls()
    assert world.run("destroy", *YES[:1], "--allow-losses", "99", *talk).code == 0


@pytest.mark.parametrize("talk", [(), ("-vv",), JSON], ids=" ".join)
def test_saved_plan_tells_no_secret(world: Secretive, talk: tuple[str, ...]) -> None:
    assert world.run("plan", "--out", "saved.plan", "--allow-losses", "9", *talk).code == 0
    world.run("show", "saved.plan", *talk, options=())
    stale = world.run("apply", "saved.plan", *talk, QUERY="another-one")
    assert stale.code == 3
    plan = world.folder / "saved.plan"
    (world.folder / "altered.plan").write_bytes(plan.read_bytes().replace(b"false", b"true", 1))
    (world.folder / "cut.plan").write_bytes(plan.read_bytes()[:-9])
    for name in ("altered.plan", "cut.plan", "secrets.env", "mounted/token"):
        assert world.run("show", name, *talk, options=()).code == 3
        assert world.run("apply", name, *talk).code == 3
    assert world.run("apply", "saved.plan", *talk).code == 0
    assert world.run("apply", "saved.plan", *talk).code == 3


# What changes


def test_changed_secrets_show_as_changed(world: Secretive) -> None:
    assert world.run("apply", *YES).code == 0
    assert world.run("plan").out.splitlines()[-1] == "No changes; 1 protected difference; 13 unmanaged."
    rotated = {
        "QUERY": "Aq1Zw2Sx3Ec4Rf5",
        "REF": "Bq1Zw2Sx3Ec4Rf5",
        "PATH_PART": "Cq1Zw2Sx3Ec4Rf5",
        "SPARE": "Dq1Zw2Sx3Ec4Rf5",
        "FROM_FILE": "Eq1Zw2Sx3Ec4Rf5",
        "KEY": "Fq1Zw2Sx3Ec4Rf5",
    }
    whole = f"https://whole.example.com/hook/{FED['whole path']}?key={rotated['KEY']}"
    ended = world.run("plan", *JSON, "--allow-losses", "9", options=OPTIONS, **rotated, WHOLE=whole)
    assert Canaries(rotated).found_in(ended.all) == []
    rows = [row["change"] for row in ended.json()["resource_changes"] if row["change"]["actions"] != ["no-op"]]
    urls = [(row["actions"][0], (row["before"] or {}).get("url"), (row["after"] or {}).get("url")) for row in rows]
    numbers = [number for _, before, _ in urls if before for number in NUMBERED.findall(before)]
    assert len(set(numbers)) == len(numbers) == 6
    assert {(action, before and NUMBERED.sub("‹hidden›", before), after) for action, before, after in urls} == {
        ("update", f"{HOST}/query?token=‹hidden›", f"{HOST}/query?token=${{QUERY}}"),
        ("update", f"{HOST}/spare?token=‹hidden›", f"{HOST}/spare?token=${{SPARE}}"),
        ("update", f"{HOST}/from-file?key=‹hidden›", f"{HOST}/from-file?key=${{FROM_FILE}}"),
        ("update", "https://whole.example.com/‹hidden›", "${WHOLE}"),
        ("create", None, f"{HOST}/ref?ref=${{REF}}"),
        ("delete", f"{HOST}/ref?ref=‹hidden›", None),
        ("create", None, f"{HOST}/in/${{PATH_PART}}/orders"),
        ("delete", f"{HOST}/in/‹hidden›", None),
    }
