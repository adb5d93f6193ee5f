"""An entry with keys in every command: addresses, targets, saved plans, JSON; and secrets of its keys stay secret."""

from __future__ import annotations

from tests.e2e.tool import HOST, TOKEN, Tool

TENANTS = """\
webhooks:
  tenants:
    url: https://hooks.example.com/shippo/${each.key}?token=${each.value}
    events: [track_updated, transaction_created]
    for_each:
      acme: ${ACME_TOKEN}
      globex: ${GLOBEX_TOKEN}
"""
SECRETS = {"ACME_TOKEN": "acmeSecretQAYWSX71", "GLOBEX_TOKEN": "globexSecretEDCRFV82"}
ADDRESSES = [
    f"tenants[{key}][{event}]" for key in ("acme", "globex") for event in ("track_updated", "transaction_created")
]


def test_every_webhook_has_its_address(tool: Tool) -> None:
    tool.write(TENANTS)
    planned = tool.run("plan", "--format", "json", **SECRETS)
    rows = planned.json()["resource_changes"]
    assert [(row["webhook_address"], row["entry"], row["events"][0]) for row in rows] == [
        (address, address.rpartition("[")[0], address.rpartition("[")[2][:-1]) for address in ADDRESSES
    ]
    assert rows[0]["change"]["after"]["url"] == f"{HOST}/shippo/acme?token=${{ACME_TOKEN}}"
    assert tool.run("apply", "--auto-approve", **SECRETS).code == 0
    assert {(webhook.url, webhook.event) for webhook in tool.there()} == {
        (f"{HOST}/shippo/{key}?token={SECRETS[f'{key.upper()}_TOKEN']}", event)
        for key in ("acme", "globex")
        for event in ("track_updated", "transaction_created")
    }
    listed = tool.run("list", **SECRETS)
    assert [address for address in ADDRESSES if address not in listed.out] == []
    for ended in (planned, listed, tool.run("drift", **SECRETS), tool.run("export", **SECRETS)):
        assert ended.code == 0, ended.all
        assert not any(secret in ended.all for secret in SECRETS.values())


def test_drift_and_a_targeted_repair_of_one_key(tool: Tool) -> None:
    tool.write(TENANTS)
    assert tool.run("apply", "--auto-approve", **SECRETS).code == 0
    for webhook in tool.there():
        tool.sandbox.store.delete(TOKEN, webhook.object_id)
    assert tool.run("drift", **SECRETS).code == 2
    saved = tool.run("plan", "--target", "tenants[acme]", "--out", "saved.plan", **SECRETS)
    assert "Plan: 2 to create, 0 to update, 0 to delete" in saved.out, saved.all
    assert tool.run("apply", "saved.plan", **SECRETS).code == 0
    assert {webhook.url for webhook in tool.there()} == {f"{HOST}/shippo/acme?token={SECRETS['ACME_TOKEN']}"}
    assert "tenants[globex][track_updated]" in tool.run("plan", "--target", "tenants", **SECRETS).out
    unknown = tool.run("plan", "--target", "tenants[acmee]", **SECRETS)
    assert (unknown.code, "tenants[acme]" in unknown.err) == (1, True), unknown.all


def test_removed_key_is_deleted_and_its_secret_rotated_in_place(tool: Tool) -> None:
    tool.write(TENANTS)
    assert tool.run("apply", "--auto-approve", **SECRETS).code == 0
    rotated = tool.run("plan", **(SECRETS | {"ACME_TOKEN": "acmeOtherSecretTGBZHN"}))
    assert "Plan: 0 to create, 2 to update, 0 to delete" in rotated.out, rotated.all
    tool.write(TENANTS.replace("      globex: ${GLOBEX_TOKEN}\n", ""))
    removed = tool.run("apply", "--auto-approve", **SECRETS)
    assert removed.code == 0, removed.all
    assert {webhook.url for webhook in tool.there()} == {f"{HOST}/shippo/acme?token={SECRETS['ACME_TOKEN']}"}


def test_missing_part_names_no_entry_like_one_with_keys(tool: Tool) -> None:
    tool.write(TENANTS, owns=f"[{HOST}/shippo/*]")
    tool.hook("/elsewhere/tenants")
    missing = tool.run("export", "--missing", **SECRETS)
    assert "\n  tenants-elsewhere:" in missing.out, missing.all
