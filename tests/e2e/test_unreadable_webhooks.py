"""Webhooks of a list that can't be read whole: shown by their id, never touched, and no reason to stop others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reconciler.cli.main import main
from tests.providers.tools import RawServer, says
from tests.support.clock import FakeClock

FILE = """\
version: 1
accounts:
  live: {provider: shippo, token: "${SHIPPO_API_TOKEN}", base_url: "%s"}
owns: ["https://ours.example.com/*"]
webhooks:
  orders: {url: "https://ours.example.com/orders", events: [track_updated]}
"""
OURS: dict[str, object] = {
    "object_id": "mine",
    "url": "https://ours.example.com/orders",
    "event": "track_updated",
    "active": True,
}
ODD: list[dict[str, object]] = [
    {"object_id": 77, "event": "all"},
    {"object_id": "nothing", "url": None, "event": None},
    {"object_id": "listed", "url": "https://theirs.example.com/x", "event": ["all"]},
]


def told(
    hooks: list[dict[str, object]],
    command: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> tuple[int, str]:
    body = json.dumps({"results": hooks, "count": str(len(hooks)), "next": None}).encode()
    with RawServer(says("200 OK", body)) as server:
        (folder / "webhooks.yaml").write_text(FILE % server.base_url)
        monkeypatch.chdir(folder)
        environment = {"SHIPPO_API_TOKEN": "shippo_live_0123456789abcdef", "PATH": os.environ["PATH"]}
        code = main(command, environment, FakeClock())
        assert {request.method for request in server.received} == {"GET"}
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.mark.parametrize("command", ["plan", "list", "export", "drift", "plan --format json", "list --format json"])
def test_foreign_webhooks_that_cannot_be_read_stop_nothing(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = told([OURS, *ODD], command.split(), tmp_path, monkeypatch, capsys)
    assert code == 0, text
    for object_id in ("77", "nothing", "listed"):
        assert object_id in text
    assert ("can't be read" in text) or "unreadable_fields" in text


def test_a_plan_says_what_of_them_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, text = told([OURS, *ODD], ["plan", "-v"], tmp_path, monkeypatch, capsys)
    lines = text.splitlines()
    assert lines[lines.index("    @77  all  (no URL)") + 1] == "      (can't be read: its `url`)"
    assert (
        lines[lines.index("    @nothing  (no event)  (no URL)") + 1] == "      (can't be read: its `url` and `event`)"
    )
    assert lines[lines.index("    @listed  (no event)  https://theirs.example.com/x") + 1] == (
        "      (can't be read: its `event`)"
    )


@pytest.mark.parametrize("url", ["https://ours.example.com/orders", "https://ours.example.com/other"])
def test_one_that_is_ours_by_its_url_stops_its_account(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks: list[dict[str, object]] = [OURS, {"object_id": "odd", "url": url, "event": None}]
    code, text = told(hooks, ["plan"], tmp_path, monkeypatch, capsys)
    assert code == 1
    assert "the webhook @odd is at a URL that this configuration owns, but its `event` can't be read" in text
