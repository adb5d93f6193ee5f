"""What the contract promises, seen with the installed command over HTTP and judged by the provider's own log."""

from __future__ import annotations

import pytest

from tests.e2e.tool import HOST, TOKEN, Tool, entries


def test_others_webhooks_are_listed_to_the_last_page_and_never_touched(tool: Tool) -> None:
    others = [tool.hook(f"https://other.example.com/{number}") for number in range(130)]
    before = tool.there()
    tool.write(entries(orders="/orders transaction_created transaction_updated"))

    plan = tool.run("plan")
    assert (plan.code, plan.out.splitlines()[0]) == (
        0,
        "Account default (Shippo, live mode): 130 of 130 webhooks listed",
    )
    assert plan.out.splitlines()[-1] == "Plan: 2 to create, 0 to update, 0 to delete; 130 unmanaged."

    assert tool.run("apply", "--auto-approve").code == 0
    assert tool.there()[:130] == before
    assert [webhook.object_id for webhook in before] == others
    assert sorted(webhook.event for webhook in tool.there()[130:]) == ["transaction_created", "transaction_updated"]

    mark = tool.sandbox.mark()
    again = tool.run("apply", "--auto-approve")
    assert (again.code, again.out.splitlines()[-1]) == (0, "No changes; 130 unmanaged.")
    assert tool.writes(mark) == []


def test_tenants_are_two_webhooks_and_tokens_are_one(tool: Tool) -> None:
    tool.hook("/shippo?tenant=globex")
    kept = tool.hook("/rotated?token=a")
    tool.write(entries(acme="/shippo?tenant=acme", globex="/shippo?tenant=globex", rotated="/rotated?token=${TOKEN_B}"))
    tool.environment["TOKEN_B"] = "b"
    assert tool.run("plan").out.splitlines()[-1] == "Plan: 1 to create, 1 to update, 0 to delete."
    assert tool.run("apply", "--auto-approve").code == 0
    assert {webhook.object_id: webhook.url for webhook in tool.there()}[kept] == f"{HOST}/rotated?token=b"


def test_drift_finds_what_was_changed_removed_and_added_and_apply_mends_it(tool: Tool) -> None:
    tool.write(entries(a="/a?token=${T}", b="/b", c="/c"))
    tool.environment["T"] = "the-wanted-one"
    assert tool.run("apply", "--auto-approve").code == 0
    assert tool.run("drift").code == 0
    ids = {webhook.url.partition("?")[0]: webhook.object_id for webhook in tool.there()}

    store = tool.sandbox.store
    changed = store.update(
        TOKEN, ids[f"{HOST}/a"], url=f"{HOST}/a?token=x", event="track_updated", active=False, is_test=False
    )
    assert changed is not None
    store.delete(TOKEN, ids[f"{HOST}/b"])
    tool.hook("/stranger")

    drift = tool.run("drift", "--format", "json")
    assert drift.code == 2
    rows = {
        row["webhook_address"]: row for row in drift.json()["resource_changes"] if row["change"]["actions"] != ["no-op"]
    }
    assert {address: row["change"]["actions"] for address, row in rows.items() if not address.startswith("@")} == {
        "a[track_updated]": ["update"],
        "b[track_updated]": ["create"],
    }
    assert rows["a[track_updated]"]["updated"] == changed.object_updated[:19] + "Z"
    assert "last changed 20" in tool.run("drift").out

    assert tool.run("apply", "--auto-approve").code == 0
    assert tool.run("drift").code == 0
    mended = {webhook.url: (webhook.object_id, webhook.active) for webhook in tool.there()}
    assert mended[f"{HOST}/a?token=the-wanted-one"] == (ids[f"{HOST}/a"], True)
    assert mended[f"{HOST}/c"] == (ids[f"{HOST}/c"], True)
    assert sorted(mended) == [f"{HOST}/a?token=the-wanted-one", f"{HOST}/b", f"{HOST}/c"]


def test_rotated_token_is_one_put_an_event_and_neither_token_is_ever_shown(tool: Tool) -> None:
    old, new = "oldtokenQWERTZ12", "newtokenASDFGH34"
    tool.write(entries(orders="/orders?token=${HOOK} transaction_created transaction_updated", keep="/keep"))
    tool.environment["HOOK"] = old
    assert tool.run("apply", "--auto-approve").code == 0
    tool.environment["HOOK"] = new
    mark = tool.sandbox.mark()
    printed = [
        tool.run(*command, "-vv").all for command in (("plan",), ("drift",), ("list",), ("plan", "--format", "json"))
    ]
    applied = tool.run("apply", "--auto-approve", "-vv")
    assert applied.code == 0
    assert [(entry.method, entry.webhook and entry.webhook.url) for entry in tool.writes(mark)] == [
        ("PUT", f"{HOST}/orders?token={new}")
    ] * 2
    for text in (*printed, applied.all):
        assert old not in text
        assert new not in text
        assert TOKEN not in text
    assert f"{HOST}/orders?token=‹hidden› → {HOST}/orders?token=${{HOOK}}" in printed[0]


def test_removing_more_than_may_be_lost_is_refused_until_it_is_named_absent(tool: Tool) -> None:
    tool.write(entries(**{name: f"/{name}" for name in "abcde"}))
    assert tool.run("apply", "--auto-approve").code == 0
    before, mark = tool.there(), tool.sandbox.mark()

    tool.write(entries(a="/a"))
    refused = tool.run("apply", "--auto-approve")
    assert (refused.code, tool.there(), tool.writes(mark)) == (3, before, [])
    assert "--allow-losses 4" in refused.out
    lines = refused.out.split("\nabsent:\n")[1].split("\n\n")[0]
    assert lines.count("- url:") == 4
    assert tool.run("plan").code == 3

    tool.write(entries(a="/a"), more="absent:\n" + lines + "\n")
    assert tool.run("apply", "--auto-approve").code == 0
    assert [webhook.url for webhook in tool.there()] == [f"{HOST}/a"]


