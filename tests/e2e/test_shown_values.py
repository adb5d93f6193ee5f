"""Query values at the provider: hidden and told apart, or shown where the file says that they are public."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.e2e.tool import HOST, TOKEN, Ended, Tool, entries
from tests.support.builders import DAY

SHOPS = [f"b{number}c7d1e9-40f2-4a6b-9c11-{number}5f0e2d3a7b8" for number in range(1, 7)]
STAYING, LEAVING = SHOPS[:2], SHOPS[2:]
URL = f"{HOST}/in?shopId="


def _write(tool: Tool, *, public: str = "") -> None:
    file = entries(**{f"shop{number}": f"/in?shopId={shop}" for number, shop in enumerate(STAYING)})
    tool.write(file, more="limits: {max_losses: 0}\n" + (f"public_params: [{public}]\n" if public else ""))


def _shops(tool: Tool) -> dict[str, str]:
    """A webhook of each shop, each of another age; their ids."""
    create = tool.sandbox.store.create
    days = (DAY + timedelta(days=number) for number in range(len(SHOPS)))
    return {
        shop: create(TOKEN, url=URL + shop, event="track_updated", active=True, is_test=False, created=day).object_id
        for shop, day in zip(SHOPS, days, strict=True)
    }


def _rows(ended: Ended) -> list[tuple[str, str, str]]:
    """Each webhook's action, id and URL as it is shown."""
    rows = ended.json()["resource_changes"]
    return sorted((row["change"]["actions"][0], row["object_id"], row["change"]["before"]["url"]) for row in rows)


def test_hidden_values_are_told_apart_alike_in_every_output_of_a_run(tool: Tool) -> None:
    ids = _shops(tool)
    _write(tool)
    expected = sorted(
        [("no-op", ids[shop], URL + shop) for shop in STAYING]
        + [("delete", ids[shop], f"{URL}‹hidden {number}›") for number, shop in enumerate(LEAVING, 1)]
    )
    plan = tool.run("plan", "--format", "json", "--out", "saved.plan")
    assert _rows(plan) == expected
    assert [loss["url"] for loss in plan.json()["losses"]] == [f"{URL}‹hidden {number}›" for number in range(1, 5)]
    assert _rows(tool.run("show", "saved.plan", "--format", "json")) == expected
    deleted = re.compile(r"- @(\w+)  delete.*\n +url +(\S+ \d›)")
    for command in (("plan",), ("show", "saved.plan")):
        assert sorted(("delete", *found) for found in deleted.findall(tool.run(*command, "-v").out)) == expected[:4]
    listed = {row["object_id"]: row["url"] for row in tool.run("list", "--format", "json").json()["webhooks"]}
    assert listed == {object_id: url for _, object_id, url in expected}
    drift = tool.run("drift", "--format", "json")
    assert (drift.code, _rows(drift)) == (2, expected)


def test_numbers_are_no_part_of_a_saved_plan(tool: Tool) -> None:
    _shops(tool)
    _write(tool)
    assert "‹hidden 4›" in tool.run("plan", "--out", "saved.plan", "--allow-losses", "4").out
    tool.hook("https://elsewhere.example.net/unmanaged?id=1")
    assert tool.run("apply", "saved.plan").code == 0
    assert sorted(webhook.url for webhook in tool.there()) == [
        "https://elsewhere.example.net/unmanaged?id=1",
        *(URL + shop for shop in STAYING),
    ]


def test_values_of_a_public_parameter_show_whatever_its_name(tool: Tool) -> None:
    ids = _shops(tool)
    _write(tool, public="SHOPID")
    plan = tool.run("plan", "--format", "json")
    assert _rows(plan) == sorted(
        [("no-op", ids[shop], URL + shop) for shop in STAYING] + [("delete", ids[shop], URL + shop) for shop in LEAVING]
    )
    assert [loss["url"] for loss in plan.json()["losses"]] == [URL + shop for shop in sorted(LEAVING)]
    assert plan.json()["diagnostics"] == []
    assert f"{URL}{LEAVING[0]}  track_updated" in tool.run("plan").out


def test_public_parameter_with_a_secret_name_tells_webhooks_apart(tool: Tool) -> None:
    tool.write(entries(north="/in?key=north", south="/in?key=south"), more="public_params: [key]\n")
    assert tool.run("validate", "--strict").code == 0
    assert tool.run("apply", "--auto-approve").code == 0
    assert {webhook.url for webhook in tool.there()} == {f"{HOST}/in?key=north", f"{HOST}/in?key=south"}
    exported = tool.run("export").out
    assert "public_params:\n- key\n" in exported.replace("  - ", "- ")
    assert f"{HOST}/in?key=north" in exported
