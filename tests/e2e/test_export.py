"""`export`: the file that describes an account, after which the next plan is empty."""

from __future__ import annotations

import itertools
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.cli.commands.export import _schemas
from reconciler.providers.shippo import SHIPPO
from reconciler.view.documents import SCHEMAS
from tests.e2e.tool import HOST, TOKEN, Tool, delivered, entries, run_here
from tests.support import builders
from tests.support.canaries import Canaries
from tests.support.draws import draws
from tests.support.messy import SECRETS, click_together
from tests.support.sandbox import Sandbox

_NUMBERS = itertools.count()

EMPTY = (
    "version: 1\naccounts:\n  default:\n    provider: shippo\n    token: ${{SHIPPO_API_TOKEN}}\n    base_url: {base}\n"
    "owns: []\nwebhooks: {{}}\n"
)


EXPECTED = Path(__file__).with_name("messy.txt")
NEXT = re.compile(r"^  reconciler (.*)$", re.MULTILINE)


@pytest.fixture
def messy(tool: Tool) -> Tool:
    """A folder with an account that was clicked together, and a file that names it."""
    click_together(tool.sandbox.store, TOKEN)
    tool.write(entries(), owns="[]", name="account.yaml")
    return tool


def steady(tool: Tool, text: str) -> str:
    """A text without what is another in each run."""
    for number, webhook in enumerate(sorted(tool.there(), key=lambda one: one.object_created), 1):
        text = text.replace(webhook.object_id, f"webhook-{number}")
    return re.sub(r"on \d{4}-\d\d-\d\d", "on DAY", text).replace(tool.sandbox.base_url, "http://SANDBOX")


def test_messy_account_is_adopted_as_printed(messy: Tool) -> None:
    canaries = Canaries(SECRETS)
    exported = messy.run("export", "-f", "account.yaml", "--out", "webhooks.yaml", "--secrets-to", "hooks.env")
    assert exported.code == 0, exported.err
    text = (messy.folder / "webhooks.yaml").read_text()
    assert canaries.found_in(exported.all + text) == []
    assert {name: (messy.folder / name).stat().st_mode & 0o777 for name in ("webhooks.yaml", "hooks.env")} == {
        "webhooks.yaml": 0o600,
        "hooks.env": 0o600,
    }
    shown = steady(messy, f"{exported.err}\n{text}")
    if os.environ.get("REWRITE_CASES"):
        EXPECTED.write_text(shown)
    assert shown == EXPECTED.read_text()
    plan, apply = (shlex.split(words) for words in NEXT.findall(exported.err))
    planned = messy.run(*plan, "--detailed-exitcode")
    assert (planned.code, planned.out.splitlines()[-1]) == (2, "Plan: 0 to create, 0 to update, 2 to delete.")
    assert messy.run(*plan, "--format", "json").json()["summary"]["duplicates"] == 2
    assert messy.run(*apply, "--auto-approve").code == 0
    assert messy.run(*plan, "--detailed-exitcode").code == 0
    assert messy.run("drift", *plan[1:]).code == 0
    again = messy.run("export", *plan[1:])
    assert (again.code, NEXT.findall(again.err)[1][:5]) == (0, "drift")
    assert set(yaml.safe_load(again.out)["webhooks"]) == set(yaml.safe_load(text)["webhooks"])


def test_hosts_are_owned_as_a_whole_where_nobody_elses_webhooks_are(messy: Tool) -> None:
    exported = messy.run("export", "-f", "account.yaml", "--owns-hosts", "--secrets-to", "hooks.env")
    assert exported.code == 0, exported.err
    owns = yaml.safe_load(exported.out)["owns"]
    assert [item for item in owns if "*" in str(item)] == [
        "https://erp.acme.example/*",
        {"url": "https://erp.acme.example/*", "is_test": True},
        "https://shop.acme.example/*",
        "https://staging.acme.example/*",
        "https://track.parcel-partner.example/*",
    ]
    # Left out: services, secrets in the path, and a host of which one webhook can't be described.
    assert {urlsplit(item).hostname for item in owns if "*" not in str(item)} == {
        "discord.com", "hooks.slack.com", "hooks.zapier.com", "legacy.acme.example", "n8n.acme.example",
    }  # fmt: skip
    (messy.folder / "new.yaml").write_text(exported.out)
    plan = messy.run("plan", "-f", "new.yaml", "--env-file", "hooks.env")
    assert plan.out.splitlines()[-1] == "Plan: 0 to create, 0 to update, 2 to delete."


