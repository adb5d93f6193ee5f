"""What `reconciler providers` says of what is installed, as its published schema promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.providers.registry import built_in
from tests.e2e.tool import run_here
from tests.view.hostile import HOSTILE
from tests.view.published import judged


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a package have two providers: one with hostile words, and one that can't be used."""
    info = folder / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[reconciler.providers]\nbroken = nowhere:X\nother = other_hooks:PLUGIN\n")
    (folder / "other_hooks.py").write_text(f"""\
from msgspec.structs import replace
from reconciler.provider import INTERFACE, ProviderPlugin
from reconciler.providers.github import GITHUB
PLUGIN = ProviderPlugin(
    interface=INTERFACE,
    provider=replace(GITHUB, name="other", title="Other", verified_on={"".join(HOSTILE)!r}),
)
""")
    monkeypatch.syspath_prepend(str(folder))


def test_json_is_what_the_schema_says_also_of_packages_that_say_anything_or_are_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch)
    ended = run_here(tmp_path, "providers", "--format", "json")
    assert (ended.code, ended.err) == (1, "")
    rows = {row["name"]: row for row in judged("providers", ended.out)["providers"]}
    assert rows.keys() == {*(provider.name for provider in built_in()), "broken", "other"}
    assert rows["other"]["package"] == "other"
    assert "nowhere" in rows["broken"]["error"]["message"] + rows["broken"]["error"]["help"]
    unbroken = {name: row for name, row in rows.items() if name not in ("broken", "other")}
    assert all(row["package"] is None and row["verified_on"] for row in unbroken.values())


def test_text_names_what_json_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    text = run_here(tmp_path, "providers")
    assert text.code == 1
    document = judged("providers", run_here(tmp_path, "providers", "--format", "json").out)
    for row, block in zip(document["providers"], text.out.split("\n\n"), strict=True):
        assert block.startswith(row["name"])
        told = row.get("fields", []) + row.get("create_only", []) + row.get("places", [])
        assert [name for name in told if f"`{name}`" not in block] == []
