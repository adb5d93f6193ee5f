"""What others do to an account is seen: `unmanaged`, `known`, hints, `--fail-on-unmanaged`, and the other kind."""

from __future__ import annotations

import re

import pytest

from tests.e2e.tool import HOST, TOKEN, Tool, entries

ELSEWHERE = "https://collector.example.net/in"
ODD = (
    "https://me:swordfish@old.example.com/in",
    "https://old.example.com/in#swordfish",
    "https://old.example.com/in swordfish",
    "https://old.example.com/in%zz",
    " https://old.example.com/in",
)


def _retarget(tool: Tool, address: str) -> str:
    """Somebody points an entry's webhook elsewhere; its id."""
    (there,) = [hook for hook in tool.there() if hook.url == HOST + address]
    tool.sandbox.store.update(TOKEN, there.object_id, url=ELSEWHERE)
    return there.object_id


def test_webhook_that_somebody_points_elsewhere_stays_an_alarm_after_an_apply(tool: Tool) -> None:
    tool.write(entries(shop="/shop batch_created", parcels="/parcels"), more="unmanaged: fail\n")
    assert tool.run("apply", "--auto-approve").code == 0
    assert tool.run("drift").code == 0
    object_id = _retarget(tool, "/shop")
    first = tool.run("drift")
    assert (first.code, first.out.splitlines()[-1]) == (2, "Drift detected: 1 difference, 1 unmanaged webhook.")
    assert f"@{object_id[:7]}  batch_created  {ELSEWHERE}\n" in first.out
    assert "its URL was probably changed" in first.out
    assert "the webhook of shop[batch_created] is missing" in first.out
    assert tool.run("apply", "--auto-approve").code == 0
    after = tool.run("drift")
    assert (after.code, after.out.splitlines()[-1]) == (2, "Drift detected: 1 unmanaged webhook.")
    assert f"@{object_id[:7]}" in after.out
    assert "No drift" not in after.out
    document = tool.run("drift", "--format", "json")
    (account,) = document.json()["accounts"]
    assert (document.code, account["status"], account["on_unmanaged"]) == (2, "drifted", "fail")
    tool.write(entries(shop="/shop batch_created", parcels="/parcels"), more=f"absent: [{{id: {object_id}}}]\n")
    assert tool.run("apply", "--auto-approve").code == 0
    assert (tool.run("drift").code, len(tool.there())) == (0, 2)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param("", 0, id="reported"),
        pytest.param("unmanaged: report\n", 0, id="reported-as-said"),
        pytest.param("unmanaged: fail\n", 2, id="failed"),
        pytest.param("unmanaged: ignore\n", 0, id="ignored"),
        pytest.param("unmanaged: fail\nknown: ['https://collector.example.net/*']\n", 0, id="known-by-url"),
        pytest.param("unmanaged: fail\nknown: [{id: ID}]\n", 0, id="known-by-id"),
        pytest.param("unmanaged: fail\nknown: [ID]\n", 0, id="known-by-a-bare-id"),
        pytest.param(f"unmanaged: fail\nknown: [{{url: {ELSEWHERE}, events: [all]}}]\n", 0, id="known-of-its-event"),
        pytest.param(
            f"unmanaged: fail\nknown: [{{url: {ELSEWHERE}, events: [batch_created]}}]\n", 2, id="of-another-event"
        ),
        pytest.param("unmanaged: fail\nknown: ['https://*.example.org/in']\n", 2, id="elsewhere"),
    ],
)
def test_drift_says_what_the_file_says_of_a_webhook_that_somebody_added(tool: Tool, said: str, code: int) -> None:
    tool.write(entries(a="/a"))
    assert tool.run("apply", "--auto-approve").code == 0
    object_id = tool.hook(ELSEWHERE, "all")
    tool.write(entries(a="/a"), more=said.replace("ID", object_id))
    ended = tool.run("drift")
    assert ended.code == code, ended.all
    assert (f"@{object_id[:7]}" in ended.out) == (code == 2)
    assert ("unmanaged" in ended.out) == (("ignore" not in said and "known" not in said) or code == 2)
    asked = tool.run("drift", "--fail-on-unmanaged")
    assert asked.code == (0 if "known" in said and code == 0 else 2)
    assert ("No drift" in asked.out) != ("Drift detected" in asked.out)
    assert tool.run("apply", "--auto-approve").code == 0
    assert len(tool.there()) == 2
    listed = {row["object_id"]: row["status"] for row in tool.run("list", "--format", "json").json()["webhooks"]}
    assert listed[object_id] == ("known" if "known" in said and code == 0 else "unmanaged")


