"""What an editor shows: the real `yaml-language-server`, led to the schema by the first line that `init` writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.providers.registry import built_in
from reconciler.view.documents import SCHEMAS
from tests.outside.language_server import LanguageServer

pytestmark = pytest.mark.outside

ROOT = Path(__file__).parent.parent.parent
ADDRESS = f"{SCHEMAS}/webhooks.schema.json"
MODELINE, *_ = (ROOT / "reconciler" / "cli" / "starter.yaml").read_text(encoding="utf-8").splitlines()
GITHUB = "accounts:\n  hub:\n    provider: github\n"
BOTH = "accounts: {hub: {provider: github}, live: {provider: shippo}}\n"
CLAIMS = {"owns", "absent", "protect", "known", "unmanaged", "limits"}
SHIPPO_EVENTS = {
    "transaction_created", "transaction_updated", "track_updated", "batch_created", "batch_purchased", "all",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    schema = (ROOT / "schemas" / "webhooks.schema.json").read_text(encoding="utf-8")
    with LanguageServer(pages={ADDRESS: schema}) as running:
        yield running


def file(text: str) -> str:
    """A file that begins as `init` writes it: two lines are above the text."""
    return f"{MODELINE}\nversion: 1\n{text}"


KEYS = [
    pytest.param(
        "│",
        {*CLAIMS, "accounts", "defaults", "webhooks", "secret_params", "public_params", "allow_events", "new file"},
        id="top",
    ),
    pytest.param(
        "accounts:\n  live:\n    provider: shippo\n    │",
        {*CLAIMS, "token", "base_url", "timeout", "rate_limits", "mode", "account_id", "account_ids", "trust_count"},
        id="account-at-shippo",
    ),
    pytest.param(
        "accounts:\n  hub:\n    provider: github\n    │",
        {*CLAIMS, "token", "base_url", "timeout", "rate_limits", "repositories", "organization"},
        id="account-at-github",
    ),
    pytest.param("accounts:\n  hub:\n    provider: │", {provider.name for provider in built_in()}, id="provider"),
    pytest.param("accounts:\n  │", {"name", *(f"account at {one.title}" for one in built_in())}, id="accounts"),
    pytest.param("webhooks:\n  │", {"name", "webhook at Shippo"}, id="webhooks"),
    pytest.param(f"{GITHUB}webhooks:\n  │", {"name", "webhook at GitHub"}, id="webhooks-at-github"),
    pytest.param("webhooks:\n  a:\n    url: x\n    events:\n      - │", SHIPPO_EVENTS, id="events"),
    pytest.param("webhooks:\n  a:\n    url: x\n    events: [tr│]", SHIPPO_EVENTS, id="events-in-brackets"),
    pytest.param("known:\n  - events:\n      - │", SHIPPO_EVENTS, id="events-of-others"),
    pytest.param("unmanaged: │", {"report", "fail", "ignore"}, id="choices"),
    pytest.param("owns:\n  - │", {"url", "is_test", "https://hooks.example.com/shippo/*"}, id="owned"),
    pytest.param(f"{GITHUB}owns:\n  - │", {"url", "https://hooks.example.com/shippo/*"}, id="owned-at-github"),
]


@pytest.mark.parametrize(("text", "expected"), KEYS)
def test_what_is_offered(server: LanguageServer, text: str, expected: set[str]) -> None:
    # A mapping's required keys are offered together, too, by the mapping's name.
    assert server.open(file(text)).offered().keys() - {"account", "webhook", "webhooks.yaml", "pattern and kind"} == (
        expected
    )


OF_GITHUB = {"content_type", "insecure_ssl", "secret", "secret_since"}
ENTRY = {"events", "for_each", "account", "accounts", "active", "ignore_changes", "public_params", "public_path"}


@pytest.mark.parametrize(
    ("accounts", "own", "event", "others"),
    [
        pytest.param("", {"is_test"}, "track_updated", {"push"}, id="no-accounts"),
        pytest.param(GITHUB, OF_GITHUB, "push", SHIPPO_EVENTS, id="github"),
        pytest.param(BOTH, {"is_test", *OF_GITHUB}, "push", set(), id="both"),
    ],
)
def test_accounts_decide_what_is_offered_in_entries(
    server: LanguageServer, accounts: str, own: set[str], event: str, others: set[str]
) -> None:
    keys = server.open(file(f"{accounts}webhooks:\n  a:\n    url: x\n    │")).offered()
    assert keys.keys() - {"webhook"} == {*ENTRY, "description", *own}
    events = server.open(file(f"{accounts}webhooks:\n  a:\n    url: x\n    events:\n      - │")).offered()
    assert event in events
    assert others.isdisjoint(events)


def test_what_is_inserted(server: LanguageServer) -> None:
    top = server.open(file("│")).offered()
    assert top["defaults"]["insertText"] == "defaults:\n  active: ${1:true}"
    account = server.open(file("accounts:\n  │")).offered()["account at GitHub"]
    assert account["insertText"] == (
        "${1:github}:\n  provider: github\n  token: \\${GITHUB_TOKEN\\}\n  repositories:\n    - ${2:acme/web}"
    )
    token = server.open(file("accounts:\n  hub:\n    provider: github\n    │")).offered()["token"]
    assert token["insertText"] == "token: ${1:\\${GITHUB_TOKEN\\}}"
    entry = server.open(file("webhooks:\n  │")).offered()["webhook at Shippo"]
    assert entry["insertText"] == "${1:orders}:\n  url: ${2:https://hooks.example.com/orders}\n  events:\n    - $3"
    assert server.open(f"{MODELINE}\n│").offered()["new file"]["insertText"].startswith("version: 1\nowns:\n  - ")


HELP = [
    pytest.param("ow│ns: []", "Webhooks that match and aren't in the file are deleted", id="top"),
    pytest.param("accounts:\n  a:\n    provider: shippo\n    mo│de: live", "checked against the token's", id="account"),
    pytest.param("webhooks:\n  a:\n    for_│each: [a]", "One webhook for each key of a mapping", id="entry"),
    pytest.param("webhooks:\n  a:\n    events: [track_│updated]", "A parcel's tracking was updated.", id="event"),
    pytest.param("webhooks:\n  a:\n    events: [push│ed]", "isn't listed here is an error", id="unknown-event"),
    pytest.param("unmanaged: fa│il", "They are drift, and always listed", id="choice"),
    pytest.param(f"{GITHUB}webhooks:\n  a:\n    content_│type: json", "How payloads are encoded.", id="provider"),
]


@pytest.mark.parametrize(("text", "expected"), HELP)
def test_what_is_said_of_a_key(server: LanguageServer, text: str, expected: str) -> None:
    assert expected in server.open(file(text)).hover()


ONE = "webhooks:\n  a:\n    url: https://h.example.com\n    events: [all]\n"
VARIABLE = "Write `true` or `false`, or a single variable with one of these values."
NAME = "Use the letters `a` to `z`, digits, `_` and `-`."
PROBLEMS = [
    pytest.param("webhook: {}", [(3, "Property webhook is not allowed.")], id="misspelt-key"),
    pytest.param(f"{ONE}    activ: true", [(7, "Property activ is not allowed.")], id="misspelt-key-of-an-entry"),
    pytest.param(f"{ONE}    active: yes", [(7, VARIABLE)], id="not-a-boolean"),
    pytest.param(f"{ONE}    for_each: 5", [(7, "Incorrect type. Expected one of object, array.")], id="wrong-type"),
    pytest.param("webhooks:\n  Orders: {url: a, events: [all]}", [(4, NAME)], id="name"),
    pytest.param("webhooks:\n  a:\n    url: a", [(4, 'Missing property "events".')], id="missing-key"),
    pytest.param(f"{GITHUB}    mode: live", [(6, "Property mode is not allowed.")], id="key-of-another-provider"),
    pytest.param(f"{GITHUB}    token: ghp_1", [(6, "Write a single variable")], id="token"),
    pytest.param(f"{GITHUB}    organization: a b", [(6, "Write a name such as `acme`")], id="place"),
    pytest.param(
        "accounts: {a: {provider: shipo}}", [(3, 'Value is not accepted. Valid values: "shippo", "github"')],
        id="misspelt-provider",
    ),
    pytest.param("unmanaged: never", [(3, 'Value is not accepted. Valid values: "report"')], id="choice"),
    pytest.param("limits: {max_losses: -1}", [(3, "Value is below the minimum of 0.")], id="range"),
    pytest.param(ONE, [], id="nothing"),
    pytest.param("accounts: {a: {provider: '${P}', mode: live}}", [], id="provider-from-a-variable"),
    pytest.param(f"{GITHUB}{ONE}    is_test: true", [], id="entry-of-an-account-of-another-file"),
    pytest.param("x-anything: {a: 1}\nallow_events: [new]\nwebhooks: {}", [], id="extension"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROBLEMS)
def test_what_is_found_wrong(server: LanguageServer, text: str, expected: list[tuple[int, str]]) -> None:
    found = server.open(file(text)).problems()
    assert len(found) == len(expected), found
    for (line, said), (expected_line, beginning) in zip(found, expected, strict=True):
        assert (line, said[: len(beginning)]) == (expected_line, beginning)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*/webhooks.yaml")), ids=lambda path: path.parent.name)
def test_nothing_is_wrong_with_the_examples(server: LanguageServer, path: Path) -> None:
    assert server.open(f"{MODELINE}\n{path.read_text(encoding='utf-8')}").problems() == []


def test_schema_is_read_from_its_address(server: LanguageServer) -> None:
    server.open(file("│")).offered()
    assert set(server.asked) == {ADDRESS}
