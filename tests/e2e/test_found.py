"""What was found by looking for trouble, each once a failure."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from reconciler.sandbox.faults import Rule
from tests.e2e.tool import COMMAND, HOST, TOKEN, WAIT, Tool, entries, run_here
from tests.support.faults import HoldAnswer


def test_backup_of_duplicates_brings_back_the_one_that_delivers(tool: Tool) -> None:
    tool.hook("/a", active=False)
    tool.hook("/a")
    tool.hook("/keep")
    tool.write(entries(keep="/keep"))
    assert tool.run("apply", "--auto-approve", "--backup", "back.yaml").code == 0
    assert tool.run("apply", "-f", "back.yaml", "--auto-approve").code == 0
    assert sorted((webhook.url, webhook.active) for webhook in tool.there()) == [
        (f"{HOST}/a", True),
        (f"{HOST}/keep", True),
    ]


@pytest.mark.parametrize("target", ["fifo", "webhooks.yaml", "notes.txt"])
def test_plan_is_saved_over_nothing_but_a_saved_plan(tool: Tool, target: str) -> None:
    tool.write(entries(a="/a"))
    os.mkfifo(tool.folder / "fifo")
    (tool.folder / "notes.txt").write_text("mine")
    before = (tool.folder / "webhooks.yaml").read_text()
    ended = run_here(tool.folder, "plan", "--out", target)
    assert (ended.code, "output-file" in ended.err) == (1, True), ended.all
    assert (tool.folder / "fifo").is_fifo()
    assert (tool.folder / "notes.txt").read_text() == "mine"
    assert (tool.folder / "webhooks.yaml").read_text() == before


def test_plan_is_saved_through_a_link(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    (tool.folder / "link").symlink_to("real.plan")
    assert run_here(tool.folder, "plan", "--out", "link").code == 0
    assert (tool.folder / "link").is_symlink()
    assert run_here(tool.folder, "show", "real.plan").code == 0


def test_export_into_the_usual_file_describes_the_account(tool: Tool) -> None:
    # The shell makes the file before the command begins. Without one the account is Shippo's own, not to be had here.
    (tool.folder / "webhooks.yaml").touch()
    ended = run_here(tool.folder, "export", environment={"SHIPPO_API_TOKEN": ""})
    assert "file-empty" not in ended.err
    assert "SHIPPO_API_TOKEN" in ended.err


def test_export_writes_to_a_file_that_is_not_there(tool: Tool) -> None:
    tool.hook("/a")
    tool.write(entries(), owns="[]")
    assert run_here(tool.folder, "export", "--out", "new.yaml").code == 0
    assert run_here(tool.folder, "plan", "-f", "new.yaml", "--detailed-exitcode").code == 0
    assert run_here(tool.folder, "export", "--out", "new.yaml").code == 1


@pytest.mark.parametrize("event", ["two words", "a[b]", "esc\x1b[31m"])
def test_webhook_whose_event_no_file_may_write_is_left_out_of_an_export(tool: Tool, event: str) -> None:
    tool.hook("/a")
    tool.hook("/b", event)
    tool.write(entries(), owns="[]")
    exported = run_here(tool.folder, "export")
    (tool.folder / "new.yaml").write_text(exported.out)
    assert run_here(tool.folder, "plan", "-f", "new.yaml").out.splitlines()[-1] == "No changes."
    assert "its event's name can't be written in a file" in exported.out


@pytest.mark.parametrize("event", ["a$b", "${X}", "bidi\u202eevent", "##[error]"])
def test_odd_event_is_exported_and_read_again(tool: Tool, event: str) -> None:
    tool.hook("/b", event)
    tool.write(entries(), owns="[]")
    exported = run_here(tool.folder, "export")
    (tool.folder / "new.yaml").write_text(exported.out)
    plan = run_here(tool.folder, "plan", "-f", "new.yaml").out.splitlines()[-1]
    assert plan.startswith("No changes"), exported.out
    assert "\u202e" not in exported.all


def test_target_of_an_entrys_webhook_by_its_id_means_nothing(tool: Tool) -> None:
    object_id = tool.hook("/a", active=False)
    tool.write(entries(a="/a"))
    assert run_here(tool.folder, "plan", "--target", f"@{object_id}", "--detailed-exitcode").code == 1


def test_quiet_says_only_the_changes_and_the_last_line(tool: Tool) -> None:
    for number in range(15):
        tool.hook(f"https://other.example.com/{number}")
    tool.hook("/a")
    tool.write(entries(a="/a"))
    assert run_here(tool.folder, "plan", "-q").out == "No changes; 15 unmanaged.\n"
    old = tool.hook("/old")
    ended = run_here(tool.folder, "plan", "-q", "--allow-losses", "1")
    assert ended.out == (
        f"- @{old[:7]}  delete: not in the file  {HOST}/old\n"
        "Plan: 0 to create, 0 to update, 1 to delete; 15 unmanaged.\n"
    )


@pytest.mark.parametrize(
    ("shell", "code"),
    [
        pytest.param('exec "$0" plan >&-', 0, id="no-standard-output"),
        pytest.param('exec "$0" plan 2>&-', 0, id="no-standard-error"),
        pytest.param('exec "$0" validate -f - <&-', 1, id="no-standard-input"),
        pytest.param('exec "$0" plan >/dev/full', 1, id="full-disk"),
        pytest.param('exec "$0" schema >/dev/full', 1, id="full-disk-schema"),
    ],
)
def test_streams_that_are_closed_or_full_are_no_bugs(tool: Tool, shell: str, code: int) -> None:
    tool.write(entries(a="/a"))
    ended = subprocess.run(
        ["/bin/sh", "-c", shell, COMMAND], cwd=tool.folder, env=tool.env({}), capture_output=True, encoding="utf-8",
        timeout=WAIT, check=False,
    )  # fmt: skip
    assert (ended.returncode, "bug" in ended.stderr) == (code, False), ended.stderr
    assert ("No space left" in ended.stderr) == ("full" in shell)


def test_last_line_of_a_stopped_stream_says_the_exit_code(tool: Tool) -> None:
    tool.write(entries(a="/a"))
    held = tool.sandbox.faults.add(Rule(action=HoldAnswer(), method="GET"))
    process = subprocess.Popen(
        [COMMAND, "apply", "--auto-approve", "--format", "json"], cwd=tool.folder, env=tool.env({}),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    held.wait_until_held()
    process.send_signal(signal.SIGTERM)
    tool.sandbox.faults.remove(held)
    held.release()
    out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 143, out + err
    assert f'"exit_code":{process.returncode}' in out.splitlines()[-1]
    assert tool.writes() == []


def test_account_that_is_not_read_is_guarded_though_its_variables_are_not_set(tool: Tool, tmp_path: Path) -> None:
    tool.hook("/keep")
    tool.hook("/hidden/secretPATHsegment99")
    (tmp_path / "webhooks.yaml").write_text(
        f"""\