def test_known_is_listed_where_it_is_asked_for_and_never_touched(tool: Tool) -> None:
    object_id = tool.hook("/theirs")
    tool.write(entries(a="/a"), more="known: [https://hooks.example.com/theirs]\n")
    assert tool.run("apply", "--auto-approve").code == 0
    assert object_id in {hook.object_id for hook in tool.there()}
    assert (f"@{object_id[:7]}" in tool.run("plan").out, f"@{object_id}" in tool.run("plan", "-v").out) == (False, True)


def test_account_says_its_own(tool: Tool) -> None:
    tool.hook(ELSEWHERE)
    tool.write(entries(a="/a"), more="unmanaged: fail\n")
    file = tool.folder / "webhooks.yaml"
    file.write_text(file.read_text().replace("owns:", "    unmanaged: ignore\n    known: []\nowns:", 1))
    assert tool.run("apply", "--auto-approve").code == 0
    assert tool.run("drift").code == 0
    file.write_text(file.read_text().replace("unmanaged: ignore", "unmanaged: fail"))
    assert tool.run("drift").code == 2


@pytest.mark.parametrize("url", ODD)
@pytest.mark.parametrize("how", ["pattern", "id"])
def test_absent_reaches_what_no_entry_could_say(tool: Tool, url: str, how: str) -> None:
    object_id = tool.hook(url)
    item = "https://old.example.com/*" if how == "pattern" else f"{{id: {object_id}}}"
    tool.write("webhooks: {}\n", owns="[]", more=f"absent: [{item}]\n")
    plan = tool.run("plan", "--out", "kept.plan")
    assert f"- @{object_id[:7]}  delete: listed under absent" in plan.out
    assert "https://old.example.com/" in plan.out
    applied = tool.run("apply", "kept.plan")
    assert (applied.code, tool.there()) == (0, ())
    assert tool.run("drift").code == 0
    for ended in (plan, applied):
        assert "swordfish" not in ended.all
    assert "swordfish" not in (tool.folder / "kept.plan").read_text()


def test_webhook_changed_since_it_was_planned_is_not_deleted_by_its_id(tool: Tool) -> None:
    object_id = tool.hook(ODD[0])
    tool.write("webhooks: {}\n", owns="[]", more=f"absent: [{{id: {object_id}}}]\n")
    assert tool.run("plan", "--out", "kept.plan").code == 0
    tool.sandbox.store.update(TOKEN, object_id, url=ODD[1])
    assert tool.run("apply", "kept.plan").code == 3
    assert len(tool.there()) == 1


@pytest.mark.parametrize("url", [ODD[0], ODD[1], "https://old.example.com/in"])
def test_protect_beats_absent_by_id(tool: Tool, url: str) -> None:
    object_id = tool.hook(url)
    more = f"absent: [{{id: {object_id}}}]\nprotect: [https://old.example.com/*]\n"
    tool.write("webhooks: {}\n", owns="[]", more=more)
    ended = tool.run("apply", "--auto-approve")
    assert (ended.code, len(tool.there())) == (0, 1), ended.all
    assert tool.run("list", "--format", "json").json()["webhooks"][0]["status"] == "protected"


