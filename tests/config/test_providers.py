"""Files for a provider that is unlike Shippo: several events on one webhook, no modes, nothing to switch off."""

from __future__ import annotations

import pytest
import yaml
from msgspec.structs import replace

from reconciler.config import yaml_nodes
from reconciler.config.load import load
from reconciler.model.accounts import Accounts
from reconciler.model.reading import ErrorKind, ProviderError
from reconciler.model.webhook import Address, Key
from reconciler.provider import Auth, Provider, Rest, events, url
from reconciler.providers.shippo import SHIPPO
from tests.config.tools import GOOD, complaints, configuration, inputs

PLAIN = Provider(
    name="plain",
    title="Plain",
    fields=(url(), events("made", "changed")),
    url_limit=30,
    base_url="https://api.plain.example",
    auth=Auth(variable="PLAIN_TOKEN"),
    rest=Rest(collection="/hooks"),
)

FILE = """\
version: 1
accounts: {plain: {provider: plain}}
owns: [https://h.example.com/*]
webhooks:
  a: {url: https://h.example.com/a, events: [made, changed], ignore_changes: [url, active]}
"""


PROVIDERS = {"plain": PLAIN, "shippo": SHIPPO}


def test_one_webhook_has_all_events_of_an_entry() -> None:
    found = load(inputs(FILE, environment={"PLAIN_TOKEN": "t"}), PROVIDERS).configuration
    assert found is not None
    (desired,) = found.desired
    target = desired.fields["url"]
    assert desired.address == Address(account="plain", name="a")
    assert desired.fields == {"url": target, "events": frozenset({"made", "changed"})}
    assert desired.key == Key(endpoint=target.endpoint, event=None, scope=())  # type: ignore[union-attr]
    assert desired.ignored == {"url"}
    (account,) = found.accounts
    assert (account.token.reveal(), account.kind, account.scope) == ("t", "", ())


def test_provider_whose_package_cannot_be_loaded_is_an_error_at_its_place_among_the_others() -> None:
    class Installed(dict[str, Provider]):
        def get(self, name: str, default: object = None) -> Provider:
            del default
            if name == "broken":
                raise ProviderError(ErrorKind.REFUSED, "it can't be used", "Uninstall it.")
            return self[name]

    text = FILE.replace("{plain: {provider: plain}}", "{plain: {provider: plain}, other: {provider: broken}}")
    found = load(inputs(text.replace("made, changed]", "made, lost], account: plain")), Installed(PROVIDERS))
    told = {one.code: (one.message, one.help, str(one.place)) for one in found.diagnostics}
    message, help_, place = told["provider-unusable"]
    assert (message, help_, place.partition(":")[2]) == ("it can't be used", "Uninstall it.", "2:56")
    assert "event-unknown" in told, "what else is wrong is told, too"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("changed]", "changed], active: false", "Plain doesn't support `active: false`", id="active"),
        pytest.param("changed]", "changed], is_test: false", "`is_test` is not a known key of an entry", id="is-test"),
        pytest.param(
            "owns: [",
            "owns: [{url: https://h.example.com/x, is_test: true}, ",
            "`is_test` is not a known key of an item of `owns`",
            id="kind-under-owns",
        ),
        pytest.param("plain}", "plain, mode: live}", "`mode` is not a known key of an account", id="mode"),
        pytest.param(
            "/a,", "/aaaaaaaaa,", "the URL has 30 characters or more, which the provider refuses", id="url-limit"
        ),
        pytest.param(
            "  a:",
            "  b: {url: https://h.example.com/a, events: [made]}\n  a:",
            "this webhook is the same as one of entry `b`: first at <stdin>:5:46",
            id="one-endpoint-twice",
        ),
    ],
)
def test_what_a_provider_does_not_have_is_an_error(old: str, new: str, expected: str) -> None:
    found = load(inputs(FILE.replace(old, new), environment={"PLAIN_TOKEN": "t"}), PROVIDERS)
    assert [message for _, _, message in complaints(found)] == [expected]


