"""Stripe's webhook endpoints through the commands, on a server that does as its documentation says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.services import Answer, Asked, Hook, SecretWork, Service, Work, page_after, serve, without

KEY = "sk_test_0123456789abcdefghijkl"
URL = "https://hooks.example.com/stripe"
ACCOUNT = "provider: stripe\ntoken: ${{STRIPE_API_KEY}}\nbase_url: {}\nmode: test"
ENTRY = f"ledger:\n  url: {URL}\n  events: [invoice.paid, charge.refunded]\n  secret_to: LEDGER_SECRET\n"
PATH = "/v1/webhook_endpoints"


@dataclass
class Stripe(Service):
    """Form bodies; `disabled` is written and `status` read; the secret shows once; `metadata` is merged."""

    replays: dict[str, Hook] = field(default_factory=dict)  # by `Idempotency-Key`

    def put(self, url: str, *events: str, **values: object) -> Hook:
        hook: Hook = {
            "id": self.new_id("we_"),
            "object": "webhook_endpoint",
            "api_version": None,
            "application": None,
            "created": 1_760_000_000 + self.made,
            "description": None,
            "enabled_events": list(events),
            "livemode": False,
            "metadata": {},
            "status": "enabled",
            "url": url,
            "secret": f"whsec_made{self.made:04}",
            "connect": False,
            **values,
        }
        self.hooks[hook["id"]] = hook
        return hook

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return 401, _error("Invalid API Key provided")
        if asked.path == PATH:
            return self._create(asked) if asked.method == "POST" else self._list(asked)
        hook = self.hooks.get(asked.path.removeprefix(f"{PATH}/"))
        if hook is None:
            return 404, _error("No such webhook endpoint")
        if asked.method == "DELETE":
            del self.hooks[hook["id"]]
            return 200, {"id": hook["id"], "object": "webhook_endpoint", "deleted": True}
        if asked.method == "POST" and (refusal := self._change(hook, asked.sent)):
            return 400, _error(refusal)
        return 200, without(hook, "secret", "connect")

    def _list(self, asked: Asked) -> Answer:
        newest_first = [*reversed(self.hooks)]
        size = min(int(asked.first("limit", "10")), 100)
        ids, more = page_after(newest_first, asked.first("starting_after"), size)
        data = [without(self.hooks[found], "secret", "connect") for found in ids]
        return 200, {"object": "list", "data": data, "has_more": more, "url": PATH}

    def _create(self, asked: Asked) -> Answer:
        key = asked.headers["idempotency-key"]
        if key in self.replays:
            return 200, without(self.replays[key], "connect")
        said = dict(asked.sent)
        if "disabled" in said:
            return 400, _error("Received unknown parameter: disabled")
        hook = self.put(said["url"])
        hook |= {"api_version": said.get("api_version"), "connect": said.get("connect") == "true"}
        self.replays[key] = hook
        refusal = self._change(hook, [pair for pair in asked.sent if pair[0] not in ("api_version", "connect")])
        return (400, _error(refusal)) if refusal else (200, without(hook, "connect"))

    def _change(self, hook: Hook, sent: list[tuple[str, str]]) -> str:
        """Take what an update may send; why not, if it sends something else."""
        events = [value for name, value in sent if name == "enabled_events[]"]
        hook["enabled_events"] = events or hook["enabled_events"]
        for name, value in sent:
            if name in ("url", "description"):
                hook[name] = value or None
            elif name == "disabled":
                hook["status"] = "disabled" if value == "true" else "enabled"
            elif name.startswith("metadata["):
                hook["metadata"] |= {name[len("metadata[") : -1]: value}
            elif name != "enabled_events[]":
                return f"Received unknown parameter: {name}"
        hook["metadata"] = {name: value for name, value in hook["metadata"].items() if value}
        return ""


def _error(message: str) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error"}}


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    service = Stripe()
    with serve(service):
        yield service


@pytest.fixture
def work(tmp_path: Path, stripe: Stripe) -> Work:
    return SecretWork(tmp_path, ACCOUNT.format(stripe.base_url), {"STRIPE_API_KEY": KEY})


def test_a_webhook_is_made_with_a_form_and_holds(work: Work, stripe: Stripe) -> None:
    work.write(ENTRY + "  description: The ledger\n  metadata: {team: billing}\n")
    work.apply()
    ((method, path, sent),) = stripe.writes()
    assert (method, path) == ("POST", PATH)
    assert sorted(sent) == [
        ("connect", "false"),
        ("description", "The ledger"),
        ("enabled_events[]", "charge.refunded"),
        ("enabled_events[]", "invoice.paid"),
        ("metadata[team]", "billing"),
        ("url", URL),
    ]
    work.in_step()
    work.apply()
    assert stripe.writes() == []


def test_only_what_differs_is_sent_to_the_id(work: Work, stripe: Stripe) -> None:
    hook = stripe.put(URL, "invoice.paid", "charge.refunded", description="By hand")
    work.write(ENTRY + "  description: The ledger\n")
    work.apply()
    assert stripe.writes() == [("POST", f"{PATH}/{hook['id']}", [("description", "The ledger")])]
    work.in_step()


@pytest.mark.parametrize("theirs", ["enabled", "disabled"])
@pytest.mark.parametrize("ours", ["true", "false"])
def test_disabled_is_written_and_status_read(work: Work, stripe: Stripe, ours: str, theirs: str) -> None:
    stripe.put(URL, "invoice.paid", "charge.refunded", status=theirs)
    work.write(ENTRY + f"  active: {ours}\n")
    work.apply("--allow-losses", "1")
    assert stripe.only()["status"] == ("enabled" if ours == "true" else "disabled")
    work.in_step()


def test_one_is_made_and_then_switched_off(work: Work, stripe: Stripe) -> None:
    work.write(ENTRY + "  active: false\n")
    work.apply()
    made, switched_off = stripe.writes()
    assert "disabled" not in dict(made[2])
    assert switched_off[2] == [("disabled", "true")]
    assert stripe.only()["status"] == "disabled"
    work.in_step()


@pytest.mark.parametrize(
    ("theirs", "ours", "sent"),
    [
        pytest.param(
            {"team": "a", "old": "b"}, "{team: a}", [("metadata[old]", ""), ("metadata[team]", "a")], id="gone"
        ),
        pytest.param({"team": "a"}, "{team: b}", [("metadata[team]", "b")], id="changed"),
        pytest.param({"team": "a"}, "", [("metadata[team]", "")], id="none-left"),
        pytest.param({}, "{team: a}", [("metadata[team]", "a")], id="new"),
    ],
)
def test_metadata_is_merged_so_that_names_which_go_are_sent_empty(
    work: Work, stripe: Stripe, theirs: dict[str, str], ours: str, sent: list[tuple[str, str]]
) -> None:
    stripe.put(URL, "invoice.paid", "charge.refunded", metadata=theirs)
    work.write(ENTRY + (f"  metadata: {ours}\n" if ours else ""))
    work.apply()
    ((_, _, found),) = stripe.writes()
    assert sorted(found) == sent
    work.in_step()


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        pytest.param("{cost_center: 42}", "`cost_center`", id="number"),
        pytest.param("{'team[a]': b}", "is not a valid name in `metadata`", id="brackets"),
    ],
)
def test_metadata_has_names_and_texts(work: Work, metadata: str, said: str) -> None:
    work.write(ENTRY + f"  metadata: {metadata}\n")
    assert said in work.refused("validate")


def test_another_api_version_takes_another_webhook_made_first(work: Work, stripe: Stripe) -> None:
    old = stripe.put(URL, "invoice.paid", "charge.refunded", api_version="2025-10-29.clover")
    work.write(ENTRY + '  api_version: "2026-06-24.dahlia"\n  connect: false\n')
    assert [actions for _, actions in work.actions()] in ([["create"], ["delete"]], [["create", "delete"]])
    work.apply()
    made, deleted = stripe.writes()
    assert (made[0], made[1], dict(made[2])["api_version"]) == ("POST", PATH, "2026-06-24.dahlia")
    assert deleted == ("DELETE", f"{PATH}/{old['id']}", None)
    assert stripe.only()["api_version"] == "2026-06-24.dahlia"
    work.in_step()


def test_an_api_version_that_no_file_says_stays(work: Work, stripe: Stripe) -> None:
    stripe.put(URL, "invoice.paid", "charge.refunded", api_version="2025-10-29.clover")
    work.write(ENTRY)
    work.in_step()


def test_connect_is_sent_with_the_create_and_never_compared(work: Work, stripe: Stripe) -> None:
    work.write(ENTRY + "  connect: true\n")
    work.apply()
    assert stripe.only()["connect"] is True
    work.in_step()
    work.write(ENTRY + "  connect: true\n  description: Changed\n")
    work.apply()
    assert stripe.writes()[-1][2] == [("description", "Changed")]


def test_what_replaces_a_webhook_must_say_whether_it_connects(work: Work, stripe: Stripe) -> None:
    stripe.put(URL, "invoice.paid", "charge.refunded", api_version="2025-10-29.clover", connect=True)
    work.write(ENTRY + '  api_version: "2026-06-24.dahlia"\n')
    said = work.refused("plan")
    assert "would remove its `connect`, which isn't in the file" in said
    assert "Add `connect` to the entry: nobody can read what it is now." in said
    assert stripe.writes() == []


@pytest.mark.parametrize("number", [100, 101, 205])
def test_all_pages_are_read(work: Work, stripe: Stripe, number: int) -> None:
    for index in range(number):
        stripe.put(f"https://hooks.example.com/{index}", "invoice.paid")
    work.write(ENTRY)
    assert f"{number} webhooks listed" in work.run("plan")[1]


def test_a_create_whose_answer_was_lost_is_made_once_and_its_secret_is_passed_on(work: Work, stripe: Stripe) -> None:
    stripe.lost = 1
    work.write(ENTRY)
    work.apply()
    assert [method for method, _, _ in stripe.writes()] == ["POST", "POST"]
    assert (work.folder / "made.env").read_text() == f"LEDGER_SECRET='{stripe.only()['secret']}'\n"
    work.in_step()


def test_a_secret_is_made_anew_with_another_webhook_made_first(work: Work, stripe: Stripe) -> None:
    old = stripe.put(URL, "invoice.paid", "charge.refunded")
    work.write(ENTRY + "  connect: false\n")
    work.in_step()
    work.apply("--resend-secrets")
    assert [(method, path) for method, path, _ in stripe.writes()] == [
        ("POST", PATH),
        ("DELETE", f"{PATH}/{old['id']}"),
    ]
    assert (work.folder / "made.env").read_text() == f"LEDGER_SECRET='{stripe.only()['secret']}'\n"
    work.in_step()


def test_without_somebody_who_takes_the_secret_nothing_is_made(work: Work, stripe: Stripe) -> None:
    work.write(ENTRY)
    code, said = Work.run(work, "apply", "--auto-approve")
    assert (code, stripe.hooks) == (3, {})
    assert "error[secrets-sink]" in said


def test_a_star_is_not_taken_for_what_must_be_named(work: Work, stripe: Stripe) -> None:
    stripe.put(URL, "issuing_authorization.request")
    stripe.put(URL, "*")
    work.write(ENTRY.replace("[invoice.paid, charge.refunded]", "['*']"))
    code, said = work.run("apply", "--auto-approve")
    assert (code, len(stripe.hooks)) == (1, 2), said


@pytest.mark.parametrize(
    ("key", "mode", "is_right"),
    [
        ("sk_test_x1", "test", True),
        ("rk_test_x1", "test", True),
        ("rk_live_x1", "live", True),
        ("sk_live_x1", "test", False),
    ],
)
def test_the_key_says_the_mode(work: Work, key: str, mode: str, is_right: bool) -> None:  # noqa: FBT001 - a table
    work.environment["STRIPE_API_KEY"] = key
    work.write(ENTRY, work.account.replace("mode: test", f"mode: {mode}"))
    code, said = work.run("validate")
    assert (code == 0) is is_right, said


def test_a_wrong_key_changes_nothing(work: Work, stripe: Stripe) -> None:
    work.environment["STRIPE_API_KEY"] = "sk_test_another"
    work.write(ENTRY)
    work.refused("apply", "--auto-approve")
    assert stripe.hooks == {}


def test_what_is_adopted_is_in_step(work: Work, stripe: Stripe) -> None:
    stripe.put(URL, "invoice.paid", description="By hand", metadata={"a": "b"}, api_version="2025-10-29.clover")
    work.write("")
    code, said = work.run("export", "--out", "adopted.yaml")
    assert code == 0, said
    (work.folder / "adopted.yaml").rename(work.folder / "webhooks.yaml")
    work.in_step()