def test_what_an_entry_names_is_never_deleted_by_its_id_and_that_is_said(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    assert tool.run("apply", "--auto-approve").code == 0
    (there,) = tool.there()
    tool.write(entries(a="/a"), more=f"absent: [{{id: {there.object_id}}}]\n")
    ended = tool.run("apply", "--auto-approve")
    assert (ended.code, len(tool.there())) == (0, 1)
    assert "it is a[track_updated], which is in the file" in ended.out


def test_webhook_of_the_other_kind_says_its_kind_why_it_stays_and_what_to_write(tool: Tool) -> None:
    object_id = tool.hook("/old", is_test=True)
    tool.write(entries(a="/a"))
    plan = tool.run("plan")
    assert f"@{object_id[:7]}  track_updated (is_test)  {HOST}/old" in plan.out
    (item,) = re.findall(r"add `({url: .*})`", plan.out)
    tool.write(entries(a="/a"), owns=f"[{HOST}/*, {item}]")
    assert f"- @{object_id[:7]}  delete: not in the file" in tool.run("plan").out
    assert tool.run("apply", "--auto-approve").code == 0
    assert [hook.url for hook in tool.there()] == [f"{HOST}/a"]


def test_absent_pattern_says_that_it_is_about_the_other_kind(tool: Tool) -> None:
    object_id = tool.hook("/old", is_test=True)
    tool.write("webhooks: {}\n", owns="[]", more=f"absent: [{HOST}/old]\n")
    (item,) = re.findall(r"add `({id: .*})`", tool.run("plan").out)
    tool.write("webhooks: {}\n", owns="[]", more=f"absent: [{HOST}/old, {item}]\n")
    assert tool.run("apply", "--auto-approve").code == 0, object_id
    assert tool.there() == ()


def test_export_of_both_kinds_keeps_them_owned_and_its_drift_is_an_alarm(tool: Tool) -> None:
    tool.hook("/a")
    gone = tool.hook("/a", is_test=True)
    odd = tool.hook(ODD[0], "all")
    tool.write(entries(), owns="[]")
    exported = tool.run("export")
    assert exported.code == 0
    assert f"  - url: {HOST}/a\n    is_test: true\n" in exported.out
    assert f"known:\n  - id: {odd}  # " in exported.out
    assert "\nunmanaged: fail\n" in exported.out
    file = tool.folder / "webhooks.yaml"
    file.write_text(exported.out)
    assert tool.run("drift").code == 0
    file.write_text(exported.out.partition("  a-test:")[0])
    assert f"- @{gone[:7]}  delete: not in the file" in tool.run("plan").out
    tool.hook(ELSEWHERE)
    assert tool.run("drift").code == 2


def test_starter_file_makes_what_others_add_drift(tool: Tool) -> None:
    assert tool.run("init").code == 0
    assert "\nunmanaged: fail\n" in (tool.folder / "webhooks.yaml").read_text()
    assert tool.run("validate", "--strict").code == 0


def test_backup_keeps_what_is_known_and_what_is_owned_of_the_other_kind(tool: Tool) -> None:
    theirs = tool.hook("/theirs")
    tool.hook("/old", is_test=True)
    owns = f"[{HOST}/*, {{url: '{HOST}/*', is_test: true}}]"
    tool.write(entries(a="/a"), owns=owns, more=f"known: [{{id: {theirs}}}]\nunmanaged: fail\n")
    assert tool.run("apply", "--auto-approve", "--backup", "back.yaml", "--allow-losses", "1").code == 0
    assert {(hook.url, hook.is_test) for hook in tool.there()} == {(f"{HOST}/a", False), (f"{HOST}/theirs", False)}
    back = ("-f", "back.yaml", "--env-file", "back.yaml.env")
    assert tool.run("apply", *back, "--auto-approve", "--allow-losses", "1").code == 0
    assert {(hook.url, hook.is_test) for hook in tool.there()} == {(f"{HOST}/old", True), (f"{HOST}/theirs", False)}
    assert tool.run("drift", *back).code == 0