@pytest.mark.parametrize(
    ("there", "schema"),
    [
        pytest.param(True, "./webhooks.schema.json", id="beside"),
        pytest.param(False, f"{SCHEMAS}/webhooks.schema.json", id="published"),
    ],
)
def test_schema_is_named_where_it_is(messy: Tool, there: bool, schema: str) -> None:  # noqa: FBT001 - of the table
    (messy.folder / "sets").mkdir()
    if there:
        (messy.folder / "sets" / "webhooks.schema.json").write_text(messy.run("schema").out)
    assert messy.run("export", "-f", "account.yaml", "--out", "sets/live.yaml").code == 0
    line, *_ = (messy.folder / "sets" / "live.yaml").read_text().splitlines()
    assert line == f"# yaml-language-server: $schema={schema}"
    assert messy.run("fmt", "-f", "sets/live.yaml").code == 0
    assert (messy.folder / "sets" / "live.yaml").read_text().startswith(f"{line}\n")


def test_published_schema_is_not_named_for_a_provider_that_it_does_not_know() -> None:
    other = replace(builders.account(), provider=replace(SHIPPO, name="other"))
    assert list(_schemas(builders.planned(accounts=[other]), None)) == []
    assert list(_schemas(builders.planned(accounts=[builders.account()]), None)) == [f"{SCHEMAS}/webhooks.schema.json"]


def test_base_url_of_one_run_is_not_in_the_file_but_in_the_next_commands(messy: Tool) -> None:
    exported = messy.run("export", "--base-url", messy.sandbox.base_url, "--out", "webhooks.yaml", "--secrets-to", "e")
    assert exported.code == 0, exported.err
    assert messy.sandbox.base_url not in (messy.folder / "webhooks.yaml").read_text()
    plan, _ = NEXT.findall(exported.err)
    assert plan == f"plan --env-file e --base-url {messy.sandbox.base_url}"
    assert messy.run(*shlex.split(plan)).out.splitlines()[-1] == "Plan: 0 to create, 0 to update, 2 to delete."


def test_next_commands_name_what_was_given(messy: Tool) -> None:
    (messy.folder / "our sets").mkdir()
    (messy.folder / "token.env").write_text(f"SHIPPO_API_TOKEN={TOKEN}\n")
    exported = messy.run(
        "export", "-f", "account.yaml", "--env-file", "token.env", "--out", "our sets/live.yaml",
        "--secrets-to", "our sets/hooks.env", SHIPPO_API_TOKEN="",
    )  # fmt: skip
    plan, _ = NEXT.findall(exported.err)
    assert plan == "plan -f 'our sets/live.yaml' --env-file token.env --env-file 'our sets/hooks.env'"
    assert messy.run(*shlex.split(plan), SHIPPO_API_TOKEN="").code == 0
    assert "  echo '*.env' >> 'our sets/.gitignore'\n" in exported.err
    assert "  gh secret set -f 'our sets/hooks.env'\n" in exported.err


def test_secrets_are_written_nowhere_unless_asked_and_never_over_a_file(tool: Tool) -> None:
    tool.hook("/a?token=s3cr3tTOKENvalue99")
    tool.write(entries(), owns="[]")
    without = tool.run("export")
    assert (without.code, "HOOK_A_TOKEN" in without.err, "s3cr3t" in without.all) == (0, True, False)
    (tool.folder / "mine.env").write_text("mine")
    taken = tool.run("export", "--secrets-to", "mine.env")
    assert (taken.code, (tool.folder / "mine.env").read_text()) == (1, "mine")


def test_missing_gives_what_the_file_does_not_have(tool: Tool) -> None:
    tool.write(entries(a="/a"), owns=f"[{HOST}/a]")
    assert tool.run("apply", "--auto-approve").code == 0
    tool.hook("/deep/a?token=s3cr3tTOKENvalue99")
    exported = tool.run("export", "--missing")
    assert exported.out.partition("owns:\n")[2] == (
        "  - https://hooks.example.com/deep/a\n"
        "webhooks:\n"
        "  a-deep:\n"
        "    url: https://hooks.example.com/deep/a?token=${HOOK_A_DEEP_TOKEN}\n"
        "    events: [track_updated]\n"
    )