version: 1
accounts:
  one:
    provider: shippo
    token: ${{SHIPPO_API_TOKEN}}
    base_url: {tool.sandbox.base_url}
    owns: [{HOST}/*]
  two:
    provider: shippo
    token: ${{OTHER_TOKEN}}
    base_url: {tool.sandbox.base_url}
    owns: ["{HOST}/hidden/*"]
webhooks:
  keep: {{account: one, url: "{HOST}/keep", events: [track_updated]}}
  other: {{account: two, url: "{HOST}/hidden/${{HIDDEN_PATH}}", events: [track_updated]}}
"""
    )
    ended = run_here(tmp_path, "plan", "--account", "one")
    assert (ended.code, "account two" in ended.out) == (1, True), ended.all


def test_missing_with_several_accounts_asks_for_one_and_names_it(tool: Tool, tmp_path: Path) -> None:
    tool.hook("/new")
    (tmp_path / "webhooks.yaml").write_text(
        f"""\
version: 1
accounts:
  one: {{provider: shippo, token: "${{SHIPPO_API_TOKEN}}", base_url: "{tool.sandbox.base_url}", owns: []}}
  two: {{provider: shippo, token: "${{OTHER_TOKEN}}", base_url: "{tool.sandbox.base_url}", owns: []}}
webhooks: {{}}
"""
    )
    environment = {"OTHER_TOKEN": "shippo_live_other"}
    assert run_here(tmp_path, "export", "--missing", environment=environment).code == 1
    one = run_here(tmp_path, "export", "--missing", "--account", "one", environment=environment)
    assert one.out.partition("accounts:\n")[2] == (
        "  one:\n"
        "    owns:\n"
        f"      - {HOST}/new\n"
        "webhooks:\n"
        "  new:\n"
        f"    url: {HOST}/new\n"
        "    events: [track_updated]\n"
        "    account: one\n"
    )


def test_export_of_several_accounts_hides_none_behind_one_that_can_not_be_read(tool: Tool, tmp_path: Path) -> None:
    tool.hook("/a")
    (tmp_path / "webhooks.yaml").write_text(
        f"""\
version: 1
accounts:
  dead: {{provider: shippo, token: "${{OTHER_TOKEN}}", base_url: "http://127.0.0.1:1", owns: []}}
  one: {{provider: shippo, token: "${{SHIPPO_API_TOKEN}}", base_url: "{tool.sandbox.base_url}", owns: []}}
webhooks: {{}}
"""
    )
    ended = run_here(tmp_path, "export", environment={"OTHER_TOKEN": "shippo_live_other"})
    assert (ended.code, f"{HOST}/a" in ended.out, "dead" in ended.err) == (1, True, True)


def test_refusals_way_out_can_be_pasted_as_it_is(tool: Tool) -> None:
    tool.hook("/a")
    tool.hook("/b", "all")
    tool.write(entries())
    refused = run_here(tool.folder, "apply", "--auto-approve")
    assert refused.code == 3
    pasted = "absent:" + refused.out.partition("\nabsent:")[2].partition("\n\n")[0] + "\n"
    file = tool.folder / "webhooks.yaml"
    file.write_text(file.read_text() + pasted)
    assert run_here(tool.folder, "apply", "--auto-approve").code == 0
    assert tool.sandbox.store.list(TOKEN) == ()


def test_message_of_several_lines_is_several_lines(tool: Tool) -> None:
    ended = tool.run("sandbox", "--fault", "nope")
    assert (ended.code, "\\n" in ended.err, "\n  503, 429/5" in ended.err) == (1, False, True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("kestrel-harbour-lantern\n", id="a word"),
        pytest.param("DB_PASSWORD=kestrel-harbour-lantern\n", id="an env file"),
        pytest.param("version: 1\nowns: kestrel-harbour-lantern\n", id="a mapping"),
        pytest.param("machine x login y password kestrel-harbour-lantern\x00\n", id="with a control character"),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_link_out_of_the_folder_quotes_nothing_of_what_it_leads_to(tool: Tool, text: str, form: str) -> None:
    elsewhere = tool.folder / "elsewhere"
    work = tool.folder / "work"
    for folder in (elsewhere, work):
        folder.mkdir()
    (elsewhere / "secret").write_text(text, encoding="utf-8")
    (work / "webhooks.yaml").symlink_to(elsewhere / "secret")
    ended = run_here(work, "validate", "--format", form)
    assert ended.code == 1
    assert "kestrel" not in ended.all


def test_link_within_the_folder_is_a_file_as_any(tool: Tool) -> None:
    (tool.folder / "real.yaml").write_text("version: 1\nowns: here-is-what-is-wrong\n", encoding="utf-8")
    (tool.folder / "webhooks.yaml").symlink_to("real.yaml")
    assert "here-is-what-is-wrong" in run_here(tool.folder, "validate").err
