"""What stands on a real terminal after a command, and during one; `--rewrite-scenarios` writes what does now."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyte
import pytest

from reconciler.sandbox.faults import Rule, When
from tests.e2e.terminal import Terminal
from tests.e2e.tool import HOST, TOKEN, Tool, entries
from tests.support.faults import HoldRequest

FOLDER = Path(__file__).parent / "screens"
SIZES = ((80, 24), (120, 40))
MADE = datetime(2026, 1, 10, 8, tzinfo=UTC)
SHOP = f"{HOST}/shippo"
FILE = entries(
    orders="/shippo/orders?token=${HOOK_TOKEN} transaction_created transaction_updated",
    tracking="/shippo/tracking",
    returns="/shippo/returns/eu-central/warehouse-frankfurt/acknowledge?format=json&version=2&locale=de track_updated",
    batches="/shippo/batches batch_created batch_purchased",
)
THERE = (
    (f"{SHOP}/orders?token=an-older-secret", "transaction_created"),
    (f"{SHOP}/orders?token=the-secret-of-now", "transaction_updated"),
    (f"{SHOP}/tracking", "track_updated"),
    (f"{SHOP}/tracking", "track_updated"),
    (f"{SHOP}/batches", "batch_created"),
    (f"{SHOP}/beta/orders", "transaction_created"),
    ("https://hooks.slack.com/services/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", "transaction_created"),
    ("https://hooks.zapier.com/hooks/catch/1234567/b2x9q4z", "track_updated"),
    ("https://staging.example.com:8443/shippo/tracking", "track_updated"),
    ("https://erp.example.net/shippo", "batch_created"),
)


def _account(tool: Tool) -> None:
    tool.environment["HOOK_TOKEN"] = "the-secret-of-now"
    tool.write(FILE, owns=f"[{SHOP}/*]", more="limits: {max_losses: 1}\n")
    for number, (url, event) in enumerate(THERE):
        object_id = f"{number * 7 + 1:x}b691ce2f0a48d7c95e3".ljust(32, "0")
        moment = MADE + timedelta(days=number)
        tool.sandbox.store.create(TOKEN, url=url, event=event, active=number != 4, object_id=object_id, created=moment)


def _loses_entries(tool: Tool) -> None:
    tool.write(entries(batches="/shippo/batches batch_created"), owns=f"[{SHOP}/*]", more="limits: {max_losses: 1}\n")


SCREENS: dict[str, tuple[tuple[str, ...], Callable[[Tool], None], int]] = {
    "plan": (("plan",), lambda _: None, 0),
    "plan-quiet": (("plan", "-q"), lambda _: None, 0),
    "list": (("list",), lambda _: None, 0),
    "matrix": (("list", "--matrix"), lambda _: None, 0),
    "drift": (("drift",), lambda _: None, 2),
    "refusal": (("apply", "--auto-approve"), _loses_entries, 3),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
def test_screen(tool: Tool, request: pytest.FixtureRequest, name: str, size: tuple[int, int]) -> None:
    arguments, change, code = SCREENS[name]
    _account(tool)
    change(tool)
    with Terminal(tool, *arguments, size=size) as terminal:
        assert terminal.end() == code
    _check(request, name, size, terminal.shown)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_screen_of_an_apply(tool: Tool, request: pytest.FixtureRequest, size: tuple[int, int]) -> None:
    _account(tool)
    held = tool.sandbox.faults.add(Rule(action=HoldRequest(), method="POST", when=When(nth=1)))
    with Terminal(tool, "apply", "--auto-approve", "--parallelism", "1", size=size) as terminal:
        held.wait_until_held()
        # The count is drawn before the name of the one that is held, where a frame comes between them.
        terminal.until_match(r"batches\[batch_purchased\] \x1b[^\r\n]*2/6[^\r\n]*\d:\d\d:\d\d")
        _check(request, "apply-in-progress", size, terminal.shown)
        tool.sandbox.faults.remove(held)
        assert terminal.end() == 0
    _check(request, "apply", size, terminal.shown)


def _check(request: pytest.FixtureRequest, name: str, size: tuple[int, int], shown: str) -> None:
    """Compare what stands on a screen of that size with its file."""
    screen = pyte.Screen(*size)
    pyte.Stream(screen).feed(shown)
    text = "\n".join(line.rstrip() for line in screen.display).rstrip() + "\n"
    # What no two runs have alike: how far a spinner has turned, and the time.
    text = re.sub(r"(?m)^[\u2801-\u28ff] ", "* ", text)
    text = re.sub(r"\d:\d\d:\d\d$", "0:00:00", text, flags=re.MULTILINE)
    text = re.sub(r"(?m)in [\d.]+ s\.$", "in 0.1 s.", text)
    text = re.sub(r"(?m) \([\d.]+ s\)$", "", text)
    text = re.sub(r"\([0-9a-f]{7}\)", "(0123456)", text)
    file = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
    if request.config.getoption("--rewrite-scenarios"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text("utf-8")
