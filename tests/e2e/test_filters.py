"""`--target` and `--exclude` through the commands: what is left out is left alone, and can cost endpoints events."""

from __future__ import annotations

import pytest

from tests.e2e.tool import HOST, Tool, entries

FILE = entries(orders="/orders batch_created track_updated", returns="/returns", tracking="/tracking")


def _urls(tool: Tool) -> list[str]:
    return sorted(f"{webhook.url.removeprefix(HOST)} {webhook.event}" for webhook in tool.there())


@pytest.mark.parametrize(
    ("filters", "made"),
    [
        pytest.param("--exclude orders", ["/returns", "/tracking"], id="an-entry"),
        pytest.param("--exclude orders[*] --exclude *ing", ["/returns"], id="stars-and-two"),
        pytest.param(
            "--exclude orders[batch_created] --target orders", ["/orders"], id="targets-less-what-is-excluded"
        ),
        pytest.param("--exclude default/orders --target returns", ["/returns"], id="nothing-of-the-targets"),
        pytest.param("--exclude *", [], id="everything"),
    ],
)
def test_what_is_excluded_is_not_made(tool: Tool, filters: str, made: list[str]) -> None:
    tool.write(FILE)
    ended = tool.run("apply", "--auto-approve", *filters.split())
    assert (ended.code, _urls(tool)) == (0, [f"{url} track_updated" for url in made]), ended.all
    words = filters.split()
    for option, value in zip(words[::2], words[1::2], strict=True):
        assert f"`{option} {value}`" in ended.out


@pytest.mark.parametrize("option", ["--target", "--exclude"])
def test_filter_that_means_nothing_is_an_error_with_near_names(tool: Tool, option: str) -> None:
    tool.write(FILE)
    for command in (["plan"], ["apply", "--auto-approve"], ["drift"], ["list"]):
        ended = tool.run(*command, option, "trakcing", option, "orders")
        assert (ended.code, ended.out, tool.writes()) == (1, "", [])
        assert ended.err.splitlines() == [
            f"error[option]: `{option} trakcing`: webhook not found", "  help: Similar addresses: tracking."
        ]  # fmt: skip


def test_excluded_webhook_keeps_what_it_would_replace(tool: Tool) -> None:
    tool.hook("/old/orders"), tool.hook("/returns"), tool.hook("/tracking")
    tool.write(
        entries(orders="/new/orders", returns="/returns", tracking="/tracking"), more="limits: {max_losses: 0}\n"
    )
    assert tool.run("plan").code == 0  # it moves
    ended = tool.run("apply", "--auto-approve", "--exclude", "orders")
    assert (ended.code, tool.writes(), "Losses" in ended.out) == (0, [], False), ended.all


def test_saved_plan_keeps_what_was_excluded(tool: Tool) -> None:
    tool.write(FILE)
    assert tool.run("plan", "--exclude", "orders", "--exclude", "returns", "--out", "p").code == 0
    shown = tool.run("show", "p", "--format", "json").json()
    assert (shown["filters"]["excludes"], shown["complete"]) == (["orders", "returns"], False)
    refused = tool.run("apply", "p", "--exclude", "tracking")
    assert (refused.code, "a saved plan can't be changed by" in refused.err) == (1, True)
    assert (tool.run("apply", "p").code, _urls(tool)) == (0, ["/tracking track_updated"])
