"""`--allow-unset`: a pull request's job sees what would change without the webhooks' secrets, and nothing else."""

from __future__ import annotations

import pytest

from tests.e2e.tool import HOST, Tool, entries

UNSET = "--allow-unset"


def changes(tool: Tool, *options: str, **variables: str) -> dict[str, str]:
    """What a plan would do, by address."""
    plan = tool.run("plan", UNSET, "--format", "json", *options, **variables)
    assert plan.code == 0, plan.all
    rows = plan.json()["resource_changes"]
    return {
        row["webhook_address"]: row["change"]["actions"][0] for row in rows if row["change"]["actions"] != ["no-op"]
    }


def test_a_secret_that_is_not_set_is_not_compared(tool: Tool) -> None:
    tool.hook("/a?token=formerSECRETtoken12")
    tool.hook("/b?token=formerSECRETtoken12&sig=x", active=False)
    tool.write(entries(a="/a?token=${A}", b="/b?token=${B}&sig=${SIG}", c="/c?token=${C}"))
    assert tool.run("plan").code == 1
    plan = tool.run("plan", UNSET)
    assert plan.code == 0
    assert plan.out.splitlines()[-1] == (
        "Plan: 1 to create, 1 to update, 0 to delete; not compared, since not set: ${A}, ${B}, ${SIG}, ${C}."
    )
    assert "a[track_updated]" not in plan.out
    assert "formerSECRET" not in plan.all
    assert changes(tool) == {"b[track_updated]": "update", "c[track_updated]": "create"}
    # What is set is compared.
    assert changes(tool, A="other")["a[track_updated]"] == "update"
    assert changes(tool, A="formerSECRETtoken12", SIG="x", B="y").keys() == {"b[track_updated]", "c[track_updated]"}


def test_documents_say_so(tool: Tool) -> None:
    tool.hook("/a?token=formerSECRETtoken12")
    tool.write(entries(a="/a?token=${A}"))
    plan = tool.run("plan", UNSET, "--format", "json").json()
    assert (plan["unset_variables"], plan["applyable"]) == (["A"], False)
    assert tool.run("list", UNSET, "--format", "json").json()["unset_variables"] == ["A"]
    drift = tool.run("drift", UNSET)
    assert (drift.code, drift.out.splitlines()[-1]) == (0, "No drift: 1 webhook; not compared, since not set: ${A}.")
    assert tool.run("list", UNSET).out.splitlines()[-1] == "1 webhook; not compared, since not set: ${A}."
    assert "The provider matches" not in tool.run("plan", UNSET).out
    assert "The provider matches" in tool.run("plan", UNSET, A="formerSECRETtoken12").out
    assert "unset_variables" not in tool.run("plan", UNSET, "--format", "json", A="x").json()


def test_a_parameter_that_the_provider_lacks_is_a_difference_all_the_same(tool: Tool) -> None:
    tool.hook("/a")
    tool.write(entries(a="/a?token=${A}"))
    assert changes(tool) == {"a[track_updated]": "update"}


@pytest.mark.parametrize(
    ("url", "there"),
    [
        pytest.param("/services/${P}", "/services/T0AB3CD4E/x9K2mQ7pL4", id="path"),
        pytest.param("/in/hook-${P}/orders?token=${T}", "/in/hook-x9K2mQ7pL4/orders?token=x", id="part-of-a-path"),
        pytest.param("/in?tenant=${P}", "/in?tenant=x9K2mQ7pL4", id="parameter-that-tells-webhooks-apart"),
    ],
)
def test_a_webhook_whose_endpoint_is_not_known_is_neither_made_nor_deleted(tool: Tool, url: str, there: str) -> None:
    found = tool.hook(there)
    gone = tool.hook("/gone")
    tool.hook(there, "batch_created")
    tool.write(entries(a=url, b="/b"), more="limits: {max_losses: 9}\n")
    plan = tool.run("plan", UNSET, "--format", "json").json()
    actions = {row["webhook_address"]: (row["change"]["actions"][0], row["status"]) for row in plan["resource_changes"]}
    assert {actions.pop("a[track_updated]"), actions.pop(f"@{found}")} == {("no-op", "not_compared")}
    # Of another event than the entry's, so it is surely not its webhook.
    assert sorted(actions.values()) == [("create", "managed"), ("delete", "not_in_file"), ("delete", "not_in_file")]
    assert actions[f"@{gone}"][0] == "delete"
    listed = {row["object_id"]: row["status"] for row in tool.run("list", UNSET, "--format", "json").json()["webhooks"]}
    assert listed[found] == "not_compared"
    assert "not compared" in tool.run("list", UNSET).out