@pytest.mark.parametrize(
    ("old", "new", "message", "help_"),
    [
        pytest.param(
            "accounts: [p]",
            "accounts: [p], is_test: true",
            "Plain doesn't support `is_test`",
            "Remove it; supported keys are `url`, `events`.",
            id="entry",
        ),
        pytest.param(
            "owns: [",
            ("owns: [{url: https://h.example.com/x, is_test: true}, "),
            "Plain doesn't support `is_test`",
            "",
            id="owns",
        ),
        pytest.param(
            "provider: plain}",
            "provider: plain, trust_count: true}",
            "`trust_count` is not a known key of an account",
            "",
            id="account",
        ),
        pytest.param(
            "provider: plain}",
            "provider: '${P}', mode: live}",
            "`mode` is not a known key of an account",
            "",
            id="variable",
        ),
    ],
)
def test_what_another_provider_of_the_file_has_is_an_error(old: str, new: str, message: str, help_: str) -> None:
    text = (
        FILE.replace("{plain: {provider: plain}}", "{p: {provider: plain}, s: {provider: shippo}}")
        .replace("changed]", "changed], accounts: [p]")
        .replace(old, new)
    )
    environment = {"PLAIN_TOKEN": "t", "SHIPPO_API_TOKEN": "shippo_test_1"}
    variables = {"P": "plain"} if "${P}" in text else {}
    found = load(inputs(text, environment=environment, variables=variables), PROVIDERS)
    (error,) = [one for one in found.diagnostics if one.is_error]
    assert error.message == message
    assert not help_ or error.help == help_


def test_the_default_account_of_a_provider_without_modes_takes_any_token() -> None:
    found = load(inputs(files=(), environment={"PLAIN_TOKEN": "t"}), {"shippo": PLAIN}).configuration
    assert found is not None
    assert (found.accounts[0].token.reveal(), found.accounts[0].kind) == ("t", "")


def test_an_entry_in_accounts_of_two_providers_keeps_to_the_shorter_url() -> None:
    text = "allow_events: [made, changed]\n" + FILE.replace(
        "{plain: {provider: plain}}", "{p: {provider: plain}, s: {provider: shippo}}"
    ).replace("changed]", "changed], accounts: [p, s]")
    environment = {"PLAIN_TOKEN": "t", "SHIPPO_API_TOKEN": "shippo_test_1"}
    found = load(inputs(text, environment=environment), PROVIDERS)
    assert found.configuration is not None
    assert [str(desired.address) for desired in found.configuration.desired] == ["p/a", "s/a[made]", "s/a[changed]"]
    assert found.diagnostics == ()
    unknown = load(inputs(text.replace("allow_events: [made, changed]\n", ""), environment=environment), PROVIDERS)
    assert [code for code, _, _ in complaints(unknown)] == ["event-unknown", "event-unknown"]
    longer = load(inputs(text.replace("/a,", "/aaaaaaaaa,"), environment=environment), PROVIDERS)
    assert [code for code, _, _ in complaints(longer)] == ["url-too-long"]


@pytest.mark.parametrize(("event", "codes"), [("made", ["entry-absent"]), ("removed", [])])
def test_absent_looks_at_an_entrys_webhooks_of_each_provider(event: str, codes: list[str]) -> None:
    text = f"allow_events: [made]\nabsent: [{{url: https://h.example.com/a, events: [{event}]}}]\n" + FILE.replace(
        "{plain: {provider: plain}}", "{p: {provider: plain}, s: {provider: shippo}}"
    ).replace("[made, changed]", "[made], accounts: [s, p]")
    found = load(inputs(text, environment={"PLAIN_TOKEN": "t", "SHIPPO_API_TOKEN": "shippo_test_1"}), PROVIDERS)
    assert [code for code, _, _ in complaints(found)] == codes


def test_without_libyaml_files_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = configuration(inputs(GOOD))
    monkeypatch.setattr(yaml_nodes, "_LOADER", yaml.SafeLoader)
    found = configuration(inputs(GOOD))
    accounts = Accounts(
        replace(account, owns=known.owns, protect=known.protect)
        for account, known in zip(found.accounts, expected.accounts, strict=True)
    )
    assert replace(found, accounts=accounts, redaction=expected.redaction) == expected