def test_missing_webhooks_are_planned_from_a_second_file_as_printed(tool: Tool) -> None:
    tool.write(entries(a="/a"), owns=f"[{HOST}/a]")
    assert tool.run("apply", "--auto-approve").code == 0
    tool.hook("/deep/a?token=s3cr3tTOKENvalue99")
    exported = tool.run("export", "--missing", "--secrets-to", "more.env")
    (name,) = re.findall(r"^Save it as (.*), then:$", exported.err, re.MULTILINE)
    (tool.folder / name).write_text(exported.out)
    plan, _ = NEXT.findall(exported.err)
    planned = tool.run(*shlex.split(plan), "--detailed-exitcode")
    assert (planned.code, planned.out.splitlines()[-1]) == (0, "No changes."), planned.all


def test_file_of_an_account_with_both_kinds_is_valid_without_its_token(tool: Tool) -> None:
    for is_test in (False, True):
        tool.hook("/orders?token=s3cr3tTOKENvalue99", is_test=is_test)
    exported = tool.run("export", "--base-url", tool.sandbox.base_url, "--out", "new.yaml")
    assert exported.code == 0, exported.err
    checked = tool.run("validate", "-f", "new.yaml", SHIPPO_API_TOKEN="")
    assert checked.code == 0, checked.all


def test_masked_value_is_told(tool: Tool) -> None:
    tool.write(entries(), owns="[]")
    tool.hook("/a?token=************")
    assert "returns HOOK_A_TOKEN masked: set the real value" in tool.run("export").err


def test_account_that_can_not_be_read_is_not_described(tool: Tool) -> None:
    tool.write(entries(), owns="[]")
    file = tool.folder / "webhooks.yaml"
    file.write_text(file.read_text().replace(tool.sandbox.base_url, "http://127.0.0.1:1"))
    exported = tool.run("export")
    assert (exported.code, exported.out) == (1, "")


HOSTS = ("https://hooks.example.com", "https://h.example.org:8443", "http://plain.example.com", "https://[2001:db8::1]")
SEGMENTS = (
    "orders", "v1", "T00000000X", "x8Zq4Lk0vR2nW7tYbC5dEf3G", "a%20b", "$HOME", "${X}", "we*ird", "caf%C3%A9", "",
    "a+b", "it's", "%24", "swordfish", "..", "semi;colon", "comma,", "tilde~", "colon:x", "(x)",
)  # fmt: skip
QUERIES = (
    "", "token=abc123DEF456ghi", "tenant=acme", "tenant=globex&token=s3cr3tS3CR3T", "sig=a%2Bb%3D", "sig=a+b/c=",
    "token=", "token", "flag", "q=1&q=2", "x=it's", "x=$5", "x=${Y}", "key='\"", "x=~!*()",
    "hook_token=ab%5C'c",
    "B64secretNAMEwithout=x", "empty=&token=t0ken", "=v",
)  # fmt: skip


@st.composite
def hooks(draw: st.DrawFn) -> dict[str, object]:
    path = "/".join(draw(st.lists(st.sampled_from(SEGMENTS), max_size=3)))
    query = draw(st.sampled_from(QUERIES))
    url = f"{draw(st.sampled_from(HOSTS))}/{path}" + (f"?{query}" if query else "")
    return {
        "url": draw(st.sampled_from([url, url, url, url.replace("https://", "https://u:p@"), url + "#f", "nonsense"])),
        "event": draw(st.sampled_from(["track_updated", "all", "batch_created"])),
        "active": draw(st.booleans()),
        "is_test": draw(st.integers(0, 3)) == 0,
    }


@pytest.fixture(scope="module")
def provider() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@st.composite
def accounts(draw: st.DrawFn) -> list[dict[str, object]]:
    """The webhooks of an account, some of them duplicates: as they are, off, or with another token."""
    there = draw(st.lists(hooks(), max_size=6))
    for hook in draw(st.lists(st.sampled_from(there), max_size=4)) if there else ():
        url = str(hook["url"])
        changed = draw(st.sampled_from([url, url, url.replace("=abc123", "=0ther"), url.replace("token=", "token=x")]))
        there.append({**hook, "url": changed, "active": draw(st.booleans())})
    return there


