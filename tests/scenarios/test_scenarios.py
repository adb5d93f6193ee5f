"""Each folder is a story: a file, an account, and what the plan says. `--rewrite-scenarios` writes what it says now."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from tests.scenarios.playing import SHARED, USUAL_ENVIRONMENT, play
from tests.view.published import judged, schema

FOLDERS = sorted(file.parent for file in Path(__file__).parent.glob("*/webhooks.yaml"))
WINDOW = 8


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_scenario_says_what_is_expected(
    folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(folder)
    said = play(folder)
    for name, text in said.files.items():
        file = folder / name
        if request.config.getoption("--rewrite-scenarios"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text("utf-8"), name
    document = judged("plan", said.files["plan.json"])
    Draft7Validator(schema("plan")).validate(document)
    everything = "".join(said.files.values())
    for secret in said.secrets:
        hidden = secret.removeprefix("https://hooks.example.com").removeprefix("https://")
        windows = {hidden[start : start + WINDOW] for start in range(len(hidden) - WINDOW + 1)} or {hidden}
        assert [window for window in windows if window in everything] == []


def test_every_folder_is_a_whole_scenario() -> None:
    folders = [path for path in Path(__file__).parent.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert sorted(folders) == FOLDERS
    needed = {"webhooks.yaml", "remote.json", "plan.txt", "plan.json", "ends.txt"}
    known = {*needed, "arguments.txt", "environment.json", "drift.txt", *SHARED}
    for folder in folders:
        names = {path.name for path in folder.iterdir()}
        assert names <= known, folder.name
        assert needed <= names, folder.name
    assert len(FOLDERS) >= 15
    assert len(USUAL_ENVIRONMENT["SHIPPO_API_TOKEN"]) > WINDOW
