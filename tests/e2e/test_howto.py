"""The pages of `docs/how-to`, followed step by step: files are written as they stand there, commands typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.tool import Tool
from tests.e2e.typed import Typist, blocks

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "index")
LEFT: dict[str, set[str]] = {
    "another-host": {
        f"https://old.example.com/shippo/{name} {event}"
        for name in ("orders", "tracking")
        for event in ("transaction_created", "track_updated")
    },
    "blue-green": {
        f"https://{side}.example.com/shippo/{rest}"
        for side in ("blue", "green")
        for rest in ("orders transaction_created", "tracking track_updated")
    },
    "check-receivers": set(),
    "maintenance": {
        "https://hooks.example.com/shippo/orders transaction_created",
        "https://hooks.example.com/shippo/orders transaction_updated",
        "https://hooks.example.com/shippo/tracking track_updated",
    },
    "pull-request-previews": {
        "https://pr-42.preview.example.com/shippo transaction_created",
        "https://pr-42.preview.example.com/shippo track_updated",
    },
    "rotate-a-token": {
        "https://hooks.example.com/shippo/orders?token=Pm3nYb60Kd27 transaction_created",
        "https://hooks.example.com/shippo/orders?token=Pm3nYb60Kd27 transaction_updated",
    },
    "secrets-in-the-file": {
        "https://hooks.example.com/orders?token=Zr4vTq81hW9x transaction_created",
        "https://hooks.example.com/in/x9K2mQ7pL4vN track_updated",
        "https://hooks.example.com/shops/1234567 track_updated",
    },
    "tenants": {
        "https://hooks.example.com/shippo/acme?token=Zr4vTq81 track_updated",
        "https://hooks.example.com/shippo/initech?token=Pm3nYb60 track_updated",
    },
    "tunnel": set(),
    "two-teams": {
        "https://shop.example.com/shippo/orders transaction_created",
        "https://tracking.example.com/shippo/parcels track_updated",
    },
}
"""The webhooks that are on at the provider in the end: URL and event."""


@pytest.mark.parametrize("name", PAGES)
def test_page_does_what_it_says(tool: Tool, name: str) -> None:
    with Typist(tool) as typist:
        for block in blocks(FOLDER / f"{name}.md"):
            typist.follow(block)
    assert {f"{webhook.url} {webhook.event}" for webhook in tool.there() if webhook.active} == LEFT[name]


def test_every_page_is_in_the_list_of_pages() -> None:
    listed = re.findall(
        r"^\| \[[\w ]+\]\(([\w-]+)\.md\)", (FOLDER / "index.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == PAGES


@pytest.mark.parametrize("name", [name for name in PAGES if name != "check-receivers"])
def test_page_fits_a_screen(name: str) -> None:
    assert len((FOLDER / f"{name}.md").read_text(encoding="utf-8").splitlines()) <= 60