@given(drawn=accounts(), owns_hosts=st.booleans())
@draws(30, HealthCheck.function_scoped_fixture)
def test_what_was_exported_is_adopted_and_duplicates_go(
    provider: Sandbox,
    tmp_path: Path,
    drawn: list[dict[str, object]],
    owns_hosts: bool,  # noqa: FBT001 - drawn
) -> None:
    token = f"shippo_live_export-{next(_NUMBERS)}"
    for hook in drawn:
        provider.store.create(token, **hook)  # type: ignore[arg-type]  # the API's fields
    before = delivered(provider, token)
    environment = {"SHIPPO_API_TOKEN": token}
    (tmp_path / "empty.yaml").write_text(EMPTY.format(base=provider.base_url))
    (tmp_path / "hooks.env").unlink(missing_ok=True)
    options = ("--owns-hosts",) if owns_hosts else ()
    exported = run_here(
        tmp_path, "export", "-f", "empty.yaml", "--secrets-to", "hooks.env", *options, environment=environment
    )
    assert exported.code == 0, exported.err
    (tmp_path / "new.yaml").write_text(exported.out)
    common = ("-f", "new.yaml", "--env-file", "hooks.env")
    planned = run_here(tmp_path, "plan", *common, "--format", "json", environment=environment)
    assert planned.code == 0, exported.out + planned.err
    plan = planned.json()
    said, summary = re.search(r"The next plan(?:: (.*)| has no changes)[.]", exported.err), plan["summary"]
    expected = f"{summary['create']} to create, {summary['update']} to update, {summary['delete']} to delete"
    assert said is not None
    assert (said[1] or "0 to create, 0 to update, 0 to delete") == expected, exported.out
    reasons = {row["action_reason"] for row in plan["resource_changes"] if row["change"]["actions"] != ["no-op"]}
    assert reasons <= {"duplicate", "switched_off"}
    assert (summary["create"], summary["unmanaged"], summary["losses"]) == (0, 0, 0)
    applied = run_here(tmp_path, "apply", *common, "--auto-approve", environment=environment)
    assert applied.code == 0, exported.out + applied.all
    drift = run_here(tmp_path, "drift", *common, environment=environment)
    assert drift.code == 0, exported.out + drift.all
    assert delivered(provider, token) == before


def test_missing_of_one_of_two_accounts_says_where_its_lines_belong(tool: Tool) -> None:
    tool.environment["SHIPPO_TEST_TOKEN"] = "shippo_test_of-these-tests"
    tool.hook("/a")
    tool.hook("/orders?token=s3cr3tTOKENvalue99")
    accounts = {
        kind: {"provider": "shippo", "token": f"${{{name}}}", "mode": kind, "base_url": tool.sandbox.base_url}
        for kind, name in (("live", "SHIPPO_API_TOKEN"), ("test", "SHIPPO_TEST_TOKEN"))
    }
    entry = {"url": f"{HOST}/a", "events": ["track_updated"], "account": "live"}
    file = {"version": 1, "accounts": accounts, "owns": [f"{HOST}/a"], "webhooks": {"a": entry}}
    (tool.folder / "webhooks.yaml").write_text(yaml.safe_dump(file))
    exported = tool.run("export", "--missing", "--account", "live", "--secrets-to", "more.env")
    assert exported.code == 0, exported.err
    fragment = yaml.safe_load(exported.out)
    # What stands at the top is for accounts without the key: it is repeated.
    assert fragment["accounts"] == {"live": {"owns": [f"{HOST}/a", f"{HOST}/orders"]}}
    plan, _ = NEXT.findall(exported.err)
    assert (
        f"Add the lines below each key to the same key in webhooks.yaml, then:\n  reconciler {plan}\n" in exported.err
    )
    (tool.folder / "webhooks.yaml").write_text(pasted(yaml.safe_dump(file), exported.out))
    planned = tool.run(*shlex.split(plan), "--detailed-exitcode")
    assert planned.code == 0, planned.all


def pasted(text: str, fragment: str) -> str:
    """A file with the lines of a fragment where they belong."""
    file, more = yaml.safe_load(text), yaml.safe_load(fragment) or {}
    more.pop("version", None)
    for name, account in more.pop("accounts", {}).items():
        file["accounts"][name] |= account
    file["webhooks"] |= more.pop("webhooks", {})
    for key, items in more.items():
        file[key] = [*(file.get(key) or []), *items]
    return yaml.safe_dump(file)