def test_last_receiver_is_not_lost_without_consent_and_a_move_is_no_loss(tool: Tool) -> None:
    tool.write(entries(only="/old"))
    assert tool.run("apply", "--auto-approve").code == 0
    tool.write(entries())
    assert tool.run("apply", "--auto-approve").code == 3
    mark = tool.sandbox.mark()
    tool.write(entries(only="/new"))
    renamed = tool.run("apply", "--auto-approve")
    assert (renamed.code, [entry.method for entry in tool.writes(mark)]) == (0, ["POST", "DELETE"])
    assert "moved, replaces" in renamed.out
    tool.write(entries())
    assert tool.run("apply", "--auto-approve", "--allow-losses", "1").code == 0
    assert tool.there() == ()


def test_removing_an_entry_deletes_its_webhooks(tool: Tool) -> None:
    tool.write(entries(a="/a transaction_created track_updated", b="/b"))
    assert tool.run("apply", "--auto-approve").code == 0
    tool.write(entries(b="/b"))
    assert tool.run("apply", "--auto-approve").code == 0
    assert [webhook.url for webhook in tool.there()] == [f"{HOST}/b"]


@pytest.mark.parametrize(
    "command", [["plan"], ["drift"], ["list"], ["plan", "--destroy"], ["drift", "--fail-on-unmanaged"]]
)
def test_commands_that_look_only_send_get(tool: Tool, command: list[str]) -> None:
    tool.hook("/a", active=False)
    tool.hook("https://other.example.com/x")
    tool.write(entries(a="/a", b="/b"))
    mark = tool.sandbox.mark()
    tool.run(*command)
    assert {entry.method for entry in tool.sandbox.log(after=mark)} == {"GET"}


def test_clients_that_look_have_no_calls_that_write() -> None:
    from reconciler.providers.rest import RestReader  # noqa: PLC0415 - only here

    assert not {"create", "update", "delete"} & set(dir(RestReader))


def test_destroy_asks_for_its_losses_and_leaves_others_alone(tool: Tool) -> None:
    other = tool.hook("https://other.example.com/x")
    tool.write(entries(a="/a", b="/b"))
    assert tool.run("apply", "--auto-approve").code == 0
    assert tool.run("destroy", "--auto-approve").code == 3
    assert tool.run("destroy", "--auto-approve", "--allow-losses", "1").code == 3
    assert tool.run("destroy", "--auto-approve", "--allow-losses", "2").code == 0
    assert [webhook.object_id for webhook in tool.there()] == [other]


def test_detailed_exitcode_and_drift_on_unmanaged(tool: Tool) -> None:
    tool.hook("https://other.example.com/x")
    tool.write(entries(a="/a"))
    assert tool.run("plan").code == 0
    assert tool.run("plan", "--detailed-exitcode").code == 2
    assert tool.run("apply", "--auto-approve").code == 0
    assert tool.run("plan", "--detailed-exitcode").code == 0
    assert tool.run("drift").code == 0
    assert tool.run("drift", "--fail-on-unmanaged").code == 2


def test_targets_narrow_an_apply(tool: Tool) -> None:
    tool.write(entries(a="/a", b="/b"))
    wrong = tool.run("apply", "--auto-approve", "--target", "aa")
    assert (wrong.code, "Similar addresses: a" in wrong.err, tool.there()) == (1, True, ())
    assert tool.run("apply", "--auto-approve", "--target", "a[track_updated]").code == 0
    assert [webhook.url for webhook in tool.there()] == [f"{HOST}/a"]


def test_target_that_the_accounts_leave_out_is_not_offered_again(tool: Tool) -> None:
    names = ("eu", "us")
    accounts = "".join(f"  {name}: {{provider: shippo, token: '${{{name}}}'}}\n" for name in names)
    hooks = "".join(f"  {name}: {{account: {name}, url: '{HOST}/{name}', events: [all]}}\n" for name in names)
    text = f"version: 1\naccounts:\n{accounts}owns: ['{HOST}/*']\nwebhooks:\n{hooks}"
    text = text.replace("token:", f"base_url: '{tool.sandbox.base_url}', token:")
    (tool.folder / "webhooks.yaml").write_text(text)
    tokens = {"eu": "shippo_live_eu", "us": "shippo_live_us"}
    ended = tool.run("plan", "--account", "eu", "--target", "us/us", **tokens)
    assert (ended.code, "It is in account us, which `--account` leaves out." in ended.err) == (1, True), ended.err
    ended = tool.run("plan", "--account", "eu", "--target", "us/su", **tokens)
    assert (ended.code, "us/us" in ended.err) == (1, False), ended.err


def test_apply_streams_json(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    lines = tool.run("apply", "--auto-approve", "--format", "json").lines()
    assert [line["type"] for line in lines] == [
        "version", "planned_change", "change_summary",
        "apply_start", "apply_progress", "apply_complete", "change_summary",
    ]  # fmt: skip
    assert (lines[-1]["@message"], lines[-1]["exit_code"]) == ("Apply complete: 1 created, 0 updated, 0 deleted.", 0)


def test_list_works_without_a_file(tool: Tool) -> None:
    # The account `default` is Shippo's own, which is not to be had here: the answer names what to check.
    ended = tool.run("list", SHIPPO_API_TOKEN="")
    assert (ended.code, "SHIPPO_API_TOKEN" in ended.err) == (1, True)
