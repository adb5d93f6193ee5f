"""`export`: the file that describes an account, after which the next plan is empty."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.tool import HOST, Tool, entries, run_here
from tests.support.sandbox import Sandbox

SLACK = "https://hooks.slack.example/services/T024BE7LD9/B08XYZ1Q2/x8Zq4Lk0vR2nW7tYbC5dEf3G"
_NUMBERS = itertools.count()

EMPTY = (
    "version: 1\naccounts:\n  default:\n    provider: shippo\n    token: ${{SHIPPO_API_TOKEN}}\n    base_url: {base}\n"
    "owns: []\nwebhooks: {{}}\n"
)


def test_export_groups_names_and_hides_as_a_person_would(tool: Tool) -> None:
    for event in ("transaction_created", "track_updated"):
        tool.hook("/shippo/orders?token=s3cr3tTOKENvalue99", event)
    tool.hook("/shippo/orders", "all", active=False)
    tool.hook(SLACK)
    tool.hook("/", "all")
    tool.hook("/test", is_test=True)
    twice = {tool.hook("/twice"), tool.hook("/twice")}
    by_age = sorted(tool.there(), key=lambda one: (one.object_created, one.object_id))  # of one millisecond, maybe
    duplicate = [one.object_id for one in by_age if one.object_id in twice]
    userinfo = tool.hook("https://me:pw1234567@hooks.example.com/x")
    tool.write(entries(), owns="[]")
    exported = tool.run("export", "--secrets-to", "hooks.env")
    assert exported.code == 0, exported.err
    lines = exported.out.splitlines()
    assert lines[0] == "# yaml-language-server: $schema=./webhooks.schema.json"
    assert exported.out.partition("owns:\n")[2] == (
        "  - https://hooks.example.com/\n"
        "  - https://hooks.example.com/shippo/orders\n"
        "  - url: https://hooks.example.com/test\n"
        "    is_test: true\n"
        "  - https://hooks.slack.example/services/${HOOK_SERVICES_PATH}/${HOOK_SERVICES_PATH_2}/${HOOK_SERVICES_PATH_3}\n"
        "known:\n"
        f"  - id: {userinfo}\n"
        f"  - id: {duplicate[0]}\n"
        f"  - id: {duplicate[1]}\n"
        "unmanaged: fail\n"
        "webhooks:\n"
        "  hooks:\n"
        "    url: https://hooks.example.com/\n"
        "    events: [all]\n"
        "  orders:\n"
        "    url: https://hooks.example.com/shippo/orders?token=${HOOK_ORDERS_TOKEN}\n"
        "    events: [track_updated, transaction_created]\n"
        "  orders-2:\n"
        "    url: https://hooks.example.com/shippo/orders\n"
        "    events: [all]\n"
        "    active: false\n"
        "  test:\n"
        "    url: https://hooks.example.com/test\n"
        "    events: [track_updated]\n"
        "    is_test: true\n"
        "  services:\n"
        "    url: https://hooks.slack.example/services/${HOOK_SERVICES_PATH}/${HOOK_SERVICES_PATH_2}/${HOOK_SERVICES_PATH_3}\n"
        "    events: [track_updated]\n"
    )
    assert "# Not described, and therefore not owned, but listed under `known` (3):" in lines
    for object_id in (*duplicate, userinfo):
        assert f"@{object_id}" in exported.out
    assert (tool.folder / "hooks.env").read_text() == (
        "HOOK_ORDERS_TOKEN='s3cr3tTOKENvalue99'\n"
        "HOOK_SERVICES_PATH='T024BE7LD9'\n"
        "HOOK_SERVICES_PATH_2='B08XYZ1Q2'\n"
        "HOOK_SERVICES_PATH_3='x8Zq4Lk0vR2nW7tYbC5dEf3G'\n"
    )
    assert (tool.folder / "hooks.env").stat().st_mode & 0o777 == 0o600
    for secret in ("s3cr3t", "T024BE7LD9", "x8Zq4Lk0", "pw1234567"):
        assert secret not in exported.all
    (tool.folder / "new.yaml").write_text(exported.out)
    assert tool.run("validate", "-f", "new.yaml").code == 0
    plan = tool.run("plan", "-f", "new.yaml", "--env-file", "hooks.env", "--detailed-exitcode")
    assert (plan.code, plan.out.splitlines()[-1]) == (0, "No changes.")
    assert tool.run("drift", "-f", "new.yaml", "--env-file", "hooks.env").code == 0


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
        "  a-2:\n"
        "    url: https://hooks.example.com/deep/a?token=${HOOK_A_2_TOKEN}\n"
        "    events: [track_updated]\n"
    )


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
        "event": draw(st.sampled_from(["track_updated", "all", "brand_new"])),
        "active": draw(st.booleans()),
        "is_test": draw(st.integers(0, 3)) == 0,
    }


@pytest.fixture(scope="module")
def provider() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@given(drawn=st.lists(hooks(), max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_next_plan_after_an_export_is_empty(provider: Sandbox, tmp_path: Path, drawn: list[dict[str, object]]) -> None:
    token = f"shippo_live_export-{next(_NUMBERS)}"
    for hook in drawn:
        provider.store.create(token, **hook)  # type: ignore[arg-type]  # the API's fields
    environment = {"SHIPPO_API_TOKEN": token}
    (tmp_path / "empty.yaml").write_text(EMPTY.format(base=provider.base_url))
    (tmp_path / "hooks.env").unlink(missing_ok=True)
    exported = run_here(tmp_path, "export", "-f", "empty.yaml", "--secrets-to", "hooks.env", environment=environment)
    assert exported.code == 0, exported.err
    (tmp_path / "new.yaml").write_text(exported.out)
    plan = run_here(tmp_path, "plan", "-f", "new.yaml", "--env-file", "hooks.env", environment=environment)
    assert plan.code == 0, exported.out + plan.err
    assert plan.out.splitlines()[-1].startswith("No changes"), exported.out + plan.all
    assert "unmanaged" not in plan.out
    drift = run_here(tmp_path, "drift", "-f", "new.yaml", "--env-file", "hooks.env", environment=environment)
    assert drift.code == 0, exported.out + drift.all


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