@given(drawn=accounts(), owned=st.sets(st.sampled_from(HOSTS)), under=st.booleans(), kept=st.integers(0, 3))
@draws(25, HealthCheck.function_scoped_fixture)
def test_with_what_was_missing_the_next_plan_keeps_all(
    provider: Sandbox,
    tmp_path: Path,
    drawn: list[dict[str, object]],
    owned: set[str],
    under: bool,  # noqa: FBT001 - drawn
    kept: int,
) -> None:
    token = f"shippo_live_missing-{next(_NUMBERS)}"
    for hook in drawn:
        provider.store.create(token, **hook)  # type: ignore[arg-type]  # the API's fields
    environment = {"SHIPPO_API_TOKEN": token}
    (tmp_path / "empty.yaml").write_text(EMPTY.format(base=provider.base_url))
    for name in ("hooks.env", "more.env", "more.yaml"):
        (tmp_path / name).unlink(missing_ok=True)
    whole = run_here(tmp_path, "export", "-f", "empty.yaml", "--secrets-to", "hooks.env", environment=environment)
    file = yaml.safe_load(whole.out)
    # A file that lacks some of it, and owns hosts of which it hasn't all, at the top or in the account.
    file["webhooks"] = dict(list(file["webhooks"].items())[:kept])
    file["owns"] += [f"{host}/*" for host in sorted(owned)]
    file.setdefault("accounts", {"default": {"provider": "shippo"}})
    if under:
        file["accounts"]["default"] |= {key: file.pop(key) for key in ("owns", "known") if key in file}
    if not file["webhooks"] and not any("*" in str(item) for item in file.get("owns", ())):
        file.pop("known", None)
    (tmp_path / "webhooks.yaml").write_text(yaml.safe_dump(file))
    options = ("--env-file", "hooks.env", "--secrets-to", "more.env", "--out", "more.yaml")
    missing = run_here(tmp_path, "export", "--missing", *options, environment=environment)
    assert missing.code == 0, missing.err
    if not (tmp_path / "more.yaml").exists():
        assert "Nothing is missing" in missing.err
        return
    fragment = (tmp_path / "more.yaml").read_text()
    files = shlex.split(NEXT.findall(missing.err)[0])
    if "more.yaml" not in files:
        (tmp_path / "webhooks.yaml").write_text(pasted(yaml.safe_dump(file), fragment))
    planned = run_here(tmp_path, *files, "--format", "json", environment=environment)
    assert planned.code == 0, fragment + planned.err
    plan = planned.json()
    reasons = {row["action_reason"] for row in plan["resource_changes"] if row["change"]["actions"] != ["no-op"]}
    assert reasons <= {"duplicate", "switched_off"}, (yaml.safe_dump(file), fragment)
    assert (plan["summary"]["create"], plan["summary"]["unmanaged"]) == (0, 0), fragment


def test_export_allows_the_events_that_this_version_does_not_know(tool: Tool) -> None:
    tool.hook("/shippo/orders", "track_updated")
    tool.hook("/shippo/delays", "shipment_delayed")
    tool.write(entries(), owns="[]")
    exported = tool.run("export")
    assert exported.code == 0, exported.err
    assert "\nallow_events: [shipment_delayed]\n" in exported.out
    (tool.folder / "new.yaml").write_text(exported.out)
    assert tool.run("validate", "--strict", "-f", "new.yaml").code == 0
    plan = tool.run("plan", "-f", "new.yaml", "--detailed-exitcode")
    assert (plan.code, plan.out.splitlines()[-1]) == (0, "No changes.")
    missing = tool.run("export", "--missing")
    assert missing.out.count("allow_events") == 1
    tool.write(entries(), owns="[]", more="allow_events: [shipment_delayed]\n")
    assert "allow_events" not in tool.run("export", "--missing").out


def test_exported_webhooks_of_the_other_kind_are_no_mistake(tool: Tool) -> None:
    tool.hook("/a", is_test=True)
    given = ("--base-url", tool.sandbox.base_url)
    exported = tool.run("export", "--out", "webhooks.yaml", *given)
    assert exported.code == 0, exported.all
    assert "is_test: true" in (tool.folder / "webhooks.yaml").read_text()
    planned = tool.run("plan", *given)
    assert (planned.code, planned.err, "No changes." in planned.out) == (0, "", True), planned.all
