"""`list` in each of its forms, over HTTP."""

from __future__ import annotations

import csv
import io

import pytest

from tests.e2e.tool import HOST, TOKEN, Tool, entries

IDS = ("b691ce2f0a48d7c95e3000000000001a", "b691ce2f0a48d7c95e3000000000001b", "c0ffee00000000000000000000000001")


@pytest.fixture
def account(tool: Tool) -> Tool:
    tool.write(entries(orders="/orders?format=json"), owns=f"[{HOST}/orders, {HOST}/old]")
    hooks = [("/orders?format=json", "track_updated"), ("/orders?format=json", "track_updated"), ("/old", "all")]
    for object_id, (path, event) in zip(IDS, hooks, strict=True):
        tool.sandbox.store.create(TOKEN, url=f"{HOST}{path}", event=event, object_id=object_id)
    tool.sandbox.store.create(
        TOKEN, url="https://elsewhere.example.com/x", event="=1+2", active=False, object_id="d" * 32
    )
    return tool


def test_csv_has_whole_values_in_lines_of_its_own_and_no_formula(account: Tool) -> None:
    ended = account.run("list", "--format", "csv")
    assert (ended.code, ended.err.splitlines()[-1]) == (0, "4 webhooks.")
    assert ended.out.count("\r\n") == ended.out.count("\n") == 5
    head, *rows = csv.reader(io.StringIO(ended.out, newline=""))
    assert head == ["account", "entry", "object_id", "status", "events", "scope", "url", "active", "last_changed"]
    assert [row[:5] + row[7:8] for row in rows] == [
        ["default", "", "d" * 32, "unmanaged", "'=1+2", "false"],
        ["default", "", IDS[2], "not_in_file", "all", "true"],
        ["default", "orders[track_updated]", IDS[0], "managed", "track_updated", "true"],
        ["default", "", IDS[1], "duplicate", "track_updated", "true"],
    ]


def test_matrix(account: Tool) -> None:
    ended = account.run("list", "--matrix")
    assert ended.out.splitlines()[:9] == [
        "1  2  3  URL",
        "o  ·  ·  https://elsewhere.example.com/x",
        "u  u  u  https://hooks.example.com/old",
        "·  ·  2  https://hooks.example.com/orders?format=json",
        "",
        "1  =1+2",
        "2  all",
        "3  track_updated",
        "",
    ]
    assert account.run("list", "--matrix", "--format", "csv").out.split("\r\n") == [
        "account,url,'=1+2,all,track_updated",
        "default,https://elsewhere.example.com/x,o,,",
        "default,https://hooks.example.com/old,u,u,u",
        "default,https://hooks.example.com/orders?format=json,,,2",
        "",
    ]
    assert account.run("list", "--matrix", "--format", "json").code == 1


def test_matrix_counts_what_a_webhook_for_every_event_delivers(tool: Tool) -> None:
    tool.write(entries(a="/a", b="/b"))
    for path, event in (("/a", "track_updated"), ("/a", "all"), ("/b", "track_updated")):
        tool.hook(path, event)
    shown = tool.run("list", "--matrix", "--format", "csv").out.splitlines()
    assert shown == ["account,url,all,track_updated", f"default,{HOST}/a,u,2", f"default,{HOST}/b,,x"]


def test_an_account_that_cannot_be_listed_leaves_csv_alone(account: Tool) -> None:
    ended = account.run("list", "--format", "csv", SHIPPO_API_TOKEN="nonsense")
    assert (ended.code, ended.out) == (1, "")


def test_what_is_shown_of_an_id_is_accepted_as_a_target(account: Tool) -> None:
    listed = account.run("list").out
    short = IDS[1]
    assert f"@{short}" in listed  # all but the last character are alike
    assert f"@{IDS[2]}" in listed or f"@{IDS[2][:32]}" in listed
    ended = account.run("plan", "--target", f"@{IDS[2][:7]}", "--allow-losses", "1", "--detailed-exitcode")
    assert (ended.code, "1 to delete; filtered" in ended.out) == (2, True)


def test_a_short_id_that_means_several_is_an_error_that_names_them(account: Tool) -> None:
    account.write("webhooks: {}\n", owns="[]", more=f"absent: [{{url: '{HOST}/*'}}]\n")
    ended = account.run("plan", "--target", "@b691ce2")
    assert (ended.code, f"Several ids begin with it: @{IDS[0]}, @{IDS[1]}." in ended.err) == (1, True)


def test_a_plan_of_a_short_id_is_applied_though_another_comes_that_begins_so(account: Tool) -> None:
    saved = account.run("plan", "--target", f"@{IDS[2][:7]}", "--allow-losses", "1", "--out", "p.plan")
    assert saved.code == 0
    account.sandbox.store.create(TOKEN, url="https://elsewhere.example.com/y", event="all", object_id=f"{IDS[2][:-1]}2")
    ended = account.run("apply", "p.plan")
    assert (ended.code, "1 deleted" in ended.out) == (0, True)
    assert [hook.object_id for hook in account.there() if hook.object_id == IDS[2]] == []