def test_a_whole_url_that_is_not_set_may_be_any_owned_webhook_of_its_event(tool: Tool) -> None:
    owned, other = tool.hook("/x9K2mQ7pL4"), tool.hook("https://elsewhere.example.net/in")
    known = tool.hook("/b")
    tool.write(
        f"webhooks:\n  a: {{url: '${{URL}}', events: [track_updated]}}\n  b: {{url: '{HOST}/b', events: [all]}}\n"
    )
    plan = tool.run("plan", UNSET, "--format", "json", "--allow-losses", "9").json()
    status = {row["object_id"]: row["status"] for row in (*plan["resource_changes"], *plan["unmanaged"])}
    assert (status[owned], status[known], status[other]) == ("not_compared", "not_compared", "unmanaged")


@pytest.mark.parametrize("key", ["owns", "absent", "protect", "known"])
def test_a_pattern_that_is_not_known_claims_nothing_for_sure(tool: Tool, key: str) -> None:
    found = tool.hook("https://slack.example.com/services/x9K2mQ7pL4")
    pattern = "https://slack.example.com/services/${P}"
    owns = f"[{HOST}/*, '{pattern}']" if key == "owns" else f"[{HOST}/*]"
    tool.write(entries(a="/a"), owns=owns, more="" if key == "owns" else f"{key}: ['{pattern}']\n")
    assert changes(tool) == {"a[track_updated]": "create"}
    plan = tool.run("plan", UNSET, "--format", "json").json()
    assert {row["object_id"]: row["status"] for row in plan["resource_changes"]}[found] == "not_compared"


def test_a_default_and_a_message_are_as_ever(tool: Tool) -> None:
    tool.hook("/a?token=one")
    tool.write(entries(a="/a?token=${A:-${B}}", b="/b?token=${C:?ask}"))
    assert changes(tool) == {"b[track_updated]": "create"}
    assert changes(tool, B="two") == {"a[track_updated]": "update", "b[track_updated]": "create"}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param("token: '${OTHER_TOKEN}'", "`${OTHER_TOKEN}` is not set", id="token"),
        pytest.param("token: '${SHIPPO_API_TOKEN}', account_id: '${ID}'", "`${ID}` is not set", id="account-id"),
        pytest.param("token: '${SHIPPO_API_TOKEN}', mode: '${MODE}'", "`${MODE}` is not set", id="mode"),
    ],
)
def test_accounts_need_all_of_theirs(tool: Tool, file: str, said: str) -> None:
    text = f"version: 1\naccounts: {{a: {{provider: shippo, base_url: '{tool.sandbox.base_url}', {file}}}}}\n"
    (tool.folder / "webhooks.yaml").write_text(text + f"owns: ['{HOST}/*']\n" + entries(a="/a?token=${A}"))
    ended = tool.run("plan", UNSET)
    assert (ended.code, said in ended.err) == (1, True), ended.err
    assert "`${A}`" not in ended.err


@pytest.mark.parametrize("url", ["https://${H}/a", "${BASE}/a"])
def test_hosts_are_needed(tool: Tool, url: str) -> None:
    tool.write(f"webhooks: {{a: {{url: '{url}', events: [all]}}}}\n")
    ended = tool.run("plan", UNSET)
    assert (ended.code, "variable-unset" in ended.err) == (1, True)


def test_booleans_are_needed(tool: Tool) -> None:
    tool.write(f"webhooks: {{a: {{url: '{HOST}/a', events: [all], active: '${{ON}}'}}}}\n")
    assert "`${ON}` is not set" in tool.run("plan", UNSET).err


def test_no_such_plan_is_applied(tool: Tool) -> None:
    tool.write(entries(a="/a?token=${A}"))
    ended = tool.run("plan", UNSET, "--out", "saved.plan")
    assert (ended.code, "`--out` can't be used with `--allow-unset`" in ended.err) == (1, True)
    assert not (tool.folder / "saved.plan").exists()
    assert "No such option" in tool.run("apply", UNSET, "--auto-approve").err
    assert tool.writes() == []
